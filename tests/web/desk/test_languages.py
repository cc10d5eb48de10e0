"""The desk shows the mail in each language that readers have, and the monthly one beside the weekly."""

from __future__ import annotations

import re
from html import escape

from digest.steps.composing.compose import recompose
from digest.steps.editing.edition_view import exact
from digest.steps.subscribers.operator_actions import add
from tests.steps.newsletter_setup import WEEK, mark_sent
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"


def test_with_one_language_there_is_nothing_to_choose(still_desk: ServedDesk) -> None:
    assert "Languages of the mail" not in still_desk.page()


def test_the_monthly_mail_is_a_tab_its_bytes_and_a_test_send(desk: ServedDesk) -> None:
    assert "Weekly or monthly" not in desk.page(), "no month goes with this edition"
    mark_sent(desk.context, WEEK.shift(-3))
    recompose(desk.context, WEEK, by="editor")
    add(desk.context, "ada.jones@example.org", language="cy")
    weekly, monthly = re.findall(r'<a class="tab scripted" href="([^"]*)"[^>]*>(?:Weekly|Monthly)<', desk.page())
    assert "monthly" not in weekly
    page = desk.page(monthly.replace("&amp;", "&"))
    (frame,) = re.findall(r'<iframe src="([^"]*)"', page)
    assert "February 2026" in desk.client.get(frame).text
    (welsh,) = re.findall(r'href="([^"]*)"[^>]*>Welsh', page)
    assert 'Welsh <span class="count">0<' in page, "nobody of theirs is monthly"
    assert "Chwefror 2026" in desk.page(welsh.replace("&amp;", "&").replace("view=desktop", "view=text"))
    (message,) = re.findall(rf'href="({BENCH}/email\.eml[^"]*)"', page)
    answer = desk.client.get(message)
    assert answer.content == exact(desk.context, WEEK, "eml", monthly=True)
    assert 'filename="2026-W10-monthly.eml"' in answer.headers["content-disposition"]
    desk.fill(f"{BENCH}/test", address="eve@example.org", test_monthly="yes")
    assert [mail.subject for mail in desk.mailbox.messages()] == ["The Test Digest, February 2026"]


def test_each_language_is_a_link_and_its_bytes_are_those_that_are_sent(desk: ServedDesk) -> None:
    add(desk.context, "ada.jones@example.org", language="cy")
    page = desk.page()
    options = re.findall(
        r'<a class="tab scripted" href="([^"]*)"[^>]*?( aria-current="true")?>([^<]*) '
        r'<span class="count">(\d+<span class="vh"> [^<]*)<',
        page,
    )
    assert [(current != "", name, subscribers) for _, current, name, subscribers in options] == [
        (True, "English (United Kingdom)", '3<span class="vh"> subscribers'),
        (False, "Welsh", '1<span class="vh"> subscriber'),
    ]
    welsh = desk.page(options[1][0].replace("&amp;", "&"))
    assert "Mawrth" in welsh
    (frame,) = re.findall(r'<iframe src="([^"]*)"', welsh)
    assert "Dad-danysgrifio" in desk.client.get(frame).text
    for kind, what in (("html", "html"), ("txt", "text"), ("eml", "eml")):
        (address,) = re.findall(rf'href="({BENCH}/email\.{kind}[^"]*)"', welsh)
        assert desk.client.get(address).content == exact(desk.context, WEEK, what, "cy")
    assert 'filename="2026-W10-cy.eml"' in desk.client.get(address).headers["content-disposition"]

    # Another view stays in the language; what is no language of readers shows the newsletter's.
    (text,) = re.findall(r'href="([^"]*view=text[^"]*)"', welsh)
    assert "Rhifyn " in desk.page(text.replace("&amp;", "&"))
    assert "Edition " in desk.page(f"{BENCH}?view=text&language=%22%3E%3Cscript%3E")


def test_the_mail_as_one_subscriber_gets_it(desk: ServedDesk) -> None:
    theme = desk.edition.sections[-1]
    add(desk.context, "ada.jones@example.org", name="Ada", themes=[theme.theme], language="cy")
    answer = desk.fill(f"{BENCH}/as", **{"as": "ada.jones@example.org"})
    assert "ada" not in str(answer.url), "the address stays out of URLs, histories and logs"
    number, page = answer.url.params["as"], answer.text
    assert f"As ada.jones@example.org gets it: {theme.title}; in Welsh." in page
    (frame,) = re.findall(r'<iframe src="([^"]*)"', page)
    mail = desk.client.get(frame.replace("&amp;", "&")).text
    assert "Dad-danysgrifio" in mail
    for section in desk.edition.sections:
        assert (f'id="post-{section.posts[0].id}"' in mail) == (section.theme == theme.theme)
    assert escape(theme.posts[0].title) in desk.page(f"{BENCH}?view=text&as={number}")
    wrong = desk.fill(f"{BENCH}/as", **{"as": "x@example.org"})
    assert "Nobody subscribed as x@example.org" in wrong.text
    assert 'value="x@example.org"' in wrong.text
    assert "is no e-mail address" in desk.fill(f"{BENCH}/as", **{"as": '"><script>'}).text
    assert "no such subscriber" in desk.page(f"{BENCH}?as=999")
    assert "names no subscriber" in desk.page(f"{BENCH}?as=x@example.org")
    assert desk.client.get(f"{BENCH}/view/light?as=999").status_code == 404
    assert "as=" not in str(desk.fill(f"{BENCH}/as", **{"as": ""}).url)
