"""Measure all there is to measure here: python -m benchmarks.all [--json]. Corpora that are not there are skipped."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks import quality, speed

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
PATHS = {
    "themes": CORPORA / "themes" / "dev.jsonl",
    "summaries": CORPORA / "summaries" / "dev.jsonl",
    "extraction": CORPORA / "extraction",
    "sentences": CORPORA / "sentences" / "dev.jsonl",
    "feeds": CORPORA / "feeds",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__)
    parser.add_argument("--json", action="store_true", help="a line of JSON for each suite")
    as_json = ["--json"] if parser.parse_args().json else []
    for suite, path in PATHS.items():
        if path.exists():
            quality.main([suite, str(path), *as_json])
        elif not as_json:
            print(f"{suite}: skipped, there is nothing at {path}")
    for suite in speed.SUITES:
        try:
            speed.main([suite, *as_json])
        except ImportError as error:
            print(json.dumps({"suite": suite, "skipped": str(error)}) if as_json else f"{suite}: skipped, {error}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
