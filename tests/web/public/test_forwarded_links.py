"""Links in mails that were forwarded, or went to an address from before a move: what they must not do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.model import DeliveryState, EffectiveStatus, Mailing
from digest.steps.subscribers import operator_actions
from digest.store import deliveries
from digest.store.new_number import give_new_number
from digest.subscribers.consent_rules import ACT_WITHIN
from digest.week import Week
from tests.web.public.public_pages import PublicPages
from tests.web.public.test_app import data_of, move

ADA, NEW = "ada@x.example", "new@y.example"
MAILING = Mailing(Week(2019, 12))
ACTS = {"export": "data", "erase": "erase", "move": "change"}
"""What is asked for, and the page that the mail leads to."""


def ask(site: PublicPages, path: str, act: str) -> str:
    """Ask for it by the link in an edition; return the path in the mail that comes."""
    page = site.browser.post(path, data={"act": act, "email": NEW})
    assert "We’ve sent a link to" in page.text
    assert "a•••@x•••.example" in page.text
    assert ADA not in page.text
    mail = site.mails()[-1]
    assert mail.startswith(ADA), "to the present address"
    return site.path_in(mail)


# --- Forwarded --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_a_forwarded_link_only_asks(site: PublicPages, act: str) -> None:
    path, _ = site.links(site.add(ADA))
    link = ask(site, path, act)
    assert link.startswith(f"/{ACTS[act]}/")
    assert site.status(ADA) is EffectiveStatus.ACTIVE
    assert [one.email for one in operator_actions.everyone(site.context)] == [ADA]
    page = site.browser.get(link)
    assert (page.status_code, "a•••@x•••.example" in page.text) == (200, True)
    assert site.status(ADA) is EffectiveStatus.ACTIVE, "opening it changes nothing"
    assert len(site.mails()) == 1


def test_the_old_address_of_the_data_shows_none(site: PublicPages) -> None:
    path, _ = site.links(site.add(ADA))
    page = site.browser.get(f"{path}/data.json")
    assert "text/html" in page.headers["content-type"]
    assert ADA not in page.text
    assert site.mails() == [], "a GET sends nothing"


@pytest.mark.parametrize("act", ACTS)
def test_a_link_for_one_act_is_none_for_another_and_ends(site: PublicPages, act: str) -> None:
    path, _ = site.links(site.add(ADA))
    token = ask(site, path, act).rpartition("/")[2]
    others = {"data", "erase", "change", "move", "confirm", "preferences", "unsubscribe"} - {ACTS[act]}
    for other in others:
        assert site.browser.get(f"/{other}/{token}").status_code == 404
        assert site.browser.post(f"/{other}/{token}").status_code == 404
    site.now += ACT_WITHIN + timedelta(hours=2)
    assert site.browser.get(f"/{ACTS[act]}/{token}").status_code == 404
    assert site.browser.post(f"/{ACTS[act]}/{token}").status_code == 404
    assert site.status(ADA) is EffectiveStatus.ACTIVE


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_sent_to_whom_an_operator_suppressed(site: PublicPages, act: str) -> None:
    path, _ = site.links(site.add(ADA))
    operator_actions.suppress(site.context, ADA, detail="asked by letter")
    assert "We’ve sent a link to" in site.browser.post(path, data={"act": act, "email": NEW}).text
    assert site.mails() == []


def test_whoever_has_left_may_still_get_their_data_and_be_erased(site: PublicPages) -> None:
    path, unsubscribe = site.links(site.add(ADA))
    site.browser.post(unsubscribe)
    assert data_of(site, path)["status"] == "left"
    site.browser.post(ask(site, path, "erase"))
    assert list(operator_actions.everyone(site.context)) == []


def test_the_data_holds_what_is_not_confirmed_yet(site: PublicPages) -> None:
    path, unsubscribe = site.links(site.add(ADA))
    assert data_of(site, path)["unconfirmed"] is None
    site.browser.post(unsubscribe)
    site.browser.post("/subscribe", data={"email": ADA, "themes": ["comms"], "language": "cy"})
    assert data_of(site, path)["unconfirmed"] == {
        "name": "",
        "themes": ["comms"],
        "language": "cy",
        "frequency": "weekly",
    }


def test_the_page_of_a_move_names_the_new_address_to_the_owner_of_the_present_one(site: PublicPages) -> None:
    path, _ = site.links(site.add(ADA))
    link = ask(site, path, "move")
    assert f"send The Test Digest to {NEW} instead of this address" in site.mails()[0]
    assert NEW in site.browser.get(link).text
    answer = site.browser.post(link)
    assert answer.status_code == 200
    assert site.mails()[-1].startswith(NEW)
    assert site.status(ADA) is EffectiveStatus.ACTIVE, "until the owner of the new address confirms"


# --- From before a move -----------------------------------------------------------------------------------------------


def test_links_from_before_a_move_act_for_nobody(site: PublicPages) -> None:
    preferences, unsubscribe = site.links(site.add(ADA))
    erase = ask(site, preferences, "erase")
    new_preferences = move(site, preferences, NEW)
    for path in (preferences, erase):
        assert site.browser.get(path).status_code == 404
        assert site.browser.post(path, data={"act": "pause"}).status_code == 404
    assert site.browser.get(f"{preferences}/data.json").status_code == 404
    for answer in (site.browser.get(unsubscribe), site.browser.post(unsubscribe)):
        assert (answer.status_code, "This link is no longer used" in answer.text) == (200, True)
        assert "•••" not in answer.text, "and it does not say where they are"
    one_click = site.browser.post(unsubscribe, data={"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, one_click.text) == (200, "You are unsubscribed.\n")
    assert site.browser.post(unsubscribe, data={"act": "back"}).status_code == 404
    assert site.status(NEW) is EffectiveStatus.ACTIVE
    assert "n•••@y•••.example" in site.browser.get(new_preferences).text


def test_a_moved_subscriber_gets_no_edition_twice(site: PublicPages) -> None:
    site.add(ADA)
    bo = site.add("bo@x.example")
    with site.context.store.writing() as connection:
        assert deliveries.queue(connection, MAILING, now=site.now) == 2
        number = next(one.subscriber for one in deliveries.stream(connection) if one.email == ADA)
        new = give_new_number(connection, number, email=NEW, key=NEW, new_hash="h")
        assert deliveries.queue(connection, MAILING, now=site.now) == 0
        rows = {one.subscriber: (one.email, one.state) for one in deliveries.stream(connection)}
    assert rows[new] == (NEW, DeliveryState.QUEUED), "what waits goes to the new address"
    assert sorted(email for email, _ in rows.values()) == [bo, NEW]
    site.add("cy@x.example")
    numbers = [one.id for one in operator_actions.everyone(site.context)]
    assert number not in numbers, "no number is given twice"
