"""Who comes back, who gets notices, and what is asked about a likely typing mistake."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from digest.model import EffectiveStatus, SuppressionReason
from digest.steps.subscribers import operator_actions
from digest.subscribers.consent_rules import RETURN_WITHIN
from tests.web.public.public_pages import PublicPages

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
BACK = {"act": "back"}


# --- Coming back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [{}, ONE_CLICK], ids=["page", "one click"])
def test_a_slip_is_undone_at_once_for_some_minutes(site: PublicPages, form: dict[str, str]) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    site.browser.post(path, data=form)
    site.now += RETURN_WITHIN
    assert "You are subscribed again" in site.browser.post(path, data=BACK).text
    assert site.status(email) is EffectiveStatus.ACTIVE
    assert site.mails() == []


@pytest.mark.parametrize("where", ["unsubscribe", "preferences"])
def test_later_only_the_owner_of_the_address_comes_back(site: PublicPages, where: str) -> None:
    """The link may be in the hands of somebody to whom the mail was forwarded."""
    email = site.add("ada@x.example")
    preferences, path = site.links(email)
    site.browser.post(path)
    site.now += RETURN_WITHIN + timedelta(seconds=1)
    link = path
    if where == "preferences":
        match = re.search(r'action="(/unsubscribe/[^"]+)"', site.browser.get(preferences).text)
        assert match
        link = match[1]
    page = site.browser.post(link, data=BACK)
    assert page.status_code == 200
    assert "Check your email" in page.text
    assert "a•••@x•••.example" in page.text
    assert email not in page.text, "whoever has the link does not learn the address"
    assert site.status(email) is EffectiveStatus.LEFT
    (mail,) = site.mails()
    assert mail.startswith("ada@x.example\nConfirm that you want")
    assert "You are subscribed" in site.browser.post(site.path_in(mail)).text
    assert site.status(email) is EffectiveStatus.ACTIVE
    history = [(line.what, line.how) for line in operator_actions.history(site.context, email)]
    assert history[-2:] == [("asked", "own link"), ("confirmed", "confirmed by link")]


def test_whoever_was_unsubscribed_in_another_way_comes_back_by_mail(site: PublicPages) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    operator_actions.remove(site.context, email)
    site.browser.post(path)  # who has left already
    assert "Check your email" in site.browser.post(path, data=BACK).text
    assert site.status(email) is EffectiveStatus.LEFT


def test_a_complaint_after_leaving_closes_the_way_back(site: PublicPages) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    operator_actions.suppress(site.context, email, reason=SuppressionReason.COMPLAINT, detail="abuse")
    site.browser.post(path)
    assert "Check your email" in site.browser.post(path, data=BACK).text
    assert site.status(email) is EffectiveStatus.LEFT


def test_the_link_cannot_be_used_to_flood_the_mailbox(site: PublicPages) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    operator_actions.remove(site.context, email)
    codes = [site.visitor(f"203.0.{number}.1").post(path, data=BACK).status_code for number in range(6)]
    assert codes == [200] * 6
    assert len(site.mails()) == 3
    codes = [site.browser.post(path, data=BACK).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]


def test_whom_an_operator_suppressed_does_not_come_back(site: PublicPages) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    site.browser.post(path)
    operator_actions.suppress(site.context, email, detail="asked by letter")
    assert site.browser.post(path, data=BACK).status_code == 404
    assert site.mails() == []


# --- Links as they arrive ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["/", ".", ").", "\u201d"])
def test_a_link_with_something_behind_it_works(site: PublicPages, end: str) -> None:
    email = site.add("ada@x.example")
    for path in site.links(email):
        assert site.browser.get(path + end).status_code == 200
    assert site.browser.post(path + end, data=ONE_CLICK).text == "You are unsubscribed.\n"
    assert site.status(email) is EffectiveStatus.LEFT


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--zz", "multipart/form-data; boundary=zz"),
        (b"--zz\r\n", "multipart/form-data"),
        (b"List-Unsubscribe=One-Click", "text/plain"),
        (b"&" * 200, "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_a_post_that_cannot_be_read_unsubscribes(site: PublicPages, body: bytes, kind: str) -> None:
    email = site.add("ada@x.example")
    _, path = site.links(email)
    answer = site.browser.post(path, content=body, headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 200
    assert site.status(email) is EffectiveStatus.LEFT


# --- Notices ----------------------------------------------------------------------------------------------------------


def ask(site: PublicPages, *emails: str) -> list[str]:
    """Ask for each address from a network of its own; return who got a mail."""
    before = len(site.mails())
    for number, email in enumerate(emails):
        assert site.visitor(f"203.{number}.113.1").post("/subscribe", data={"email": email}).status_code == 200
    return [mail.split("\n")[0] for mail in site.mails()[before:]]


@pytest.mark.parametrize(
    "emails",
    [
        [f"ada+{number}@x.example" for number in range(6)],
        ["ada@x.example", "Ada+a@x.example", "ADA+b@X.example", "ada+c+d@x.example"],
        ["ada.b@gmail.com", "adab@gmail.com", "a.d.a.b+x@googlemail.com", "adab+y@gmail.com"],
    ],
)
def test_a_mailbox_gets_three_a_day_whatever_its_tag(site: PublicPages, emails: list[str]) -> None:
    assert len(ask(site, *emails)) == 3
    site.now += timedelta(hours=23)
    assert ask(site, emails[0]) == []
    site.now += timedelta(hours=2)
    assert len(ask(site, emails[0])) == 1


def test_twelve_mailboxes_of_a_domain_a_day(site: PublicPages) -> None:
    """One person may get all mail to a domain."""
    emails = [f"r{number}@flood.example" for number in range(15)]
    assert ask(site, *emails) == emails[:12]
    assert ask(site, "ada@other.example") == ["ada@other.example"]
    assert ask(site, emails[0]) == [emails[0]], "each mailbox has its own three"
    site.now += timedelta(hours=25)
    assert ask(site, emails[14]) == [emails[14]]


def test_a_domain_with_subscribers_has_as_many_more(site: PublicPages) -> None:
    site.add("ada@council.example")
    site.add("bo@council.example")
    site.add("cy@sub.council.example")
    assert len(ask(site, *[f"r{number}@council.example" for number in range(17)])) == 14
    (mail, *_) = site.mails()
    site.browser.post(site.path_in(mail))
    assert len(ask(site, *[f"s{number}@council.example" for number in range(3)])) == 1


def test_a_public_provider_has_no_limit_for_the_domain(site: PublicPages) -> None:
    assert len(ask(site, *[f"reader{number}@gmail.com" for number in range(6)])) == 6


# --- Likely typing mistakes -------------------------------------------------------------------------------------------


def test_a_likely_typing_mistake_is_asked_about(site: PublicPages) -> None:
    page = site.browser.post("/subscribe", data={"email": "ada@gmail.con", "name": "Ada", "themes": ["comms"]})
    assert page.status_code == 422
    assert "Did you mean <bdi>ada@gmail.com</bdi>?" in page.text
    assert 'value="ada@gmail.con" dir="ltr"' in page.text
    assert 'name="sure" value="ada@gmail.con"' in page.text
    assert site.mails() == []
    assert site.status("ada@gmail.con") is None


def test_the_same_address_again_is_taken_as_it_is(site: PublicPages) -> None:
    again = {"email": "ada@hotmial.com", "sure": "ada@hotmial.com"}
    assert "Check your email" in site.browser.post("/subscribe", data=again).text
    assert [mail.split("\n")[0] for mail in site.mails()] == ["ada@hotmial.com"]
    other = {"email": "bo@hotmial.com", "sure": "ada@hotmial.com"}
    assert site.browser.post("/subscribe", data=other).status_code == 422


def test_the_corrected_address_is_subscribed(site: PublicPages) -> None:
    site.browser.post("/subscribe", data={"email": "ada@gmail.com", "sure": "ada@gmail.con"})
    assert [mail.split("\n")[0] for mail in site.mails()] == ["ada@gmail.com"]


def test_a_new_address_with_a_likely_typing_mistake_is_asked_about(site: PublicPages) -> None:
    path, _ = site.links(site.add("ada@x.example"))
    page = site.browser.post(path, data={"act": "move", "email": "ada@gmial.com"})
    assert page.status_code == 422
    assert "Did you mean <bdi>ada@gmail.com</bdi>?" in page.text
    assert "Nothing was changed" in page.text
    assert site.mails() == []
    site.browser.post(path, data={"act": "move", "email": "ada@gmial.com", "sure": "ada@gmial.com"})
    assert "We were asked to send The Test Digest to ada@gmial.com" in site.mails()[0]


def test_a_sample_address_is_none(site: PublicPages) -> None:
    assert site.browser.post("/subscribe", data={"email": "ada@sample.invalid"}).status_code == 422
