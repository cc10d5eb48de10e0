"""The provider's documents, fetched with limits: a slow or endless one keeps nobody waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from digest.errors import DigestError
from digest.settings.field_types import is_safe_url

_MOST_BYTES = 256 * 1024
_SECONDS = 10.0  # for one request in all
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class ProviderError(DigestError):
    """The provider cannot be reached, or does not speak as OpenID Connect says."""


def fetch_json(
    url: str, *, form: Mapping[str, str] | None = None, basic: tuple[str, str] | None = None
) -> dict[str, Any]:
    """GET a JSON object, or POST a form for one. Follows no redirect. Raises ProviderError."""
    if not is_safe(url):
        raise _failed("names an address that does not start with https://")
    ends = time.monotonic() + _SECONDS
    body = b""
    try:
        with (
            httpx.Client(timeout=_SECONDS / 2, auth=basic, headers=_HEADERS) as client,
            client.stream("GET" if form is None else "POST", url, data=None if form is None else dict(form)) as answer,
        ):
            for piece in answer.iter_raw(16_384):
                body += piece
                if len(body) > _MOST_BYTES or time.monotonic() > ends:
                    raise _failed("sends too much, or too slowly")
            if answer.status_code != 200:
                raise _failed(f"answered with status {answer.status_code}")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise _failed("sends a compressed answer, which was not asked for")
        document = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failed(f"cannot be reached ({type(error).__name__})") from error
    except (ValueError, RecursionError) as error:
        raise _failed("sends no JSON") from error
    if not isinstance(document, dict):
        raise _failed("sends no JSON object")
    return document


def is_safe(url: object) -> bool:
    """Whether an address may be asked: https anywhere, http on this machine only."""
    return isinstance(url, str) and is_safe_url(url)


def _failed(why: str) -> ProviderError:
    return ProviderError(f"The log-in provider {why}.", "Try again. If it goes on, tell whoever runs the desk.")
