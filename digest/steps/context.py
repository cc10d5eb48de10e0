"""What every step is given."""

from __future__ import annotations

from dataclasses import dataclass

from digest.clock import Clock
from digest.settings import Settings
from digest.store.engine import Store


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    store: Store
    clock: Clock
