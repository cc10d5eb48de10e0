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
        got = _what_we_say((path / "files" / row["file"]).read_bytes(), _url(row), row.get("content_type") or "")
        for key, wanted in row["expected"].items():
            if key not in KEYS:
                continue
            asserted += 1
            if not _same(key, wanted, got.get(key)):
                failed.append(f"{row['file']}: {key} is {got.get(key)!r}, expected {wanted!r} ({row['tier']})")
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


def _what_we_say(content: bytes, url: str, content_type: str) -> dict[str, Any]:
    found = parse(content, url=url, content_type=content_type)
    if isinstance(found, NotAFeed):
        return {"not_a_feed": True, "n_entries": 0}
    said: dict[str, Any] = {
        "not_a_feed": False,
        "n_entries": len(found.entries),
        "feed_title": found.title,
    }
    if found.entries:
        first = found.entries[0]
        said |= {"first_title": first.title, "first_link": first.url}
        if first.published is not None:
            said["first_date"] = first.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return said


def _same(key: str, wanted: Any, got: Any) -> bool:
    if key in ("feed_title", "first_title"):
        # Ours is plain text. The data's is plain text in some tests and HTML in others: "the <b> tag" may be either.
        return _folded(got) in (_folded(wanted), _plain(wanted))
    if key == "first_link":
        return _link(wanted) == _link(got)
    return bool(wanted == got)


def _folded(said: Any) -> str:
    return " ".join(str(said or "").split())


def _plain(said: Any) -> str:
    return _folded(html.unescape(re.sub(r"<[^>]+>", "", str(said or ""))))


def _link(said: Any) -> str:
    text = str(said or "").strip().rstrip("/")
    found = re.match(r"(\w+://[^/]+)(.*)", text, re.DOTALL)
    return found[1].lower() + found[2] if found else text
