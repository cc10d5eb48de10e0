"""What the public pages share: the store, the renderer, limits, and the subscriber behind a link."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, overload
from urllib.parse import urlsplit

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.mail.rendering.design import design_of
from digest.steps.context import Context
from digest.steps.editing.at_a_glance import Glances
from digest.steps.subscribers import self_service
from digest.subscribers.consent_rules import coarse_origin
from digest.subscribers.email_addresses import Address, parse_address
from digest.subscribers.mail_providers import likely_address
from digest.web import reader_pages
from digest.web.public.glance_values import GlanceValues, glance_values
from digest.web.public.localised_pages import PageRenderer
from digest.web.public.request_pace import RequestPace
from digest.web.public.write_limiter import RETRY_AFTER, WriteLimiter
from digest.words.translations import Translations

Endpoint = Callable[[Request], Awaitable[Response]]

_HESITATION = (0.2, 2.0)  # seconds, at least and at most
_AFTER_LINK = ".,;:!?)]}>'\"\u2019\u201d"
HONEYPOT = reader_pages.HONEYPOT
EMPTY_FORM: Mapping[str, Any] = {"email": "", "name": "", "will_get": "", "suggestion": "", "problems": {}}
"""What the form with the address shows when it is opened."""


class PublicSite:
    """The public pages of one newsletter. Each page is a function that takes it first.

    `patience` is how many seconds a page waits for a store that another program has locked; `pace` slows down who asks
    for many mails. `hesitation` gives the seconds before work that only subscribers make.
    """

    def __init__(
        self,
        context: Context,
        patience: float,
        pace: RequestPace | None = None,
        hesitation: Callable[[], float] | None = None,
    ) -> None:
        self.background = context  # for work that no request waits for
        self.context = replace(context, store=context.store.with_lock_timeout(patience))
        self.writes = WriteLimiter(patience=patience)
        public = urlsplit(context.settings.newsletter.public_url)
        self.prefix = public.path.rstrip("/")
        self.is_https = public.scheme == "https"
        self.design = design_of(context.settings)
        self.renderer = PageRenderer(context.settings, self.design, root=self.prefix, honeypot=HONEYPOT)
        self.page = self.renderer.page
        self.pace = pace or RequestPace()
        self.hesitation = hesitation or partial(secrets.SystemRandom().uniform, *_HESITATION)
        self.glances = Glances(self.context)
        self._waiting = 0  # requests that `pace` lets wait

    async def refusal(self, request: Request, about: str) -> int:
        """Wait as long as `pace` wants before a mail is sent. Return 0, or the status with which to refuse: 429 for
        this network, 503 if too many requests wait. `about` is an address (`Address.key`) or a token."""
        delay = self.pace.count(origin(request), about, time.monotonic())
        if delay is None:
            return 429
        if delay:
            if self._waiting >= self.pace.limits.waiting:
                return 503
            self._waiting += 1
            try:
                await anyio.sleep(delay)  # binds no thread
            finally:
                self._waiting -= 1
        return 0

    async def glance(self, words: Translations) -> GlanceValues:
        """Return the newsletter at a glance, in the language of a page."""
        return glance_values(self.context.settings, await run_in_threadpool(self.glances), words)

    def later(self, request: Request, words: Translations, status: int) -> Response:
        """Return the page that refuses a mail and has nothing typed to keep."""
        response = self.page(request, "later.html.j2", words, status=status, phrase=later_phrase(status))
        return with_retry(response, status)

    async def words_for(self, request: Request, token: str) -> Translations:
        """Return the translations for the subscriber of a link."""
        own = await run_in_threadpool(self_service.language_of, self.context, token)
        return self.renderer.words(request, own=own)

    def stale(self, request: Request, words: Translations) -> Response:
        """Return the page of a link that has expired or never existed."""
        return self.page(request, "stale.html.j2", words, status=404)


class TextForm:
    """The text fields of a form."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self._items = [(name, value) for name, value in items if isinstance(value, str)]

    @overload
    def get(self, name: str, default: str = "") -> str: ...

    @overload
    def get(self, name: str, default: None) -> str | None: ...

    def get(self, name: str, default: str | None = "") -> str | None:
        return next((value for key, value in self._items if key == name), default)

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self._items)

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._items if key == name]


def link_routes(path: str, endpoint: Endpoint) -> list[BaseRoute]:
    """Return the routes of a page that is linked from elsewhere, with and without a slash at the end.

    A redirect would lose a one-click POST, for whoever sends it does not follow redirects (RFC 8058, section 3).
    """
    return [Route(path + end, endpoint, methods=["GET", "POST"]) for end in ("", "/")]


def link_token(request: Request) -> str:
    """Return the token in a link, without what a mail program took for its end: the full stop of a sentence."""
    token: str = request.path_params["token"]
    return token.rstrip(_AFTER_LINK)


async def read_form(request: Request) -> TextForm:
    return TextForm((await request.form(max_files=0, max_fields=60)).multi_items())


def origin(request: Request) -> str:
    """Return the network that a request came from, coarse enough not to name a person."""
    return coarse_origin(request.client.host) if request.client else ""


class TypedAddress(NamedTuple):
    """The address in a form's field `email`."""

    address: Address | None  # None if it is none
    problem: str  # key of the phrase that says what is wrong with it; "" if nothing is
    suggestion: str  # the address that was probably meant; "" for none, or where the form says that this one is right


def typed_address(form: TextForm) -> TypedAddress:
    email = form.get("email")
    address = parse_address(email)
    if not isinstance(address, Address):
        return TypedAddress(None, _address_problem(email), "")
    suggestion = "" if form.get("sure") == email else likely_address(address.email)
    return TypedAddress(address, "did_you_mean" if suggestion else "", suggestion)


def _address_problem(text: str) -> str:
    if not text.strip():
        return "address_empty"
    _, at, domain = text.strip().rpartition("@")
    if not at:
        return "address_without_at"
    return "address_before_at" if isinstance(parse_address(f"a@{domain}"), Address) else "address_after_at"


def later_phrase(status: int, phrase: str = "later_other") -> str:
    """Return the key of the phrase that says why a mail is refused."""
    return "failed_busy" if status == 503 else phrase


def with_retry(response: Response, status: int) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER if status == 503 else 3600)
    return response
