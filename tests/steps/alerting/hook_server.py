"""A real HTTP server on loopback in the place of a webhook or a watchdog; it answers as a test orders."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hook:
    """What came, and how the next request is answered."""

    url: str = ""
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)  # method, path, body
    status: int = 200
    location: str = ""
    drip_seconds: float = 0.0  # so long between the bytes of the answer, which never ends


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    hook: Hook


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        hook = self.server.hook
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hook.requests.append((self.command, self.path, body))
        while hook.drip_seconds:
            try:
                self.wfile.write(b"H")
            except OSError:
                return
            time.sleep(hook.drip_seconds)
        self.send_response(hook.status)
        if hook.location:
            self.send_header("Location", hook.location)
        self.end_headers()
        self.wfile.write(b"ok")

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook_server() -> Iterator[Hook]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.hook = Hook()
        server.hook.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/s3cr3t-token"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server.hook
        finally:
            server.shutdown()
