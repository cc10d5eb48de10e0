"""Many small readings suppress nobody whom one large reading would not."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.smtp.verdict import Cause, Verdict
from digest.steps.bounces.record import ReturnedBounce, record_returned
from digest.steps.bounces.settle import settle
from digest.store.engine import open_store
from tests.steps.bounces.bounced_list import BouncedList

LIST = [f"n{number}@{'big' if number < 12 else f'd{number}'}.example" for number in range(60)]
BOUNCES = st.lists(
    st.tuples(st.integers(1, len(LIST)), st.sampled_from([Cause.MAILBOX, Cause.DOMAIN])),
    max_size=14,
    unique_by=lambda one: one[0],
)


def suppressed(readings: list[list[tuple[int, Cause]]]) -> set[int]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder}/digest.db")
        try:
            newsletter = BouncedList(folder, store, LIST)
            newsletter.send("2019-W12")
            for reading in readings:
                with store.writing() as connection:
                    for number, cause in reading:
                        verdict = Verdict(cause, hard=True, temporary=False, enhanced="")
                        record_returned(connection, newsletter.context, number, ReturnedBounce(verdict))
                settle(newsletter.context)
            return newsletter.suppressed()
        finally:
            store.close()


@settings(max_examples=8, deadline=None)
@given(BOUNCES, st.integers(1, 13))
@pytest.mark.thorough
def test_one_reading_or_several(bounces: list[tuple[int, Cause]], size: int) -> None:
    several = [bounces[start : start + size] for start in range(0, len(bounces), size)]
    # Not the same: what was on hold for one reason stays so, even if another group explains most of it later.
    assert suppressed(several) <= suppressed([bounces])
