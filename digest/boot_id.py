"""What names this start of the machine: memory that outlives a process does not outlive it."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

_LINUX = Path("/proc/sys/kernel/random/boot_id")  # proc_sys_kernel(5)
_SYSCTL = ("/usr/sbin/sysctl", "/sbin/sysctl")
_SECONDS = 5.0


@cache
def boot_id() -> str:
    """Return an id that changes with each start of the machine; "" where the system has none.

    macOS names its boot session. The BSDs have only the moment of the start, which also changes when somebody sets the
    clock: then what was remembered under the earlier id is not believed, which is safe.
    """
    try:
        return _LINUX.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return _sysctl("kern.bootsessionuuid") or "-".join(re.findall(r"\d+", _sysctl("kern.boottime"))[:2])


def _sysctl(name: str) -> str:
    for program in _SYSCTL:
        try:
            done = subprocess.run(  # noqa: S603 -- a fixed program with a fixed argument
                [program, "-n", name], capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return done.stdout.strip()
    return ""
