"""Positions of single posts become the order of their themes, and composed editions stay as they are."""

from __future__ import annotations

import json

from alembic import command
from sqlalchemy import text

from digest.model import Arrangement, Decision
from digest.store import editions, editor_states
from digest.store.engine import open_store
from digest.store.migrations import configuration
from digest.week import Week

WEEK = Week(2019, 12)


def snapshot() -> dict[str, object]:
    def post(name: str, *because: str, short: bool = False) -> dict[str, object]:
        return {
            "id": name,
            "title": name,
            "url": f"https://a.example/{name}",
            "source": "A",
            "author": "",
            "published": "2019-03-20T09:00:00Z",
            "summary": [],
            "summary_method": "none",
            "because": list(because),
            "short": short,
        }

    comms = [post("c"), post("a", "the editor put it in place 2"), post("b", "short: the theme has 2", short=True)]
    return {
        "week": "2019-W12",
        "revision": 2,
        "title": "Digest",
        "starts": "2019-03-18T00:00:00Z",
        "ends": "2019-03-25T00:00:00Z",
        "sections": [
            {"theme": "comms", "title": "Comms", "posts": comms},
            {"theme": "recruitment", "title": "Recruitment", "posts": [post("x")]},
        ],
    }


def test_positions_become_the_order_that_is_shown(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0013")
        connection.execute(
            text(
                "INSERT INTO editions (week, status, revision, introduction, subject)"
                " VALUES ('2019-W12', 'draft', 2, 'Hello', 'Ours'), ('2019-W13', 'draft', 0, '', '')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO revisions (week, revision, made_at, made_by, snapshot)"
                " VALUES ('2019-W12', 2, :at, 'Ann', :snapshot)"
            ),
            {"at": "2019-03-25 07:30:00", "snapshot": json.dumps(snapshot())},
        )
        rows = [("a", 1, True), ("b", 7, False), ("x", None, True), ("gone", 0, False)]
        for post, position, pinned in rows:
            connection.execute(
                text(
                    "INSERT INTO decisions (week, post, theme, dropped, held, pinned, position, title, sentences,"
                    " made_at) VALUES ('2019-W12', :post, '', '', false, :pinned, :position, '', '[]', :at)"
                ),
                {"post": post, "position": position, "pinned": pinned, "at": "2019-03-25 07:30:00"},
            )
        command.upgrade(config, "head")
        state = editor_states.load(connection, WEEK)
        assert state.arrangement == Arrangement(posts={"comms": ("c", "a", "b")})
        assert state.decision("a") == Decision("a", pinned=True, full=True)
        assert state.decision("b") == Decision("b", full=False)
        assert state.decision("x") == Decision("x", pinned=True)
        assert (state.introduction, state.subject, state.preheader) == ("Hello", "Ours", "")
        edition = editions.load(connection, WEEK)
        assert edition is not None
        assert [post.id for post in edition.posts] == ["c", "a", "b", "x"]
        assert (edition.preheader, edition.posts[0].note) == ("", ""), "old snapshots load"
        assert (edition.month, edition.posts[0].picture) == (None, None)
        assert editions.editing_of(connection, WEEK, 2) is None
        assert editor_states.load(connection, Week(2019, 13)).arrangement == Arrangement()
        command.downgrade(config, "0013")
        command.upgrade(config, "head")
    store.close()
