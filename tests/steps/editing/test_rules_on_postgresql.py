"""Second approval and deadlines as PostgreSQL stores them; `test_second_approval` and `test_deadline` try all cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.errors import ApprovalError
from digest.model import EditionStatus
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve, hold, resume
from digest.steps.editing.deadline import NOBODY, keep_deadlines
from digest.steps.editing.edition_view import load
from digest.steps.status import status as status_of
from digest.store.engine import Store
from tests.steps.editor_changes import write_introduction
from tests.steps.newsletter_setup import NOW, WEEK, set_up

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("store_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def draft(tmp_path: Path, store: Store, parsers: ParsePool) -> Iterator[Context]:
    with set_up(tmp_path, store, sources=("Working at Estuary",)) as newsletter:
        collect(newsletter.context, week=WEEK, parsers=parsers)
        compose(newsletter.context, WEEK)
        yield newsletter.context


def with_rule(context: Context, **rule: object) -> Context:
    context.settings.approval = context.settings.approval.model_copy(update=rule)
    return context


def test_two_persons_approve_the_same_content(draft: Context) -> None:
    two = with_rule(draft, second=True)
    assert approve(two, WEEK, by="Ada").waits
    assert status_of(two, WEEK).next == "approved by Ada; another person must approve it, too"
    with pytest.raises(ApprovalError, match="already"):
        approve(two, WEEK, by="ADA")
    write_introduction(two, WEEK, "A new sentence.", by="Ada")
    assert approve(two, WEEK, by="Grace").waits, "nobody has approved this text before"
    assert approve(two, WEEK, by="Ada").by == "Grace and Ada"
    assert load(two, WEEK).row.status is EditionStatus.APPROVED


def test_a_deadline_approves_what_nobody_has_answered(draft: Context) -> None:
    due = replace(
        with_rule(draft, no_answer="send", deadline_hours=6, remind_hours=2), clock=lambda: NOW + timedelta(hours=6.1)
    )
    assert keep_deadlines(draft) == []
    assert keep_deadlines(due) == [WEEK]
    assert keep_deadlines(due) == []
    approval = load(due, WEEK).approval
    assert approval is not None
    assert approval.by == NOBODY


def test_a_deadline_passes_over_what_somebody_has_answered(draft: Context) -> None:
    due = replace(with_rule(draft, no_answer="send", deadline_hours=6), clock=lambda: NOW + timedelta(hours=6.1))
    hold(draft, WEEK, by="Ed")
    resume(draft, WEEK, by="Ed")
    assert keep_deadlines(due) == []
    assert load(due, WEEK).row.status is EditionStatus.DRAFT
