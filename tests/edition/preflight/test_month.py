"""The preflight of an edition with a month: what is wrong in the monthly mail, and what is wrong in both, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from digest.edition.preflight.checks import LinkResult, LinkState, preflight
from digest.edition.preflight.dead_links import links_to_check
from digest.mail.rendering.render import Renderer
from digest.model import EditionMail, Finding, Month, Picture, Section, Severity
from digest.template_folders import packaged_folder
from digest.week import Week
from tests.mail.editions import DESIGN, STARTS, edition, post

RENDERER = Renderer(DESIGN, [packaged_folder()])
HERE, EARLIER = edition(15, short=3), [post(number, lead=number == 40) for number in range(40, 52)]
SHARED = HERE.posts[0]
SECTIONS = (Section("comms", "Comms", (*EARLIER[:6], SHARED)), Section("civic-tech", "Civic tech", tuple(EARLIER[6:])))
GOOD = replace(HERE, month=Month(("2019-03",), (Week(2019, 11), Week(2019, 12)), SECTIONS, EARLIER[0].id))
MAIL, MONTH = RENDERER.render(GOOD), RENDERER.render(GOOD, monthly=True)


def findings(month: EditionMail = MONTH, mail: EditionMail = MAIL, **more: Any) -> list[Finding]:
    return [*preflight(GOOD, mail, DESIGN, month=month, **more)]


def results(state: LinkState, *urls: str) -> dict[str, LinkResult]:
    return {url: LinkResult(state, STARTS, "404.") for url in urls}


def spoilt(mail: EditionMail, old: str, new: str) -> EditionMail:
    assert old in mail.html
    return replace(mail, html=mail.html.replace(old, new))


def long(mail: EditionMail, length: int) -> EditionMail:
    return replace(mail, html=mail.html + " " * (length - len(mail.html.encode())))


def test_a_good_month_has_no_findings() -> None:
    assert findings(other_months={"Welsh": RENDERER.render(GOOD, monthly=True, language="cy")}) == []


@pytest.mark.parametrize(
    ("old", "new", "in_language"),
    [
        ("<h1", "<h2", True),
        ('<html lang="en-GB"', "<html", False),
        ("</h1>", '</h1><img src="https://digest.harbour.example/x.png">', False),
        ("</h1>", '</h1><img alt="x" src="https://t.example/x.png">', False),
        ("</h1>", '</h1><a href="#nowhere">There</a>', False),
        ("</h1>", "</h1>{{ mail.title }}", True),
        ("</head>", f"<style>{'x' * 17_000}</style></head>", True),
        ("⟦unsubscribe⟧", "#theme-comms", True),
        ("#17191b", "#aaaaaa", False),
    ],
)
def test_a_fault_of_the_template_is_named_after_its_mail_and_said_once_where_both_have_it(
    old: str, new: str, in_language: bool
) -> None:
    broken = spoilt(MONTH, old, new)
    alone = findings(broken)
    assert alone
    assert all(each.message.startswith("In the monthly mail: ") and each.remedy for each in alone)
    both = findings(broken, spoilt(MAIL, old, new))
    assert both == [*preflight(GOOD, spoilt(MAIL, old, new), DESIGN)]
    assert findings(broken, other_months={"Welsh": broken}) == alone
    welsh = findings(other_months={"Welsh": broken}, others={"Welsh": MAIL})
    assert bool(welsh) is in_language, "other faults are those of all languages"
    assert all(each.message.startswith("In the monthly mail in Welsh: ") for each in welsh)


def test_another_fault_of_the_same_kind_hides_none() -> None:
    picture = Picture("1.jpg", 600, 400, 1_200_000, "A harbour")
    heavy = replace(GOOD, sections=(replace(HERE.sections[0], posts=(replace(SHARED, picture=picture),)),))
    shown = spoilt(
        MAIL, "</h1>", '</h1><img alt="A harbour" src="https://digest.harbour.example/archive/images/1.jpg">'
    )
    elsewhere = spoilt(MONTH, "</h1>", '</h1><img alt="x" src="https://t.example/x.png">')
    found = [each.message for each in preflight(heavy, shown, DESIGN, month=elsewhere) if each.check == "pictures"]
    assert [message.startswith("In the monthly mail: ") for message in found] == [False, True]


def test_each_mail_has_its_own_size() -> None:
    (clipped,) = findings(long(MONTH, 102_001))
    assert clipped.severity is Severity.ERROR
    assert clipped.message == (
        "In the monthly mail: The HTML is 102,001 bytes long. Gmail cuts mails off after 102,000."
    )
    assert [
        each.message.startswith("In the monthly mail") for each in findings(long(MONTH, 95_000), long(MAIL, 95_000))
    ] == [
        False,
        True,
    ]
    all_long = findings(long(MONTH, 95_000), long(MAIL, 95_000), other_months={"Welsh": long(MONTH, 95_000)})
    assert len(all_long) == 3
    shorter = replace(MONTH, shortened="summaries have one sentence")
    assert [each.message for each in findings(shorter)] == [
        "In the monthly mail: To keep the mail from being cut off, summaries have one sentence."
    ]


def test_an_empty_subject_and_no_words_of_the_week() -> None:
    (empty,) = findings(replace(MONTH, subject=""))
    assert (empty.message, empty.about) == ("In the monthly mail: The subject is empty.", "")
    todo = replace(GOOD, introduction="TODO")
    assert len(preflight(todo, RENDERER.render(todo), DESIGN, month=RENDERER.render(todo, monthly=True))) == 1


def test_a_dead_link_in_both_mails_is_one_finding() -> None:
    gone = results(LinkState.GONE, SHARED.url, EARLIER[0].url)
    both, month = findings(online=gone, hold_withdrawn=True)
    assert (both.severity, both.about) == (Severity.ERROR, SHARED.id)
    assert both.message == f"“{SHARED.title}” links to a page that does not exist: 404."
    # Nobody can drop a post that was sent: it must not block this edition.
    assert (month.severity, month.about) == (Severity.WARNING, "")
    assert month.message == f"In the monthly mail: “{EARLIER[0].title}” links to a page that does not exist: 404."
    assert "cannot be dropped" in month.remedy


def test_without_the_internet_there_is_one_finding() -> None:
    links = {*links_to_check(MAIL.html, DESIGN.public_url), *links_to_check(MONTH.html, DESIGN.public_url)}
    (offline,) = findings(online=results(LinkState.UNREACHABLE, *links))
    assert offline.message.startswith("None of the ")
    # One host of older posts is away: this computer is not.
    here = links_to_check(MAIL.html, DESIGN.public_url)
    older = results(LinkState.UNREACHABLE, *(links - {*here}))
    messages = [each.message for each in findings(online=results(LinkState.REACHED, *here) | older)]
    assert len(messages) > 1
    assert all(message.startswith("In the monthly mail: ") for message in messages)
    assert not any("None of the" in message for message in messages)
