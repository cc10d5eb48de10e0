"""What the forms about one post mean: from a verb and its fields to a change of the editor's decision. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from digest.errors import UsageError
from digest.model import AuditEvent, Decision, Edition
from digest.web.desk.article_view import Span, settle

LONGEST_TITLE = 300
LONGEST_REASON = 200
UNSAID = "not for this edition"


@dataclass(frozen=True, slots=True)
class Form:
    """What a form about a post sent."""

    theme: str = ""
    reason: str = ""
    title: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What a change needs to know of the edition around the post."""

    own_title: str = ""  # as the source wrote it, where that is known
    place: int = 0  # in its section
    chosen: tuple[Span, ...] = ()
    known: frozenset[Span] = frozenset()  # every sentence of its article
    at_most: int = 3
    themes: Mapping[str, str] = field(default_factory=dict)  # key to title


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a decision, what the audit trail calls it, and what the editor is told."""

    apply: Callable[[Decision], Decision]
    event: AuditEvent
    said: str


def change_for(verb: str, form: Form, around: Around) -> Change:
    """Raises UsageError where the form asks for nothing sensible; its message is for the editor."""
    make = _VERBS.get(verb)
    if make is None:
        raise UsageError(f"The desk has no form {verb!r}.", "Go back to the edition.")
    return make(form, around)


def _pin(_form: Form, _around: Around) -> Change:
    return Change(
        lambda d: replace(d, pinned=True, dropped="", held=False), AuditEvent.PINNED, "Pinned: it stays at the top."
    )


def _unpin(_form: Form, _around: Around) -> Change:
    return Change(lambda d: replace(d, pinned=False), AuditEvent.UNPINNED, "No longer pinned.")


def _up(_form: Form, around: Around) -> Change:
    place = max(0, around.place - 1)
    return Change(lambda d: replace(d, position=place), AuditEvent.MOVED_UP, f"Moved up, to place {place + 1}.")


def _down(_form: Form, around: Around) -> Change:
    place = around.place + 1
    return Change(lambda d: replace(d, position=place), AuditEvent.MOVED_DOWN, f"Moved down, to place {place + 1}.")


def _unplace(_form: Form, _around: Around) -> Change:
    return Change(lambda d: replace(d, position=None), AuditEvent.UNPLACED, "The ranking decides its place again.")


def _move(form: Form, around: Around) -> Change:
    if form.theme not in around.themes:
        raise UsageError("There is no such theme.", f"Choose one of {', '.join(around.themes.values())}.")
    said = f"Moved to {around.themes[form.theme]}. The themes learn from this."
    return Change(lambda d: replace(d, theme=form.theme, position=None), AuditEvent.MOVED, said)


def _drop(form: Form, _around: Around) -> Change:
    reason = " ".join(form.reason.split())[:LONGEST_REASON] or UNSAID
    return Change(
        lambda d: replace(d, dropped=reason, held=False, pinned=False), AuditEvent.DROPPED, f"Dropped: {reason}."
    )


def _hold(_form: Form, _around: Around) -> Change:
    return Change(lambda d: replace(d, held=True, dropped=""), AuditEvent.HELD_BACK, "Held for the next edition.")


def _restore(_form: Form, _around: Around) -> Change:
    return Change(
        lambda d: replace(d, held=False, dropped=""), AuditEvent.BROUGHT_BACK, "Brought back into the edition."
    )


def _title(form: Form, around: Around) -> Change:
    title = " ".join(form.title.split())
    if len(title) > LONGEST_TITLE:
        raise UsageError(f"That title has {len(title)} characters.", f"Keep it under {LONGEST_TITLE}.")
    if not title or title == around.own_title:
        return Change(lambda d: replace(d, title=""), AuditEvent.TITLE_RESTORED, "The post has its own title again.")
    return Change(lambda d: replace(d, title=title), AuditEvent.TITLE_EDITED, "The title was changed.")


def _sentences(form: Form, around: Around) -> Change:
    if not form.spans:
        raise UsageError("No sentence is ticked.", "Tick at least one, or let the summariser choose.")
    unknown = [span for span in form.spans if span not in around.known]
    if unknown:
        raise UsageError("The article has changed since you opened it.", "Look at it again, then choose.")
    chosen = settle(around.chosen, form.spans, around.at_most)
    said = "The summary was changed." + (
        f" It has at most {around.at_most} sentences, so the nearest one made way."
        if len(chosen) < len(form.spans)
        else ""
    )
    return Change(lambda d: replace(d, sentences=chosen), AuditEvent.SENTENCES_CHOSEN, said)


def _summarise(_form: Form, _around: Around) -> Change:
    return Change(lambda d: replace(d, sentences=()), AuditEvent.SENTENCES_RESTORED, "The summariser chooses again.")


_VERBS: dict[str, Callable[[Form, Around], Change]] = {
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
    """Where a post stands in its section (from 0), and its neighbours' ids above and below; "" where there is none."""
    for section in edition.sections:
        ids = [each.id for each in section.posts]
        if post in ids:
            place = ids.index(post)
            above = ids[place - 1] if place else ""
            below = ids[place + 1] if place + 1 < len(ids) else ""
            return place, above, below
    return 0, "", ""
