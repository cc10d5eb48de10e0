"""A renderer that has drawn other editions draws the next one as a new renderer does."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.rendering.remembered import CHANGING, MACROS
from digest.mail.rendering.render import Renderer
from digest.model import Edition, EditionPost
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition

USED = Renderer(DESIGN, [packaged_folder()])
WEEK = edition(24, short=6)


def changed(week: Edition, seed: int) -> Edition:
    """The week after an editor's changes: posts in another order and other words, some dropped."""
    chance = random.Random(seed)
    sections = []
    for section in week.sections:
        posts = [post for post in section.posts if chance.random() > 0.2]
        if chance.random() < 0.5:
            chance.shuffle(posts)
        sections.append(replace(section, posts=tuple(_edited(post, chance) for post in posts)))
    chance.shuffle(sections)
    return replace(week, sections=tuple(sections))


def _edited(post: EditionPost, chance: random.Random) -> EditionPost:
    edits = {
        "title": "A title of the editor’s own",
        "summary": post.summary[:1],
        "note": "Read this first.",
        "short": not post.short,
        "lead": not post.lead,
        "language": "de",
        "url": "",
        "words": 2_000,
    }
    name = chance.choice(list(edits))
    return replace(post, **{name: edits[name]}) if chance.random() < 0.3 else post


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), language=st.sampled_from(["", "cy", "ar"]))
def test_it_draws_what_a_new_renderer_draws(seed: int, language: str) -> None:
    week = changed(WEEK, seed)
    assert USED.render(week, language=language) == Renderer(DESIGN, [packaged_folder()]).render(week, language=language)


def test_operators_macros_may_look_at_anything(tmp_path: Path) -> None:
    source = (packaged_folder() / "_post.mjml.j2").read_text("utf-8")
    own = source.replace("{{ titled(post) }}</h3>", "{{ mail.posts }}–{{ post.number }} {{ titled(post) }}</h3>")
    assert own != source
    (tmp_path / "_post.mjml.j2").write_text(own, "utf-8")
    used = Renderer(DESIGN, [tmp_path, packaged_folder()])
    used.render(WEEK)
    week = replace(WEEK, sections=WEEK.sections[1:])
    assert used.render(week) == Renderer(DESIGN, [tmp_path, packaged_folder()]).render(week)


def test_packaged_macros_look_at_nothing_that_changes_with_other_posts() -> None:
    for name in MACROS:
        source = (packaged_folder() / name).read_text("utf-8")
        assert not re.findall(rf"\bpost\.(?:{'|'.join(CHANGING)})\b", source)
        assert set(re.findall(r"\bmail\.(\w+)", source)) <= {"language", "direction"}  # of the newsletter itself


def test_an_operators_section_may_have_a_macro_of_its_own(tmp_path: Path) -> None:
    source = (packaged_folder() / "_section.mjml.j2").read_text("utf-8")
    macro = "{% macro titled(post) %}<h3>{{ post.number }} {{ post.title }}</h3>{% endmacro %}\n"
    own = macro + source.replace("remembered(post_block, post)", "remembered(titled, post)")
    assert own != macro + source
    (tmp_path / "_section.mjml.j2").write_text(own, "utf-8")
    used = Renderer(DESIGN, [tmp_path, packaged_folder()])
    used.render(WEEK)
    week = replace(WEEK, sections=WEEK.sections[1:])
    assert used.render(week) == Renderer(DESIGN, [tmp_path, packaged_folder()]).render(week)


def test_it_draws_with_the_files_that_its_hash_covers(tmp_path: Path) -> None:
    """A file that only some mails need may be changed before the first of them is drawn."""
    for name in ("_also.mjml.j2", "_contents.mjml.j2"):
        (tmp_path / name).write_bytes((packaged_folder() / name).read_bytes())
    words = tmp_path / "words" / "cy.toml"
    words.parent.mkdir()
    words.write_text('also_this_week = "Hefyd"\n', "utf-8")
    before = Renderer(DESIGN, [tmp_path, packaged_folder()]).render(WEEK, language="cy")
    used = Renderer(DESIGN, [tmp_path, packaged_folder()])
    used.template_hash()
    (tmp_path / "_also.mjml.j2").write_text("<mj-raw>changed</mj-raw>", "utf-8")
    (tmp_path / "_contents.mjml.j2").unlink()
    words.write_text('also_this_week = "Changed"\n', "utf-8")
    assert used.render(WEEK, language="cy") == before
