"""The worker's side of the pool: what runs in a worker process. It imports no more than it needs to start."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, TypeVar

from digest.log import LogConfiguration, configure_helper

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job gave no result."""

    reason: str  # for people
    kind: str  # "deadline", "crash", "memory" or "error"


def call(function: Callable[[T], R], job: T) -> R | Failure:
    try:
        return function(job)
    except Exception as error:  # noqa: BLE001 - whatever one job does, the others go on
        return failure_of(error)


def failure_of(error: Exception) -> Failure:
    if isinstance(error, MemoryError):
        return Failure("needs more memory than a worker may use", "memory")
    return Failure(f"{type(error).__name__}: {error}".removesuffix(": ")[:300], "error")


def serve(
    connection: Connection,
    memory: int,
    preload: Sequence[str] = (),
    log_configuration: LogConfiguration | None = None,
) -> None:
    """Import `preload`, report that the worker is ready, then take jobs and answer each, until the caller hangs up.

    An order is a function, or None for the last one again, and how many jobs for it follow. All of them are read before
    the first is done, or the caller could not write on. Each is pickled by itself: one that cannot be read fails alone.
    """
    configure_helper(log_configuration)
    for module in preload:
        import_module(module)
    _limit_memory(memory)
    function: Callable[[Any], Any] | None = None
    with suppress(EOFError, OSError):
        connection.send_bytes(_packed(None))
        while True:
            packed, count = connection.recv()
            if function is None or packed is not None:
                function = _Unpacked(packed)
            jobs = deque(connection.recv_bytes() for _ in range(count))
            while jobs:
                connection.send_bytes(_packed(call(function, jobs.popleft())))


def _packed(answer: object) -> bytes:
    try:
        return bytes(ForkingPickler.dumps(answer))
    except Exception as error:  # noqa: BLE001 - pickle fails in many ways
        return bytes(ForkingPickler.dumps(failure_of(error)))


class _Unpacked:
    """A function that takes its jobs pickled."""

    def __init__(self, function: bytes) -> None:
        self._packed = function
        self._function: Callable[[Any], Any] | None = None

    def __call__(self, job: bytes) -> Any:
        if self._function is None:
            self._function = pickle.loads(self._packed)  # noqa: S301 - from the process that started this one
        return self._function(pickle.loads(job))  # noqa: S301 - the same


def _limit_memory(memory: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # a system without such a limit, or with a lower one
        import resource

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, hard))
