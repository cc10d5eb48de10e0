"""What forms mean, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import Decision
from digest.web.desk.post_changes import VERBS, Around, Form, change_for

AROUND = Around(place=2, chosen=((0, 4),), known=frozenset({(0, 4), (5, 9)}), at_most=3, themes={"comms": "Comms"})
FORM = Form(theme="comms", reason="", title="New", spans=((5, 9),))


def after(verb: str, before: Decision, form: Form = FORM) -> Decision:
    return change_for(verb, form, AROUND).apply(before)


def test_each_verb() -> None:
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
    assert after("title", Decision("p", title="Old"), Form(title="  ")).title == ""
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
        ("move", Form(theme="sport")),
        ("title", Form(title="x" * 301)),
        ("sentences", Form()),
        ("sentences", Form(spans=((1, 2),))),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(verb: str, form: Form) -> None:
    with pytest.raises(UsageError) as refused:
        change_for(verb, form, AROUND)
    assert refused.value.remedy
