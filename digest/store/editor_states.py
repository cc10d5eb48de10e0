"""What editors decided and wrote about one edition: read as one value, written field by field."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.model import EditorState
from digest.model.editor_state import TEXTS, Fields, posts_of
from digest.store import editions as edition_rows
from digest.store import editor_decisions
from digest.store.schema import editions
from digest.week import Week


def load(connection: Connection, week: Week, *, lock: bool = False) -> EditorState:
    """Return the state of a week's edition. With `lock`, nobody else changes it until the transaction ends."""
    query = select(editions).where(editions.c.week == week)
    stored = connection.execute(query.with_for_update() if lock else query).one_or_none()
    decisions = editor_decisions.of_week(connection, week)
    if stored is None:
        return EditorState(decisions)
    row = edition_rows.row_of(stored)
    return EditorState(decisions, row.arrangement, row.introduction, row.subject, row.preheader, row.send_at)


def save(connection: Connection, week: Week, state: EditorState, changed: Fields, *, at: datetime) -> None:
    """Store the fields of `state` that `changed` names. The edition has to have a row."""
    for post in posts_of(changed):
        editor_decisions.decide(connection, week, state.decision(post), at=at)
    values: dict[str, object] = {name: getattr(state, name) for name in (*TEXTS, "send_at") if name in changed}
    if "lead" in changed:
        values["lead"] = state.arrangement.lead
    if "themes" in changed:
        values["theme_order"] = list(state.arrangement.themes)
    if any(key.startswith("order/") for key in changed):
        values["post_order"] = {theme: list(posts) for theme, posts in state.arrangement.posts.items()}
    if values:
        connection.execute(update(editions).where(editions.c.week == week).values(**values))


def is_composed(connection: Connection, week: Week) -> bool:
    """Return whether the edition shows all that was decided: not while somebody changes it, nor after their desk was
    killed before it was composed again. Nobody changes it until the transaction ends.
    """
    now = load(connection, week, lock=True).fields()
    row = edition_rows.find(connection, week)
    made_from = edition_rows.editing_of(connection, week, row.revision) if row else None
    return made_from is None or _content(made_from) == _content(now)


def _content(values: Fields) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != "send_at"}
