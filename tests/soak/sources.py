"""Eight sources on loopback that publish for a year: some fall silent, one is away for weeks, one goes for good."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime

from tests.web_of_feeds import Item, Reply, Web, rss

NAMES = ("Harbour", "Wrenford", "Plainspoken", "Estuary", "Tidewater", "Marsh Lane", "Northgate", "Alder")
AWAY, AWAY_FROM, AWAY_TO = "Tidewater", 9, 15  # weeks in which its server answers 503
GONE, GONE_FROM = "Northgate", 29  # the week from which its feed answers 410
IN_FEED = 12  # posts that a feed shows

_WHO = re.findall(
    r"\w+", "council agency library charity hospital school museum harbour archive court clinic team region county"
)
_DID = re.findall(
    r"\w+", "opened closed tested mended measured moved printed published counted shortened rewrote replaced"
)
_WHAT = re.findall(
    r"\w+", "forms letters permits registers timetables maps notices ramps surveys kiosks leaflets budgets queues"
)
_WHERE = re.findall(
    r"\w+", "Ashby Belton Corrow Denholm Elmside Farrow Glasson Hexworth Inver Jarrow Kelby Lowick Merton Norby"
)


@dataclass(frozen=True)
class Published:
    """A post, and when its source first showed it."""

    source: str
    url: str
    title: str
    moment: datetime


class Sources:
    def __init__(self, web: Web, seed: int) -> None:
        self.web = web
        self.random = random.Random(seed)
        self.published: list[Published] = []
        self.visible: set[str] = set()  # URLs that a feed has shown
        self._html: dict[str, str] = {}
        for name in NAMES:
            self._say_feed(name)

    def settings(self) -> list[dict[str, str]]:
        return [{"name": name, "feed": self.web.url(_path(name))} for name in NAMES]

    def publish(self, starts: datetime, ends: datetime, number: int) -> None:
        """Publish a week's posts: none to two a source. `number` counts the weeks from 1."""
        for name in NAMES:
            if name == GONE and number >= GONE_FROM:
                self.web.say(_path(name), Reply("gone", 410))
                continue
            for _ in range(self.random.choice((0, 1, 1, 2))):
                self._publish(name, starts + self.random.random() * (ends - starts))
            if name == AWAY and AWAY_FROM <= number <= AWAY_TO:
                self.web.say(_path(name), Reply("later", 503))
            else:
                self._say_feed(name)

    def _publish(self, name: str, moment: datetime) -> None:
        path = f"/{_key(name)}/{len(self.published)}"
        title, html = self._title(), "".join(f"<p>{self._sentence()} {self._sentence()}</p>" for _ in range(8))
        page = f"<!doctype html><html lang=en><title>{title}</title><article><h1>{title}</h1>{html}</article></html>"
        url = self.web.say(path, Reply(page, headers={"Content-Type": "text/html; charset=utf-8"}))
        self.published.append(Published(name, url, title, moment))
        self._html[url] = html

    def _say_feed(self, name: str) -> None:
        newest = sorted((one for one in self.published if one.source == name), key=lambda one: one.moment)[-IN_FEED:]
        self.visible |= {one.url for one in newest}
        items = [Item(one.title, one.url, one.url, one.moment, self._html[one.url]) for one in reversed(newest)]
        self.web.say(_path(name), Reply(rss(*items, title=name), headers={"Content-Type": "application/rss+xml"}))

    def _title(self) -> str:
        who, did, what, where = map(self.random.choice, (_WHO, _DID, _WHAT, _WHERE))
        return f"The {who} in {where} {did} {self.random.randrange(12, 9_000)} {what}"

    def _sentence(self) -> str:
        words = [self.random.choice(group) for group in (_WHO, _WHERE, _DID, _WHAT, _WHO, _WHERE)]
        who, where, did, what, other, there = words
        number, days = self.random.randrange(12, 9_000), self.random.randrange(3, 300)
        return f"The {who} of {where} {did} {number} {what} with the {other} in {there} within {days} days."


def _key(name: str) -> str:
    return name.lower().replace(" ", "-")


def _path(name: str) -> str:
    return f"/{_key(name)}/feed"
