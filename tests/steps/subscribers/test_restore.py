"""Which suppressions an operator can lift, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.errors import UsageError
from digest.model import EffectiveStatus, SuppressionReason
from digest.steps.context import Context
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.restore import RestoreVerdict, restore, restore_since
from digest.store.engine import Store
from digest.store.schema import audit
from tests.mail.returned import returned_mail
from tests.steps.bounces.bounced_list import NOW, BouncedList, spread

ADA = "ada@d0.example"
LEFT = "unsubscribed: only the subscriber can come back"
COMPLAINED = "complained: only the subscriber can come back"
ERASED = "erased on request: only the subscriber can come back"


def audited(store: Store) -> list[tuple[str, dict[str, object]]]:
    with store.reading() as connection:
        return [(row.what, row.detail) for row in connection.execute(select(audit).order_by(audit.c.id))]


@pytest.fixture
def newsletter(tmp_path: Path, store: Store) -> BouncedList:
    """A list whose first subscriber was suppressed by a bounce."""
    newsletter = BouncedList(tmp_path, store, spread(20))
    newsletter.send("2019-W12")
    newsletter.bounce([1], "2019-W12")
    assert newsletter.read().suppressed == 1
    return newsletter


def test_bounce_is_lifted_and_no_longer_counts(newsletter: BouncedList, store: Store) -> None:
    context = newsletter.context
    assert restore(context, ADA, by="op", dry_run=True) == RestoreVerdict(ADA, True, "bounce 5.1.1")
    assert newsletter.suppressed() == {1}
    assert audited(store) == []
    assert restore(context, ADA, by="op").restored
    assert newsletter.suppressed() == set()
    assert audited(store) == [("subscribers restored", {"subscribers": 1})]
    assert [(line.what, line.how) for line in operator_actions.history(context, ADA)][2:3] == [
        ("restored", "command line by op")
    ]
    newsletter.bounce([1], "2019-W12")
    assert newsletter.read().suppressed == 0, "a second report of what was restored"
    newsletter.send("2019-W13")
    newsletter.bounce([1], "2019-W13")
    assert newsletter.read().suppressed == 1


def test_who_was_not_suppressed(newsletter: BouncedList) -> None:
    assert restore(newsletter.context, "ada@d1.example") == RestoreVerdict(
        "ada@d1.example", False, "not on the suppression list"
    )
    with pytest.raises(UsageError, match="not an address"):
        restore(newsletter.context, "nobody")


def test_who_left_stays(newsletter: BouncedList) -> None:
    operator_actions.remove(newsletter.context, ADA)
    assert restore(newsletter.context, ADA) == RestoreVerdict(ADA, False, LEFT)


def test_who_complained_after_the_bounce_stays(newsletter: BouncedList) -> None:
    newsletter.box.add(returned_mail.complaint(newsletter.unsubscribe_token(1)))
    assert newsletter.read().complaint == 1
    assert restore(newsletter.context, ADA) == RestoreVerdict(ADA, False, COMPLAINED)


def test_who_was_erased_stays(newsletter: BouncedList) -> None:
    operator_actions.erase(newsletter.context, ADA)
    assert restore(newsletter.context, ADA).reason == ERASED


@pytest.mark.parametrize("act", [operator_actions.remove, operator_actions.erase])
def test_an_operators_suppression_forgets_no_wish(newsletter: BouncedList, act: object) -> None:
    """It replaces what stood on the list, and must not open a way back for who left or was erased before."""
    assert callable(act)
    act(newsletter.context, "ada@d1.example")
    operator_actions.suppress(newsletter.context, "ada@d1.example", detail="asked by phone")
    assert restore(newsletter.context, "ada@d1.example").reason in (LEFT, ERASED)


def test_operators_suppression_is_lifted_also_of_a_stranger(newsletter: BouncedList) -> None:
    for email in ("ada@d2.example", "stranger@elsewhere.example"):
        operator_actions.suppress(newsletter.context, email, detail="by mistake")
        assert restore(newsletter.context, email) == RestoreVerdict(email, True, "by mistake")
    assert newsletter.suppressed() == {1}


def test_all_bounces_since_a_date(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(40))
    newsletter.send("2019-W12")
    newsletter.bounce([1], "2019-W12")
    newsletter.read()
    newsletter.context = Context(
        newsletter.context.settings, store, lambda: NOW + timedelta(days=2), newsletter.context.notifiers
    )
    newsletter.send("2019-W13", at=NOW + timedelta(days=1))
    newsletter.bounce([2, 3, 4], "2019-W13")
    newsletter.read()
    operator_actions.remove(newsletter.context, "ada@d2.example")
    context = newsletter.context
    rehearsed = list(restore_since(context, "bounce", "2019-03-26", dry_run=True))
    assert newsletter.suppressed() == {1, 2, 4}
    assert list(restore_since(context, "bounce", "2019-03-26", by="op")) == rehearsed
    assert {(one.email, one.restored) for one in rehearsed} == {
        ("ada@d1.example", True),
        ("ada@d2.example", False),
        ("ada@d3.example", True),
    }
    assert newsletter.suppressed() == {1}
    assert audited(store)[-1][1]["subscribers"] == 2
    assert list(restore_since(context, "operator", "2019-03-26")) == []
    assert len(list(restore_since(context, "bounce", "2019-03-25T00:00:00+00:00"))) == 2


@pytest.mark.parametrize("reason", ["left", "complaint", "erased", "anything"])
def test_no_other_reason_is_lifted(newsletter: BouncedList, reason: str) -> None:
    with pytest.raises(UsageError, match="not lifted"):
        list(restore_since(newsletter.context, reason, "2019-03-25"))


def test_a_date_is_one(newsletter: BouncedList) -> None:
    with pytest.raises(UsageError, match="not a date"):
        list(restore_since(newsletter.context, "bounce", "last week"))


def test_after_a_change_of_keys_each_subscriber_is_restored_once(tmp_path: Path, store: Store) -> None:
    newsletter = BouncedList(tmp_path, store, spread(20))
    operator_actions.suppress(newsletter.context, ADA, reason=SuppressionReason.BOUNCE, detail="5.1.1")
    with_new_key = newsletter.with_new_key()
    operator_actions.suppress(with_new_key, ADA, reason=SuppressionReason.BOUNCE, detail="5.1.1")
    (verdict,) = restore_since(with_new_key, "bounce", "2019-01-01")
    assert verdict.restored
    assert not list(operator_actions.everyone(with_new_key, EffectiveStatus.SUPPRESSED))
