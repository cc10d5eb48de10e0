"""What forms mean, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Decision
from digest.web.desk.post_changes import VERBS, PostContext, PostForm, change_for

CONTEXT = PostContext(
    place=2, chosen=((0, 4),), sentences=frozenset({(0, 4), (5, 9)}), at_most=3, themes={"comms": "Comms"}
)
FORM = PostForm(theme="comms", reason="", title="New", spans=((5, 9),))


def after(verb: str, before: Decision, form: PostForm = FORM) -> Decision:
    return change_for(verb, form, CONTEXT).apply(before)


def test_each_verb_changes_the_decision() -> None:
    plain = Decision("p")
    assert after("pin", Decision("p", held=True)) == Decision("p", pinned=True)
    assert after("unpin", Decision("p", pinned=True)) == plain
    assert after("up", plain).position == 1
    assert after("down", plain).position == 3
    assert after("unplace", Decision("p", position=4)) == plain
    assert after("move", Decision("p", position=4)) == Decision("p", theme="comms")
    assert after("drop", Decision("p", held=True, pinned=True)) == Decision("p", dropped="not for this edition")
    assert after("hold", Decision("p", dropped="x")) == Decision("p", held=True)
    assert after("restore", Decision("p", dropped="x")) == plain
    assert after("title", plain).title == "New"
    assert after("title", Decision("p", title="Old"), PostForm(title="  ")).title == ""
    assert after("sentences", plain).sentences == ((5, 9),)
    assert after("summarise", Decision("p", sentences=((5, 9),))) == plain


@given(st.sampled_from(sorted(VERBS)), st.booleans(), st.integers(0, 9))
def test_a_change_twice_is_the_change_once(verb: str, pinned: bool, position: int) -> None:
    once = after(verb, Decision("p", pinned=pinned, position=position))
    assert after(verb, once) == once


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("explode", FORM),
        ("move", PostForm(theme="sport")),
        ("title", PostForm(title="x" * 301)),
        ("sentences", PostForm()),
        ("sentences", PostForm(spans=((1, 2),))),
    ],
)
def test_rejects_invalid_forms_with_a_remedy(verb: str, form: PostForm) -> None:
    with pytest.raises(UsageError) as error:
        change_for(verb, form, CONTEXT)
    assert error.value.remedy
