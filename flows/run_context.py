"""Open what every flow run needs: the settings that the environment names, the store, the clock, Prefect's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect import runtime
from prefect.context import get_run_context
from prefect.exceptions import MissingContextError
from prefect.logging.handlers import APILogHandler

from digest import log
from digest.clock import clock_from_environment
from digest.settings import Settings, find_settings_file, load_settings
from digest.steps.context import Context
from digest.steps.notifying.notify_editors import notify_editors
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.store.engine import open_store


@contextmanager
def _logged(settings: Settings) -> Iterator[None]:
    """Send log records to the run's page in Prefect as well; outside a run, only to stderr."""
    if log.current() is None:  # otherwise the program that runs the flow has configured the log
        log.configure(log.configuration_of(settings))
    try:
        get_run_context()
    except MissingContextError:
        yield
        return
    with log.attached(APILogHandler(logging.INFO)), log.fields(run=str(runtime.flow_run.id)):
        yield


@contextmanager
def opened(stopping: Callable[[], bool] = lambda: False) -> Iterator[Context]:
    """Give a Context for this run; close the store at the end. Once `stopping` returns True, steps end early."""
    settings = load_settings(find_settings_file())
    store = open_store(settings.store_url)
    try:
        with _logged(settings):
            context = Context(settings, store, clock_from_environment(), notifiers=(notify_editors,), stopping=stopping)
            register_store(context)
            check_key(context)
            yield context
    finally:
        store.close()
