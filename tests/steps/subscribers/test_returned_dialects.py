"""Returned mail in all its dialects, down to the subscriber: who is suppressed, and that nobody else is."""

from __future__ import annotations

import json
import mailbox
from datetime import timedelta
from pathlib import Path

import pytest

from digest.mail.message.message_headers import MessageIds
from digest.mail.returned.parse_bounce import Kind
from digest.model import DeliveryResult, DeliveryState, EffectiveStatus, Mailing, Reply
from digest.steps.subscribers import operator_actions
from digest.store import claims, deliveries
from digest.store.engine import Store
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.cli.commands import digest
from tests.mail.returned.dialects import ADDRESS, BY_NAME, DIALECTS
from tests.steps.subscribers.test_read_bounces import NOW, TOML, Post

_OURS = "2019.w12.0123456789abcdef0123456789abcdef@news.example.org"


def is_active(post: Post) -> bool:
    (one,) = operator_actions.everyone(post.context)
    return one.status is EffectiveStatus.ACTIVE


def send(post: Post, week: str) -> str:
    """Send an edition. Return its Message-ID."""
    ids = MessageIds(b"secret", week, "news.example.org")
    mailing = Mailing.parse(week)
    with post.context.store.writing() as connection:
        deliveries.queue(connection, mailing, now=NOW)
        (claim,) = claims.claim(connection, mailing, 1, by="x", now=NOW, lease=timedelta(1), message_id=ids).claims
        claims.record(connection, [DeliveryResult(claim.id, DeliveryState.SENT, Reply(250))], by="x", now=NOW)
    return ids(1)


@pytest.mark.thorough
def test_nothing_suppresses_without_a_token_of_ours(tmp_path: Path, store: Store) -> None:
    """Whatever it says, and however much our own mails look like it."""
    post = Post(tmp_path, store)
    send(post, "2019-W12")
    foreign = Tokens([b"of another newsletter"])
    for token in (foreign.make(Purpose.BOUNCE, 1), foreign.make(Purpose.UNSUBSCRIBE, 1), "1.nothing", ""):
        report = post.read(*(one.raw(token) for one in DIALECTS))
        assert (report.read > 0, report.suppressed, report.hard + report.complaint > 0) == (True, 0, True)
        acted = report.hard + report.soft + report.complaint
        assert report.unmatched == acted
    assert is_active(post)
    assert post.history() == ["subscribed", "edition 2019-W12: sent"]


def test_what_is_not_plainly_about_the_address_suppresses_nobody(tmp_path: Path, store: Store) -> None:
    post = Post(tmp_path, store)
    harmless = [one for one in DIALECTS if one.kind not in (Kind.HARD, Kind.COMPLAINT)]
    report = post.read(*(one.raw(post.token) for one in harmless))
    assert (report.read, report.unmatched, report.suppressed) == (len(harmless), 0, 0)
    assert is_active(post)


@pytest.mark.parametrize(
    "name",
    ["postfix-verify", "dma", "global", "exim-nodiag", "qmail-no-host", "arf-as-text", "arf-opt-out", "jmrp-subject"],
)
def test_a_plain_sign_suppresses(tmp_path: Path, store: Store, name: str) -> None:
    post = Post(tmp_path, store)
    assert post.read(BY_NAME[name].raw(post.token)).suppressed == 1
    assert not is_active(post)


def test_a_former_member_does_not_take_the_team_away(tmp_path: Path, store: Store) -> None:
    """However many editions it goes on: the team itself gets them."""
    post = Post(tmp_path, store)
    raw = BY_NAME["forwarded"].raw(post.token)
    for week in range(10, 16):
        message_id = send(post, f"2019-W{week}")
        report = post.read(raw.replace(f"<{_OURS}>".encode(), message_id.encode()))
        assert (report.soft, report.suppressed) == (1, 0)
    assert is_active(post)


def test_our_message_id_alone_names_the_subscriber(tmp_path: Path, store: Store) -> None:
    post = Post(tmp_path, store)
    message_id = send(post, "2019-W12")
    raw = BY_NAME["arf-abuse"].raw("redacted")
    assert post.read(raw).unmatched == 1, "the Message-ID is not one that was sent"
    assert post.read(raw.replace(f"<{_OURS}>".encode(), message_id.upper().encode())).suppressed == 1
    assert not is_active(post)


def test_a_request_to_unsubscribe_needs_the_token_for_it(tmp_path: Path, store: Store) -> None:
    post = Post(tmp_path, store)
    for purpose in (Purpose.BOUNCE, Purpose.PREFERENCES):
        report = post.read(f"From: a@b.example\nSubject: unsubscribe {post.tokens.make(purpose, 1)}\n\n".encode())
        assert (report.unsubscribe, report.unmatched) == (1, 1)
    assert is_active(post)
    for subject in ("[EXTERNAL] unsubscribe", "unsubscribe"):
        report = post.read(f"From: a@b.example\nSubject: {subject} {post.token.upper()}\n\n".encode())
        assert (report.unsubscribe, report.unmatched) == (1, 0)
        assert not is_active(post)


def test_a_report_about_an_earlier_address_is_not_about_the_new_one(tmp_path: Path, store: Store) -> None:
    post = Post(tmp_path, store)
    late = BY_NAME["icloud"].raw(post.token).replace(ADDRESS.encode(), b"ada.before@other.example")
    assert post.read(late).suppressed == 0
    assert is_active(post)


def test_a_report_that_cannot_be_read_is_listed_and_stays_unread(tmp_path: Path) -> None:
    box = tmp_path / "box"
    (tmp_path / "digest.toml").write_text(TOML + f'mailbox = "{box}"\n[store]\nurl = "sqlite:///{tmp_path}/x.db"\n')
    folder = mailbox.Maildir(box)
    for name in ("empty-status", "person-attaches-our-mail"):
        folder.add(BY_NAME[name].raw("TOKEN"))
    for _ in range(2):
        done = digest("bounces", "read", "--json", cwd=tmp_path, DIGEST_SECRET_KEY="k" * 43)
        report = json.loads(done.stdout)
        assert (done.returncode, report["other"], report["leave"]) == (3, 2, 0), done.stderr
        assert [one["subject"] for one in report["unclear"]] == ["Undelivered Mail Returned to Sender"]
    text = digest("bounces", "read", cwd=tmp_path, DIGEST_SECRET_KEY="k" * 43)
    assert "left unread: Undelivered Mail Returned to Sender" in text.stdout
