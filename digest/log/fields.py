"""The fields of a record: which week, source, delivery and run it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from digest.model import Mailing
from digest.week import Week

_FIELDS: ContextVar[Mapping[str, object]] = ContextVar("digest.log.fields", default={})  # noqa: B039 -- never changed


class _WeekLogger(logging.LoggerAdapter[logging.Logger]):
    """Puts the week before the message and into the field `week`."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return f"{kwargs['extra']['week']}: {msg}", kwargs


def for_week(logger: logging.Logger, week: Week | Mailing) -> logging.LoggerAdapter[logging.Logger]:
    """A logger whose messages begin with the week, and whose records carry it."""
    return _WeekLogger(logger, {"week": str(week)})


@contextmanager
def fields(**values: object) -> Iterator[None]:
    """Give every record of this thread or task these fields, where it has no other value for them."""
    token = _FIELDS.set({**_FIELDS.get(), **values})
    try:
        yield
    finally:
        _FIELDS.reset(token)


class AddFields(logging.Filter):
    """Gives each record of a handler the fields that it lacks."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self._fixed: Mapping[str, object] = {"run": run} if run else {}

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in {**self._fixed, **_FIELDS.get()}.items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True
