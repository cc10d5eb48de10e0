"""What changes mean: every verb can be undone, and no editor overwrites another in silence."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.decide import EDITION_VERBS, LONGEST, POST_VERBS, decide
from digest.edition.editing.marks import clashing, mark
from digest.errors import UsageError
from digest.model import Decision, EditorState, LeftOut, Picture
from tests.edition.editing.desk import Desk, change_by
from tests.edition.test_compose import candidate

VERBS = sorted(POST_VERBS | EDITION_VERBS)
_FIRST = {
    Verb.UNPIN: Verb.PIN,
    Verb.UNLEAD: Verb.LEAD,
    Verb.RESTORE: Verb.DROP,
    Verb.AUTO: Verb.SHORT,
    Verb.SUMMARISE: Verb.SENTENCES,
    Verb.UNPLACE: Verb.PLACE,
    Verb.SHOW_PICTURE: Verb.HIDE_PICTURE,
}
"""What has to be done before a verb changes anything."""


def week() -> Desk:
    posts = [candidate(name) for name in "abcdef"] + [candidate(name, "recruitment") for name in "xyz"]
    return Desk([replace(each, picture=Picture(f"{each.post.id}.jpg", 600, 400, 9_000)) for each in posts])


def post_of(desk: Desk) -> str:
    """A post in the middle, with a summary."""
    return desk.line("comms")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_changes_the_edition_or_its_time_and_can_be_undone(verb: Verb) -> None:
    desk = week()
    post = post_of(desk)
    if verb in _FIRST:
        desk.make(change_by(desk, _FIRST[verb], post, 4))
    state, edition = desk.state, desk.edition
    before = desk.make(change_by(desk, verb, post, 3))
    assert desk.state != state
    if verb is not Verb.SCHEDULE:  # it does not show in the edition
        assert desk.edition != edition
    again = desk.state
    desk.make(change_by(desk, verb, post, 3))
    assert verb in (Verb.UP, Verb.DOWN) or desk.state == again, "twice is once"
    desk.state = again
    desk.undo(before)
    assert (desk.state, desk.edition) == (state, edition)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(VERBS, VERBS)))
def test_two_editors_clash_in_the_same_field_and_in_no_other(first: Verb, second: Verb) -> None:
    """Both have the same page before them; the second one's form carries the marks of that page."""
    desk = week()
    post = post_of(desk)
    for verb in (first, second):
        if verb in _FIRST and not desk.state.decision(post).dropped:
            desk.make(change_by(desk, _FIRST[verb], post, 4))
    page = desk.state
    try:
        first_before = desk.make(change_by(desk, first, post, 4))
        second_change = change_by(desk, second, post, 5)
        fields = desk.decide(second_change).fields
    except UsageError:
        return  # it makes no sense any more: the post was dropped, say
    by_first = {key for key in first_before if page.value(key) != desk.state.value(key)}
    by_second = {key for key, value in fields.items() if desk.state.value(key) != value}
    clashes = clashing(desk.state, post, mark(page, second, post, "comms"), fields)
    assert set(clashes) == by_first & by_second, f"{second} after {first}"
    present = mark(desk.state, second, post, "comms")
    assert not clashing(desk.state, post, present, fields), "who has seen it may overwrite it"
    if not clashes:
        kept = {key: desk.state.value(key) for key in by_first}
        desk.make(second_change)
        assert {key: desk.state.value(key) for key in kept} == kept, f"{second} keeps what {first} set"


@pytest.mark.parametrize("verb", [Verb.TITLE, Verb.NOTE, Verb.ALT, Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION])
def test_two_texts_for_the_same_field_always_clash(verb: Verb) -> None:
    desk = week()
    post = post_of(desk)
    page = mark(desk.state, verb, post)
    desk.make(change_by(desk, verb, post, 1))
    assert len(clashing(desk.state, post, page, desk.decide(change_by(desk, verb, post, 2)).fields)) == 1
    assert not clashing(desk.state, post, page, desk.decide(change_by(desk, verb, post, 1)).fields), "the same wish"
    assert not clashing(desk.state, post, "", desk.decide(change_by(desk, verb, post, 2)).fields), "nothing to check"


@given(st.integers(0, 10_000))
def test_random_edits_and_their_undos_give_the_first_edition(seed: int) -> None:
    chance, desk = random.Random(seed), week()
    edition, made = desk.edition, []
    for _ in range(20):
        post = chance.choice([each.id for each in desk.edition.posts] or [post_of(week())])
        try:
            made.append(desk.make(change_by(desk, chance.choice(VERBS), post, chance.randrange(9))))
        except UsageError:
            continue
    for before in reversed(made):
        desk.undo(before)
    assert (desk.state, desk.edition) == (EditorState(), edition)


@given(st.integers(0, 10_000))
def test_fields_give_the_state_back(seed: int) -> None:
    chance, desk = random.Random(seed), week()
    for _ in range(6):
        try:
            desk.make(change_by(desk, chance.choice(VERBS), post_of(week()), chance.randrange(9)))
        except UsageError:
            continue
    assert EditorState().with_fields(desk.state.fields()) == desk.state


@pytest.mark.parametrize(
    "change",
    [
        Change(Verb.MOVE, "POST", theme="sport"),
        Change(Verb.PLACE, "POST", theme="sport"),
        Change(Verb.PLACE, "POST", before="0123456789abcdef"),
        Change(Verb.THEMES, themes=("sport",)),
        Change(Verb.SENTENCES, "POST"),
        Change(Verb.SENTENCES, "POST", spans=((1, 2),)),
        Change(Verb.BRING_IN, "POST", theme="sport"),
        Change(Verb.PIN, "0123456789abcdef"),
        Change(Verb.UNPLACE, "0123456789abcdef"),
        Change(Verb.SCHEDULE, moment=change_by(week(), Verb.SCHEDULE, "", -1).moment),
    ]
    + [Change(verb, "" if verb in EDITION_VERBS else "POST", "x" * (length + 1)) for verb, length in LONGEST.items()],
)
def test_a_change_that_makes_no_sense_is_refused_with_a_remedy(change: Change) -> None:
    desk = week()
    post = post_of(desk) if change.post == "POST" else change.post
    with pytest.raises(UsageError) as error:
        desk.make(
            Change(
                change.verb,
                post,
                change.text,
                change.theme,
                0,
                change.before,
                change.spans,
                change.themes,
                change.moment,
            )
        )
    assert error.value.remedy
    assert desk.state == EditorState()


@pytest.mark.parametrize("marks", ["subject:", "subject", "::", "nonsense:0123", "é:é", "title:x post/y:z"])
def test_marks_that_cannot_be_read_clash(marks: str) -> None:
    desk = week()
    assert clashing(desk.state, post_of(desk), marks, desk.decide(Change(Verb.SUBJECT, text="Mine")).fields)


def test_pins_leads_and_lengths() -> None:
    desk = week()
    post = desk.line("comms")[-1]
    desk.make(Change(Verb.PIN, post))
    assert desk.line("comms")[0] == post
    desk.make(Change(Verb.PLACE, post, place=4))
    assert desk.line("comms")[4] == post, "what was moved by hand stays there, pinned or not"
    desk.make(Change(Verb.PIN, post))
    assert desk.line("comms")[0] == post, "pinning again puts it on top"
    desk.make(Change(Verb.LEAD, desk.line("recruitment")[2]))
    lead = desk.edition.posts[0]
    assert (lead.id, lead.short, desk.edition.lead) == (desk.line("recruitment")[0], False, lead.id)
    desk.make(Change(Verb.DROP, lead.id))
    assert desk.edition.lead == ""
    assert desk.edition.sections[0].theme == "comms"
    desk.make(Change(Verb.SHORT, post))
    assert desk.edition.posts[0].short
    assert desk.state.decision(post) == Decision(post, pinned=True, full=False)
    without_text = Desk([candidate("a", text="")])
    with pytest.raises(UsageError, match="no text"):
        without_text.make(Change(Verb.FULL, without_text.line("comms")[0]))
    with pytest.raises(UsageError, match="no text"):
        without_text.make(Change(Verb.SENTENCES, without_text.line("comms")[0], spans=((0, 1),)))


def test_what_no_editor_took_out_has_to_be_brought_in() -> None:
    desk = week()
    copy = LeftOut("0123456789abcdef", "A copy", "", "A", "the same as another")
    facts = replace(desk.facts(copy.post), edition=replace(desk.edition, left_out=(copy,)))
    for verb in (Verb.RESTORE, Verb.LEAD):
        with pytest.raises(UsageError, match="No editor took “A copy” out") as error:
            decide(Change(verb, copy.post), desk.state, facts)
        assert "Bring in" in error.value.remedy
    assert (
        decide(Change(Verb.BRING_IN, copy.post), desk.state, facts).fields["post/0123456789abcdef/brought_in"] == "Ann"
    )
