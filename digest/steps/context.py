"""The context of a step: settings, store, clock, who is notified of events, and how one message is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from digest.clock import Clock
from digest.errors import DigestError, StoppedError
from digest.events import Event
from digest.mail.smtp.one_message import Transport, send_by_smtp
from digest.settings import Settings
from digest.store.engine import Store

LOG = logging.getLogger(__name__)


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    store: Store
    clock: Clock
    notifiers: tuple[Notifier, ...] = ()
    transport: Transport = send_by_smtp  # of notices and test sends
    stopping: Callable[[], bool] = _never  # whether the program wants this step to end

    def check_stopping(self) -> None:
        """Raise StoppedError if the program wants to end. Steps call it where what they have stored is consistent."""
        if self.stopping():
            raise StoppedError("Stopped before the work was done.", "Run it again: it continues.")

    def emit(self, event: Event) -> None:
        """Hand the event to every notifier. One that fails is logged and costs the step nothing."""
        LOG.debug("Event %s", type(event).__name__)
        for notify in self.notifiers:
            try:
                notify(self, event)
            except DigestError as error:
                LOG.warning("A notifier failed at the event %s: %s", type(event).__name__, error.what)


Notifier = Callable[[Context, Event], None]
"""Called with every event. It handles the kinds that it knows and ignores the others."""
