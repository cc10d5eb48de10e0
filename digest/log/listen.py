"""Who else gets the records of one piece of work: the desk's page, Prefect's page, a test."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from digest.log.configure import ROOT, current
from digest.log.fields import AddFields
from digest.log.formats import TextFormatter

_LISTENERS: ContextVar[tuple[int, ...]] = ContextVar("digest.log.listeners", default=())


class _OfThisContext(logging.Filter):
    """Lets records through that were logged in the thread or task that attached the handler."""

    def filter(self, _record: logging.LogRecord) -> bool:
        return id(self) in _LISTENERS.get()


@contextmanager
def attached(handler: logging.Handler) -> Iterator[None]:
    """Pass what this thread or task logs to `handler` as well, masked."""
    configuration = current()
    if handler.formatter is None:
        handler.setFormatter(TextFormatter(configuration.secrets if configuration else ()))
    of_this_context = _OfThisContext()
    handler.addFilter(of_this_context)
    handler.addFilter(AddFields(configuration.run if configuration else ""))
    token = _LISTENERS.set((*_LISTENERS.get(), id(of_this_context)))
    logging.getLogger(ROOT).addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger(ROOT).removeHandler(handler)
        _LISTENERS.reset(token)


class _Callback(logging.Handler):
    def __init__(self, callback: Callable[[str], object], level: int) -> None:
        super().__init__(level)
        self._callback = callback

    def emit(self, record: logging.LogRecord) -> None:
        self._callback(self.format(record))


@contextmanager
def listening(callback: Callable[[str], object], *, level: int = logging.INFO) -> Iterator[None]:
    """Call `callback` with each line that this thread or task logs, as people see it."""
    with attached(_Callback(callback, level)):
        yield
