"""The words of posts: the same search on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model import Post
from digest.store import entries, post_texts
from digest.store.engine import Store
from digest.store.post_texts import PostText

NOW = datetime(2026, 3, 9, tzinfo=UTC)
TEXTS = {
    "a": (" bin day finder plainspoken", " thirty residents tested it"),
    "b": (" council tax letter", " the bin men read it 100 times"),
    "c": (" notes", " cabin fever under_score"),
    "d": (" 北京的天气", " 今天天气很好"),
}


def fill(store: Store) -> None:
    with store.writing() as connection:
        for number, name in enumerate(TEXTS):
            moment = NOW - timedelta(days=number)
            post = Post(name, f"https://example.org/{name}", f"Title {name}", "Source", moment, moment, "<p>x</p>")
            entries.add_by_hand(connection, post, key=post.url, by="Ann")


def search(store: Store, *words: str, days: int = 30, limit: int = 10) -> tuple[int, list[str]]:
    with store.reading() as connection:
        return post_texts.search(connection, words, since=NOW - timedelta(days=days), limit=limit)


def test_all_words_by_their_beginnings_titles_first(store: Store) -> None:
    fill(store)
    with store.writing() as connection:
        rows = post_texts.missing(connection, NOW - timedelta(days=30), 10)
        assert [row.post for row in rows] == list(TEXTS)
        post_texts.save(connection, [PostText(row.post, row.changed_at, *TEXTS[row.post]) for row in rows])
        assert post_texts.missing(connection, NOW - timedelta(days=30), 10) == []
    assert search(store, "bin") == (2, ["a", "b"]), "not the cabin"
    assert search(store, "read", "bin") == (1, ["b"])
    assert search(store, "it", limit=1) == (2, ["a"])
    assert search(store, "it", days=1) == (2, ["a", "b"])
    assert search(store, "letter", days=0) == (0, [])
    assert search(store, "天气") == (1, ["d"])
    for operator in ("%", "_", "under%", "/", "\\", "100%"):
        assert search(store, operator)[0] == 0, operator
    assert search(store, "under_") == (1, ["c"])


def test_changed_and_old_posts(store: Store) -> None:
    fill(store)
    with store.writing() as connection:
        rows = post_texts.missing(connection, NOW - timedelta(days=30), 10)
        gone = PostText("gone", NOW, " x", " y")
        post_texts.save(connection, [gone, *(PostText(row.post, NOW, " old words", " ") for row in rows)])
        again = post_texts.missing(connection, NOW - timedelta(days=1, hours=1), 10)
        assert [row.post for row in again] == ["b"], "a's moment is the one of its words; c and d are older"
        assert post_texts.prune(connection, NOW - timedelta(days=1, hours=1)) == 2
        assert post_texts.with_address(connection, ["https://example.org/c", "https://example.org/x"]) == ["c"]
    assert search(store, "old") == (2, ["a", "b"])
