"""What subscribers may choose instead of unsubscribing: fewer themes, once a month, a pause; by their links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from digest.model import ConsentEvent, Frequency, SubscriberStatus
from digest.steps.context import Context
from digest.steps.subscribers.self_service import change_frequency, number_of, record_own_change, themes_of
from digest.steps.suppress import suppressions_of
from digest.store import activity, subscribers
from digest.store.subscribers import StoredSubscriber
from digest.subscribers.pause_dates import pause_end


@dataclass(frozen=True, slots=True)
class Present:
    """What the subscriber of a link gets at present."""

    email: str
    themes: tuple[str, ...]  # () means all
    frequency: Frequency
    gets_mail: bool  # or paused it: so there is something to choose
    left: bool  # by unsubscribing


def present(context: Context, token: str) -> Present | None:
    """Return what the link's subscriber gets; None if the link is invalid or they are gone."""
    with context.store.reading() as connection:
        one = _find(connection, context, token)
        if one is None:
            return None
        stays = one.status in (SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED)
        gets_mail = stays and not suppressions_of(connection, context, one)
    return Present(one.email, one.themes, one.frequency, gets_mail, one.status is SubscriberStatus.LEFT)


def pause(context: Context, token: str, *, until: date | None, origin: str = "") -> bool:
    """Pause until a day, or until they resume. False if the link is invalid or they get no mail."""
    with context.store.writing() as connection:
        one = _find(connection, context, token)
        end = pause_end(until, context.settings.newsletter.zone)
        if one is None or not activity.pause(connection, one.id, until=end):
            return False
        wording = f"until {until}" if until else ""
        record_own_change(connection, context, one, ConsentEvent.PAUSED, origin, wording)
    return True


def resume(context: Context, token: str, *, origin: str = "") -> bool:
    """End a pause. False if the link is invalid."""
    with context.store.writing() as connection:
        one = _find(connection, context, token)
        if one is None:
            return False
        if subscribers.move(connection, one.id, [SubscriberStatus.PAUSED], SubscriberStatus.ACTIVE):
            record_own_change(connection, context, one, ConsentEvent.RESUMED, origin)
    return True


def choose_frequency(context: Context, token: str, frequency: Frequency, *, origin: str = "") -> bool:
    """Store how often they get mail. False if the link is invalid."""
    with context.store.writing() as connection:
        one = _find(connection, context, token)
        if one is None:
            return False
        change_frequency(connection, context, one, frequency, origin=origin)
    return True


def choose_themes(context: Context, token: str, ticked: tuple[str, ...], *, origin: str = "") -> bool:
    """Store the themes, () for all. False if the link or a theme is invalid."""
    themes = themes_of(context, ticked)
    with context.store.writing() as connection:
        one = _find(connection, context, token)
        if one is None or themes is None:
            return False
        subscribers.change(connection, one.id, themes=themes)
        wording = ", ".join(themes) or "all themes"
        record_own_change(connection, context, one, ConsentEvent.CHANGED, origin, wording, "themes")
    return True


def _find(connection: Connection, context: Context, token: str) -> StoredSubscriber | None:
    number = number_of(context, token)
    return None if number is None else subscribers.find(connection, number)
