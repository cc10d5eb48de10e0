"""Entries that an older version stored are found by their words once their feed has shown them again."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import insert, text

from digest.store import sources
from digest.store.engine import open_store
from digest.store.migrations import configuration
from digest.store.schema import entries

AT = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)


def test_stored_sources_and_entries_are_carried_over(store_url: str) -> None:
    store = open_store(store_url, migrate=False)
    config = configuration()
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.execute(text("INSERT INTO sources (name, feed, entries) VALUES ('Blog', 'https://x.org/feed', 3)"))
        connection.execute(
            text(
                "INSERT INTO posts (id, canonical, url, title, author, source, published, dated, first_seen,"
                " changed_at, html, language, image, origin_name, origin_url, quarantine, same_as)"
                " VALUES ('p', 'k', 'u', 'T', '', 'Blog', :at, true, :at, :at, '', '', '', '', '', '', '')"
            ),
            {"at": "2019-03-25 07:30:00"},
        )
        connection.execute(
            text(
                "INSERT INTO entries (source, uid, post, url, content_hash, first_seen, last_seen)"
                " VALUES ('Blog', 'urn:1', 'p', 'u', 'h', :at, :at)"
            ),
            {"at": "2019-03-25 07:30:00"},
        )
        command.upgrade(config, "head")
        state = sources.states(connection)["Blog"]
        assert (state.entries, state.left_out) == (3, {})
        row = connection.execute(text("SELECT uid, text_hash FROM entries")).one()
        assert tuple(row) == ("urn:1", "")
        sources.save(connection, [sources.SourceState("Blog", "https://x.org/feed", left_out={"it holds nothing": 2})])
        assert sources.states(connection)["Blog"].left_out == {"it holds nothing": 2}
        values = {"source": "Blog", "uid": "urn:2", "post": "p", "url": "", "content_hash": "", "text_hash": "a" * 64}
        connection.execute(insert(entries), [{**values, "first_seen": AT, "last_seen": AT}])
        command.downgrade(config, "0006")
        command.upgrade(config, "head")
    store.close()
