"""What somebody chooses in the form counts once they confirm, also for those who left, paused or were suppressed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.model import EffectiveStatus, Suppression, SuppressionReason
from digest.steps.subscribers import operator_actions
from digest.store import subscribers, unconfirmed
from digest.subscribers.consent_rules import CONFIRM_WITHIN
from tests.web.public.public_pages import PublicPages

ADA = "ada@x.example"
CHOICE = {"email": ADA, "name": "Ada", "which": "some", "themes": ["comms"], "language": "cy"}


def chosen(site: PublicPages) -> tuple[str, tuple[str, ...], str]:
    one = site.row()
    return one.name, one.themes, one.language


def subscribe(site: PublicPages, **form: Any) -> str:
    """Fill in the form; return the path in the mail that comes."""
    assert site.browser.post("/subscribe", data={**CHOICE, **form}).status_code == 200
    return site.path_in(site.mails()[-1])


def stop(site: PublicPages, how: str) -> None:
    preferences, unsubscribe = site.links(site.add(ADA))
    if how == "left":
        site.browser.post(unsubscribe)
    elif how == "paused":
        site.browser.post(preferences, data={"act": "pause"})
    else:
        operator_actions.suppress(site.context, ADA, reason=SuppressionReason(how), detail="5.1.1")


# --- Coming back by the form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["left", "paused", "bounce", "complaint"])
def test_who_comes_back_by_the_form_gets_what_they_chose(site: PublicPages, how: str) -> None:
    stop(site, how)
    before = chosen(site)
    path = subscribe(site)
    assert "Cadarnhewch" in site.mails()[-1], "in the language of the form"
    assert chosen(site) == before, "nothing changes before the owner confirms"
    page = site.browser.get(path).text
    assert "will get Comms" in page or "yn cael Cyfathrebu" in page
    assert "a•••@x•••.example" in page
    assert site.browser.post(path).status_code == 200
    assert site.row().status is EffectiveStatus.ACTIVE
    assert chosen(site) == ("Ada", ("comms",), "cy")
    lines = [(line.what, line.wording) for line in operator_actions.history(site.context, ADA)]
    assert lines[-2:] == [("changed name, themes, language", "comms"), lines[-1]]
    assert lines[-1][0] == ("resumed" if how == "paused" else "confirmed")


def test_the_choice_made_last_before_confirming_counts(site: PublicPages) -> None:
    stop(site, "left")
    first = subscribe(site)
    subscribe(site, themes=["civic-tech", "comms"], name="Ada P.", language="de")
    site.browser.post(first)
    assert chosen(site) == ("Ada P.", ("comms", "civic-tech"), "de")


def test_who_asks_twice_before_the_first_confirmation_gets_the_later_choice(site: PublicPages) -> None:
    first = subscribe(site)
    subscribe(site, which="all", themes=[], name="Ada P.", language="en")
    site.browser.post(first)
    assert chosen(site) == ("Ada P.", (), "en")


def test_a_choice_of_everything_replaces_the_themes_from_before(site: PublicPages) -> None:
    preferences, unsubscribe = site.links(site.add(ADA))
    site.browser.post(preferences, data={"act": "save", "name": "Ada", "which": "some", "themes": ["comms"]})
    site.browser.post(unsubscribe)
    site.browser.post(subscribe(site, which="all", themes=[], name="", language="en"))
    assert chosen(site) == ("Ada", (), "en"), "an empty name keeps the one from before"


def test_coming_back_by_the_own_link_does_not_change_the_choices(site: PublicPages) -> None:
    preferences, unsubscribe = site.links(site.add(ADA))
    site.browser.post(preferences, data={"act": "save", "name": "Ada", "themes": ["comms"], "language": "de"})
    operator_actions.remove(site.context, ADA)
    site.browser.post(unsubscribe, data={"act": "back"})
    site.browser.post(site.path_in(site.mails()[-1]))
    assert (site.row().status, chosen(site)) == (EffectiveStatus.ACTIVE, ("Ada", ("comms",), "de"))


def test_who_gets_mail_keeps_what_they_have(site: PublicPages) -> None:
    site.add(ADA)
    subscribe(site)
    assert "You already get" in site.mails()[-1]
    assert chosen(site) == ("", (), "")
    with site.context.store.reading() as connection:
        assert unconfirmed.find(connection, site.row().id) is None


def test_unconfirmed_choices_are_forgotten_with_time_and_with_the_subscriber(site: PublicPages) -> None:
    stop(site, "left")
    number = site.row().id
    subscribe(site)
    site.now += CONFIRM_WITHIN + timedelta(minutes=1)
    site.browser.post("/subscribe", data={"email": "bo@y.example"})
    with site.context.store.reading() as connection:
        assert unconfirmed.find(connection, number) is None
        assert subscribers.find(connection, number) is not None
    subscribe(site)
    operator_actions.erase(site.context, ADA)
    with site.context.store.reading() as connection:
        assert unconfirmed.find(connection, number) is None


def test_whom_an_operator_suppressed_keeps_no_choices(site: PublicPages) -> None:
    site.add(ADA)
    operator_actions.suppress(site.context, ADA, detail="asked by letter")
    site.browser.post("/subscribe", data=CHOICE)
    assert site.mails() == []
    with site.context.store.reading() as connection:
        assert unconfirmed.find(connection, site.row().id) is None


# --- A pause ----------------------------------------------------------------------------------------------------------


def test_who_paused_and_subscribes_again_is_asked_and_resumes(site: PublicPages) -> None:
    stop(site, "paused")
    path = subscribe(site, language="en")
    assert "Your emails are paused. If you confirm, they start again." in site.mails()[-1]
    assert "Press the button, and they start again" in site.browser.get(path).text
    assert site.row().status is EffectiveStatus.PAUSED
    page = site.browser.post(path).text
    assert "Your emails are no longer paused." in page
    assert site.row().status is EffectiveStatus.ACTIVE
    assert "no longer paused" not in site.browser.post(path).text, "the second time nothing was"


def test_the_form_answers_the_same_for_a_pause(site: PublicPages) -> None:
    stop(site, "paused")
    pages = [site.browser.post("/subscribe", data={**CHOICE, "email": email}).text for email in (ADA, "new@x.example")]
    assert pages[0].replace(ADA, "") == pages[1].replace("new@x.example", "")


def test_a_suppression_while_paused_is_no_pause(site: PublicPages) -> None:
    stop(site, "paused")
    with site.context.store.writing() as connection:
        subscriber = subscribers.find(connection, site.row().id)
        assert subscriber is not None
        gone = Suppression(SuppressionReason.BOUNCE, "5.1.1")
        subscribers.suppress(connection, [subscriber.hash], gone, at=site.now)
    path = subscribe(site, language="en")
    assert "paused" not in site.mails()[-1]
    site.browser.post(path)
    assert site.row().status is EffectiveStatus.ACTIVE


# --- Everything, or only these ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["subscribe", "preferences"])
def test_no_theme_at_all_is_an_error_and_keeps_what_was_typed(site: PublicPages, page: str) -> None:
    path = "/subscribe" if page == "subscribe" else site.links(site.add(ADA))[0]
    data = {"act": "save", "email": ADA, "name": "Ada <b>", "which": "some", "language": "en"}
    refused = site.browser.post(path, data=data)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert refused.text.count("Select at least one theme, or “Everything”.") == 2, "in the summary and beside the field"
    assert '<a href="#everything">' in refused.text
    assert 'aria-describedby="themes-problem"' in refused.text
    assert '<span class="unseen">Error: </span>Select at least' in refused.text
    assert 'value="Ada &lt;b&gt;"' in refused.text
    assert 'id="only" name="which" value="some" checked' in refused.text
    assert site.mails() == []


def test_everything_wins_over_ticks_that_are_hidden(site: PublicPages) -> None:
    path, _ = site.links(site.add(ADA))
    site.browser.post(path, data={"act": "save", "which": "all", "themes": ["comms"]})
    assert chosen(site)[1] == ()
    site.browser.post(path, data={"act": "save", "which": "some", "themes": ["comms"]})
    assert chosen(site)[1] == ("comms",)
    page = site.browser.get(path).text
    assert 'id="only" name="which" value="some" checked' in page
    assert 'id="theme-comms" name="themes" value="comms" checked' in page


def test_a_form_without_the_buttons_means_its_ticks(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": ADA, "themes": ["comms"]})
    assert chosen(site)[1] == ("comms",)


@pytest.mark.parametrize("how", ["never confirmed", "left", "paused", "asked twice"])
def test_a_form_with_the_address_alone_keeps_the_themes_from_before(site: PublicPages, how: str) -> None:
    if how == "never confirmed":
        subscribe(site)
    else:
        preferences, unsubscribe = site.links(site.add(ADA))
        site.browser.post(preferences, data={"act": "save", "name": "Ada", "which": "some", "themes": ["comms"]})
        site.browser.post(preferences if how == "paused" else unsubscribe, data={"act": "pause"})
    if how == "asked twice":
        subscribe(site, themes=["civic-tech"])
    site.browser.post("/subscribe", data={"email": ADA})
    site.browser.post(site.path_in(site.mails()[-1]))
    assert site.row().status is EffectiveStatus.ACTIVE
    assert chosen(site)[:2] == ("Ada", ("civic-tech",) if how == "asked twice" else ("comms",))
