from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.compose import Candidate, CompositionRules, compose
from digest.model import (
    ELSEWHERE,
    AlsoOn,
    Article,
    Block,
    BlockKind,
    Credit,
    Decision,
    Edition,
    EditionPost,
    Image,
    LeftOut,
    Outcome,
    Picture,
    Placement,
    Post,
    Sentence,
    SourceReport,
    Summary,
    Theme,
)
from digest.week import Cutoff, Week, window_of

WINDOW = window_of(Week(2026, 10), Cutoff.parse("MON 00:00"), ZoneInfo("Europe/London"))
THEMES = (Theme("comms", "Comms"), Theme("recruitment", "Recruitment"))
RULES = CompositionRules("The Digest", THEMES, per_theme=2, per_source=5, order="rank")
TEXT = "The first sentence stands here. The second one follows it. The third one ends it."
SENTENCES = (Sentence(TEXT[:31], 0, 31), Sentence(TEXT[32:58], 32, 58), Sentence(TEXT[59:], 59, len(TEXT)))


def candidate(name: str, theme: str = "comms", *, text: str = TEXT, source: str = "", **changes: object) -> Candidate:
    published = WINDOW.starts + timedelta(hours=sum(map(ord, name)))
    post = Post(f"{name:0>16}", f"https://a.example/{name}", name, source or f"Source {name}", published, published, "")
    article = Article((Block(BlockKind.PARAGRAPH, text),) if text else (), "en", "feed")
    summary = Summary(SENTENCES[:2], "learnt") if text else Summary((), "none")
    sentences = SENTENCES if text else ()
    placed = Placement(theme, ("says “words”",), ((theme, 0.9),))
    return replace(Candidate(post, article, summary, sentences, placed), **changes)  # type: ignore[arg-type] # a test's shorthand


def composed(candidates: Sequence[Candidate], *decisions: Decision, rules: CompositionRules = RULES) -> Edition:
    return compose(WINDOW, candidates, rules=rules, decisions={decision.post: decision for decision in decisions})


def test_every_field_of_a_candidate_reaches_the_edition() -> None:
    """Every field, so that none is lost on the way from the candidate."""
    post = Post(
        id="0123456789abcdef",
        url="https://plainwords.example/register",
        title="A register of stalls",
        source="Plain words",
        published=WINDOW.starts + timedelta(hours=5),
        first_seen=WINDOW.starts + timedelta(hours=6),
        html="",
        author="Ann Example",
        language="cy",
        origin=Credit("The fair", "https://fair.example/"),
        also_on=(AlsoOn("Open ledger", "https://openledger.example/register"),),
    )
    image = Image("https://plainwords.example/stall.png", "A stall")
    paragraph = Block(BlockKind.PARAGRAPH, TEXT + " A word." * 300)
    placement = Placement("comms", ("says “stalls”",), (("recruitment", 0.9), ("comms", 0.75)))
    full = Candidate(
        post, Article((paragraph,), "", "page", image), Summary(SENTENCES[:2], "lead"), SENTENCES, placement
    )
    second = replace(full, post=replace(post, id="f" * 16, also_on=()), placement=replace(placement, scores=()))
    report = SourceReport("Plain words", "https://plainwords.example/feed", Outcome.OK)
    edition = compose(
        WINDOW,
        [second, full],
        rules=RULES,
        decisions={},
        sources=[report],
        introduction="Welcome.",
        subject="Stalls",
    )
    first, other = edition.posts
    assert first == EditionPost(
        id=post.id,
        title=post.title,
        url=post.url,
        source=post.source,
        author=post.author,
        published=post.published,
        summary=(SENTENCES[0].text, SENTENCES[1].text),
        summary_method="lead",
        because=(
            "says “stalls”",
            "leads its theme",
            "clear fit",
            "also published by 1 other source",
            "a full article of 615 words",
        ),
        also_on=post.also_on,
        words=615,
        image=image,
        language="cy",
        origin=post.origin,
        offsets=((0, 31), (32, 58)),
        short=False,
        lead=True,
        pinned=False,
        late=False,
    )
    assert other.because == ("says “stalls”", "a full article of 615 words", "2nd post of Plain words this week")
    assert (edition.title, edition.revision, edition.sources) == ("The Digest", 0, (report,))
    assert (edition.introduction, edition.subject) == ("Welcome.", "Stalls")


@pytest.mark.parametrize(
    ("page", "editor", "shown"),
    [
        ("A stall at the harbour", "", "A stall at the harbour"),
        ("A stall at the harbour", "The first stall", "The first stall"),
        ("", "", ""),
        ("IMG_2041.JPG", "", ""),
        ("stall-at-the-harbour", "", ""),
        ("A TITLE", "", ""),  # it stands beside the picture
        ("stall.png", "The first stall", "The first stall"),
    ],
)
def test_a_picture_is_described_by_the_editor_or_the_page_or_decorates(page: str, editor: str, shown: str) -> None:
    post = candidate("a")
    picture = Picture("0123456789abcdef.jpg", 1200, 800, 90_000, page)
    with_picture = replace(post, post=replace(post.post, title="A title"), picture=picture)
    assert composed([with_picture], Decision(post.post.id, alt=editor)).posts[0].picture == replace(picture, alt=shown)
    assert composed([with_picture], Decision(post.post.id, alt=editor, no_picture=True)).posts[0].picture is None


def test_why_a_post_has_no_picture() -> None:
    edition = composed([replace(candidate("a"), no_picture="it is small, 90 × 90 pixels")])
    assert edition.posts[0].because[-1] == "without its picture: it is small, 90 × 90 pixels"


def test_the_language_of_the_article_wins_over_that_of_the_feed() -> None:
    post = candidate("a")
    assert composed([replace(post, post=replace(post.post, language="cy"))]).posts[0].language == "en"


def test_limits_and_order_come_from_the_settings() -> None:
    rules = replace(RULES, per_theme=9, per_source=1, order="oldest")
    edition = composed([candidate(name, source="One") for name in "cab"], rules=rules)
    assert [post.title for post in edition.posts if not post.short] == ["c"]
    assert [post.title for post in edition.posts if post.short] == ["a", "b"]
    assert all("One already has 1 post with a summary" in post.because[1] for post in edition.posts if post.short)


def test_sections_stand_in_the_order_of_the_settings_and_elsewhere_comes_last() -> None:
    edition = composed([candidate("a", ELSEWHERE), candidate("b", "recruitment"), candidate("c", "comms")])
    assert [section.title for section in edition.sections] == ["Comms", "Recruitment", "Elsewhere"]
    assert (edition.week, edition.starts, edition.ends) == (Week(2026, 10), WINDOW.starts, WINDOW.ends)


def test_a_post_of_a_removed_theme_goes_elsewhere() -> None:
    assert [section.theme for section in composed([candidate("a", "gone")]).sections] == [ELSEWHERE]


def test_a_post_without_text_is_in_the_short_list_with_the_reason() -> None:
    (post,) = composed([candidate("a", text="", problem="the page was not found")]).posts
    assert post.short
    assert post.summary == ()
    assert "the page was not found" in post.because


def test_a_post_without_a_summary_never_leads() -> None:
    """It may be the only post of its theme, and it may be first because the editor pinned it."""
    empty = candidate("a", text="")
    assert [post.lead for post in composed([empty]).posts] == [False]
    posts = composed([empty, candidate("b")], Decision(empty.post.id, pinned=True)).posts
    assert [(post.title, post.lead, post.short) for post in posts] == [("a", False, True), ("b", False, False)]


def test_the_first_post_with_a_summary_leads() -> None:
    edition = composed([candidate("a"), candidate("b"), candidate("c", "recruitment")])
    assert [[post.lead for post in section.posts] for section in edition.sections] == [[True, False], [True]]


def test_more_posts_than_a_theme_shows_go_to_the_short_list() -> None:
    edition = composed([candidate(name) for name in "abcde"])
    assert sorted(post.short for post in edition.posts) == [False, False, True, True, True]
    assert all(post.summary == () for post in edition.posts if post.short)


def test_the_editor_s_theme_title_pin_and_place_win() -> None:
    picked = candidate("e")
    decision = Decision(picked.post.id, theme="recruitment", title="A better title", pinned=True)
    edition = composed([*(candidate(name, "recruitment") for name in "abcd"), picked], decision)
    (section,) = edition.sections
    assert section.posts[0].title == "A better title"
    assert section.posts[0].pinned
    assert "the editor moved it here" in section.posts[0].because
    assert "says “words”" not in section.posts[0].because


def test_the_editor_s_sentences_replace_the_summary_in_document_order() -> None:
    picked = candidate("a")
    (post,) = composed([picked], Decision(picked.post.id, sentences=((59, 81), (0, 31)))).posts
    assert post.summary == (SENTENCES[0].text, SENTENCES[2].text)
    assert post.summary_method == "editor"


def test_chosen_sentences_missing_from_the_article_are_not_shown() -> None:
    picked = candidate("a")
    (post,) = composed([picked], Decision(picked.post.id, sentences=((1, 30),))).posts
    assert post.summary == (SENTENCES[0].text, SENTENCES[1].text)


def test_left_out_posts_are_passed_on_unchanged() -> None:
    omitted = LeftOut("0" * 16, "Dropped", "https://a.example/x", "Source", "dropped by the editor")
    assert compose(WINDOW, [], rules=RULES, decisions={}, left_out=[omitted]).left_out == (omitted,)


@pytest.mark.parametrize("late", [False, True])
def test_a_late_post_is_marked_late(late: bool) -> None:
    late_one = candidate("a")
    late_one = replace(late_one, post=replace(late_one.post, late=late))
    (post,) = composed([late_one]).posts
    assert post.late is late
    assert any("late" in reason for reason in post.because) is late


names = st.text("abcdefghij", min_size=1, max_size=3)
themes = st.sampled_from(["comms", "recruitment", ELSEWHERE, "unknown"])


@st.composite
def weeks(draw: st.DrawFn) -> tuple[list[Candidate], list[Decision]]:
    picked = draw(st.lists(names, unique=True, max_size=12))
    candidates = [
        candidate(name, draw(themes), text=draw(st.sampled_from([TEXT, ""])), source=draw(st.sampled_from("XYZ")))
        for name in picked
    ]
    decisions = [
        Decision(
            each.post.id,
            theme=draw(st.sampled_from(["", "comms", "nowhere"])),
            pinned=draw(st.booleans()),
            full=draw(st.none() | st.booleans()),
        )
        for each in candidates
        if draw(st.booleans())
    ]
    return candidates, decisions


@given(weeks(), st.randoms(use_true_random=False))
def test_every_candidate_stands_in_the_edition_exactly_once(
    week: tuple[list[Candidate], list[Decision]], order: object
) -> None:
    candidates, decisions = week
    edition = composed(candidates, *decisions)
    assert sorted(post.id for post in edition.posts) == sorted(each.post.id for each in candidates)
    assert all(post.summary or post.short for post in edition.posts)
    shuffled = list(candidates)
    order.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis's Random
    assert composed(shuffled, *decisions) == edition


@given(weeks())
def test_every_summary_sentence_is_verbatim(week: tuple[list[Candidate], list[Decision]]) -> None:
    candidates, decisions = week
    texts = {each.post.id: each.article.text for each in candidates}
    for post in composed(candidates, *decisions).posts:
        assert [texts[post.id][start:end] for start, end in post.offsets] == list(post.summary)


def test_times_are_in_utc() -> None:
    assert composed([]).starts == datetime(2026, 3, 2, tzinfo=UTC)
