"""Every change in one way: nobody overwrites another unknowingly, and everything can be undone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from digest.edition.editing.change import Change, Verb
from digest.edition.editing.decide import EDITION_VERBS, POST_VERBS, decide
from digest.edition.editing.marks import mark
from digest.errors import ApprovalError, ClashError, UsageError
from digest.model import Edition, EditionPost
from digest.steps.context import Context
from digest.steps.editing.approve import approve, skip
from digest.steps.editing.changes import change, facts_of, state_of, write
from digest.steps.editing.desk_data import article, trail
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.undo import redoable, restore, undo, undoable
from digest.steps.sending.send import send
from digest.store import editor_states
from tests.steps.newsletter_setup import NOW, WEEK

_TEXTS = {Verb.TITLE, Verb.NOTE, Verb.ALT, Verb.DROP, Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION}


def edition_of(context: Context) -> Edition:
    return load_edition(context, WEEK)[1]


def longest_section(context: Context) -> tuple[str, list[EditionPost]]:
    section = max(edition_of(context).sections, key=lambda each: len(each.posts))
    return section.theme, list(section.posts)


def spans_of(context: Context, post: str) -> list[tuple[int, int]]:
    read = article(context, post)
    assert read is not None
    return [(each.start, each.end) for each in read.sentences]


def made_up(context: Context, verb: Verb, post: EditionPost, name: str) -> Change:
    """Return a change with this verb that another name gives another value."""
    themes = [section.theme for section in edition_of(context).sections]
    theme = themes[len(name) % len(themes)]
    spans = spans_of(context, post.id)
    return Change(
        verb,
        "" if verb in EDITION_VERBS else post.id,
        text=f"Words by {name}" if verb in _TEXTS else "",
        theme=theme if verb is Verb.MOVE else "",
        place=len(name) if verb is Verb.PLACE else 0,
        spans=(spans[len(name) % len(spans)],) if spans else (),
        themes=tuple(themes[len(name) % len(themes) :]),
        moment=NOW + timedelta(hours=len(name)),
    )


def test_the_same_wish_is_no_clash(draft: Context) -> None:
    page = state_of(draft, WEEK)
    change(draft, WEEK, Change(Verb.SUBJECT, text="Ours"), by="Ann", marks=mark(page, "subject"))
    again = change(draft, WEEK, Change(Verb.SUBJECT, text=" Ours "), by="Bob", marks=mark(page, "subject"))
    assert again.id == 0
    with pytest.raises(ClashError, match="Ann changed the subject") as error:
        change(draft, WEEK, Change(Verb.SUBJECT, text="Mine"), by="Bob", marks=mark(page, "subject"))
    (clash,) = error.value.clashes
    assert (clash.key, clash.present, clash.new, clash.at) == ("subject", "“Ours”", "“Mine”", NOW)


@pytest.mark.thorough
def test_twenty_edits_and_twenty_undos_give_the_first_fingerprint(draft: Context) -> None:
    chance = random.Random(18)
    before = load(draft, WEEK).fingerprint
    verbs = sorted(POST_VERBS | EDITION_VERBS)
    made: list[int] = []
    while len(made) < 20:
        post = chance.choice(edition_of(draft).posts)
        intent = made_up(draft, chance.choice(verbs), post, "x" * chance.randrange(1, 9))
        try:
            number = change(draft, WEEK, intent, by="Ann").id
        except UsageError:
            continue
        made += [number] if number else []
    assert load(draft, WEEK).fingerprint != before
    undos = [undo(draft, WEEK, number, by="Ann").id for number in reversed(made)]
    assert load(draft, WEEK).fingerprint == before
    assert undoable(draft, WEEK, by="Ann") == 0
    again = undo(draft, WEEK, undos[-1], by="Ann")
    assert again.id, "undoing an undo makes the change again"
    assert state_of(draft, WEEK).fields()


def test_an_undo_that_would_overwrite_a_newer_change_clashes(draft: Context) -> None:
    post = edition_of(draft).posts[0]
    first = change(draft, WEEK, Change(Verb.TITLE, post.id, "One"), by="Ann")
    second = change(draft, WEEK, Change(Verb.TITLE, post.id, "Two"), by="Bob")
    with pytest.raises(ClashError, match="Bob changed the title of “Two”"):
        undo(draft, WEEK, first.id, by="Ann")
    undo(draft, WEEK, second.id, by="Ann")
    assert redoable(draft, WEEK, by="Ann")
    undo(draft, WEEK, first.id, by="Ann")
    assert edition_of(draft).posts[0].title == post.title
    assert undo(draft, WEEK, first.id, by="Ann").id == 0, "twice is once"
    composed = next(row for row in trail(draft, WEEK) if row.what == "composed")
    for number, words in ((composed.id, "cannot be undone"), (9_999, "no such change")):
        with pytest.raises(UsageError, match=words):
            undo(draft, WEEK, number, by="Ann")


def test_a_revision_is_restored_with_decisions_texts_and_order(draft: Context) -> None:
    theme, posts = longest_section(draft)
    change(draft, WEEK, Change(Verb.PLACE, posts[-1].id, place=0), by="Ann")
    change(draft, WEEK, Change(Verb.INTRODUCTION, text="Good *morning*"), by="Ann")
    wanted = change(draft, WEEK, Change(Verb.NOTE, posts[0].id, "Our note"), by="Ann").revision
    kept = load(draft, WEEK)
    change(draft, WEEK, Change(Verb.DROP, posts[0].id, "no"), by="Bob")
    change(draft, WEEK, Change(Verb.UNPLACE, theme=theme), by="Bob")
    change(draft, WEEK, Change(Verb.PREHEADER, text="Before all"), by="Bob")
    last = load(draft, WEEK).fingerprint
    made = restore(draft, WEEK, wanted, by="Ann")
    assert load(draft, WEEK).fingerprint == kept.fingerprint
    assert load(draft, WEEK).edition.sections == kept.edition.sections
    undo(draft, WEEK, made.id, by="Ann")
    assert load(draft, WEEK).fingerprint == last
    with pytest.raises(UsageError, match="does not exist"):
        restore(draft, WEEK, 99, by="Ann")


def test_a_skipped_week_can_be_taken_back_from_the_history(draft: Context) -> None:
    change(draft, WEEK, Change(Verb.SUBJECT, text="Kept"), by="Ann")
    before = load(draft, WEEK)
    skip(draft, WEEK, by="Ann", reason="a holiday")
    with pytest.raises(UsageError, match="skipped: it cannot be changed"):
        change(draft, WEEK, Change(Verb.SUBJECT, text="Late"), by="Ann")
    row = next(row for row in trail(draft, WEEK) if row.what == "skipped")
    assert row.detail["reason"] == "a holiday"
    undo(draft, WEEK, row.id, by="Ann")
    assert (load(draft, WEEK).status, load(draft, WEEK).fingerprint) == (before.status, before.fingerprint)


def test_ticking_a_sentence_of_a_title_only_post_shows_it_in_full(draft: Context) -> None:
    post = next(each for each in edition_of(draft).posts if each.offsets)
    change(draft, WEEK, Change(Verb.SHORT, post.id), by="Ann")
    assert next(each for each in edition_of(draft).posts if each.id == post.id).short
    made = change(draft, WEEK, Change(Verb.SENTENCES, post.id, spans=(spans_of(draft, post.id)[0],)), by="Ann")
    assert "in full now" in made.sentence
    after = next(each for each in edition_of(draft).posts if each.id == post.id)
    assert (after.short, len(after.summary), after.summary_method) == (False, 1, "editor")
    undo(draft, WEEK, made.id, by="Ann")
    assert next(each for each in edition_of(draft).posts if each.id == post.id).short


def test_the_editors_words_reach_the_mail_apart_from_the_authors(draft: Context) -> None:
    post = edition_of(draft).posts[0]
    hostile = "<b>Ours</b> & \u202eevil \u0000 שלום {{ mail }} ⟦email⟧"
    change(draft, WEEK, Change(Verb.NOTE, post.id, hostile), by="Ann")
    change(draft, WEEK, Change(Verb.PREHEADER, text="What <counted> this week"), by="Ann")
    change(draft, WEEK, Change(Verb.LEAD, post.id), by="Ann")
    view = load(draft, WEEK)
    assert view.edition.posts[0].id == view.edition.lead == post.id
    assert "<b>Ours" not in view.rendered.html
    html, text = unescape(view.rendered.html), view.rendered.text
    assert "\u2068<b>Ours</b> & evil" in html
    assert "Why:" in html, "the lead's note says why it leads"
    assert "Why: " in text
    assert "\u202e" not in html + text
    assert view.rendered.preheader == "What <counted> this week"
    assert "What <counted> this week" in html
    later = replace(draft, clock=lambda: NOW + timedelta(hours=1))
    assert load(later, WEEK).edition == view.edition, "it is read back as it was written"


def test_of_two_changes_at_the_same_moment_one_clashes(draft: Context) -> None:
    page = mark(state_of(draft, WEEK), "subject")

    def write(name: str) -> bool:
        try:
            return bool(change(draft, WEEK, Change(Verb.SUBJECT, text=f"By {name}"), by=name, marks=page).id)
        except ClashError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, ["Ann", "Bob", "Cem", "Dee"])) == 1
    assert edition_of(draft).subject == state_of(draft, WEEK).subject


def test_an_undo_sets_no_time_that_is_over(draft: Context) -> None:
    change(draft, WEEK, Change(Verb.SCHEDULE, moment=NOW + timedelta(hours=1)), by="Ann")
    later = change(draft, WEEK, Change(Verb.SCHEDULE, moment=NOW + timedelta(hours=9)), by="Ann")
    two_hours_on = replace(draft, clock=lambda: NOW + timedelta(hours=2))
    with pytest.raises(UsageError, match="is over"):
        undo(two_hours_on, WEEK, later.id, by="Ann")
    assert undo(draft, WEEK, later.id, by="Ann").id


def stored_only(context: Context, intent: Change) -> None:
    """Store a change as a desk does that is killed before it has composed the edition again."""
    now = context.clock()
    with context.store.writing() as connection:
        state = editor_states.load(connection, WEEK, lock=True)
        facts = facts_of(context, connection, WEEK, by="Ada", now=now)
        write(
            connection, WEEK, state, decide(intent, state, facts), facts, by="Ada", detail={"verb": intent.verb.value}
        )


def test_what_was_decided_before_a_desk_was_killed_is_neither_lost_nor_overlooked(draft: Context) -> None:
    _, (first, *_) = longest_section(draft)
    approve(draft, WEEK, by="Bo")
    assert load(draft, WEEK).approval is not None
    stored_only(draft, Change(Verb.DROP, first.id))
    assert load(draft, WEEK).approval is None, "the old text is not sent"
    with pytest.raises(ApprovalError, match="not approved"):
        send(draft, WEEK)
    seen = load_edition(draft, WEEK)[0].revision
    with pytest.raises(ApprovalError, match="revision"):
        approve(draft, WEEK, by="Bo", revision=seen)
    assert first.id not in {post.id for post in edition_of(draft).posts}
    approve(draft, WEEK, by="Bo", revision=seen + 1)


def test_a_decision_that_shows_nowhere_does_not_stand_in_the_way(draft: Context) -> None:
    _, (first, *_) = longest_section(draft)
    stored_only(draft, Change(Verb.ALT, first.id, text="A picture that the mail does not show"))
    approve(draft, WEEK, by="Bo")
    assert load(draft, WEEK).approval is not None
