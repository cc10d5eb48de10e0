"""A desk for tests: a week composed once, copied for each test, and served by the real server."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import tomlkit

from digest.clock import Clock
from digest.model import Edition, EditionPost
from digest.settings import Secrets, load_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.edition_view import EditionView, load, load_edition
from digest.steps.subscribers.operator_actions import add
from digest.store.engine import open_store
from digest.web.caught_mail import CaughtMailbox
from digest.web.desk.serve import DeskServer
from digest.web.desk.who.who import way_of
from digest.web.mail_catcher import MailCatcher
from digest.week import Week
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import NOW, WEEK, set_up

SOURCES = ("Plainspoken", "Wrenford Digital", "Harbour Region Comms", "Tidewater Transport Data")
SUBSCRIBERS = ("ada@example.org", "bo@example.org", "cy@example.org")
HOSTILE = "Plain English & <strong> words: “does bold really help?” 🤔"


def compose_week(folder: Path) -> Path:
    """Make a folder with a composed week and three subscribers."""
    store = open_store(f"sqlite:///{folder / 'digest.db'}")
    with set_up(folder, store, sources=SOURCES) as newsletter:
        for subscriber in SUBSCRIBERS:
            add(newsletter.context, subscriber)
        collect(newsletter.context, week=WEEK)
        compose(newsletter.context, WEEK)
    store.close()
    return folder


@dataclass(frozen=True)
class ServedDesk:
    """A served desk, with its context and mailbox."""

    url: str
    context: Context
    mailbox: CaughtMailbox
    client: httpx.Client
    entrance: Callable[[str], str]  # a one-time address of a page
    tokens: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)  # addresses that the terminal has shown

    @property
    def session(self) -> dict[str, str]:
        """The cookie of a session, for another client than `client`."""
        name = f"digest_desk_{self.url.rpartition(':')[2]}"
        return {name: SESSIONS[name]}

    @property
    def session_header(self) -> str:
        """The same as a line of HTTP, for plain sockets."""
        return "".join(f"Cookie: {name}={value}\r\n" for name, value in self.session.items())

    @property
    def view(self) -> EditionView:
        return load(self.context, WEEK)

    @property
    def edition(self) -> Edition:
        return load_edition(self.context, WEEK)[1]

    def post(self, words: str) -> EditionPost:
        """Return the edition's post with these words in its title."""
        return next(post for post in self.edition.posts if words in post.title)

    def page(self, path: str = f"/editions/{WEEK}") -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def settled_page(self) -> str:
        """Return the workbench once the background check of its links has ended."""
        self.page()
        for _ in range(300):
            if "data-poll" not in self.page(f"/editions/{WEEK}/links"):
                return self.page()
            time.sleep(0.05)
        raise AssertionError("the link check did not end")

    def fill(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form as a browser does, with the visitor's token from the page."""
        return self.client.post(path, data={"token": self._token(), **fields})

    def do(self, path: str, **fields: Any) -> None:
        """Send a form that must be accepted; do not load the next page."""
        answer = self.client.post(path, data={"token": self._token(), **fields}, follow_redirects=False)
        assert answer.status_code == 303, answer.text

    def _token(self) -> str:
        if not self.tokens:
            self.tokens.append(token_of(self.page()))
        return self.tokens[0]


def token_of(html: str) -> str:
    match = re.search(r'name="token" value="([0-9a-f]{64})"', html)
    assert match, html
    return match[1]


SESSIONS: dict[str, str] = {}
"""The session's cookie of each served desk, by its name, for browsers: they need not open a one-time address."""


def enter(desk: DeskServer, client: httpx.Client) -> None:
    """Log in with a one-time address."""
    answer = client.get(desk.entrance("/login"), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    SESSIONS.update({name: value for name, value in client.cookies.items() if name.startswith("digest_desk_")})


@contextmanager
def serve_desk(
    composed: Path,
    folder: Path,
    *,
    secrets: Secrets | None = None,
    send: Callable[[Context, Week], object] | None = None,
    smtp: dict[str, float] | None = None,
    tables: dict[str, dict[str, Any]] | None = None,
    clock: Clock = lambda: NOW,
) -> Iterator[ServedDesk]:
    """Serve a copy of the composed week; `smtp` and `tables` add to the settings."""
    shutil.copytree(composed, folder, dirs_exist_ok=True)
    path = folder / "digest.toml"
    with ExitStack() as stack:
        catcher = stack.enter_context(MailCatcher(folder / "mailbox"))
        document = tomlkit.parse(path.read_text("utf-8"))
        document["store"] = {"url": f"sqlite:///{folder / 'digest.db'}"}
        document["smtp"] = {"port": catcher.port} | (smtp or {})
        for name, values in (tables or {}).items():
            document[name] = document.get(name, {}) | values
        path.write_text(tomlkit.dumps(document), "utf-8")
        settings = load_settings(path, secrets or Secrets(_env_file=None))
        store = open_store(settings.store_url)
        stack.callback(store.close)
        context = Context(settings, store, clock)
        desk = DeskServer(context, port=0, mailbox=catcher.folder, editor="Edith", send=send)
        thread = threading.Thread(target=desk.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(desk.stop)
        client = stack.enter_context(
            httpx.Client(base_url=desk.url, follow_redirects=True, timeout=60, verify=NO_CERTIFICATES)
        )
        if way_of(settings) == "token":
            enter(desk, client)
        served = ServedDesk(desk.url.rstrip("/"), context, CaughtMailbox(catcher.folder), client, desk.entrance)
        desk.announce_with(served.announced.append)
        yield served
