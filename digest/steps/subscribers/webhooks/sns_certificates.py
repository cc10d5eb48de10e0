"""Certificates of Amazon SNS: fetched from Amazon only, and remembered. After a failure there is a pause."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from digest.collect.fetch import Client, Fetched
from digest.mail.returned.webhooks.sns_signature import is_amazon
from digest.settings import Settings
from digest.steps.collecting.visit_outcomes import policy_of

Fetch = Callable[[str], bytes | None]
"""The content at an https URL of Amazon's; None if it cannot be had."""

_SECONDS, _BYTES = 10.0, 64_000
_REMEMBERED = 8
_ASKED_AGAIN = 60.0  # seconds after a failure


def fetch_from_amazon(settings: Settings) -> Fetch:
    policy = replace(policy_of(settings), timeout=_SECONDS, retries=0)

    async def ask(url: str) -> bytes | None:
        async with Client(policy) as web:
            response = await web.fetch(url, accept="*/*", limit=_BYTES)
        return response.content if isinstance(response, Fetched) and is_amazon(response.final_url) else None

    return lambda url: asyncio.run(ask(url)) if is_amazon(url) else None


class SnsCertificates:
    """The certificate behind a `SigningCertURL`. May be used from several threads."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._failed_at: float | None = None

    def get(self, url: str) -> bytes | None:
        """Return the certificate as PEM; None if it cannot be had now."""
        with self._lock:  # one at a time: strangers must not make us ask for many
            if url in self._known:
                return self._known[url]
            if self._failed_at is not None and self._clock() - self._failed_at < _ASKED_AGAIN:
                return None
            pem = self._fetch(url)
            if pem is None:
                self._failed_at = self._clock()
                return None
            self._known[url] = pem
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return pem
