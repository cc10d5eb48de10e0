"""What the forms about one post change: from a verb and its fields to the editor's new decision. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from digest.errors import UsageError
from digest.model import AuditEvent, Decision, Edition
from digest.web.desk.sentence_choice import Span, choose_sentences

LONGEST_TITLE = 300
LONGEST_REASON = 200
DEFAULT_REASON = "not for this edition"


@dataclass(frozen=True, slots=True)
class PostForm:
    """The fields of a form about a post."""

    theme: str = ""
    reason: str = ""
    title: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class PostContext:
    """What a change needs to know about the post and its edition."""

    own_title: str = ""  # the source's, if known
    place: int = 0  # in its section, from 0
    chosen: tuple[Span, ...] = ()  # the sentences of its summary
    sentences: frozenset[Span] = frozenset()  # all of its article
    at_most: int = 3
    themes: Mapping[str, str] = field(default_factory=dict)  # key to title


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a decision, its name in the audit trail, and the message that the editor sees."""

    apply: Callable[[Decision], Decision]
    event: AuditEvent
    flash: str


def change_for(verb: str, form: PostForm, context: PostContext) -> Change:
    """Return the change that a form asks for. Raises UsageError if the form is not valid."""
    make = _VERBS.get(verb)
    if make is None:
        raise UsageError(f"The desk has no form {verb!r}.", "Go back to the edition.")
    return make(form, context)


def _pin(_form: PostForm, _context: PostContext) -> Change:
    return Change(
        lambda d: replace(d, pinned=True, dropped="", held=False),
        AuditEvent.PINNED,
        "Pinned to the top of its section.",
    )


def _unpin(_form: PostForm, _context: PostContext) -> Change:
    return Change(lambda d: replace(d, pinned=False), AuditEvent.UNPINNED, "Unpinned.")


def _up(_form: PostForm, context: PostContext) -> Change:
    place = max(0, context.place - 1)
    return Change(lambda d: replace(d, position=place), AuditEvent.MOVED_UP, f"Moved up, to place {place + 1}.")


def _down(_form: PostForm, context: PostContext) -> Change:
    place = context.place + 1
    return Change(lambda d: replace(d, position=place), AuditEvent.MOVED_DOWN, f"Moved down, to place {place + 1}.")


def _unplace(_form: PostForm, _context: PostContext) -> Change:
    return Change(lambda d: replace(d, position=None), AuditEvent.UNPLACED, "Back in ranked order.")


def _move(form: PostForm, context: PostContext) -> Change:
    if form.theme not in context.themes:
        raise UsageError("There is no such theme.", f"Choose one of {', '.join(context.themes.values())}.")
    flash = f"Moved to {context.themes[form.theme]}. The digest learns from this move."
    return Change(lambda d: replace(d, theme=form.theme, position=None), AuditEvent.MOVED, flash)


def _drop(form: PostForm, _context: PostContext) -> Change:
    reason = " ".join(form.reason.split())[:LONGEST_REASON] or DEFAULT_REASON
    return Change(
        lambda d: replace(d, dropped=reason, held=False, pinned=False), AuditEvent.DROPPED, f"Dropped: {reason}."
    )


def _hold(_form: PostForm, _context: PostContext) -> Change:
    return Change(lambda d: replace(d, held=True, dropped=""), AuditEvent.HELD_BACK, "Held for the next edition.")


def _restore(_form: PostForm, _context: PostContext) -> Change:
    return Change(lambda d: replace(d, held=False, dropped=""), AuditEvent.BROUGHT_BACK, "Back in the edition.")


def _title(form: PostForm, context: PostContext) -> Change:
    title = " ".join(form.title.split())
    if len(title) > LONGEST_TITLE:
        raise UsageError(f"The title has {len(title)} characters.", f"Shorten it to {LONGEST_TITLE} at most.")
    if not title or title == context.own_title:
        return Change(
            lambda d: replace(d, title=""), AuditEvent.TITLE_RESTORED, "The post has its original title again."
        )
    return Change(lambda d: replace(d, title=title), AuditEvent.TITLE_EDITED, "Title changed.")


def _sentences(form: PostForm, context: PostContext) -> Change:
    if not form.spans:
        raise UsageError("No sentence is ticked.", "Tick at least one, or restore the automatic summary.")
    if not set(form.spans) <= context.sentences:
        raise UsageError("The article has changed since you opened it.", "Open it again, then choose.")
    chosen = choose_sentences(context.chosen, form.spans, context.at_most)
    flash = "Summary changed."
    if len(chosen) < len(form.spans):
        flash += f" It has {context.at_most} sentences at most, so the nearest one was replaced."
    return Change(lambda d: replace(d, sentences=chosen), AuditEvent.SENTENCES_CHOSEN, flash)


def _summarise(_form: PostForm, _context: PostContext) -> Change:
    return Change(lambda d: replace(d, sentences=()), AuditEvent.SENTENCES_RESTORED, "The automatic summary is back.")


_VERBS: dict[str, Callable[[PostForm, PostContext], Change]] = {
    "pin": _pin,
    "unpin": _unpin,
    "up": _up,
    "down": _down,
    "unplace": _unplace,
    "move": _move,
    "drop": _drop,
    "hold": _hold,
    "restore": _restore,
    "title": _title,
    "sentences": _sentences,
    "summarise": _summarise,
}
VERBS: Collection[str] = _VERBS.keys()


def place_of(edition: Edition, post: str) -> tuple[int, str, str]:
    """Return a post's place in its section, from 0, and the ids of the posts above and below; "" if there is none."""
    for section in edition.sections:
        ids = [each.id for each in section.posts]
        if post in ids:
            place = ids.index(post)
            above = ids[place - 1] if place else ""
            below = ids[place + 1] if place + 1 < len(ids) else ""
            return place, above, below
    return 0, "", ""
