"""A long week is made to fit, by a rule that is the same for every post."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mail.rendering.render import Renderer, least_size
from digest.mail.rendering.shorten_to_fit import CLIPPED_AT, ROOM, RULES, shorten_to_fit, size
from digest.model import Edition, EditionMail
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition

RENDERER = Renderer(DESIGN, [packaged_folder()])


def test_forty_posts_fit_without_shortening() -> None:
    rendered = RENDERER.render(edition(40, short=6))
    assert rendered.shortened == ""
    assert size(rendered) <= 60_000


def test_a_hundred_posts_fit_with_shorter_summaries_and_every_post_is_there() -> None:
    long = edition(100, short=10)
    rendered = RENDERER.render(long)
    assert rendered.shortened in {rule.description for rule in RULES}
    assert size(rendered) <= ROOM < CLIPPED_AT
    for post in long.posts:
        assert f">{post.title}</a>" in rendered.html
        assert post.url in rendered.text


def _render(edition: Edition, _room: int | None = None) -> EditionMail:
    """As many bytes as the edition has letters in its summaries, and ten for each post."""
    characters = sum(len(sentence) for post in edition.posts for sentence in post.summary)
    return EditionMail("", "", "x" * (characters + 10 * len(edition.posts)), "", "")


def test_the_first_rule_that_fits_is_used() -> None:
    def week(characters: int) -> Edition:
        whole = edition(10)
        posts = tuple(
            replace(section, posts=tuple(replace(post, summary=("x" * characters,) * 3) for post in section.posts))
            for section in whole.sections
        )
        return replace(whole, sections=posts)

    assert shorten_to_fit(week(100), _render).shortened == ""
    assert shorten_to_fit(week(4_000), _render).shortened == "summaries have at most two sentences"
    assert shorten_to_fit(week(8_000), _render).shortened == "summaries have one sentence"
    assert shorten_to_fit(week(10_000), _render).shortened == "posts have a title and no summary"
    assert size(shorten_to_fit(week(10_000), _render)) == 100


def test_a_mail_that_no_rule_can_shorten_is_left_to_the_preflight() -> None:
    rendered = EditionMail("", "", "x" * (ROOM + 1), "", "")
    titles = edition(3, sentences=0)
    assert shorten_to_fit(titles, lambda _edition, _room: rendered) == rendered


def test_what_is_sure_not_to_fit_need_not_be_drawn_to_its_end() -> None:
    def draw(edition: Edition, room: int | None) -> EditionMail | None:
        whole = _render(edition)
        return None if room is not None and size(whole) > room else whole

    for sentences in (0, 1, 2, 3):
        week = edition(60, sentences=sentences)
        longer = tuple(
            replace(section, posts=tuple(replace(post, summary=("x" * 700,) * sentences) for post in section.posts))
            for section in week.sections
        )
        week = replace(week, sections=longer)
        assert shorten_to_fit(week, draw) == shorten_to_fit(week, _render)


@pytest.mark.parametrize("posts", [0, 1, 40, 150])
def test_a_mail_is_never_shorter_than_what_it_says(posts: int) -> None:
    rendered = RENDERER.render(edition(posts, short=posts // 4))
    assert posts < 40 or size(rendered) / 3 < least_size(rendered.mjml)  # so that it can say something
    assert least_size(rendered.mjml) <= size(rendered)
