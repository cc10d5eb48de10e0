"""`make fuzz`: every reader of what strangers send, each in a process of its own, for some seconds."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys

from tests.fuzz.readers import READERS

_GRACE = 60.0  # seconds beyond its time in which a child has to end: one input may take long, but not for ever


def run(name: str, seconds: float, seed: int) -> bool:
    """Whether the reader held."""
    command = [sys.executable, "-m", "tests.fuzz.child", name, str(seconds), str(seed)]
    try:
        return subprocess.run(command, timeout=seconds + _GRACE, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        print(f"{name}: did not come back (seed {seed})")  # noqa: T201
        return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help="names of readers; all where none is named")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each reader")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"Each reader for {options.seconds:g} seconds, with --seed {options.seed}.", flush=True)  # noqa: T201
    failed = [name for name in options.readers or READERS if not run(name, options.seconds, options.seed)]
    print(f"Failed: {', '.join(failed)}." if failed else "All of them held.")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
