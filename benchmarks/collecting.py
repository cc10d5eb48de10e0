"""One run of collecting, measured in a process of its own: python -m benchmarks.collecting FOLDER. Prints JSON.

`seconds` are those of the run itself, without starting Python; `cpu` the processor time of this process, and
`workers_cpu` that of its workers; `megabytes` the memory of all of them (`benchmarks.peak_memory`).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.peak_memory import PeakMemory
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
    with PeakMemory() as peak:
        report = collect(context)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    store.close()
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcomes = [source.outcome for source in report.sources]
    print(
        json.dumps(
            {
                "seconds": round(seconds, 3),
                "cpu": round(busy, 3),
                "workers_cpu": round(workers.ru_utime + workers.ru_stime, 3),
                "megabytes": round(peak.megabytes, 1),
                "new": sum(source.new for source in report.sources),
                "failed": outcomes.count(Outcome.ERROR),
                "unchanged": outcomes.count(Outcome.UNCHANGED),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
