"""A web of feeds for measuring, on loopback: python -m benchmarks.feed_server HOSTS DELAY. Prints a port for each host.

`/N` on any of the ports is feed N: ten posts of about a hundred words, with an ETag. It takes DELAY seconds to answer.
`/STEP/N` are the same feeds with STEP more posts. In a process of its own, so that it costs the measured ones nothing.
"""

from __future__ import annotations

import asyncio
import functools
import sys

WORDS = ("service users team council design research policy digital data form " * 10).strip()


@functools.cache
def feed(number: int, step: int) -> tuple[bytes, bytes]:
    """The document and its ETag."""
    items = "".join(
        f"<item><title>Post {post} of blog {number}</title><link>http://blog{number}.example.org/{post}</link>"
        f"<guid>{number}-{post}</guid><pubDate>{1 + post:02d} Mar 2019 10:00:00 GMT</pubDate>"
        f"<description>&lt;p&gt;{number} {post} {WORDS}&lt;/p&gt;</description></item>"
        for post in range(10 + step)
    )
    body = f"<rss version='2.0'><channel><title>Blog {number}</title><link>http://blog{number}.example.org/</link>{items}</channel></rss>"
    return body.encode(), f'"{number}-{step}"'.encode()


class Answering(asyncio.Protocol):
    """HTTP/1.1 with persistent connections; only what the clients of the benchmark use."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.answer, head)
            else:
                self.answer(head)

    def answer(self, head: bytes) -> None:
        if self.transport.is_closing():
            return
        path = head.split(b" ", 2)[1].decode().strip("/").split("/")
        if not path[-1].isdigit():
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        body, tag = feed(int(path[-1]), int(path[0]) if len(path) > 1 else 0)
        if tag in head:
            self.transport.write(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag)
        else:
            head_lines = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
            )
            self.transport.write(head_lines % (tag, len(body)) + body)


async def serve(hosts: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: Answering(delay), "127.0.0.1", 0) for _ in range(hosts)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
