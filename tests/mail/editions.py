"""Editions of a fictional newsletter, for tests, judges and screenshots."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

from digest.mail.rendering.design import Design
from digest.model import AlsoOn, Credit, Edition, EditionPost, Image, LeftOut, Section
from digest.week import Week

DESIGN = Design(
    title="The Harbour Digest",
    from_="The Harbour Digest <digest@harbour.example>",
    reply_to="editors@harbour.example",
    postal_address="Harbour Digest, 4 Quayside Row, Port Ellery PE1 2AB",
    public_url="https://digest.harbour.example",
    themes=("digital-government", "comms", "civic-tech", "recruitment"),
)

THEMES = {
    "digital-government": "Digital government",
    "comms": "Comms",
    "civic-tech": "Civic tech",
    "recruitment": "Recruitment",
    "elsewhere": "Elsewhere",
}

SOURCES = (
    ("Port Ellery Council Digital", "digital.portellery.example"),
    ("Service Notes", "servicenotes.example"),
    ("The Plain Words Blog", "plainwords.example"),
    ("Open Ledger Lab", "openledger.example"),
    ("Tidewater Civic Weekly", "tidewater.example"),
    ("County Jobs & Careers", "careers.westmarch.example"),
    ("Ministry of Bridges: Inside Bridges", "inside.bridges.example"),
    ("Neighbourhood Data Trust", "datatrust.example"),
)

_TITLES = (
    "How we moved parking permits off paper in eleven weeks",
    "What we learned from 300 calls to the council tax line",
    "A small style guide for letters that people dread",
    "Ferry times, now as open data",
    "We are hiring two interaction designers",
    "Why our accessibility audits start with the error messages",
    "The consultation that nobody answered, and the one that 4,000 did",
    "Moving a 30-year-old case system, one letter at a time",
    "Mapping every public bench, with the people who sit on them",
    "Content designer, twelve months, remote or Port Ellery",
    "Testing a text message service with people who do not text",
    "Weeknotes: prototypes, pancakes and a very long spreadsheet",
)

_SENTENCES = (
    "The team replaced a twelve-page form with four questions, and the average application now takes six minutes.",
    "Nearly half of the calls came from people who had already tried the website and could not tell if it had worked.",
    "We kept the old service running beside the new one for five weeks, so that nobody lost a permit by our mistake.",
    "Support staff sat with the designers every Tuesday and read out the hardest letters of the week.",
    "The data is published every ten minutes under an open licence, and two local apps already use it.",
    "Residents told us that a plain “we have your form” was worth more to them than any tracking page.",
    "What surprised us most was how often the problem was a date written in three different ways.",
    "The report sets out what it cost, what went wrong in March and what we would do differently.",
    "People who applied by phone waited twice as long, so the phone script came first.",
)

STARTS = datetime(2019, 3, 18, tzinfo=UTC)


def post(number: int, *, sentences: int = 3, short: bool = False, lead: bool = False, seed: int = 0) -> EditionPost:
    """The post of that number; the same number gives the same post."""
    chance = random.Random(f"{seed}:{number}")
    name, host = SOURCES[number % len(SOURCES)]
    title = _TITLES[number % len(_TITLES)]
    if number >= len(_TITLES):
        title = f"{title}, part {number // len(_TITLES) + 1}"
    slug = "-".join("".join(c for c in word if c.isalnum()) for word in title.lower().split()[:7])
    summary = tuple(chance.sample(_SENTENCES, sentences)) if sentences and not short else ()
    return EditionPost(
        id=f"{number:016x}",
        title=title,
        url=f"https://{host}/2019/03/{slug}",
        source=name,
        author=chance.choice(("Ada Penhale", "Bo Winters", "Imogen Okafor", "")),
        published=STARTS + timedelta(hours=chance.randrange(24 * 7)),
        summary=summary,
        summary_method="learnt" if summary else "none",
        because=("source usually this theme",),
        also_on=(AlsoOn("Tidewater Civic Weekly", f"https://tidewater.example/roundup/{number}"),)
        if number % 9 == 3
        else (),
        words=chance.randrange(180, 2_100),
        origin=Credit("Ministry of Bridges", f"https://bridges.example/news/{number}") if number % 11 == 6 else None,
        short=short,
        lead=lead,
        note="Read it with the report of May 2018; the figures for הים and the harbour came later."
        if number in (4, 11)
        else "",
    )


def edition(posts: int, *, short: int = 0, sentences: int = 3, introduction: str | None = None) -> Edition:
    """`posts` posts over the four themes (and Elsewhere from twelve posts on), `short` of them titles only."""
    keys = list(THEMES) if posts >= 12 else list(THEMES)[: max(1, min(4, posts))]
    by_theme: dict[str, list[EditionPost]] = {key: [] for key in keys}
    for number, key in zip(range(posts), itertools.cycle(keys), strict=False):
        brief = number >= posts - short
        by_theme[key].append(post(number, short=brief, sentences=sentences, lead=not by_theme[key] and not brief))
    return Edition(
        week=Week(2019, 12),
        revision=1,
        title=DESIGN.title,
        starts=STARTS,
        ends=STARTS + timedelta(days=7),
        sections=tuple(Section(key, THEMES[key], tuple(theme_posts)) for key, theme_posts in by_theme.items()),
        left_out=(
            LeftOut("ffff", "A post for another day", "https://servicenotes.example/x", "Service Notes", "late"),
        ),
        introduction=INTRODUCTION if introduction is None else introduction,
    )


INTRODUCTION = """\
A quiet week for announcements and a busy one for **people who do the work**. If you read one thing, make it the
piece on [three hundred phone calls](https://servicenotes.example/2019/03/calls): it is short, honest, and has numbers.

Next week's digest comes on Tuesday, because of the harbour fair.
"""

__all__ = ["DESIGN", "INTRODUCTION", "SOURCES", "STARTS", "THEMES", "Image", "edition", "post"]
