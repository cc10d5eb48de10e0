"""Steps that the program stops between two of their parts: what they stored is whole, and the next run continues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.errors import StoppedError
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.store import editions
from digest.store.engine import Store
from tests.steps.newsletter_setup import WEEK, set_up

SOURCES = ("Working at Estuary", "Harbour Region Comms", "Plainspoken")


def after(checks: int) -> Callable[[], bool]:
    """True from the check of that number on."""
    left = iter(range(checks))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_collecting_and_composing_stop_between_their_parts_and_the_next_run_continues(
    tmp_path: Path, store: Store, parsers: ParsePool
) -> None:
    with set_up(tmp_path, store, sources=SOURCES) as newsletter:
        context = newsletter.context
        with pytest.raises(StoppedError):
            collect(replace(context, stopping=after(2)), week=WEEK, parsers=parsers)
        collected = collect(context, week=WEEK, parsers=parsers)
        assert len(collected.sources) == len(SOURCES)
        for checks in range(3):
            with pytest.raises(StoppedError):
                compose(replace(context, stopping=after(checks)), WEEK)
            with store.reading() as connection:
                assert editions.find(connection, WEEK) is None, "nothing half-composed is kept"
        composed = compose(replace(context, stopping=after(1000)), WEEK)
        assert composed.changed
        assert composed.edition.posts
