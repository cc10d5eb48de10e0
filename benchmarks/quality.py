"""Score Digest on labelled data: python -m benchmarks.quality SUITE PATH [ANNOTATIONS] [--json]."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

SUITES = ("themes", "summaries", "editor", "methods", "extraction", "extraction_parts", "sentences", "feeds")


def run(suite: str, path: Path, *more: Path) -> dict[str, Any]:
    """`{"suite","path","n","scores","seconds"}` of one suite; `editor` takes the annotations, too."""
    module = importlib.import_module(f"benchmarks.quality_suites.{suite}")
    started = time.perf_counter()
    scored = module.score(path, *more)
    seconds = round(time.perf_counter() - started, 2)
    return {"suite": suite, "path": str(path), "n": scored.n, "scores": scored.scores, "seconds": seconds}


def text(result: dict[str, Any]) -> str:
    """A result as lines for people."""
    scores = json.dumps(result["scores"], ensure_ascii=False, indent=1)
    return f"{result['suite']}: {result['n']} cases in {result['seconds']} s\n{scores}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("path", type=Path, help="the .jsonl file, or the folder where there are several")
    parser.add_argument("annotations", type=Path, nargs="?", help="the editor's verdicts, for editor")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    if (options.suite == "editor") != (options.annotations is not None):
        parser.error("editor takes ROWS.jsonl and ANNOTATIONS.jsonl, every other suite one path")
    paths = [path for path in (options.path, options.annotations) if path]
    for path in paths:
        if not path.exists():
            sys.stderr.write(f"There is nothing at {path}.\n")
            return 2
    result = run(options.suite, *paths)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(text(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
