"""A server's answers, read from its socket within bounds: lines, bytes and time. smtplib's own reader knows only the
length of a line, so that a server that never ends its answer would hold a sender, and its memory, for ever."""

from __future__ import annotations

import socket
import time

_MOST_LINES = 1_000
_MOST_BYTES = 64_000  # RFC 5321 section 4.5.3.1.5 has lines of 512 bytes; the longest EHLO has some thirty
_BLOCK = 8192


class EndlessAnswerError(OSError):
    """The answer is longer, or takes longer, than any server's needs to."""


class Answers:
    """The answers over one socket. Its time-out is the time of a whole answer, in seconds; None waits for ever."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._unread = b""
        self._waited = self._shortened = False

    def read(self) -> tuple[int, bytes]:
        """The code (-1 where there is none) and the texts of the lines, joined by line feeds. Raises OSError."""
        patience = self.sock.gettimeout()
        deadline = None if patience is None else time.monotonic() + patience
        texts: list[bytes] = []
        size = 0
        self._waited = self._shortened = False
        try:
            while True:
                line = self._line(_MOST_BYTES - size, deadline)
                size += len(line)
                texts.append(line[4:].strip())
                code = line[:3]
                if not code.isdigit():
                    return -1, b"\n".join(texts)
                if line[3:4] != b"-":
                    return int(code), b"\n".join(texts)
                if len(texts) >= _MOST_LINES:
                    raise EndlessAnswerError(f"an answer of more than {_MOST_LINES} lines")
        finally:
            if self._shortened:
                self.sock.settimeout(patience)

    def _line(self, most: int, deadline: float | None) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > most:
                raise EndlessAnswerError(f"an answer of more than {_MOST_BYTES} bytes")
            if deadline is not None and self._waited:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise EndlessAnswerError("an answer that did not end in time")
                self.sock.settimeout(left)
                self._shortened = True
            self._waited = True  # the first wait has the socket's own time, which costs nothing to set
            block = self.sock.recv(_BLOCK)
            if not block:
                raise ConnectionResetError("the server hung up")
            self._unread += block
        line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
        if len(line) > most:
            raise EndlessAnswerError(f"an answer of more than {_MOST_BYTES} bytes")
        return line
