"""Time Digest side by side with its peers, in one run: python -m benchmarks.speed SUITE [--json]."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import time
from dataclasses import asdict
from typing import Any

SUITES = ("collect", "extract", "summarise", "render", "send", "flow", "desk", "pages", "scale")


def run(suite: str) -> dict[str, Any]:
    """`{"suite","machine","rows":[{"what","ours","peer","peer_name","ratio","unit"}],"seconds"}` of one suite."""
    module = importlib.import_module(f"benchmarks.speed_suites.{suite}")
    started = time.perf_counter()
    rows = module.rows()
    return {
        "suite": suite,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "rows": [asdict(row) for row in rows],
        "seconds": round(time.perf_counter() - started, 2),
    }


def text(result: dict[str, Any]) -> str:
    """A result as lines for people."""
    lines = [f"{result['suite']} on {result['machine']}, {result['seconds']} s"]
    lines += [
        f"  {row['what']}: ours {row['ours']:.4g}, {row['peer_name']} {row['peer']:.4g} {row['unit']}"
        f" (ratio {row['ratio']:.2f})"
        for row in result["rows"]
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    result = run(options.suite)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(text(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
