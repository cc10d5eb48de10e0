"""What two editors did to last week's edition before it was sent: the demo's history has something to show."""

from __future__ import annotations

from collections.abc import Callable

from digest.demo.past import Past
from digest.edition.editing.change import Change, Verb
from digest.model import EditionPost
from digest.steps.editing.changes import change
from digest.steps.editing.desk_data import article
from digest.steps.editing.edition_view import load_edition
from digest.week import Week

APPROVER, COLLEAGUE = "Edith Marlow", "Sam Okonjo"

SUBJECT = "What a ward does with tablets, and how to say sorry"
PREHEADER = "Two out of three apologies are not believed. And: the 37 names of one permit."
INTRODUCTION = """\
Good morning. Two teams went to look before they ordered more of something, and both were glad of it.

If you read one thing, read about Ward 7: the answer was a shelf."""
NOTE = "Their template has four lines, and we have begun to use it ourselves."
_WAITS, _GOES = "We publish the notes of our campaign meetings", "Planning notices on lamp posts now have a web address"


def edit(past: Past, week: Week) -> None:
    """Make the changes, each at its time, as the desk makes them."""

    def at(when: str, by: str, intent: Change) -> None:
        past.go_to(past.week, f"Mon {when}")
        change(past.context, week, intent, by=by)

    post = _finder(past, week)
    at("08:03", COLLEAGUE, Change(Verb.MOVE, post("Does a comment").id, theme="digital-government"))
    at("08:04", COLLEAGUE, Change(Verb.MOVE, post("How to say sorry").id, theme="digital-government"))
    at("08:06", COLLEAGUE, Change(Verb.DROP, post(_GOES).id, text="we had it in spring"))
    at("08:31", APPROVER, Change(Verb.MOVE, post("How to say sorry").id, theme="comms"))
    at("08:32", APPROVER, Change(Verb.HOLD, post(_WAITS).id))
    at("08:35", APPROVER, Change(Verb.LEAD, post("We gave a ward").id))
    at("08:38", APPROVER, Change(Verb.NOTE, post("How to say sorry").id, text=NOTE))
    at("08:41", APPROVER, Change(Verb.SENTENCES, post("We gave a ward").id, spans=_spans(past, post("We gave a ward"))))
    at("08:45", APPROVER, Change(Verb.INTRODUCTION, text=INTRODUCTION))
    at("08:47", APPROVER, Change(Verb.SUBJECT, text=SUBJECT))
    at("08:48", APPROVER, Change(Verb.PREHEADER, text=PREHEADER))


def _finder(past: Past, week: Week) -> Callable[[str], EditionPost]:
    def find(title: str) -> EditionPost:
        _, edition = load_edition(past.context, week)
        return next(post for post in edition.posts if post.title.startswith(title))

    return find


def _spans(past: Past, post: EditionPost) -> tuple[tuple[int, int], ...]:
    """The first sentence of the article and its last but one: one that the automatic summary did not choose."""
    read = article(past.context, post.id)
    sentences = read.sentences if read else ()
    return tuple((each.start, each.end) for each in (sentences[0], sentences[-2]))
