"""Putting posts and themes in order by hand. What is shown afterwards is what was shown before, with one post moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from digest.edition.editing.change import Change, Decided, Facts, Verb
from digest.errors import UsageError
from digest.model import AuditEvent, EditorState


def place(change: Change, state: EditorState, facts: Facts) -> Decided:
    """Put a post in a place of its theme or of another one."""
    section = facts.section_of(change.post)
    if section is None:
        raise UsageError("This post is not in the edition.", "Bring it back first, then move it.")
    target = section.theme if change.verb in (Verb.UP, Verb.DOWN) else change.theme or section.theme
    if target not in facts.themes:
        raise UsageError("There is no such theme.", f"Choose one of {', '.join(facts.themes.values())}.")
    before = facts.ids(target)
    others = [post for post in before if post != change.post]
    place = _index(change, before, others)
    line = [*others[:place], change.post, *others[place:]]
    fields: dict[str, Any] = {f"order/{target}": with_hidden(line, state.arrangement.posts.get(target, ()))}
    if target != section.theme:
        fields[f"post/{change.post}/theme"] = target
        rest = [post for post in facts.ids(section.theme) if post != change.post]
        hidden = [post for post in state.arrangement.posts.get(section.theme, ()) if post != change.post]
        fields[f"order/{section.theme}"] = with_hidden(rest, hidden)
    fields |= _lead_after(change.post, line, state)
    where = f"place {place + 1} of {facts.themes[target]}"
    return Decided(AuditEvent.PLACED, fields, f"Moved “{facts.title(change.post)}” to {where}.")


def _index(change: Change, before: Sequence[str], others: Sequence[str]) -> int:
    """Return the place among the other posts, from 0."""
    if change.verb in (Verb.UP, Verb.DOWN):
        step = -1 if change.verb is Verb.UP else 1
        return min(max(before.index(change.post) + step, 0), len(others))
    if change.before:
        if change.before not in others:
            raise UsageError("The post below is no longer there.", "Look at the order again, then move it.")
        return others.index(change.before)
    return min(max(change.place, 0), len(others))


def _lead_after(moved: str, line: Sequence[str], state: EditorState) -> dict[str, str]:
    """The edition's lead stays first, unless the editor moves it down, or another post above it."""
    lead = state.arrangement.lead
    return {"lead": ""} if lead in line and line[0] != lead and moved in (lead, line[0]) else {}


def to_top(post: str, theme: str, state: EditorState) -> dict[str, Any]:
    """Return the field that puts a post first, if its theme is in an order by hand; the ranking does it otherwise."""
    line = state.arrangement.posts.get(theme, ())
    if not line:
        return {}
    return {f"order/{theme}": [post, *(each for each in line if each != post)]}


def unplace(change: Change, _state: EditorState, facts: Facts) -> Decided:
    """Give a theme back to the ranking: the one named, or the post's."""
    section = facts.section_of(change.post) if change.post else None
    theme = change.theme or (section.theme if section else "")
    if not theme:
        raise UsageError("This post is not in the edition.", "Bring it back first.")
    title = facts.themes.get(theme, theme)
    return Decided(AuditEvent.UNPLACED, {f"order/{theme}": []}, f"{title} is in ranked order again.")


def themes(change: Change, state: EditorState, facts: Facts) -> Decided:
    """Put the themes in order; those that are not named follow as in the settings."""
    unknown = [key for key in change.themes if key not in facts.themes]
    if unknown:
        raise UsageError(f"There is no theme {unknown[0]!r}.", f"Choose among {', '.join(facts.themes)}.")
    keys = list(dict.fromkeys(change.themes))
    fields: dict[str, Any] = {"themes": keys}
    lead = facts.section_of(state.arrangement.lead)
    if lead is not None and keys and keys[0] != lead.theme:
        fields["lead"] = ""
    sentence = f"Themes in this order: {', '.join(facts.themes[key] for key in keys)}." if keys else ""
    return Decided(AuditEvent.THEMES_ORDERED, fields, sentence or "The themes are in the usual order again.")


def with_hidden(line: Sequence[str], stored: Sequence[str]) -> list[str]:
    """Return the line with the stored posts that are not shown now (dropped, say), each behind what it stood behind."""
    result = list(line)
    for index, post in enumerate(stored):
        if post not in line:
            before = stored[index - 1] if index else ""
            result.insert(result.index(before) + 1 if before in result else 0, post)
    return result
