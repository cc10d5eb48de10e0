"""Editors are notified of each group of bounces on hold, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from digest.events import BouncesOnHold
from digest.model import BounceHold
from digest.steps.notifying.notify_editors import notify_editors
from digest.store.engine import Store
from tests.mail.smtp.smtp_server import serving
from tests.steps.newsletter_setup import set_up

HOLD = BounceHold("2019-W12", "policy", 30, 200, 12, ("5.7.26",), "550 5.7.26 not authenticated")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_one_notice_for_each_group(tmp_path: Path, store: Store) -> None:
    with serving() as server:
        tables = {"smtp": {"port": server.port}, "newsletter": {"editors": ["Ed <ed@example.org>", "flo@example.org"]}}
        with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as newsletter:
            server.order("RCPT", "550 5.1.1 no such user", about="flo@")
            notify_editors(newsletter.context, BouncesOnHold((HOLD,)))
            assert [one.recipient for one in server.accepted] == ["ed@example.org"]
            text = server.accepted[0].message.replace(b"=\r\n", b"").decode()
            assert "30 bounces wait for a decision" in text
            assert "30 of 200 bounced alike: receivers reject us" in text
            assert "`digest bounces dismiss --mailing 2019-W12 --group policy`" in text
            more = replace(HOLD, number=90), replace(HOLD, name="big.example"), replace(HOLD, batch="2019-03-25")
            notify_editors(newsletter.context, BouncesOnHold(more))
            mails = [one.recipient for one in server.accepted[1:]]
            assert sorted(mails) == ["ed@example.org"] * 2 + ["flo@example.org"] * 3
            notify_editors(newsletter.context, BouncesOnHold(more))
            assert len(server.accepted) == 6
