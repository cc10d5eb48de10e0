"""Have independent tools judge the mail, and write their verdicts into docs/email.md.

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
    """The verdicts of the judges on one mail."""

    judges: Mapping[str, Any]  # by the judge's name
    mjml: Mapping[str, Any]
    browser: Mapping[str, Any]

    @property
    def failed(self) -> list[str]:
        return [
            f"{name}: {one['figure']}" for name, one in self.judges.items() if one["status"] not in ("PASS", "WARN")
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judges", description=__doc__.splitlines()[0])
    parser.add_argument("--judges", type=Path, required=True, help="the folder of the judges")
    parser.add_argument("--mails", type=Path, help="where to keep the mails and what was said of them")
    parser.add_argument("--check", action="store_true", help="print the table, and leave docs/email.md alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.mails or Path(scratch)
        if not all((folder / f"{name}.eml").exists() for name in COLUMNS):
            mail_samples.write(folder)
        verdicts = {name: judge(options.judges, folder, name) for name in COLUMNS}
        table = table_of(verdicts, _versions(options.judges))
    print(table)
    if not options.check:
        PAGE.write_text(_replaced(PAGE.read_text("utf-8"), table), "utf-8")
    failed = [f"{name}: {line}" for name, verdicts_of_mail in verdicts.items() for line in verdicts_of_mail.failed]
    print("\n".join(failed) or "No judge objects.")
    return 1 if failed else 0


def judge(kit: Path, folder: Path, name: str) -> Verdicts:
    """Return the judges' verdicts on one mail of the folder; try twice where one fails, as on a busy machine."""
    for _ in range(2):
        verdicts = _read(folder / f"{name}.judged") or _run_judges(kit, folder, name)
        if verdicts is not None:
            return verdicts
    raise SystemExit(f"{name}: some judges do not work here; {folder / f'{name}.judged'} says why.")


def _run_judges(kit: Path, folder: Path, name: str) -> Verdicts | None:
    out, limits = folder / f"{name}.judged", folder / "limits.json"
    limits.write_text(json.dumps(LIMITS), "utf-8")
    files = [str(folder / f"{name}.{kind}") for kind in ("eml", "html", "mjml")]
    command = [str(kit / "judge.sh"), *files, "--out", str(out), "--limits", str(limits)]
    print(f"{name} …", flush=True)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)  # 1 means that one objects: the report says who
    return _read(out)


def _read(out: Path) -> Verdicts | None:
    """The verdicts on a mail; None where a judge gave none."""
    if not (out / "report.json").exists():
        return None
    judges, mjml, browser = (
        json.loads(path.read_text("utf-8")) if path.exists() else {}
        for path in (out / "report.json", out / "mjml.json", out / "browser" / "browser.json")
    )
    unsaid = [row["figure"] for row in judges["judges"].values() if row["status"] in ("ERROR", "SKIP")]
    return None if unsaid or not mjml or not browser else Verdicts(judges["judges"], mjml, browser)


# --- The table --------------------------------------------------------------------------------------------------------


def table_of(verdicts: Mapping[str, Verdicts], versions: Mapping[str, str]) -> str:
    rows: list[tuple[str, Callable[[Verdicts], str], str]] = [
        ("bytes of HTML", _bytes, "≤ 102,000"),
        (
            f"SpamAssassin {versions['spamassassin']}",
            lambda one: _number(one.judges["spamassassin"]["score"]),
            "≤ 0",
        ),
        (f"rspamd {versions['rspamd']}", lambda one: _number(round(one.judges["rspamd"]["score"], 2)), "≤ 0"),
        ("emailens: worst mail program", lambda one: _emailens(one, "min"), "≥ 73"),
        ("emailens: mean of mail programs", lambda one: _emailens(one, "mean"), "≥ 90"),
        ("emailens: accessibility, spam", lambda one: _emailens(one, "a11y", "spam"), "100, ≥ 95"),
        ("axe: violations, to review (light, dark, no styles)", _axe, "0, 0"),
        ("forced dark modes of ten apps: texts hard to read", _forced_dark, "0"),
        ("overflow at 320, 375, 600, 1200 px", _overflow, "0"),
        (
            "Can I email: features not known to Gmail, Outlook, Apple, Yahoo",
            lambda one: str(len(one.judges["caniemail"]["added"])),
            "0",
        ),
        ("Nu HTML checker, html-validate", _markup, "0, 0"),
        (f"official MJML {versions['mjml']}: errors, other content", _mjml, "0, 0"),
        ("dkimpy and authheaders: DKIM, DMARC", _signed, "pass"),
        ("words of the HTML that the text part has", _words, "≥ 95 %"),
        ("headers, links, privacy, left-overs, accessibility: remarks", _remarks, "0"),
    ]
    lines = [["judge", *COLUMNS.values(), "wanted"], ["---"] * (len(COLUMNS) + 2)]
    lines += [[what, *(cell(verdicts[name]) for name in COLUMNS), goal] for what, cell, goal in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bytes(verdicts: Verdicts) -> str:
    return f"{int(_number_in_figure(verdicts, 'size', 'html {} B')):,}"


def _emailens(verdicts: Verdicts, *names: str) -> str:
    return ", ".join(str(verdicts.judges["emailens"]["scores"][name]) for name in names)


def _axe(verdicts: Verdicts) -> str:
    incomplete = sum(each["n"] for scheme in verdicts.browser["axe"].values() for each in scheme["incomplete"])
    return f"{len(verdicts.judges['axe']['violations'])}, {incomplete}"


def _forced_dark(verdicts: Verdicts) -> str:
    return str(sum(app["contrast"] for app in verdicts.browser["forcedDark"].values()))


def _overflow(verdicts: Verdicts) -> str:
    return str(sum(bool(width["overflow"]) for width in verdicts.browser["overflow"].values()))


def _markup(verdicts: Verdicts) -> str:
    return f"{len(verdicts.judges['vnu']['problems'])}, {sum(verdicts.judges['html-validate']['rules'].values())}"


def _mjml(verdicts: Verdicts) -> str:
    kinds = (verdicts.mjml[kind] for kind in ("words", "hrefs", "headings", "images"))
    return f"{len(verdicts.mjml['errors'])}, {sum(len(kind['onlyNode']) + len(kind['onlyGiven']) for kind in kinds)}"


def _signed(verdicts: Verdicts) -> str:
    return "pass" if {verdicts.judges[name]["status"] for name in ("dkim", "authheaders")} == {"PASS"} else "FAIL"


def _words(verdicts: Verdicts) -> str:
    return f"{_number_in_figure(verdicts, 'text-part', 'html->text {}%')} %"


def _remarks(verdicts: Verdicts) -> str:
    return str(
        sum(len(verdicts.judges[name]["problems"]) + len(verdicts.judges[name]["warnings"]) for name in REMARKED)
    )


def _number_in_figure(verdicts: Verdicts, judge: str, where: str) -> str:
    """The whole number at `{}` in the text of a verdict."""
    match = re.search(where.format(r"(\d+)"), verdicts.judges[judge]["figure"])
    if match is None:
        raise SystemExit(f"{judge} says {verdicts.judges[judge]['figure']!r}, which has no “{where}”.")
    return match[1]


def _number(value: float) -> str:
    return str(value).replace("-", "−")


def _versions(kit: Path) -> dict[str, str]:
    def output_of(*command: str) -> str:
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        match = re.search(r"\d+(\.\d+)+", answer)
        return match[0] if match else ""

    package = json.loads((kit / "node_modules" / "mjml" / "package.json").read_text("utf-8"))
    return {
        "spamassassin": output_of("spamassassin", "--version"),
        "rspamd": output_of("rspamd", "--version"),
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
