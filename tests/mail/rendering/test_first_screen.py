"""What a post says beside its title, what leads the mail, and the four looks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.colour import contrast
from digest.edition.preflight.contrast import low_contrast
from digest.edition.preflight.parsed_mail import parse_mail
from digest.mail.rendering.design import Design
from digest.mail.rendering.first_person import first_person
from digest.mail.rendering.looks import LOOKS
from digest.mail.rendering.render import Renderer
from digest.mail.rendering.source_names import short_name
from digest.mail.rendering.top_stories import FEWEST, MOST, top_stories
from digest.model import Edition, Section
from digest.settings.tables import LookName
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition, post


def html_of(week: Edition, design: Design = DESIGN) -> str:
    return Renderer(design, [packaged_folder()]).render(week).html.replace("\n", " ")


def one_post(**changes: object) -> Edition:
    sections = (Section("comms", "Comms", (replace(post(1), **changes),)),)  # type: ignore[arg-type]  # fields of a post
    return replace(edition(1, introduction=""), sections=sections)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("mySociety", "mySociety"),
        ("Inside GOV.UK – the blog", "Inside GOV.UK – the blog"),  # short enough
        ("Local Government Digital Service – news and views", "Local Government Digital Service"),
        ("Ministry of Bridges: Inside Bridges", "Ministry of Bridges"),
        ("Design in government | Blog of the year", "Design in government"),
        ("comms2point0 free online resource for creative comms people – comms2point0", "comms2point0"),
        ("A long name of what we do all day at work – another name of that", "A long name of what we do all day at…"),
        ("new tech observations from a UK perspective (ntouk)", "ntouk"),
        ("Health-care well-being re-use", "Health-care well-being re-use"),
        ("A – the longest blog of all that are", "A – the longest blog of all that are"),
        ("Government Digital Service", "GDS"),
    ],
)
def test_the_short_name_of_a_source(name: str, short: str) -> None:
    assert short_name(name, {"Government Digital Service": "GDS"}) == short


@given(st.text())
def test_a_short_name_is_short_and_names_something(name: str) -> None:
    short = short_name(name, {})
    assert len(short) <= 40
    assert bool(short.strip()) == bool(name.strip())


@pytest.mark.parametrize(
    ("text", "language", "speaks"),
    [
        ("When we work as a team, it takes longer.", "en", True),
        ("I’ve been a designer for years.", "en", True),
        ("Our research was hard.", "en", True),
        ("The minister said: “We will do it”, and left.", "en", False),
        ("Part I of the report, by Owen Weeks, for the US.", "en", False),
        ("Wir haben das Formular ersetzt.", "de", True),
        ("J’ai essayé.", "fr", True),
        ("Rydym wedi newid.", "cy", True),
        ("We did.", "tlh", False),
    ],
)
def test_summaries_that_speak_of_their_author(text: str, language: str, speaks: bool) -> None:
    assert first_person(text, language) is speaks


def test_a_post_has_one_link_a_meta_line_and_one_attribution() -> None:
    week = one_post(source="Government Digital Service", summary=("We met.",), words=1_150, origin=None)
    html = html_of(week, replace(DESIGN, short_names=(("Government Digital Service", "GDS"),)))
    assert re.search(r"</h3>\s*<p [^>]*>GDS · \d+ March · 5\u00a0min</p>", html)
    assert "<strong>GDS:</strong> We met." in html
    assert html.count("Original source: Government Digital Service") == 1
    assert html.count(week.posts[0].url) == 1


def test_the_lead_says_why_and_a_greeting_needs_an_introduction() -> None:
    html = html_of(one_post(note="It has numbers."))
    assert re.search(r"font-style:italic[^>]*>Why: <span[^>]*>It has numbers\.", html)
    assert "⟦name⟧" not in html
    assert "⟦name⟧" in html_of(edition(1))


def test_long_mails_name_three_to_five_top_stories() -> None:
    assert "Top stories" not in html_of(edition(11, introduction=""))
    html = html_of(edition(15, introduction=""))
    listed = html[html.index("Top stories") : html.index("</ol>")]
    linked = re.findall(r'href="([^"]*)"', listed)
    assert FEWEST <= len(linked) <= MOST
    lead = edition(15).posts[0].url
    assert lead not in linked
    assert html.index(lead) < html.index("Top stories")
    assert set(linked) <= set(re.findall(r'<h3[^>]*><a href="([^"]*)"', html))


@given(st.lists(st.integers(0, 6), max_size=8), st.booleans())
def test_top_stories_are_no_post_twice(sizes: list[int], with_lead: bool) -> None:
    sections = [[(number, place) for place in range(size)] for number, size in enumerate(sizes)]
    stories = top_stories(sections, with_lead=with_lead)
    assert len(set(stories)) == len(stories)
    enough = sum(sizes) - (not with_lead) >= FEWEST
    assert (FEWEST <= len(stories) <= MOST) if enough else stories == ()
    lead = next(((number, 0) for number, size in enumerate(sizes) if size), None)
    assert (lead in stories) == (with_lead and bool(stories))


def test_a_theme_without_summaries_stands_after_the_others() -> None:
    sections = (Section("comms", "Comms", ()), Section("civic-tech", "Civic tech", (post(2),)))
    html = html_of(replace(edition(1), sections=sections))
    assert html.index(">Civic tech<") < html.index(">Comms<")


@pytest.mark.parametrize("look", LOOKS)
def test_each_look_can_be_read_and_has_every_post(look: LookName) -> None:
    design = replace(DESIGN, look=look, purpose="What happens in harbours", accent="#ffcc00")
    week = edition(15, short=3)
    html = Renderer(design, [packaged_folder()]).render(week).html
    tree = parse_mail(html)
    assert [low_contrast(tree, dark=dark) for dark in (False, True)] == [None, None]
    assert all(each.url in html for each in week.posts)
    assert html.count("Original source: ") == len(week.posts)
    assert "What happens in harbours" in html
    sizes = {int(size) for size in re.findall(r"font-size:(\d+)px", html.partition("<body")[2])}
    assert min(sizes - {0}) >= 14
    assert re.findall("<h([1-6])", html).count("1") == 1


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_the_name_can_be_read_on_the_band_of_any_accent(accent: str) -> None:
    palette = replace(DESIGN, accent=accent).light
    assert contrast(palette.band, palette.on_band) >= 4.5


def test_the_words_of_a_logo_that_is_not_shown_can_be_read_on_the_band() -> None:
    design = replace(DESIGN, logo="https://digest.harbour.example/logo.png", logo_alt="Harbour Trust")
    colour = re.search(r'color:(#\w{6})"><img\s[^>]*alt="Harbour Trust"', html_of(edition(1), design))
    assert colour
    assert contrast(design.light.band, colour[1]) >= 4.5
