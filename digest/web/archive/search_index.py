"""What the search page reads: one JSON file a year, so that a year that is over never changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from digest.web.archive.post_lists import ListedPost

_SUMMARY = 600  # characters of a summary that are searched


def search_files(posts: Sequence[ListedPost]) -> dict[str, bytes]:
    """Return the files by name, the newest year first. Posts are in the order in which they shall be found."""
    years: dict[str, list[ListedPost]] = {}
    for post in posts:
        years.setdefault(post.month[:4], []).append(post)
    return {f"search/{year}.json": _year(group) for year, group in years.items()}


def _year(posts: Sequence[ListedPost]) -> bytes:
    return (json.dumps([_row(post) for post in posts], ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _row(post: ListedPost) -> dict[str, Any]:
    view = post.view
    row = {
        "path": f"{post.week}/#post-{view.id}",
        "title": view.title,
        "credit": view.credit.text,
        "via": view.via,
        "theme": view.theme,
        "dates": post.dates,
        "text": view.summary[:_SUMMARY],
        "lang": view.language,
    }
    return {key: value for key, value in row.items() if value}
