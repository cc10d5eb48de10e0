"""Two editors at once, each verb after each other one: nothing that a colleague did is overwritten in silence."""

from __future__ import annotations

import itertools

import pytest

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.marks import mark
from digest.model import EditorState
from digest.steps.editing.changes import change, state_of
from digest.steps.editing.desk_data import article
from digest.steps.editing.undo import undo, undoable
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"
OF_POST = ("pinned", "dropped", "held", "theme", "full", "title", "note", "sentences")
OF_EDITION = ("lead", "themes", "subject", "preheader", "introduction")
VERBS = (
    Verb.PIN, Verb.LEAD, Verb.DROP, Verb.HOLD, Verb.MOVE, Verb.PLACE, Verb.DOWN, Verb.FULL, Verb.SHORT, Verb.TITLE,
    Verb.NOTE, Verb.SENTENCES, Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION,
)  # fmt: skip
TEXTS = (Verb.TITLE, Verb.NOTE, Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION)


def known(state: EditorState, post: str, theme: str) -> dict[str, object]:
    keys = [*(f"post/{post}/{name}" for name in OF_POST), *OF_EDITION, f"order/{theme}"]
    return {key: state.value(key) for key in keys}


def wish(verb: Verb, post: str, spans: tuple[tuple[int, int], ...], number: int) -> Change:
    """Return a change of this verb: another one for each number."""
    target = "" if verb in TEXTS[2:] else post
    place, theme = (2, "") if verb is Verb.PLACE else (0, ("recruitment", "civic-tech")[number])
    text = f"words {number}" if verb in (*TEXTS, Verb.DROP) else ""
    return Change(verb, target, text=text, theme=theme, place=place, spans=spans[number : number + 1])


def form_of(change: Change) -> tuple[str, dict[str, object]]:
    """Return address and fields of the form that asks for the change."""
    if not change.post:
        return f"{BENCH}/{change.verb}", {change.verb.value: change.text}
    fields: dict[str, object] = {"theme": change.theme, "place": change.place, "reason": change.text}
    fields |= {change.verb.value: change.text} if change.text else {}
    fields["sentence"] = [f"{start}-{end}" for start, end in change.spans]
    return f"{BENCH}/posts/{change.post}/{change.verb}", fields


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([(verb, verb) for verb in (*TEXTS, Verb.MOVE, Verb.PLACE)], id="the same"),
        pytest.param([*itertools.product(VERBS, VERBS)], id="each", marks=pytest.mark.thorough),
    ],
)
def test_nothing_is_overwritten_in_silence(desk: ServedDesk, pairs: list[tuple[Verb, Verb]]) -> None:
    post = desk.post("bin day").id
    theme = next(each.theme for each in desk.edition.sections if any(one.id == post for one in each.posts))
    read = article(desk.context, post)
    assert read
    spans = tuple((each.start, each.end) for each in read.sentences[:2])
    clashes = 0
    for first, second in pairs:
        before = state_of(desk.context, WEEK)
        made = change(desk.context, WEEK, wish(first, post, spans, 0), by="Bo")
        theirs = state_of(desk.context, WEEK)
        mine = wish(second, post, spans, 1)
        address, fields = form_of(mine)
        seen = mark(before, second, mine.post, theme)
        answer = desk.client.post(
            address, data={"token": desk._token(), "seen": seen, **fields}, headers={"X-Digest-Parts": "1"}
        )
        after = state_of(desk.context, WEEK)
        was, is_now = known(theirs, post, theme), known(after, post, theme)
        changed = {key for key, value in known(before, post, theme).items() if was[key] != value}
        what = f"{second} after {first}: {answer.status_code}"
        if answer.status_code == 409:
            clashes += 1
            assert is_now == was, what
            assert 'role="alert"' in answer.text, what
        else:
            assert answer.status_code == 200, what
            assert {key: is_now[key] for key in changed} == {key: was[key] for key in changed}, what
            if after != theirs:
                undo(desk.context, WEEK, undoable(desk.context, WEEK, by="Edith"), by="Edith")
        if made.id:
            undo(desk.context, WEEK, made.id, by="Bo")
    assert clashes >= len(TEXTS), "two texts for one box always clash"
