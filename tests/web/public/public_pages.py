"""The public pages of a newsletter of their own, with the mail that they send."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import tomlkit
from starlette.testclient import TestClient

from digest.model import EffectiveStatus, SubscriberRow
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.mail_setup import Links
from digest.steps.subscribers import operator_actions
from digest.store.engine import Store
from digest.web.public.app import create_app
from digest.web.public.request_pace import PaceLimits, RequestPace
from tests.mail.smtp.smtp_server import SmtpServer
from tests.web.public_server import text_of

HOST = "digest.example.org"
PACE = PaceLimits(free=3, delay=0.01, most=5)  # smaller than the real ones


class PublicPages:
    def __init__(self, folder: Path, store: Store, server: SmtpServer, **newsletter: Any) -> None:
        self.now = datetime(2019, 3, 25, 7, tzinfo=UTC)
        document = {
            "newsletter": {
                "title": "The Test Digest",
                "from": "Digest <digest@example.org>",
                "public_url": f"https://{HOST}",
                **newsletter,
            },
            "smtp": {"port": server.port},
            "store": {"url": str(store.engine.url)},
        }
        (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
        self.server = server
        self.context = Context(load_settings(folder / "digest.toml"), store, lambda: self.now)
        self.browser = self.visitor("198.51.100.7")

    def visitor(self, host: str) -> TestClient:
        # The client waits for what is done after the response: the hesitation has a test of its own.
        app = create_app(self.context, pace=RequestPace(PACE), hesitation=lambda: 0.0)
        return TestClient(app, base_url=f"https://{HOST}", client=(host, 4000))

    def mails(self) -> list[str]:
        """The text of each mail that went out, with its recipient and subject."""
        texts = []
        for one in self.server.accepted:
            message = message_from_bytes(one.message, policy=default)
            texts.append(f"{one.recipient}\n{message['Subject']}\n{text_of(message)}")
        return texts

    def path_in(self, mail: str) -> str:
        match = re.search(rf"https://{HOST}(/\S+)", mail)
        assert match
        return match[1]

    def add(self, email: str) -> str:
        """A subscriber; the paths of their pages end with the result."""
        assert operator_actions.add(self.context, email).verdict == "added"
        return email

    def links(self, email: str) -> tuple[str, str]:
        """Paths of preferences and unsubscribe."""
        number = next(one.id for one in operator_actions.everyone(self.context) if one.email == email)
        links = Links(self.context.settings).of(number)
        return links.preferences.removeprefix(f"https://{HOST}"), links.unsubscribe.removeprefix(f"https://{HOST}")

    def status(self, email: str) -> EffectiveStatus | None:
        return next((one.status for one in operator_actions.everyone(self.context) if one.email == email), None)

    def row(self) -> SubscriberRow:
        """Return the only subscriber."""
        (one,) = operator_actions.everyone(self.context)
        return one
