"""Say that the store cannot be used: what looks for everything else that is wrong needs it, and so does its memory.

When this was said is the time of an empty file beside the store. Where even that cannot be made, as on some full disks,
it is said at each look: too often rather than not at all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from digest.clock import Clock
from digest.errors import DigestError, SettingsError, StoreError
from digest.model.alert import Alert, AlertKind, AlertRecord
from digest.private_files import open_private
from digest.settings import Settings
from digest.steps.alerting.message import subject, text
from digest.steps.alerting.notify import notify_everybody
from digest.steps.alerting.plan import AlertMessage, is_recent
from digest.steps.context import Context
from digest.store.engine import Store, store_of_nothing

LOG = logging.getLogger(__name__)


@contextmanager
def saying_so(settings: Settings, clock: Clock) -> Iterator[None]:
    """Notify everybody if the block, which opens the store, raises StoreError or SettingsError; raise it again.

    Once a day. If the block succeeds after that, notify that it is mended.
    """
    try:
        yield
    except (StoreError, SettingsError) as problem:
        _say(settings, clock, problem)
        raise
    _say_mended(settings, clock)


def _say(settings: Settings, clock: Clock, problem: DigestError) -> None:
    now, at = clock(), _said_at(settings)
    if at is not None and is_recent(at, now):
        return
    record = _record(problem.what, problem.remedy.replace("\n", " "), now)
    message = AlertMessage(fresh=(record,)) if at is None else AlertMessage(again=(record,))
    if _send(settings, clock, message):
        with suppress(OSError):
            open_private(_mark(settings)).close()
            os.utime(_mark(settings), (now.timestamp(), now.timestamp()))


def _say_mended(settings: Settings, clock: Clock) -> None:
    if _said_at(settings) is None:
        return
    if _send(settings, clock, AlertMessage(resolved=(_record("The store could not be used.", "", clock()),))):
        with suppress(OSError):
            _mark(settings).unlink()


def _record(what: str, remedy: str, now: datetime) -> AlertRecord:
    return AlertRecord(Alert(AlertKind.STORE, "", what, remedy), now, None, {})


def _send(settings: Settings, clock: Clock, message: AlertMessage) -> bool:
    """Send it by every channel. Return whether one took it."""
    nothing: Store = store_of_nothing()
    try:
        sent, failures = notify_everybody(
            Context(settings, nothing, clock), subject(settings.newsletter.title, message), text(message)
        )
    finally:
        nothing.close()
    for reason in failures:
        LOG.warning("%s", reason)
    return sent > 0


def _mark(settings: Settings) -> Path:
    return settings.state_folder / "store-alert"


def _said_at(settings: Settings) -> datetime | None:
    try:
        return datetime.fromtimestamp(_mark(settings).stat().st_mtime, UTC)
    except OSError:
        return None
