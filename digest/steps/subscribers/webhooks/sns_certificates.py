"""Certificates of Amazon SNS: fetched from Amazon only, and remembered. After failures there is a pause.

Strangers can name URLs that do not exist. So a failure delays only its own URL, until there are many failures.
"""

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
_MOST_FAILURES = 20  # in that time, of all URLs


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
        self._failures: dict[str, float] = {}  # when, by URL

    def get(self, url: str) -> bytes | None:
        """Return the certificate as PEM; None if it cannot be had now."""
        with self._lock:  # one at a time: strangers must not make us ask for many
            if url in self._known:
                self._known.move_to_end(url)
                return self._known[url]
            since = self._clock() - _ASKED_AGAIN
            self._failures = {other: at for other, at in self._failures.items() if at > since}
            if url in self._failures or len(self._failures) >= _MOST_FAILURES:
                return None
            pem = self._fetch(url)
            if pem is None:
                self._failures[url] = self._clock()
                return None
            self._known[url] = pem
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return pem
