"""Have independent tools judge the mail, and write what they say into docs/email.md.

    python -m benchmarks.judges --judges FOLDER [--mails FOLDER] [--check]

FOLDER holds a set-up kit of judges with a `judge.sh FILE.eml FILE.html FILE.mjml --out DIR --limits FILE`, which writes
DIR/report.json, DIR/mjml.json and DIR/browser/browser.json. The mails are those of `benchmarks.mail_samples`, the
demo's edition among them; a mail takes about a minute. A folder of mails that were judged in part is gone on with. The
table stands between two comments in docs/email.md; `--check` prints it and leaves the file alone. Exit 1 where a judge
objects.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import mail_samples

PAGE = Path(__file__).resolve().parents[1] / "docs" / "email.md"
BEGIN, END = "<!-- made by `python -m benchmarks.judges` -->", "<!-- end of what it makes -->"

COLUMNS = {
    "demo": "demo",
    "none": "none",
    "one": "1",
    "three": "3",
    "fifteen": "15",
    "forty": "40",
    "hundred": "100",
    "hostile": "hostile",
}

LIMITS = {
    "html_bytes": 102_000,
    "spamassassin": 0.0,
    "rspamd": 0.0,
    "coverage": 0.95,
    "emailens_a11y": 100,
    "emailens_spam": 95,
    "emailens_client": 73,
}
"""What the judges are told to accept; stricter than they are by themselves."""

REMARKED = ("py-email", "headers", "privacy", "links", "text-part", "leftovers", "a11y-email", "layout")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the judges said of one mail."""

    judges: Mapping[str, Any]  # by the judge's name
    mjml: Mapping[str, Any]
    browser: Mapping[str, Any]

    @property
    def failed(self) -> list[str]:
        return [
            f"{name}: {said['figure']}" for name, said in self.judges.items() if said["status"] not in ("PASS", "WARN")
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judges", description=__doc__.splitlines()[0])
    parser.add_argument("--judges", type=Path, required=True, help="the folder of the judges")
    parser.add_argument("--mails", type=Path, help="where to keep the mails and what was said of them")
    parser.add_argument("--check", action="store_true", help="print the table, and leave docs/email.md alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.mails or Path(scratch)
        if not all((folder / f"{name}.eml").exists() for name in COLUMNS):
            mail_samples.write(folder)
        verdicts = {name: judge(asked.judges, folder, name) for name in COLUMNS}
        table = table_of(verdicts, _versions(asked.judges))
    print(table)
    if not asked.check:
        PAGE.write_text(_replaced(PAGE.read_text("utf-8"), table), "utf-8")
    failed = [f"{name}: {line}" for name, said in verdicts.items() for line in said.failed]
    print("\n".join(failed) or "No judge objects.")
    return 1 if failed else 0


def judge(kit: Path, folder: Path, name: str) -> Verdicts:
    """What the judges say of one mail of the folder; asked twice where one fails by itself, as on a busy machine."""
    for _ in range(2):
        found = _read(folder / f"{name}.judged") or _ask(kit, folder, name)
        if found is not None:
            return found
    raise SystemExit(f"{name}: some judges do not work here; {folder / f'{name}.judged'} says why.")


def _ask(kit: Path, folder: Path, name: str) -> Verdicts | None:
    out, limits = folder / f"{name}.judged", folder / "limits.json"
    limits.write_text(json.dumps(LIMITS), "utf-8")
    files = [str(folder / f"{name}.{kind}") for kind in ("eml", "html", "mjml")]
    command = [str(kit / "judge.sh"), *files, "--out", str(out), "--limits", str(limits)]
    print(f"{name} …", flush=True)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # 1 means that one objects: the report says who
    return _read(out)


def _read(out: Path) -> Verdicts | None:
    """What was said of a mail; None where a judge did not come to a verdict."""
    if not (out / "report.json").exists():
        return None
    judges, mjml, browser = (
        json.loads(path.read_text("utf-8")) if path.exists() else {}
        for path in (out / "report.json", out / "mjml.json", out / "browser" / "browser.json")
    )
    unsaid = [said["figure"] for said in judges["judges"].values() if said["status"] in ("ERROR", "SKIP")]
    return None if unsaid or not mjml or not browser else Verdicts(judges["judges"], mjml, browser)


# --- The table --------------------------------------------------------------------------------------------------------


def table_of(verdicts: Mapping[str, Verdicts], versions: Mapping[str, str]) -> str:
    rows: list[tuple[str, Callable[[Verdicts], str], str]] = [
        ("bytes of HTML", _bytes, "≤ 102,000"),
        (f"SpamAssassin {versions['spamassassin']}", lambda said: _number(said.judges["spamassassin"]["score"]), "≤ 0"),
        (f"rspamd {versions['rspamd']}", lambda said: _number(round(said.judges["rspamd"]["score"], 2)), "≤ 0"),
        ("emailens: worst mail program", lambda said: _emailens(said, "min"), "≥ 73"),
        ("emailens: mean of mail programs", lambda said: _emailens(said, "mean"), "≥ 90"),
        ("emailens: accessibility, spam", lambda said: _emailens(said, "a11y", "spam"), "100, ≥ 95"),
        ("axe: violations, to review (light, dark, no styles)", _axe, "0, 0"),
        ("forced dark modes of ten apps: texts hard to read", _forced_dark, "0"),
        ("overflow at 320, 375, 600, 1200 px", _overflow, "0"),
        (
            "Can I email: features not known to Gmail, Outlook, Apple, Yahoo",
            lambda said: str(len(said.judges["caniemail"]["added"])),
            "0",
        ),
        ("Nu HTML checker, html-validate", _markup, "0, 0"),
        (f"official MJML {versions['mjml']}: errors, other content", _mjml, "0, 0"),
        ("dkimpy and authheaders: DKIM, DMARC", _signed, "pass"),
        ("words of the HTML that the text part has", _words, "≥ 95 %"),
        ("headers, links, privacy, left-overs, accessibility: remarks", _remarks, "0"),
    ]
    lines = [["judge", *COLUMNS.values(), "wanted"], ["---"] * (len(COLUMNS) + 2)]
    lines += [[what, *(cell(verdicts[name]) for name in COLUMNS), wanted] for what, cell, wanted in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bytes(said: Verdicts) -> str:
    return f"{int(_found(said, 'size', 'html {} B')):,}"


def _emailens(said: Verdicts, *names: str) -> str:
    return ", ".join(str(said.judges["emailens"]["scores"][name]) for name in names)


def _axe(said: Verdicts) -> str:
    incomplete = sum(each["n"] for scheme in said.browser["axe"].values() for each in scheme["incomplete"])
    return f"{len(said.judges['axe']['violations'])}, {incomplete}"


def _forced_dark(said: Verdicts) -> str:
    return str(sum(app["contrast"] for app in said.browser["forcedDark"].values()))


def _overflow(said: Verdicts) -> str:
    return str(sum(bool(width["overflow"]) for width in said.browser["overflow"].values()))


def _markup(said: Verdicts) -> str:
    return f"{len(said.judges['vnu']['problems'])}, {sum(said.judges['html-validate']['rules'].values())}"


def _mjml(said: Verdicts) -> str:
    kinds = (said.mjml[kind] for kind in ("words", "hrefs", "headings", "images"))
    return f"{len(said.mjml['errors'])}, {sum(len(kind['onlyNode']) + len(kind['onlyGiven']) for kind in kinds)}"


def _signed(said: Verdicts) -> str:
    return "pass" if {said.judges[name]["status"] for name in ("dkim", "authheaders")} == {"PASS"} else "FAIL"


def _words(said: Verdicts) -> str:
    return f"{_found(said, 'text-part', 'html->text {}%')} %"


def _remarks(said: Verdicts) -> str:
    return str(sum(len(said.judges[name]["problems"]) + len(said.judges[name]["warnings"]) for name in REMARKED))


def _found(said: Verdicts, judge: str, where: str) -> str:
    """The whole number that stands at `{}` in what a judge says in words."""
    found = re.search(where.format(r"(\d+)"), said.judges[judge]["figure"])
    if found is None:
        raise SystemExit(f"{judge} says {said.judges[judge]['figure']!r}, which has no “{where}”.")
    return found[1]


def _number(value: float) -> str:
    return str(value).replace("-", "−")


def _versions(kit: Path) -> dict[str, str]:
    def said(*command: str) -> str:
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        found = re.search(r"\d+(\.\d+)+", answer)
        return found[0] if found else ""

    package = json.loads((kit / "node_modules" / "mjml" / "package.json").read_text("utf-8"))
    return {
        "spamassassin": said("spamassassin", "--version"),
        "rspamd": said("rspamd", "--version"),
        "mjml": package["version"],
    }


def _replaced(page: str, table: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} lacks the comments {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


if __name__ == "__main__":
    raise SystemExit(main())
