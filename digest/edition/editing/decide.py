"""From a change to the fields that it sets. Raises UsageError where the change makes no sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

from digest.edition.editing import order
from digest.edition.editing.change import Change, Decided, Facts, Verb
from digest.edition.editing.sentence_choice import choose_sentences
from digest.errors import UsageError
from digest.model import AuditEvent, EditorState
from digest.text import without_controls

LONGEST = {
    Verb.TITLE: 300,
    Verb.DROP: 200,
    Verb.NOTE: 600,
    Verb.ALT: 300,
    Verb.SUBJECT: 300,
    Verb.PREHEADER: 200,
    Verb.INTRODUCTION: 20_000,
}
"""Characters of a text that an editor writes."""
DEFAULT_REASON = "not for this edition"
_PAST_ALLOWED = timedelta(minutes=1)


def decide(change: Change, state: EditorState, facts: Facts) -> Decided:
    """Return what a change comes to. Raises UsageError."""
    if change.verb in _EDITION:
        return _EDITION[change.verb](change, state, facts)
    everything = {each.id for each in facts.edition.posts} | {each.post for each in facts.edition.left_out}
    if change.post not in everything and change.verb not in (Verb.BRING_IN, Verb.UNPLACE):
        raise UsageError("This post is no longer in this edition.", "Somebody else may have changed the edition.")
    return _POST[change.verb](change, state, facts)


def _fields(change: Change, **values: Any) -> dict[str, Any]:
    return {f"post/{change.post}/{name}": value for name, value in values.items()}


def _text(change: Change) -> str:
    """Return the text as one line. Raises UsageError if it is too long."""
    return _bounded(change, " ".join(change.text.split()))


def _bounded(change: Change, text: str) -> str:
    text = without_controls(text)
    longest = LONGEST[change.verb]
    if len(text) > longest:
        name = {Verb.DROP: "reason", Verb.ALT: "description"}.get(change.verb, change.verb.value)
        raise UsageError(f"The {name} has {len(text):,} characters.", f"Shorten it to {longest:,} at most.")
    return text


# --- A post's place ---------------------------------------------------------------------------------------------------


def _pin(change: Change, state: EditorState, facts: Facts) -> Decided:
    section = facts.section_of(change.post)
    fields = _fields(change, pinned=True, dropped="", held=False)
    fields |= order.to_top(change.post, section.theme, state) if section else {}
    return Decided(AuditEvent.PINNED, fields, f"Pinned “{facts.title(change.post)}” to the top of its theme.")


def _unpin(change: Change, _state: EditorState, facts: Facts) -> Decided:
    return Decided(AuditEvent.UNPINNED, _fields(change, pinned=False), f"Unpinned “{facts.title(change.post)}”.")


def _lead(change: Change, state: EditorState, facts: Facts) -> Decided:
    _refuse_left_out(change, state, facts)
    fields = {"lead": change.post, **_fields(change, dropped="", held=False)}
    return Decided(AuditEvent.LEAD_CHOSEN, fields, f"“{facts.title(change.post)}” leads the edition.")


def _unlead(_change: Change, _state: EditorState, _facts: Facts) -> Decided:
    return Decided(AuditEvent.LEAD_REMOVED, {"lead": ""}, "No post leads the edition now.")


def _move(change: Change, _state: EditorState, facts: Facts) -> Decided:
    if change.theme not in facts.themes:
        raise UsageError("There is no such theme.", f"Choose one of {', '.join(facts.themes.values())}.")
    sentence = f"Moved “{facts.title(change.post)}” to {facts.themes[change.theme]}. The digest learns from this move."
    return Decided(AuditEvent.MOVED, _fields(change, theme=change.theme), sentence)


# --- In or out --------------------------------------------------------------------------------------------------------


def _drop(change: Change, state: EditorState, facts: Facts) -> Decided:
    reason = _text(change)
    fields = _fields(change, dropped=reason or DEFAULT_REASON, held=False, pinned=False) | _no_lead(change, state)
    sentence = f"Dropped “{facts.title(change.post)}”" + (f": {reason}." if reason else ".")
    return Decided(AuditEvent.DROPPED, fields, sentence)


def _hold(change: Change, state: EditorState, facts: Facts) -> Decided:
    fields = _fields(change, held=True, dropped="") | _no_lead(change, state)
    return Decided(AuditEvent.HELD_BACK, fields, f"Held “{facts.title(change.post)}” for the next edition.")


def _no_lead(change: Change, state: EditorState) -> dict[str, Any]:
    return {"lead": ""} if state.arrangement.lead == change.post else {}


def _restore(change: Change, state: EditorState, facts: Facts) -> Decided:
    _refuse_left_out(change, state, facts)
    fields = _fields(change, held=False, dropped="")
    return Decided(AuditEvent.BROUGHT_BACK, fields, f"“{facts.title(change.post)}” is back in the edition.")


def _refuse_left_out(change: Change, state: EditorState, facts: Facts) -> None:
    """Raise UsageError if the post is left out for another reason than an editor's."""
    decision = state.decision(change.post)
    if facts.post(change.post) is None and not (decision.dropped or decision.held):
        title = facts.title(change.post)
        raise UsageError(f"No editor took “{title}” out of the edition.", "“Bring in” overrules why it is left out.")


def _bring_in(change: Change, _state: EditorState, facts: Facts) -> Decided:
    fields = _fields(change, brought_in=facts.by or "the editor", held=False, dropped="")
    if change.theme:
        if change.theme not in facts.themes:
            raise UsageError("There is no such theme.", f"Choose one of {', '.join(facts.themes.values())}.")
        fields |= _fields(change, theme=change.theme)
    return Decided(AuditEvent.BROUGHT_IN, fields, f"Brought in “{facts.title(change.post)}”.")


# --- What is shown of it ----------------------------------------------------------------------------------------------


def _full(change: Change, _state: EditorState, facts: Facts) -> Decided:
    if not facts.sentences:
        raise UsageError("There is no text of this post to show.", "It stays title only; write a note instead.")
    sentence = f"“{facts.title(change.post)}” is shown in full."
    return Decided(AuditEvent.SHOWN_IN_FULL, _fields(change, full=True), sentence)


def _short(change: Change, state: EditorState, facts: Facts) -> Decided:
    fields = _fields(change, full=False) | _no_lead(change, state)
    return Decided(AuditEvent.TITLE_ONLY, fields, f"“{facts.title(change.post)}” is shown by its title only.")


def _auto(change: Change, _state: EditorState, facts: Facts) -> Decided:
    sentence = f"The limits of the settings decide how “{facts.title(change.post)}” is shown."
    return Decided(AuditEvent.LENGTH_RANKED, _fields(change, full=None), sentence)


def _title(change: Change, _state: EditorState, facts: Facts) -> Decided:
    title = _text(change)
    if not title or title == facts.own_title:
        return Decided(AuditEvent.TITLE_RESTORED, _fields(change, title=""), "The post has its original title again.")
    return Decided(AuditEvent.TITLE_EDITED, _fields(change, title=title), "Title changed.")


def _note(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    note = _text(change)
    return Decided(AuditEvent.NOTE_WRITTEN, _fields(change, note=note), "Note saved." if note else "Note removed.")


def _alt(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    sentence = "Description saved." if change.text.strip() else "The picture has its page's own description again."
    return Decided(AuditEvent.ALT_TEXT_WRITTEN, _fields(change, alt=_text(change)), sentence)


def _hide_picture(change: Change, _state: EditorState, facts: Facts) -> Decided:
    sentence = f"“{facts.title(change.post)}” is shown without its picture."
    return Decided(AuditEvent.PICTURE_HIDDEN, _fields(change, no_picture=True), sentence)


def _show_picture(change: Change, _state: EditorState, facts: Facts) -> Decided:
    sentence = f"“{facts.title(change.post)}” has its picture again."
    return Decided(AuditEvent.PICTURE_SHOWN, _fields(change, no_picture=False), sentence)


def _sentences(change: Change, _state: EditorState, facts: Facts) -> Decided:
    if not facts.sentences:
        raise UsageError("There is no text of this post to choose from.", "It stays title only.")
    if not change.spans:
        raise UsageError("No sentence is ticked.", "Tick at least one, or restore the automatic summary.")
    if not set(change.spans) <= facts.sentences.keys():
        raise UsageError("The article has changed since you opened it.", "Open it again, then choose.")
    post = facts.post(change.post)
    chosen = choose_sentences(post.offsets if post else (), change.spans, facts.at_most)
    sentence = "Summary changed."
    if len(chosen) < len(change.spans):
        sentence += f" It has {facts.at_most} sentences at most, so the nearest one was replaced."
    words = sum(facts.sentences[span] for span in chosen)
    if 0 < facts.max_words < words:
        sentence += f" It has {words} words now; summaries have {facts.max_words} at most. Untick a sentence."
    fields = _fields(change, sentences=[list(span) for span in chosen])
    if post is not None and post.short:
        fields |= _fields(change, full=True)
        sentence += " The post is shown in full now."
    return Decided(AuditEvent.SENTENCES_CHOSEN, fields, sentence)


def _summarise(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    return Decided(AuditEvent.SENTENCES_RESTORED, _fields(change, sentences=[]), "The automatic summary is back.")


# --- The edition ------------------------------------------------------------------------------------------------------


def _subject(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    text = _text(change)
    sentence = "Subject saved." if text else "The subject comes from the template again."
    return Decided(AuditEvent.SUBJECT_WRITTEN, {"subject": text}, sentence)


def _preheader(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    text = _text(change)
    sentence = "Preheader saved." if text else "The preheader comes from the template again."
    return Decided(AuditEvent.PREHEADER_WRITTEN, {"preheader": text}, sentence)


def _introduction(change: Change, _state: EditorState, _facts: Facts) -> Decided:
    text = _bounded(change, change.text.replace("\r\n", "\n").strip())
    sentence = "Introduction saved." if text else "Introduction removed."
    return Decided(AuditEvent.INTRODUCTION_WRITTEN, {"introduction": text}, sentence)


def _schedule(change: Change, _state: EditorState, facts: Facts) -> Decided:
    moment = change.moment
    if moment is not None and moment < facts.now - _PAST_ALLOWED:
        raise UsageError(f"{moment:%d %B %Y at %H:%M} is in the past.", "Choose a time to come, or send at once.")
    sentence = f"Scheduled for {moment:%A %d %B at %H:%M}, if approved by then." if moment else "No longer scheduled."
    return Decided(AuditEvent.SCHEDULED, {"send_at": moment.astimezone(UTC).isoformat() if moment else None}, sentence)


_Decider = Callable[[Change, EditorState, Facts], Decided]

_POST: dict[Verb, _Decider] = {
    Verb.PIN: _pin,
    Verb.UNPIN: _unpin,
    Verb.LEAD: _lead,
    Verb.UNLEAD: _unlead,
    Verb.DROP: _drop,
    Verb.HOLD: _hold,
    Verb.RESTORE: _restore,
    Verb.BRING_IN: _bring_in,
    Verb.MOVE: _move,
    Verb.PLACE: order.place,
    Verb.UP: order.place,
    Verb.DOWN: order.place,
    Verb.UNPLACE: order.unplace,
    Verb.FULL: _full,
    Verb.SHORT: _short,
    Verb.AUTO: _auto,
    Verb.TITLE: _title,
    Verb.NOTE: _note,
    Verb.ALT: _alt,
    Verb.HIDE_PICTURE: _hide_picture,
    Verb.SHOW_PICTURE: _show_picture,
    Verb.SENTENCES: _sentences,
    Verb.SUMMARISE: _summarise,
}
_EDITION: dict[Verb, _Decider] = {
    Verb.THEMES: order.themes,
    Verb.SUBJECT: _subject,
    Verb.PREHEADER: _preheader,
    Verb.INTRODUCTION: _introduction,
    Verb.SCHEDULE: _schedule,
}
POST_VERBS = frozenset(_POST)
EDITION_VERBS = frozenset(_EDITION)
