"""Which parts of the workbench a change touches, so that only these are sent and exchanged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.model import Edition, EditionPost
from digest.web.desk.outline import Outline, OutlineRow, OutlineSection


@dataclass(frozen=True, slots=True)
class ChangedParts:
    """What differs between the state that a page shows and the present one."""

    mail: bool = False
    words: bool = False  # subject, preheader, introduction
    themes: bool = False  # all of them: one has come, gone or moved
    groups: bool = False  # late, held, left out
    sections: tuple[OutlineSection, ...] = ()
    rows: tuple[OutlineRow, ...] = ()
    posts: tuple[str, ...] = ()  # that the mail shows differently, or at another place


EVERYTHING = ChangedParts(mail=True, words=True, themes=True, groups=True)


def changed_parts(before: tuple[Edition, Outline], now: tuple[Edition, Outline]) -> ChangedParts:
    """Compare two states of an edition."""
    (old_edition, old), (edition, outline) = before, now
    if old_edition.revision == edition.revision:
        return ChangedParts()
    themes = _names(old) != _names(outline)
    sections, rows = ([], []) if themes else _changed(old, outline)
    old_rows = {row.post.id: row for row in old.rows}
    return ChangedParts(
        mail=True,
        words=any(
            getattr(old_edition, name, "") != getattr(edition, name, "")
            for name in ("subject", "preheader", "introduction")
        ),
        themes=themes,
        groups=(old.late, old.on_hold, old.left_out) != (outline.late, outline.on_hold, outline.left_out),
        sections=tuple(sections),
        rows=tuple(rows),
        posts=tuple(row.post.id for row in outline.rows if _prints_anew(old_rows.get(row.post.id), row)),
    )


def _prints_anew(before: OutlineRow | None, row: OutlineRow) -> bool:
    if before is None or before.theme != row.theme:
        return True
    return before.post != row.post and _printed(before) != _printed(row)


def _printed(row: OutlineRow) -> EditionPost:
    """Return what the mail prints of a post: not the reasons for its place."""
    return replace(row.post, because=(), pinned=False)


def _names(outline: Outline) -> list[str]:
    return [section.theme for section in outline.sections]


def _changed(old: Outline, outline: Outline) -> tuple[list[OutlineSection], list[OutlineRow]]:
    """Return the sections whose posts or order changed, and the rows that changed in the others."""
    sections, rows = [], []
    for was, section in zip(old.sections, outline.sections, strict=True):
        if [row.post.id for row in was.rows] != [row.post.id for row in section.rows]:
            sections.append(section)
        else:
            rows += [row for before, row in zip(was.rows, section.rows, strict=True) if before != row]
    return sections, rows
