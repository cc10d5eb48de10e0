"""The desk with 500 posts in an edition: a page, and an editor's change until the new mail is in the frame.

The real server on loopback, asked as a browser asks it, with scripts and compression. Counted is the processor time of
the whole process, so that other work on the machine makes no difference; the least of a few rounds. Beside a change
stands the same change where nothing is remembered: all posts are read from the store, compared, placed and drawn anew,
as for an edition that is made from nothing.
"""

from __future__ import annotations

import gc
import gzip
import http.client
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks.results import Row, spread
from benchmarks.weeks import WEEK, many_posts, settings_for, store_week
from digest.memory import forget_everything
from digest.settings import Settings
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.steps.editing.edition_view import load, load_edition
from digest.store import link_checks
from digest.store.engine import Store, open_store
from digest.store.link_checks import LinkCheckRow
from digest.web.desk.serve import DeskServer

POSTS = 500
ROUNDS = 4
PAGE_MS, PAGE_KB, CHANGE_MS = 100, 200, 300
_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
_REVISION = re.compile(r'id="mark" value="([0-9]+)"')


@dataclass
class Browser:
    """What a browser does: one connection, the visitor's cookies, compression."""

    url: str
    cookies: str = ""
    token: str = ""
    revision: str = ""  # of the edition, as the page shows it

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=120)

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, "", {})

    def post(self, path: str, **fields: str) -> tuple[int, bytes]:
        """Send a form as the page's script does."""
        headers = {**self._parts, "X-Digest-Later": "1", "Content-Type": "application/x-www-form-urlencoded"}
        status, content = self._ask("POST", path, urlencode({"token": self.token, "seen": "", **fields}), headers)
        self._note(content)
        return status, content

    def refresh(self, path: str) -> None:
        """Ask for what a change left for later, and for whatever else has changed."""
        self._note(self._ask("GET", path, "", self._parts)[1])

    @property
    def _parts(self) -> dict[str, str]:
        return {"X-Digest-Parts": "1", "X-Digest-Revision": self.revision}

    def _note(self, content: bytes) -> None:
        mark = _REVISION.search(_text(content))
        self.revision = mark[1] if mark else self.revision

    def _ask(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        own = {"Accept-Encoding": "gzip", "Cookie": self.cookies, "Origin": self.url.rstrip("/")}
        self._connection.request(method, path, body or None, {**own, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        for pair in (cookie.partition(";")[0] for cookie in answer.headers.get_all("Set-Cookie", [])):
            if pair.startswith(("digest_desk", "digest_visitor")) and pair.partition("=")[0] not in self.cookies:
                self.cookies += f"{'; ' if self.cookies else ''}{pair}"
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return answer.status, content


def rows(count: int = POSTS, rounds: int = ROUNDS) -> list[Row]:
    """The rows for an edition of so many posts."""
    with tempfile.TemporaryDirectory() as name, _served(Path(name), count) as (browser, post):
        workbench = f"/editions/{WEEK}"
        _, page = browser.get(workbench)
        shown, changes, afterwards, from_nothing = [], [], [], []
        for _ in range(rounds):
            shown.append(_milliseconds(lambda: browser.get(workbench)))
            changes.append(_milliseconds(lambda: _change(browser, post, "pin")))
            afterwards.append(_milliseconds(lambda: browser.refresh(workbench)))
            forget_everything()
            from_nothing.append(_milliseconds(lambda: _change(browser, post, "unpin")))
            for verb in ("pin", "unpin"):  # what a desk remembers that was used before
                _change(browser, post, verb)
                browser.refresh(workbench)
        size = len(page) / 1024
    what = f"{count} posts"
    best, whole = min(changes), min(from_nothing)
    change = f"a change of {what}, until the new mail is in the frame"
    return [
        _beside_goal(f"the workbench of {what}, processor time", min(shown), PAGE_MS, "ms", spread(shown)),
        _beside_goal(f"the workbench of {what}, as it is sent", size, PAGE_KB, "KB", None),
        _beside_goal(f"{change}, processor time", best, CHANGE_MS, "ms", spread(changes)),
        _beside_goal(
            f"findings and approval of {what}, after the mail, processor time",
            min(afterwards),
            CHANGE_MS,
            "ms",
            spread(afterwards),
        ),
        Row(change, round(best), round(whole), "made from nothing", round(whole / best, 2), "ms", spread(changes)),
    ]


def _beside_goal(what: str, ours: float, goal: float, unit: str, rounds: tuple[float, float] | None) -> Row:
    return Row(what, round(ours, 1), goal, "the goal", round(goal / max(ours, 0.001), 2), unit, rounds)


def _change(browser: Browser, post: str, verb: str) -> None:
    """Change a post; load what a browser then loads, until the new mail is in its frame."""
    status, _ = browser.post(f"/editions/{WEEK}/posts/{post}/{verb}")
    if status == 303:  # a desk that does not answer with parts
        browser.get(f"/editions/{WEEK}")
    browser.get(f"/editions/{WEEK}/view/light")


def _milliseconds(do: Callable[[], object]) -> float:
    started = time.process_time()
    do()
    return (time.process_time() - started) * 1_000


@contextmanager
def _served(folder: Path, count: int) -> Iterator[tuple[Browser, str]]:
    """A desk with a composed week, and one of its posts; the links are checked, as the desk would at once."""
    settings = settings_for(folder, f"sqlite:///{folder / 'digest.db'}")
    store = open_store(settings.store_url)
    context = _composed(settings, store, count)
    desk = DeskServer(context, port=0, editor="benchmark")
    gc.freeze()  # as `serve` does
    thread = threading.Thread(target=desk.run)
    thread.start()
    try:
        browser = Browser(desk.url)
        browser.get(desk.entrance("/login").removeprefix(desk.url.rstrip("/")))
        _read_page(browser)
        yield browser, load_edition(context, WEEK)[1].posts[count // 2].id
    finally:
        desk.stop()
        thread.join()
        store.close()


def _read_page(browser: Browser) -> None:
    page = _text(browser.get(f"/editions/{WEEK}")[1])
    token, revision = _TOKEN.search(page), _REVISION.search(page)
    if token is None or revision is None:
        raise RuntimeError("the workbench has no form")
    browser.token, browser.revision = token[1], revision[1]


def _text(content: bytes) -> str:
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode()


def _composed(settings: Settings, store: Store, count: int) -> Context:
    week = many_posts(settings, count)
    moment = max(post.published for post, _ in week)
    store_week(store, week)
    context = Context(settings, store, lambda: moment)
    composed = recompose(context, WEEK, by="benchmark")
    if len(composed.edition.posts) != count:
        raise RuntimeError(f"{len(composed.edition.posts)} posts were composed, not {count}")
    reached = [LinkCheckRow(url, "reached", "", moment) for url in load(context, WEEK).links.addresses]
    with store.writing() as connection:
        link_checks.save(connection, WEEK, reached, since=moment)
    return context
