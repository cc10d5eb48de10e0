"""What every step is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.clock import Clock
from digest.settings import Settings
from digest.store.engine import Store


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    store: Store
    clock: Clock
    report: Callable[[str], None]  # progress, a line at a time, for people
