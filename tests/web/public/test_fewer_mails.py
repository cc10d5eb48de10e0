"""Less than unsubscribing: monthly, fewer themes, a pause that ends by itself; and the link for who has no mail."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from digest.model import EffectiveStatus, Frequency
from digest.steps.subscribers import operator_actions
from digest.web.public.app import create_app
from tests.web.public.public_pages import HOST, PublicPages

ADA = "ada@x.example"


def day_in(site: PublicPages, days: int) -> date:
    return site.now.date() + timedelta(days=days)


def test_only_civic_tech_and_monthly_is_one_form(site: PublicPages) -> None:
    preferences, _ = site.links(site.add(ADA))
    form = {"act": "save", "shown": "all", "which": "all", "themes": ["civic-tech"], "frequency": "monthly"}
    page = site.browser.post(preferences, data=form).text
    assert "a•••@x•••.example</strong> gets The Test Digest once a month" in page.replace("<span>", "")
    assert (site.row().themes, site.row().frequency) == (("civic-tech",), Frequency.MONTHLY)
    site.browser.post(preferences, data={"act": "save", "which": "all", "frequency": "nonsense"})
    assert (site.row().themes, site.row().frequency) == ((), Frequency.MONTHLY), (
        "what is not understood changes nothing"
    )
    lines = [(line.what, line.wording) for line in operator_actions.history(site.context, ADA)]
    assert ("changed frequency", "monthly") in lines


def test_pause_ends_on_its_day(site: PublicPages) -> None:
    preferences, _ = site.links(site.add(ADA))
    until = day_in(site, 30)
    page = site.browser.post(preferences, data={"act": "pause", "until": until.isoformat()}).text
    assert f"are paused until {until.day} {until:%B %Y}." in page
    assert f'name="until" value="{until.isoformat()}"' in page, "it can be changed"
    assert site.row().status is EffectiveStatus.PAUSED
    later = day_in(site, 40)
    site.browser.post(preferences, data={"act": "pause", "until": f"{later:%d} {later:%B} {later:%Y}"})
    assert f"until {later.day} {later:%B %Y}." in site.browser.get(preferences).text, (
        "as a browser without a date field"
    )
    site.now += timedelta(days=41)
    assert site.row().status is EffectiveStatus.ACTIVE
    assert " gets The Test Digest" in site.browser.get(preferences).text


@pytest.mark.parametrize(
    ("days", "typed", "problem"),
    [
        (0, "", "Enter a date after today."),
        (400, "", "Enter a date within the next year."),
        (1, "soon", "Enter a real date, such as 2030-05-01."),
    ],
)
def test_dates_that_cannot_be(site: PublicPages, days: int, typed: str, problem: str) -> None:
    preferences, unsubscribe = site.links(site.add(ADA))
    until = typed or day_in(site, days).isoformat()
    for path in (preferences, unsubscribe):
        response = site.browser.post(path, data={"act": "pause", "until": until})
        assert response.status_code == 422
        assert response.text.count(problem) == 2, "above, and at the field"
        assert f'value="{until}"' in response.text
        assert "<title>Error: " in response.text
    assert site.row().status is EffectiveStatus.ACTIVE


def test_unsubscribe_page_offers_less(site: PublicPages) -> None:
    _, unsubscribe = site.links(site.add(ADA))
    page = site.browser.get(unsubscribe).text
    assert "a•••@x•••.example</strong> will get no more emails" in page
    for words in ("Get it once a month", "Choose fewer themes", "Pause until", "We keep your address"):
        assert words in page
    assert "You are still subscribed" in site.browser.post(unsubscribe, data={"act": "monthly"}).text
    assert "Get it once a month" not in site.browser.get(unsubscribe).text
    assert site.browser.post(unsubscribe, data={"act": "themes"}).status_code == 422
    assert "Comms" in site.browser.post(unsubscribe, data={"act": "themes", "themes": ["comms"]}).text
    assert (site.row().frequency, site.row().themes) == (Frequency.MONTHLY, ("comms",))
    assert "are paused." in site.browser.post(unsubscribe, data={"act": "pause", "until": ""}).text
    assert (site.row().status, site.row().paused_until) == (EffectiveStatus.PAUSED, None)
    one_click = {"List-Unsubscribe": "One-Click", "act": "monthly"}
    assert site.browser.post(unsubscribe, data=one_click).text == "You are unsubscribed.\n"
    assert site.row().status is EffectiveStatus.LEFT
    page = site.browser.get(unsubscribe).text
    assert "Or get fewer emails" not in page
    assert "You are unsubscribed" in page


def test_link_goes_to_who_is_subscribed_and_the_page_says_the_same_to_all(site: PublicPages) -> None:
    preferences, _ = site.links(site.add(ADA))
    assert "Get a link" in site.browser.get("/preferences").text
    for path in ("/", "/subscribe", "/preferences/nonsense"):
        assert 'href="/preferences' in site.browser.get(path).text
    answers = {
        site.browser.post("/preferences/", data={"email": email}).text.replace(email, "")
        for email in (ADA, "nobody@x.example", "bo@y.example")
    }
    assert len(answers) == 1
    (mail,) = site.mails()
    assert "asked for a link to change what The Test Digest sends you" in mail
    assert site.path_in(mail) == preferences
    wrong = site.browser.post("/preferences", data={"email": "ada at x"})
    assert (wrong.status_code, "Enter an email address" in wrong.text) == (422, True)
    site.browser.post("/preferences", data={"email": ADA, "website": "https://bot.example"})
    operator_actions.remove(site.context, ADA)
    site.browser.post("/preferences", data={"email": ADA})
    assert len(site.mails()) == 1, "nothing for a bot, nor to who has left"


def test_the_link_is_looked_for_some_time_after_the_response(site: PublicPages) -> None:
    site.add(ADA)
    hesitations: list[int] = []

    def hesitation() -> float:
        hesitations.append(len(site.mails()))
        return 0.0

    browser = TestClient(create_app(site.context, hesitation=hesitation), base_url=f"https://{HOST}")
    for address in (ADA, "nobody@x.example"):
        assert browser.post("/preferences", data={"email": address}).status_code == 200
    assert (hesitations, len(site.mails())) == ([0, 1], 1), "for every address, and before the mail to a subscriber"
