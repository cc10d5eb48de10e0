"""Weeks of many posts for timing: variations of the demo's own posts, each with a page in its blog's furniture."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from digest.demo.sample_web import SampleWeb
from digest.model import Page, Post
from digest.settings import Settings, parse_settings
from digest.steps.weeks import window_for
from digest.store import pages
from digest.store.engine import Store
from digest.store.schema import posts
from digest.week import Week

WEEK = Week(2026, 10)
SOURCES = 50
_PARAGRAPH = re.compile(r"(<p>.*?</p>)", re.DOTALL)


def settings_for(folder: Path, store_url: str) -> Settings:
    text = (
        '[newsletter]\ntitle = "Timing"\nfrom = "digest@example.org"\n'
        f'[store]\nurl = "{store_url}"\n[edition]\nper_theme = 40\nper_source = 100\n'
        + "".join(f'[[sources]]\nname = "Source {n}"\nfeed = "https://blogs.example/{n}"\n' for n in range(SOURCES))
    )
    return parse_settings(text, path=folder / "digest.toml")


def many_posts(settings: Settings, count: int, seed: int = 1) -> list[tuple[Post, Page]]:
    """`count` posts of one week with their pages; sentences are drawn anew for each, so that no two are the same."""
    chance = random.Random(seed)
    window = window_for(settings, WEEK)
    web = SampleWeb(WEEK)
    try:
        originals = [(post, _text(web, f"/{post.path}")) for post in web.posts if post.words >= 150]
    finally:
        web.stop()
    long = [paragraph for _, html in originals for paragraph in _PARAGRAPH.findall(html) if len(paragraph) > 200]
    sentences = [sentence for paragraph in long for sentence in re.split(r"(?<=[.!?])\s+", paragraph[3:-4])]
    rows = []
    for number in range(count):
        original, html = originals[number % len(originals)]
        page = _PARAGRAPH.sub(lambda match: _paragraph(chance, sentences) if len(match[1]) > 200 else match[1], html)
        title = f"{original.title} ({number})"
        page = page.replace(original.title, title)
        url = f"https://blogs.example/{original.path}-{number}"
        published = window.starts + timedelta(minutes=chance.randrange(7 * 24 * 60))
        source = f"Source {number % SOURCES}"
        post = Post(f"{number:016x}", url, title, source, published, published, f"<p>{title}</p>")
        rows.append((post, Page(url, url, page.encode(), "text/html; charset=utf-8", published)))
    return rows


def _paragraph(chance: random.Random, sentences: list[str]) -> str:
    return f"<p>{' '.join(chance.sample(sentences, 4))}</p>"


def _text(web: SampleWeb, path: str) -> str:
    status, _kind, content = web.respond(path)
    return content.decode("utf-8") if status == 200 else ""


def store_week(store: Store, week: Sequence[tuple[Post, Page]]) -> None:
    """Store the posts and their pages, as if they had been collected and fetched."""
    with store.writing() as connection:
        connection.execute(
            insert(posts),
            [
                {
                    "id": post.id, "canonical": post.url, "url": post.url, "title": post.title, "author": "",
                    "source": post.source, "published": post.published, "dated": True,
                    "first_seen": post.first_seen, "changed_at": post.first_seen, "html": post.html,
                    "language": "en-GB", "image": "", "origin_name": "", "origin_url": "", "quarantine": "",
                    "same_as": "",
                }
                for post, _ in week
            ],
        )  # fmt: skip
        for _, page in week:
            pages.save(connection, page)
