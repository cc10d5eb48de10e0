"""Feeds against what other parsers' tests expect of them: `passed`, `asserted`, `failed` (a line for each).

A row of manifest.jsonl is {file, expected{n_entries, feed_title, first_title, first_link, first_date, not_a_feed}, …},
its file in `files/`. Titles are compared as plain text, links without a last slash, moments in UTC to the second.
"""

from __future__ import annotations

import html
import json
import re
from datetime import UTC
from pathlib import Path
from typing import Any

from benchmarks.results import Scored
from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import NotAFeed

KEYS = ("n_entries", "feed_title", "first_title", "first_link", "first_date", "not_a_feed")
_ELSEWHERE = "http://example.com/"


def score(path: Path) -> Scored:
    rows = [json.loads(line) for line in (path / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    asserted, failed = 0, []
    for row in rows:
        actual = _parsed_values((path / "files" / row["file"]).read_bytes(), _url(row), row.get("content_type") or "")
        for key, expected in row["expected"].items():
            if key not in KEYS:
                continue
            asserted += 1
            if not _same(key, expected, actual.get(key)):
                failed.append(f"{row['file']}: {key} is {actual.get(key)!r}, expected {expected!r} ({row['tier']})")
    passed = asserted - len(failed)
    scores = {
        "passed": passed,
        "asserted": asserted,
        "share": round(passed / asserted, 4) if asserted else 1.0,
        "failed": failed,
    }
    return Scored(len(rows), scores)


def _url(row: dict[str, Any]) -> str:
    """Where the feed was fetched from, in the words of the manifest's note."""
    note = row.get("note") or ""
    return str(note.split("base URL ")[-1]) if "base URL " in note else _ELSEWHERE


def _parsed_values(content: bytes, url: str, content_type: str) -> dict[str, Any]:
    feed = parse(content, url=url, content_type=content_type)
    if isinstance(feed, NotAFeed):
        return {"not_a_feed": True, "n_entries": 0}
    values: dict[str, Any] = {
        "not_a_feed": False,
        "n_entries": len(feed.entries),
        "feed_title": feed.title,
    }
    if feed.entries:
        first = feed.entries[0]
        values |= {"first_title": first.title, "first_link": first.url}
        if first.published is not None:
            values["first_date"] = first.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return values


def _same(key: str, expected: Any, actual: Any) -> bool:
    if key in ("feed_title", "first_title"):
        # Ours is plain text. The data's is plain text in some tests and HTML in others: "the <b> tag" may be either.
        return _folded(actual) in (_folded(expected), _plain(expected))
    if key == "first_link":
        return _link(expected) == _link(actual)
    return bool(expected == actual)


def _folded(value: Any) -> str:
    return " ".join(str(value or "").split())


def _plain(value: Any) -> str:
    return _folded(html.unescape(re.sub(r"<[^>]+>", "", str(value or ""))))


def _link(value: Any) -> str:
    text = str(value or "").strip().rstrip("/")
    match = re.match(r"(\w+://[^/]+)(.*)", text, re.DOTALL)
    return match[1].lower() + match[2] if match else text
