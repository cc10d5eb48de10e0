"""Small requests to servers that ought to answer: each bounded in time and size, without proxies or redirects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

_MOST_BYTES = 2_000_000


class NoAnswerError(Exception):
    """There was no usable answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    date: str  # the Date header
    body: bytes

    def json(self) -> Any:
        """Return what the body says. Raises NoAnswerError."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise NoAnswerError("its answer is no JSON") from None


class Web:
    """Requests to one server."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, seconds: float = 5.0) -> None:
        self._client = httpx.Client(base_url=url, timeout=seconds, trust_env=False, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._client.close()

    def ask(self, path: str, body: object = None) -> Answer:
        """GET, or POST where there is a body. Raises NoAnswerError."""
        try:
            with self._client.stream("GET" if body is None else "POST", path, json=body) as response:
                read = bytearray()
                for block in response.iter_bytes():
                    read += block
                    if len(read) > _MOST_BYTES:
                        raise NoAnswerError(f"its answer has more than {_MOST_BYTES:,} bytes")
                return Answer(response.status_code, response.headers.get("date", ""), bytes(read))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise NoAnswerError(str(error) or type(error).__name__) from error
