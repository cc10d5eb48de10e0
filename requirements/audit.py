"""What Digest depends on: an inventory (CycloneDX), the licences, and known vulnerabilities. Run by `make audit`.

Writes `dist/sbom.json` and `requirements/licences.md`. Ends with 1 if a package has a known vulnerability or
a licence that nobody has allowed here. Where no advisory service answers, it says so and goes on.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).parent
LOCK = FOLDER / "main.lock"
LICENCES = FOLDER / "licences.md"
BIN = Path(sys.executable).parent

# What a program under this project's licence may use and be given away with. LGPL and MPL bind their own files only;
# where a package offers a choice, one of them is enough.
ALLOWED = re.compile(
    r"0BSD|Apache|Artistic License|BSD|CC0|CNRI-Python|ISC|LGPL|MIT|MPL|Mozilla|OFL|PSF|Python Software Foundation"
    r"|Unlicense|Zlib|DFSG approved"
)
SECONDS = 300  # for each program


def locked() -> list[str]:
    """Return the names of all packages that `make install` may install, on any system."""
    return re.findall(r"^([a-z0-9._-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def licences() -> dict[str, list[str]]:
    """Return the packages of each licence, of those that are installed here, in the words of the packages."""
    shown = _run("pip-licenses", "--from=mixed", "--format=json", "--packages", *locked())
    by_licence: dict[str, list[str]] = defaultdict(list)
    for row in json.loads(shown.stdout):
        by_licence[row["License"]].append(row["Name"].lower())
    return {name: sorted(by_licence[name]) for name in sorted(by_licence)}


def forbidden(found: dict[str, list[str]]) -> list[str]:
    """Return a line for each licence that nobody has allowed."""
    return [f"{name}: {', '.join(packages)}" for name, packages in found.items() if not ALLOWED.search(name)]


def as_markdown(found: dict[str, list[str]]) -> str:
    rows = [f"| {name} | {', '.join(packages)} |" for name, packages in found.items()]
    head = ["# Licences", "", "Of what Digest depends on, in the packages' own words. Written by `make audit`.", ""]
    return "\n".join([*head, "| licence | packages |", "| --- | --- |", *rows, ""])


def write_inventory(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    done = _run("cyclonedx-py", "requirements", str(LOCK), "--output-reproducible", "--validate", "-o", str(path))
    if done.returncode:
        raise SystemExit(done.stderr)


def vulnerabilities() -> tuple[list[str], int]:
    """Return a line for each known vulnerability, and how many packages no advisory service knew about."""
    done = _run("pip-audit", "-r", str(LOCK), "--disable-pip", "--progress-spinner=off", "--format=json")
    if not done.stdout.startswith("{"):
        return [], len(locked())  # no service answers
    rows = json.loads(done.stdout)["dependencies"]
    lines = [
        f"{row['name']} {row['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version yet'}"
        for row in rows
        for one in row.get("vulns", ())
    ]
    return lines, sum("skip_reason" in row for row in rows)


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)


def main() -> int:
    inventory = FOLDER.parent / "dist" / "sbom.json"
    write_inventory(inventory)
    print(f"inventory        {len(locked())} packages in {inventory}")
    found = licences()
    LICENCES.write_text(as_markdown(found), encoding="utf-8")
    wrong = forbidden(found)
    print(f"licences         {len(found)} in {LICENCES}" + "".join(f"\n  not allowed: {line}" for line in wrong))
    vulnerable, unknown = vulnerabilities()
    known = f"{len(locked()) - unknown} packages looked up" if unknown < len(locked()) else "not looked up"
    print(f"vulnerabilities  {known}" + (f"; {unknown} that no advisory service knew about" if unknown else ""))
    print("".join(f"  {line}\n" for line in vulnerable), end="")
    return int(bool(wrong or vulnerable))


if __name__ == "__main__":
    raise SystemExit(main())
