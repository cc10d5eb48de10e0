"""What every provider's payload becomes: events about one address each.

Providers report much more (delivered, opened, clicked); what says nothing about whom to mail is left out. One event
that cannot be read does not cost the others of its request.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from digest.mail.returned.failure_text import public_words
from digest.mail.returned.parse_bounce import Kind
from digest.text import one_line

LOG = logging.getLogger(__name__)

MOST_EVENTS = 2_000  # of one request: the largest provider sends at most 1,000
_LONGEST = 500  # characters of an id or of what a server said


class PayloadError(ValueError):
    """The request's body is not what the provider documents."""


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """One event about one address."""

    id: str  # the same when the provider sends the event again
    kind: Kind
    address: str
    status: str = ""  # the enhanced status code, where the provider gives one beside the words
    detail: str = ""  # what the receiving server or the provider said
    message_id: str = ""  # of our message, where the provider names it
    at: datetime | None = None


class Payload(BaseModel):
    """A part of a payload: what we do not need is ignored, and a number may stand for a text."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """Take null for a field that is left out."""
        return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


P = TypeVar("P", bound=Payload)


def parse_json(body: bytes | str) -> Any:
    """Raise PayloadError for what is not JSON, or is nested too deeply."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("The body is not JSON.") from error


def read_each(model: type[P], items: object) -> Iterator[P]:
    """The items that fit the model. Raises PayloadError if it is no list, or a longer one than MOST_EVENTS."""
    if not isinstance(items, list):
        raise PayloadError("A list of events is expected.")
    if len(items) > MOST_EVENTS:
        raise PayloadError(f"There are more than {MOST_EVENTS:,} events.")  # to ignore some would lose them
    unreadable = 0
    for item in items:
        try:
            yield model.model_validate(item)
        except (ValidationError, RecursionError):
            unreadable += 1
    if unreadable:
        LOG.warning("%d of %d reported events lack what the provider documents: ignored.", unreadable, len(items))


def read_one(model: type[P], item: object) -> P:
    """Raise PayloadError if it does not fit the model."""
    try:
        return model.model_validate(item)
    except (ValidationError, RecursionError) as error:
        raise PayloadError("The body lacks what the provider documents.") from error


def event(
    kind: Kind,
    address: str,
    *id_parts: object,
    status: str = "",
    detail: str = "",
    message_id: str = "",
    at: datetime | None = None,
) -> ReportedEvent:
    """Make an event. The provider's words are cut and hold no address; `address` may be written as `Name <…>`."""
    bare = parseaddr(address)[1] or address
    words = one_line(public_words(detail))[:_LONGEST]
    identity = " ".join(str(part) for part in id_parts)
    return ReportedEvent(identity, kind, one_line(bare[:_LONGEST]), status.strip(), words, _message_id(message_id), at)


def _message_id(text: str) -> str:
    """A Message-ID in angle brackets, as our messages have it; some providers leave them out."""
    bare = one_line(text[:_LONGEST]).strip("<>")
    return f"<{bare}>" if bare else ""


def from_epoch(seconds: float | None) -> datetime | None:
    """The moment of a Unix time; None for one that no calendar has."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def from_iso(text: str) -> datetime | None:
    """The moment of an ISO 8601 text with a zone; None for any other."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def relevant(events: Iterable[ReportedEvent | None]) -> list[ReportedEvent]:
    """The events that concern us, with an address and an id."""
    return [one for one in events if one is not None and one.address and one.id]
