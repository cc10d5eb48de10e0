"""A newsletter that takes reports by webhook, and Amazon SNS on loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import tomlkit
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from digest.collect.fetch import Client, Fetched, Policy
from digest.model import DeliveryResult, DeliveryState, EffectiveStatus, Mailing, Reply
from digest.settings import Secrets, load_settings
from digest.steps.bounces.settle import holds
from digest.steps.context import Context
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.import_csv import import_rows
from digest.store import claims, deliveries
from digest.store.engine import Store
from digest.subscribers.csv_file import CsvRow
from digest.web.public.serve import PublicServer
from tests.loopback import NO_CERTIFICATES
from tests.mail.returned.webhooks import payloads
from tests.mail.returned.webhooks.sns import CERTIFICATE_URL, HOST, NOW, TOPIC, Sns
from tests.web.public_server import serving_pages
from tests.web_of_feeds import Reply as WebReply
from tests.web_of_feeds import Web

SECRET = "an-hourglass-of-sand"
WEEK = Mailing.parse("2019-W12")


class Newsletter:
    """A newsletter whose pages are served, with one subscriber who got an edition."""

    def __init__(self, folder: Path, store: Store, stack: ExitStack) -> None:
        document = {
            "newsletter": {"title": "Test", "from": "d@example.net", "public_url": "https://digest.example.net/news"},
            "bounces": {"webhooks": ["ses", "postmark", "sendgrid", "mailgun", "brevo", "json"], "sns_topics": [TOPIC]},
            "store": {"url": str(store.engine.url)},
        }
        (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
        names = ("postmark", "mailgun", "brevo", "json")
        secrets = Secrets(**{f"webhook_{name}": SECRET for name in names})
        settings = load_settings(folder / "digest.toml", secrets)
        self.now = NOW
        self.context = Context(settings, store, lambda: self.now)
        self.sns = Sns(key=_key_of_amazon())
        self.amazon = stack.enter_context(amazon_of(self.sns))
        pages = PublicServer(self.context, port=0, fetch=self.amazon.fetch)
        stack.enter_context(serving_pages(pages))
        self.url = pages.url
        self.add("ada@example.org")

    def add(self, *addresses: str) -> None:
        rows = [CsvRow(number, address) for number, address in enumerate(addresses)]
        assert {row.verdict for row in import_rows(self.context, rows, file_name="test")} == {"added"}

    def sent(self, mailing: Mailing = WEEK) -> None:
        """Everybody got this mailing."""
        with self.context.store.writing() as connection:
            deliveries.queue(connection, mailing, now=self.now)
            rows = claims.claim(
                connection,
                mailing,
                10_000,
                by="x",
                now=self.now,
                lease=timedelta(1),
                message_id=lambda number: f"<{number}.{mailing}@example.net>",
            ).claims
            results = [DeliveryResult(one.id, DeliveryState.SENT, Reply(250)) for one in rows]
            claims.record(connection, results, by="x", now=self.now)

    def post(self, provider: str, body: bytes, prefix: str = "", **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(
            f"{self.url}{prefix}bounces/{provider}", content=body, headers=named, verify=NO_CERTIFICATES
        ).status_code

    def post_json(self, *events: dict[str, Any], secret: str = SECRET) -> int:
        body, timestamp = payloads.generic(*events), str(int(self.now.timestamp()))
        digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        return self.post("json", body, Digest_Signature=f"t={timestamp},v1={digest}")

    def status(self, address: str = "ada@example.org") -> EffectiveStatus | None:
        return next((one.status for one in operator_actions.everyone(self.context) if one.email == address), None)

    def becomes(self, status: EffectiveStatus, address: str = "ada@example.org") -> bool:
        """Whether the status is so within a minute: bounces are counted after the response."""
        return eventually(lambda: self.status(address) is status)

    def on_hold(self) -> int:
        with self.context.store.reading() as connection:
            return sum(one.number for one in holds(connection))


def eventually(check: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.02)
    return False


class Amazon(Web):
    """SNS on loopback, with a certificate for its own name."""

    def __init__(self, authority: trustme.CA) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        super().__init__(tls=context)
        self._trust = ssl.create_default_context()
        authority.configure_trust(self._trust)

    def fetch(self, url: str) -> bytes | None:
        async def ask() -> bytes | None:
            policy = Policy("Digest/test", timeout=10, retries=0, allow_networks=("127.0.0.0/8",))
            async with Client(policy, resolver=self._look_up, tls=self._trust) as web:
                response = await web.fetch(url.replace(HOST, f"{HOST}:{self.port}"))
            return response.content if isinstance(response, Fetched) else None

        return asyncio.run(ask())

    async def _look_up(self, host: str, port: int) -> list[str]:
        assert (host, port) == (HOST, self.port)
        return ["127.0.0.1"]


@cache
def _key_of_amazon() -> RSAPrivateKey:
    return Sns().key  # making one takes longer than most tests


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


def amazon_of(sns: Sns) -> Amazon:
    amazon = Amazon(_authority())
    amazon.say(CERTIFICATE_URL.partition(HOST)[2], WebReply(sns.certificate()))
    amazon.say("/", WebReply("<ConfirmSubscriptionResponse/>"))
    return amazon


def basic(password: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()
