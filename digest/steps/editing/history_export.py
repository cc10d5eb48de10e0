"""The history of an edition as rows: for a CSV file, for JSON, and as lines of text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from digest.steps.editing.history import Entry, Sitting
from digest.subscribers.csv_file import row_writer

COLUMNS = ("id", "at", "by", "what", "post", "title", "field", "before", "after", "revision", "undone", "detail")
_NO_DETAIL = ("verb", "post")


def as_csv(entries: Iterable[Entry]) -> str:
    """Return a CSV file, oldest first: a row for each thing that was replaced, or for a change that replaced none."""
    file = io.StringIO()
    write = row_writer(file)
    write(COLUMNS)
    for entry in reversed(list(entries)):
        head = (entry.id, entry.at.isoformat(), entry.by, entry.what, entry.post, entry.title)
        tail = (entry.revision or "", "yes" if entry.undone else "", detail_of(entry))
        for one in entry.replaced:
            write([*head, one.what, one.before, one.after, *tail])
        if not entry.replaced:
            write([*head, "", "", "", *tail])
    return file.getvalue()


def as_rows(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return plain values for JSON, oldest first."""
    return [
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "by": entry.by,
            "what": entry.what,
            "post": entry.post,
            "title": entry.title,
            "replaced": [{"what": one.what, "before": one.before, "after": one.after} for one in entry.replaced],
            "revision": entry.revision,
            "undone": entry.undone,
            "detail": dict(entry.detail),
        }
        for entry in reversed(list(entries))
    ]


def as_text(sittings: Iterable[Sitting]) -> str:
    """Return lines for a terminal, newest first."""
    lines: list[str] = []
    for sitting in sittings:
        lines += ["", f"{sitting.by}, {sitting.starts:%Y-%m-%d %H:%M} to {sitting.ends:%H:%M} UTC"]
        for entry in sitting.entries:
            title = f" “{entry.title}”" if entry.title else ""
            revision = f" (revision {entry.revision})" if entry.revision else ""
            undone = ", undone later" if entry.undone else ""
            lines.append(f"  {entry.id:>6}  {entry.at:%H:%M}  {entry.what}{title}{revision}{undone}")
            lines += [f"                 {one.what}: {one.before} → {one.after}" for one in entry.replaced]
            if not entry.replaced and (detail := detail_of(entry)):
                lines.append(f"                 {detail}")
    return "\n".join(lines[1:])


def detail_of(entry: Entry) -> str:
    """Return what else is known about a change: "reason: a holiday; status: draft"."""
    return "; ".join(
        f"{name}: {value}" for name, value in entry.detail.items() if name not in _NO_DETAIL and value not in ("", None)
    )
