"""uvicorn's HTTP/1.1 with time limits, so that connections that do nothing keep nobody out.

    connected ─▶ waits for a request ─▶ answers it ─▶ waits for the next …
                 `wait_seconds` at most  `response_seconds` at most

uvicorn itself gives a client any time for its first request, for the rest of one, and for reading the response. Its
limit in number answers 503 to everybody. Here the connection that has waited longest makes room for a new one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long the connections of a server may take, and how many may wait."""

    wait_seconds: float = 10.0  # for a whole request with its body, from the connection or the last response on
    response_seconds: float = 120.0  # for the response to be made and read
    waiting: int = 200  # connections without a whole request; the next one takes the place of the oldest


@dataclass(slots=True)
class _Waiting:
    """The connections of one server that have sent no whole request, the oldest first."""

    limits: ConnectionLimits
    queue: OrderedDict[_LimitedProtocol, None] = field(default_factory=OrderedDict)


def limited_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return a protocol for uvicorn's option `http`; for one server, because it knows all connections that wait."""
    waiting = _Waiting(limits)

    class Limited(_LimitedProtocol):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            self.waiting = waiting

    return Limited


class _LimitedProtocol(H11Protocol):
    waiting: _Waiting
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._stop_waiting_if_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._set_timer(self.waiting.limits.response_seconds)  # the rest of the response has still to be read
            return
        self._wait_for_request()
        self._stop_waiting_if_complete()  # a pipelined request has been received already

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        queue = self.waiting.queue
        queue[self] = None
        queue.move_to_end(self)
        self._set_timer(self.waiting.limits.wait_seconds)
        if len(queue) > self.waiting.limits.waiting:
            LOG.debug("A waiting connection makes room for a new one")
            next(iter(queue))._abort()

    def _stop_waiting_if_complete(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering and not self.cycle.more_body and self in self.waiting.queue:
            del self.waiting.queue[self]
            self._set_timer(self.waiting.limits.response_seconds)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        if self in self.waiting.queue and self.transport.get_write_buffer_size():
            self._forget()  # the last response is still being read
            self.transport.close()
            self._set_timer(self.waiting.limits.response_seconds)
        else:
            self._abort()

    def _abort(self) -> None:
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        self.waiting.queue.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
