"""An SMTP server that takes so many seconds for each message: python -m benchmarks.slow_smtp SECONDS. Prints its port.

It accepts every message and stores none. In a process of its own, so that it costs the measured ones nothing.
"""

from __future__ import annotations

import asyncio
import sys

_REPLIES = {b"MAIL": b"250 2.1.0 Ok", b"RCPT": b"250 2.1.5 Ok", b"DATA": b"354 go ahead", b"QUIT": b"221 bye"}


async def talk(seconds: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write(b"220 slow\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-slow\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
                continue
            writer.write(_REPLIES.get(verb, b"250 2.0.0 Ok") + b"\r\n")
            if verb == b"QUIT":
                break
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                await asyncio.sleep(seconds)
                writer.write(b"250 2.0.0 Ok\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def serve(seconds: float) -> None:
    server = await asyncio.start_server(lambda *ends: talk(seconds, *ends), "127.0.0.1", 0, limit=1 << 22, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
