"""The fingerprint of an approval: what voids an approval and what does not, field by field."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.edition.fingerprint import fingerprint
from digest.model import (
    AlsoOn,
    Credit,
    Edition,
    EditionMail,
    EditionPost,
    Image,
    LeftOut,
    Media,
    MediaKind,
    Month,
    Outcome,
    Picture,
    Section,
    SourceReport,
)
from digest.store.editions import as_json
from digest.week import Week

MONDAY = datetime(2019, 3, 18, tzinfo=UTC)
POST = EditionPost(
    id="0123456789abcdef",
    title="A register of stalls",
    url="https://plainwords.example/register",
    source="Plain words",
    author="Ann Example",
    published=MONDAY,
    summary=("One sentence.", "Another one."),
    summary_method="lexrank",
    because=("clear fit",),
    also_on=(AlsoOn("Open ledger", "https://openledger.example/register"),),
    words=400,
    image=Image("https://plainwords.example/stall.png", "A stall"),
    language="en",
    origin=Credit("The fair", "https://fair.example/"),
    offsets=((0, 13), (14, 26)),
    media=Media(MediaKind.PDF, 2_000_000),
    between=("comms", "civic-tech"),
    picture=Picture("0123456789abcdef.jpg", 1200, 800, 90_000, "A stall"),
)
EDITION = Edition(
    week=Week(2019, 12),
    revision=3,
    title="The Harbour Digest",
    starts=MONDAY,
    ends=MONDAY + timedelta(days=7),
    sections=(Section("comms", "Comms", (POST,)),),
    left_out=(LeftOut("f" * 16, "An advert", "https://a.example/", "Adverts", "dropped"),),
    sources=(SourceReport("Plain words", "https://plainwords.example/feed", Outcome.OK),),
    introduction="Welcome.",
    subject="Stalls and ferries",
    month=Month(("2019-03",), (Week(2019, 12),), (Section("comms", "Comms", (POST,)),)),
)
MAIL = EditionMail("Stalls and ferries", "A register", "<p>Café</p>", "Café", "<mjml/>", "summaries were cut")
SETTINGS: dict[str, Any] = {"templates": "t", "design": "l", "audience": {"active": True, "themes": ["comms"]}}
UNSEEN_IN_EDITION = {"revision", "sources", "left_out"}
SENT_OF_MAIL = {"subject", "html", "text"}  # the others are inside these, or on the way to them
BEFORE = fingerprint(as_json(EDITION), MAIL, **SETTINGS)


def other(value: object) -> Any:
    """Return a different value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case datetime():
            return value + timedelta(seconds=1)
        case tuple() if value:
            return value[:-1]
        case _ if is_dataclass(value):
            return None
    raise TypeError(f"give the sample a value of a known kind, not {value!r}")


def changed(value: Any) -> list[Any]:
    """Return the parameters for each field of a dataclass: its name, and the value with that field changed."""
    return [
        pytest.param(field.name, replace(value, **{field.name: other(getattr(value, field.name))}), id=field.name)
        for field in fields(value)
    ]


def with_post(post: EditionPost) -> Edition:
    return replace(EDITION, sections=(Section("comms", "Comms", (post,)),))


@pytest.mark.parametrize(("field", "edition"), changed(EDITION))
def test_every_field_of_an_edition_that_subscribers_see_counts(field: str, edition: Edition) -> None:
    same = fingerprint(as_json(edition), MAIL, **SETTINGS) == BEFORE
    assert same == (field in UNSEEN_IN_EDITION)


@pytest.mark.parametrize(("field", "section"), changed(EDITION.sections[0]))
def test_every_field_of_a_section_counts(field: str, section: Section) -> None:
    assert fingerprint(as_json(replace(EDITION, sections=(section,))), MAIL, **SETTINGS) != BEFORE, field


@pytest.mark.parametrize(("field", "post"), changed(POST))
def test_every_field_of_a_post_counts(field: str, post: EditionPost) -> None:
    assert fingerprint(as_json(with_post(post)), MAIL, **SETTINGS) != BEFORE, field


@pytest.mark.parametrize("part", ["also_on", "image", "origin", "picture"])
def test_every_field_of_a_posts_parts_counts(part: str) -> None:
    value = getattr(POST, part)
    single = value[0] if isinstance(value, tuple) else value
    for field in fields(single):
        new = replace(single, **{field.name: other(getattr(single, field.name))})
        post = replace(POST, **{part: (new,) if isinstance(value, tuple) else new})
        assert fingerprint(as_json(with_post(post)), MAIL, **SETTINGS) != BEFORE, field.name


@pytest.mark.parametrize(("field", "mail"), changed(MAIL))
def test_only_the_bytes_of_the_mail_count(field: str, mail: EditionMail) -> None:
    same = fingerprint(as_json(EDITION), mail, **SETTINGS) == BEFORE
    assert same == (field not in SENT_OF_MAIL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("templates", "other"),
        ("design", "other"),
        ("audience", {"active": False, "themes": ["comms"]}),
        ("audience", {"active": True, "themes": ["comms", "civic-tech"]}),
        ("audience", {"active": True}),
    ],
)
def test_templates_design_and_audience_count(name: str, value: object) -> None:
    assert fingerprint(as_json(EDITION), MAIL, **SETTINGS | {name: value}) != BEFORE


def test_swapped_values_change_the_fingerprint() -> None:
    swapped = replace(MAIL, html=MAIL.text, text=MAIL.html)
    assert fingerprint(as_json(EDITION), swapped, **SETTINGS) != BEFORE
    assert fingerprint(as_json(EDITION), MAIL, **SETTINGS | {"templates": "l", "design": "t"}) != BEFORE


def test_the_order_of_keys_does_not_count() -> None:
    content = dict(reversed(as_json(EDITION).items()))
    audience = dict(reversed(SETTINGS["audience"].items()))
    assert fingerprint(content, MAIL, **SETTINGS | {"audience": audience}) == BEFORE


def test_the_fingerprint_is_the_same_in_every_version() -> None:
    """A change of this value voids every approval on the day of the upgrade. Say so in CHANGELOG.md."""
    content = {"week": "2019-W12", "introduction": "Café", "revision": 3}
    value = fingerprint(content, MAIL, templates="t", design="l", audience={"b": 1, "a": None})
    assert value == "5d6e7baed7b5c76e9b9a12ee2d13f795ae9fb59870153c3133ba327e3eeab8d8"
