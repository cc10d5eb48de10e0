"""The public pages for tests: a real server, real mail, a store of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import tomlkit

from digest.mail.rendering.flowed_text import decoded
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.operator_actions import HistoryLine
from digest.store.engine import open_store
from digest.web.public.request_pace import RequestPace
from digest.web.public.serve import PublicServer
from tests.mail.smtp.smtp_server import SmtpServer, serving

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


def text_of(mail: EmailMessage) -> str:
    """The text part of a mail, with a line for each paragraph."""
    part = mail.get_body(("plain",))
    assert part is not None
    return decoded(part.get_content())


@dataclass(frozen=True)
class ServedPages:
    url: str  # where the pages answer, without the last slash
    context: Context
    server: SmtpServer

    def mail_to(self, address: str, part: str = "", *, seconds: float = 60.0) -> str:
        """Wait for the first mail to the address that has this part; return its subject and text.

        It is sent after the response.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for one in list(self.server.accepted):
                if one.recipient == address:
                    mail = message_from_bytes(one.message, policy=default)
                    text = f"{mail['Subject']}\n{text_of(mail)}"
                    if part in text:
                        return text
            time.sleep(0.02)
        raise TimeoutError(f"no mail came to {address}")

    def history(self, address: str, *, seconds: float = 60.0) -> list[HistoryLine]:
        """Wait for the first line about an address: it is written after the response, too."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if lines := operator_actions.history(self.context, address):
                return lines
            time.sleep(0.02)
        raise TimeoutError(f"there is no line about {address}")


@contextmanager
def serving_pages(pages: PublicServer) -> Iterator[None]:
    thread = threading.Thread(target=pages.run)
    thread.start()
    try:
        yield
    finally:
        pages.stop()
        thread.join()


@contextmanager
def serve_pages(
    folder: Path, *, public_url: str = "", proxies: str = "127.0.0.1", pace: RequestPace | None = None
) -> Iterator[ServedPages]:
    """Serve the pages. Links in mails lead to `public_url`; "" is where they really are."""
    with ExitStack() as stack:
        smtp = stack.enter_context(serving())
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        document = {
            "newsletter": {
                "title": "The Test Digest",
                "from": "Digest <digest@example.org>",
                "postal_address": "1 Quay Street, Harbourton",
                "public_url": public_url or url,
            },
            "smtp": {"port": smtp.port},
            "store": {"url": f"sqlite:///{folder / 'digest.db'}"},
        }
        path = folder / "digest.toml"
        path.write_text(tomlkit.dumps(document), "utf-8")
        settings = load_settings(path)
        store = open_store(settings.store_url)
        stack.callback(store.close)
        context = Context(settings, store, lambda: NOW)
        stack.enter_context(serving_pages(PublicServer(context, port=port, proxies=proxies, pace=pace)))
        yield ServedPages(url, context, smtp)
