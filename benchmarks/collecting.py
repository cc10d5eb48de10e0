"""One run of collecting, measured in a process of its own: python -m benchmarks.collecting FOLDER. Prints JSON.

`seconds` are those of the run itself, without starting Python, `cpu` what this process needed of them; `megabytes`
the peak of this process and of its workers.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from digest.clock import system_clock
from digest.model import Outcome
from digest.settings import load_settings
from digest.steps.collecting.collect import collect
from digest.steps.context import Context
from digest.store.engine import open_store


def main(folder: Path) -> None:
    settings = load_settings(folder / "digest.toml")
    store = open_store(settings.store_url)
    context = Context(settings, store, system_clock)
    started, busy = time.perf_counter(), time.process_time()
    report = collect(context)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    store.close()
    # The workers' figure is of the largest one.
    peak = sum(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    outcomes = [source.outcome for source in report.sources]
    print(
        json.dumps(
            {
                "seconds": round(seconds, 3),
                "cpu": round(busy, 3),
                "megabytes": round(peak, 1),
                "new": sum(source.new for source in report.sources),
                "failed": outcomes.count(Outcome.ERROR),
                "unchanged": outcomes.count(Outcome.UNCHANGED),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
