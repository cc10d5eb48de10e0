"""A small application to put a middleware in front of, and requests to it."""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def own_policy(request: Request) -> Response:
    del request
    return PlainTextResponse("x", headers={"Content-Security-Policy": "sandbox"})


INNER = Starlette(routes=[Route("/", echo, methods=["GET", "POST"]), Route("/own", own_policy)])


async def fetch(app: object, method: str = "GET", path: str = "/", **options: object) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # any ASGI application
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        return await client.request(method, path, **options)  # type: ignore[arg-type]


def run(coroutine: object) -> httpx.Response:
    return asyncio.run(coroutine)  # type: ignore[arg-type]


def request_with(cookies: dict[str, str]) -> Request:
    """Return a request with these cookies."""
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "server": ("desk.test", 80),
            "headers": [(b"cookie", header.encode())],
        }
    )
