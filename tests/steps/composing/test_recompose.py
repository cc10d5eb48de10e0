"""Composing after a change uses what the process remembers, and gives what composing from nothing gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.memory import forget_everything
from digest.model import ELSEWHERE, Edition, Page
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose, recompose
from digest.steps.context import Context
from digest.store import articles, editions, editor_states, pages
from digest.store.engine import open_store
from digest.store.schema import posts
from tests.steps.newsletter_setup import NOW, WEEK, set_up

SOURCES = ("Plainspoken", "Wrenford Digital", "Harbour Region Comms", "Tidewater Transport Data")
THEMES = ("", "digital-government", "comms", "civic-tech", "recruitment", ELSEWHERE, "no-such-theme")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    folder = tmp_path_factory.mktemp("recompose")
    store = open_store(f"sqlite:///{folder / 'digest.db'}")
    with set_up(folder, store, sources=SOURCES) as newsletter:
        collect(newsletter.context, week=WEEK)
        compose(newsletter.context, WEEK)
        yield newsletter.context
    store.close()


def current(context: Context) -> Edition:
    with context.store.reading() as connection:
        edition = editions.load(connection, WEEK)
    assert edition is not None
    return edition


def every_post(context: Context) -> list[str]:
    edition = current(context)
    return sorted([post.id for post in edition.posts] + [post.post for post in edition.left_out])


def as_from_nothing(context: Context) -> bool:
    """Whether the edition is what a process that remembers nothing composes."""
    forget_everything()
    return not recompose(context, WEEK, by="a new process").changed


FIELDS = st.one_of(
    st.tuples(st.just("theme"), st.sampled_from(THEMES)),
    st.tuples(st.just("dropped"), st.sampled_from(["", "not now"])),
    st.tuples(st.sampled_from(["held", "pinned"]), st.booleans()),
    st.tuples(st.just("title"), st.sampled_from(["", "Another title"])),
    st.tuples(st.just("note"), st.sampled_from(["", "Read this one first."])),
    st.tuples(st.just("full"), st.sampled_from([None, True, False])),
    st.tuples(st.sampled_from(["lead", "order"]), st.sampled_from(THEMES[1:])),
)
"""What editors may decide about a post."""
UNDECIDED = {"theme": "", "dropped": "", "held": False, "pinned": False, "title": "", "note": "", "full": None}


def decide(context: Context, post: str, name: str, value: Any) -> None:
    """Let an editor decide about a post: name and value of a field, or its place in the order by hand."""
    with context.store.writing() as connection:
        state = editor_states.load(connection, WEEK)
        if name == "order":
            others = [each for each in state.arrangement.posts.get(value, ()) if each != post]
            fields = {f"order/{value}": [post, *others]}
        else:
            fields = {"lead": post} if name == "lead" else {f"post/{post}/{name}": value}
        editor_states.save(connection, WEEK, state.with_fields(fields), fields, at=NOW)


@settings(max_examples=12)
@given(decisions=st.lists(st.tuples(st.integers(0, 1_000), FIELDS), min_size=1, max_size=4))
@pytest.mark.thorough
def test_any_decisions_give_what_composing_from_nothing_gives(
    context: Context, decisions: list[tuple[int, tuple[str, Any]]]
) -> None:
    ids = every_post(context)
    for number, (name, value) in decisions:
        decide(context, ids[number % len(ids)], name, value)
        recompose(context, WEEK, by="Edith")
    assert as_from_nothing(context)


def test_what_another_process_stores_is_seen_at_once(context: Context) -> None:
    chosen = next(post for post in current(context).posts if post.summary).id
    for name, undecided in UNDECIDED.items():  # a title or a theme of the test above would hide what is stored here
        decide(context, chosen, name, undecided)
    recompose(context, WEEK, by="Edith")
    post = next(post for post in current(context).posts if post.id == chosen)
    other = open_store(str(context.store.engine.url))  # as another process would

    with other.writing() as connection:
        html = "<p>" + " ".join(["The council has closed its paper form for good, and says so."] * 12) + "</p>"
        pages.save(connection, Page(post.url, post.url, html.encode(), "text/html", NOW))
        connection.execute(posts.update().where(posts.c.id == post.id).values(html=html))
    assert recompose(context, WEEK, by="Edith").changed
    changed = next(each for each in current(context).posts if each.id == post.id)
    assert "paper form" in " ".join((*changed.summary, changed.title)) or changed.short
    assert changed.words != post.words

    with other.writing() as connection:
        connection.execute(posts.update().where(posts.c.id == post.id).values(title="A title of its own"))
    recompose(context, WEEK, by="Edith")
    assert "A title of its own" in [each.title for each in current(context).posts]

    with other.writing() as connection:
        row = articles.load(connection, [post.id])[post.id]
        articles.save(connection, {post.id: replace(row, problem="it took too long")})
    recompose(context, WEEK, by="Edith")
    changed = next(each for each in current(context).posts if each.id == post.id)
    assert "it took too long" in changed.because
    assert as_from_nothing(context)
    other.close()
