"""Measure all there is to measure here, and write the tables of docs/benchmarks.md: python -m benchmarks.all [SUITE …].

Corpora that are not there are skipped, and so are suites whose peers are not installed.
"""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import quality, speed, tables
from benchmarks.results import PeerMissingError
from benchmarks.verdicts import SECOND_READER

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
PATHS = {
    "themes": CORPORA / "themes",
    "summaries": CORPORA / "summaries" / "dev.jsonl",
    "editor": CORPORA / "summaries",
    "methods": CORPORA / "summaries",
    "extraction": CORPORA / "extraction",
    "extraction_parts": CORPORA / "extraction",
    "sentences": CORPORA / "sentences" / "dev.jsonl",
    "feeds": CORPORA / "feeds",
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join([*PATHS, *speed.SUITES])}")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each suite")
    parser.add_argument("--dry-run", action="store_true", help="leave docs/benchmarks.md as it is")
    options = parser.parse_args(arguments)
    every = [*PATHS, *speed.SUITES]
    if unknown := set(options.suites) - set(every):
        parser.error(f"there is no suite {', '.join(sorted(unknown))}")
    for suite in options.suites or every:
        try:
            result = measure(suite)
        except (FileNotFoundError, ImportError, PeerMissingError) as error:
            print(json.dumps({"suite": suite, "skipped": str(error)}) if options.json else f"{suite}: skipped, {error}")
            continue
        print(json.dumps(result, ensure_ascii=False) if options.json else _text(result))
        if not options.dry_run:
            tables.save(result, on=datetime.now(UTC).date())
    return 0


def measure(suite: str) -> dict[str, Any]:
    """Run one suite. The result of `scale` on PostgreSQL has a table of its own."""
    if suite in PATHS:
        if not PATHS[suite].exists():
            raise FileNotFoundError(f"there is nothing at {PATHS[suite]}")
        return _collections(PATHS[suite]) if suite == "editor" else quality.run(suite, PATHS[suite])
    result = speed.run(suite)
    if suite == "scale" and os.environ.get("DIGEST_SCALE_STORE"):
        result["suite"] = tables.SCALE_POSTGRESQL
    return result


def _collections(folder: Path) -> dict[str, Any]:
    """The suite `editor` on each collection of the folder, and by a second reader: `scores` by collection."""
    results = {
        path.stem.removeprefix("editor."): quality.run("editor", folder / path.name.removeprefix("editor."), path)
        for path in sorted(folder.glob("editor.*.jsonl"))
    }
    results["dev2, second reader"] = quality.run("editor", folder / "dev2.jsonl", SECOND_READER)
    return {
        "suite": "editor",
        "path": str(folder),
        "n": sum(result["n"] for result in results.values()),
        "scores": {name: result["scores"] for name, result in results.items()},
        "seconds": sum(result["seconds"] for result in results.values()),
    }


def _text(result: dict[str, Any]) -> str:
    return speed.text(result) if "rows" in result else quality.text(result)


if __name__ == "__main__":
    raise SystemExit(main())
