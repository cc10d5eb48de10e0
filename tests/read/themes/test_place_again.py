"""Placing with what is remembered gives what placing gives, whatever the editor moved meanwhile."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import ELSEWHERE, Evidence, Source, Theme
from digest.read.themes.place_again import RememberingPlacer
from digest.read.themes.place_post import Placer

THEMES = (
    Theme("digital-government", "Digital government"),
    Theme("comms", "Comms"),
    Theme("harbour", "Harbour", ("tide tables", "berths")),
)
TEXTS = (
    "The council has put its forms online, and tested them with people who use screen readers.",
    "Our press office writes campaigns in plain English and measures what readers remember.",
    "The tide tables are out, and the berths of the north quay are dredged this week.",
    "We are hiring a user researcher: apply by Friday. The salary is in the advert.",
    "We are hiring a content designer: apply by Monday. The salary is in the advert.",
    "",
)
SOURCES = (
    None,
    Source("Quay", "https://quay.example/feed"),
    Source("Hall", "https://hall.example/feed", theme="comms"),
)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(TEXTS),
        st.sampled_from(["Quay", "Hall", "Elsewhere News"]),
        st.sampled_from(["digital-government", "comms", "harbour", ELSEWHERE, "no-such-theme"]),
    ),
    max_size=6,
)


@settings(max_examples=40)
@given(moves=MOVES)
def test_any_moves_place_posts_as_placing_anew(moves: list[tuple[str, str, str]]) -> None:
    evidence = [Evidence(text[:30], text, source, theme) for text, source, theme in moves]
    again, anew = RememberingPlacer(THEMES, evidence), Placer(THEMES, evidence)
    for text in TEXTS:
        for source in SOURCES:
            expected = anew.place(title=text[:20], text=text, source=source)
            assert again.place(title=text[:20], text=text, source=source) == expected
