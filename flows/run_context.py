"""What every flow run opens: the settings that the environment names, the store, the clock, Prefect's own log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

from digest.clock import clock_from_environment
from digest.settings import find_settings_file, load_settings
from digest.steps.context import Context
from digest.steps.sending.rollback_guard import register_store
from digest.store.engine import open_store


def _reporter() -> Callable[[str], None]:
    try:
        logger = get_run_logger()
    except MissingContextError:
        return lambda _message: None

    def report(message: str) -> None:
        logger.info("%s", message)

    return report


@contextmanager
def opened() -> Iterator[Context]:
    """A Context for this run, closed at its end."""
    settings = load_settings(find_settings_file())
    store = open_store(settings.store_url)
    try:
        context = Context(settings, store, clock_from_environment(), _reporter())
        register_store(context)
        yield context
    finally:
        store.close()
