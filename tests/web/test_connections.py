"""Connections that do nothing keep nobody out: real sockets against the real server of the public pages."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.web.web_server import WebServer, listen
from tests.loopback import NO_CERTIFICATES

WAIT, RESPONSE = 1.0, 2.0  # seconds
MANY = 205
FORM = (
    b"POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n"
)
HALF_OPEN = {
    "nothing": b"",
    "half a line": b"GET /subscr",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: aaa",
    "half a body": FORM + b"email=ada",
    "a head, byte by byte": b"G",
}
LARGE = 20_000_000  # bytes: more than the kernel and the server hold for a client


def in_ci(kind: str) -> Any:
    """One of several kinds that wait as long."""
    return pytest.param(kind, marks=pytest.mark.thorough)


async def _hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


async def _form(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.form())))


async def _large(_request: Request) -> Response:
    return PlainTextResponse("x" * LARGE)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = Starlette(routes=[Route("/", _hello), Route("/form", _form, methods=["POST"]), Route("/large", _large)])
    listening = listen("test", "127.0.0.1", 0)
    server = WebServer(
        listening, app, wait_seconds=WAIT, response_seconds=RESPONSE, timeout_keep_alive=60, timeout_graceful_shutdown=5
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield int(listening.getsockname()[1])
    server.stop()
    thread.join()


@contextmanager
def connected(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        yield connection


def is_dropped(connection: socket.socket, *, within: float) -> bool:
    """Wait until the server closes the connection; whatever it sends before is read."""
    connection.settimeout(within)
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def get(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/", timeout=30, verify=NO_CERTIFICATES).text


@pytest.mark.parametrize(
    "kind", ["half a head", "a head, byte by byte", *map(in_ci, ("nothing", "half a line", "half a body"))]
)
def test_idle_and_half_open_connections_are_dropped(port: int, kind: str) -> None:
    with connected(port, HALF_OPEN[kind]) as connection:
        started = time.monotonic()
        if "byte by byte" in kind:
            with contextlib.suppress(OSError):
                while time.monotonic() < started + 10 * WAIT:
                    connection.sendall(b"E")
                    time.sleep(WAIT / 10)
        assert is_dropped(connection, within=10 * WAIT)
        assert WAIT * 0.9 <= time.monotonic() - started < 8 * WAIT


def test_a_connection_is_dropped_if_the_next_request_does_not_come_whole(port: int) -> None:
    with connected(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        received = b""
        while not received.endswith(b"hello"):
            received += connection.recv(65_536)
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert is_dropped(connection, within=10 * WAIT)


def test_requests_one_after_another_keep_the_connection(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, verify=NO_CERTIFICATES) as client:
        for _ in range(4):
            assert client.get("/").text == "hello"
            time.sleep(WAIT * 0.6)
        assert len(client._transport._pool.connections) == 1  # type: ignore[attr-defined]
    pipelined = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3
    with connected(port, pipelined) as connection:
        received = b""
        while received.count(b"hello") < 3:
            received += connection.recv(65_536)


@pytest.mark.parametrize("kind", [*map(in_ci, ("nothing", "half a head")), "half a body"])
def test_pages_still_answer_while_many_connections_do_nothing(port: int, kind: str) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(port, HALF_OPEN[kind])) for _ in range(MANY)]
        for _ in range(3):
            assert get(port) == "hello"
        assert all(is_dropped(one, within=10 * WAIT) for one in connections)
    assert get(port) == "hello"


def test_a_client_that_never_reads_is_dropped(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(RESPONSE + WAIT + 1)
        total = 0
        with contextlib.suppress(ConnectionResetError):
            while block := connection.recv(65_536):
                total += len(block)
    assert total < LARGE


def test_a_slow_client_gets_the_whole_response(port: int) -> None:
    """It may take longer than a request may: WAIT is over long before the response is read."""
    with connected(port, b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") as connection:
        time.sleep(WAIT * 1.3)
        total = 0
        while block := connection.recv(1 << 20):
            total += len(block)
    assert total > LARGE


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_accepted_connections_send_without_waiting_for_acknowledgements(host: str) -> None:
    with (
        listen("test", host, 0) as listening,
        socket.create_connection(listening.getsockname()[:2]),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
