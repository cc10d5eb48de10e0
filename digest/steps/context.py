"""What every step is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.clock import Clock
from digest.settings import Settings
from digest.store.engine import Store


def _silent(_message: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, an open store, the clock, and where to tell progress."""

    settings: Settings
    store: Store
    clock: Clock
    report: Callable[[str], None] = _silent
