"""What the editors' moves of posts teach the themes: to be used, seen, forgotten and remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model import ELSEWHERE, AuditEvent, Evidence
from digest.read.themes.place_again import RememberingPlacer
from digest.steps.context import Context
from digest.steps.known_articles import known_articles
from digest.store import audit, learned
from digest.store.learned import Move
from digest.text import plain_from_html
from digest.week import Week


@dataclass(frozen=True, slots=True)
class Lesson:
    """One move, and what it teaches."""

    id: str  # for `forget`: week and post, such as 2019-W12:0123456789abcdef
    week: Week
    title: str
    source: str
    theme: str
    moved_at: datetime
    forgotten: bool
    words: tuple[str, ...]  # of the post, the weightiest first: posts that share them follow it
    rather_than: str  # the theme that such posts lose to `theme`; "" where it teaches nothing
    source_moves: int  # of this source's posts to this theme, this one among them; 0 where it teaches nothing
    teaches: str  # all this as a sentence or two


def evidence(context: Context) -> tuple[Evidence, ...]:
    """Return the moves that teach, oldest first, each with the article's text if it is cached, else with the feed's."""
    with context.store.reading() as connection:
        moves = learned.moves(connection)
        texts = _texts(connection, moves)
    return tuple(replace(move.evidence, text=text) for move, text in zip(moves, texts, strict=True))


def lessons(context: Context) -> list[Lesson]:
    """Return what each move teaches, the newest first; moves that were forgotten are among them."""
    with context.store.reading() as connection:
        moves = learned.moves(connection, forgotten=True)
        texts = _texts(connection, moves)
    titles = {theme.key: theme.title for theme in context.settings.themes} | {ELSEWHERE: "Elsewhere"}
    teaching = [n for n, move in enumerate(moves) if not move.forgotten and move.evidence.theme in titles]
    placer = RememberingPlacer(context.settings.themes, [replace(moves[n].evidence, text=texts[n]) for n in teaching])
    taught = dict(zip(teaching, placer.lessons(), strict=True))
    by_source = Counter((moves[n].evidence.source, moves[n].evidence.theme) for n in teaching)
    rows = []
    for n, move in enumerate(moves):
        row = move.evidence
        words, rather_than = taught.get(n, ((), ""))
        source_moves = by_source[row.source, row.theme] if n in taught else 0
        rows.append(
            Lesson(
                id=f"{move.week}:{move.post}",
                week=move.week,
                title=row.title,
                source=row.source,
                theme=row.theme,
                moved_at=move.at,
                forgotten=move.forgotten,
                words=words,
                rather_than=rather_than,
                source_moves=source_moves,
                teaches=_teaches(move, words, titles, rather_than, source_moves),
            )
        )
    return rows[::-1]


def forget(context: Context, lesson: str, *, by: str) -> None:
    """Let a move teach no more; the post stays where it is in its edition. Raises UsageError if there is none."""
    _set(context, lesson, by=by, event=AuditEvent.MOVE_FORGOTTEN)


def remember(context: Context, lesson: str, *, by: str) -> None:
    """Let a forgotten move teach again. Raises UsageError if there is no such move."""
    _set(context, lesson, by=by, event=AuditEvent.MOVE_REMEMBERED)


def _set(context: Context, lesson: str, *, by: str, event: AuditEvent) -> None:
    now = context.clock()
    week_text, _, post = lesson.strip().partition(":")
    remedy = "`digest learned list` shows the moves and their IDs."
    if not post:
        raise UsageError(f"{lesson!r} is no ID of a move: those are a week and a post, joined by a colon.", remedy)
    week = Week.parse(week_text)
    with context.store.writing() as connection:
        theme = learned.find(connection, week, post)
        if not theme:
            raise UsageError(f"No post {post!r} was moved to another theme in {week}.", remedy)
        if event is AuditEvent.MOVE_FORGOTTEN:
            learned.forget(connection, week, post, theme, at=now)
        else:
            learned.remember(connection, week, post)
        audit.record(connection, event, at=now, by=by, week=week, detail={"post": post, "theme": theme})


def _texts(connection: Connection, moves: Sequence[Move]) -> list[str]:
    known = known_articles(connection, [move.post for move in moves])
    return [
        known[move.post].cached.article.text if move.post in known else plain_from_html(move.evidence.text)
        for move in moves
    ]


def _teaches(move: Move, words: Sequence[str], titles: dict[str, str], rather_than: str, source_moves: int) -> str:
    if move.forgotten:
        return "Nothing: it was forgotten."
    row = move.evidence
    if row.theme not in titles:
        return f"Nothing: there is no theme {row.theme!r} in the settings any more."
    title = titles[row.theme]
    count = "1 move" if source_moves == 1 else f"{source_moves} moves"
    text = f"Posts of {row.source} go to {title} more readily ({count})."
    if words:
        quoted = ", ".join(f"“{word}”" for word in words)
        text += f" So do posts that share words such as {quoted}, rather than to {titles[rather_than]}."
    return text
