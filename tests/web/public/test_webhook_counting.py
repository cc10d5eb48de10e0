"""Bounces by webhook are counted, whatever dies between the response and counting, and however they come in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from digest.mail.returned.webhooks import generic_json
from digest.model import EffectiveStatus, Mailing
from digest.steps.subscribers.webhooks.take_in import settle_reports, take_in
from digest.store import bounces
from digest.store.engine import Store
from digest.web.public.serve import PublicServer
from tests.mail.returned.webhooks import payloads
from tests.web.public.reported_newsletter import Newsletter, eventually
from tests.web.public_server import serving_pages


@pytest.fixture
def newsletter(tmp_path: Path, store: Store) -> Iterator[Newsletter]:
    with ExitStack() as stack:
        newsletter = Newsletter(tmp_path, store, stack)
        newsletter.add(*(f"reader{number}@example{number}.org" for number in range(60)))
        newsletter.sent()
        yield newsletter


def test_a_server_counts_what_a_killed_one_recorded(newsletter: Newsletter) -> None:
    assert take_in(newsletter.context, "json", generic_json.parse(payloads.generic({}))) == 1
    assert newsletter.status() is EffectiveStatus.ACTIVE
    with serving_pages(PublicServer(newsletter.context, port=0)):
        assert newsletter.becomes(EffectiveStatus.SUPPRESSED)


def test_an_event_that_comes_again_after_a_kill_is_counted(newsletter: Newsletter) -> None:
    take_in(newsletter.context, "json", generic_json.parse(payloads.generic({})))
    assert newsletter.post_json({}) == 200
    assert newsletter.becomes(EffectiveStatus.SUPPRESSED)


def test_one_bad_night_of_a_provider_that_reports_hour_by_hour(newsletter: Newsletter) -> None:
    for number in range(40):
        newsletter.now += timedelta(minutes=20)
        event = {"id": f"e{number}", "address": f"reader{number}@example{number}.org"}
        take_in(newsletter.context, "json", generic_json.parse(payloads.generic(event)))
        settle_reports(newsletter.context)
    assert newsletter.on_hold() == 40
    statuses = {newsletter.status(f"reader{number}@example{number}.org") for number in range(40)}
    assert statuses == {EffectiveStatus.ACTIVE}


@pytest.mark.thorough
def test_many_small_requests_are_counted_together(newsletter: Newsletter) -> None:
    for number in range(30):
        assert newsletter.post_json({"id": f"e{number}", "address": f"reader{number}@example{number}.org"}) == 200
    assert eventually(lambda: newsletter.on_hold() == 30)


def test_plain_words_of_our_own_topic_are_ignored(newsletter: Newsletter) -> None:
    """SES writes them when an event destination is set up."""
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    assert newsletter.post("ses", json.dumps(newsletter.sns.notification({}, Message=words)).encode()) == 200


def test_a_bounce_in_the_second_of_the_delivery_counts_for_this_edition(newsletter: Newsletter) -> None:
    """Providers cut their times to whole seconds, and name no message."""
    newsletter.now += timedelta(days=7, milliseconds=700)
    newsletter.sent(Mailing.parse("2019-W13"))
    at = newsletter.now.replace(microsecond=0).isoformat()
    take_in(newsletter.context, "json", generic_json.parse(payloads.generic({"at": at})))
    with newsletter.context.store.reading() as connection:
        assert bounces.new_batches(connection) == ["2019-W13"]


@pytest.mark.parametrize(
    "odd",
    [
        "\0",
        "\udc00\ud800 a@b",
        *(pytest.param(odd, marks=pytest.mark.thorough) for odd in ("\ud800", "\u202e", "x" * 100_000)),
    ],
)
def test_odd_characters_cost_no_event_of_the_request(newsletter: Newsletter, odd: str) -> None:
    everywhere = {"address": f"{odd}@example.org", "id": odd, "reply": odd, "message_id": odd, "at": odd}
    in_words = {"reply": f"550 5.1.1 No such user {odd}", "message_id": odd, "id": f"2{odd}"}
    assert newsletter.post_json(everywhere, in_words, {"address": "reader3@example3.org"}) == 200
    assert newsletter.becomes(EffectiveStatus.SUPPRESSED)
    assert newsletter.becomes(EffectiveStatus.SUPPRESSED, "reader3@example3.org")
    assert newsletter.post_json({**in_words, "type": "complaint", "id": "3"}) == 200
