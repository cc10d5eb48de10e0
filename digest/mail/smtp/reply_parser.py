"""Parses SMTP replies from bytes, with limits on lines, bytes and time.

smtplib limits only the length of a line: a server that never ends its reply would hold a sender, and its memory, for
ever.
"""

from __future__ import annotations

import socket
import time

_MOST_LINES = 1_000
_MOST_BYTES = 64_000  # RFC 5321 section 4.5.3.1.5 has lines of 512 bytes; the longest EHLO has some thirty
BLOCK = 8192
"""Bytes to ask a socket for at once."""


class EndlessReplyError(OSError):
    """The reply is longer, or takes longer, than any server needs."""


class ReplyParser:
    """The replies over one connection: `feed` the bytes that came in, then take the `next` reply."""

    def __init__(self) -> None:
        self._unread = b""
        self._texts: list[bytes] = []  # the lines of the reply that has begun
        self._size = 0  # and its bytes so far

    def feed(self, block: bytes) -> None:
        self._unread += block

    @property
    def begun(self) -> bool:
        """Whether any bytes are left that `next` has not returned."""
        return bool(self._unread or self._texts)

    def next(self) -> tuple[int, bytes] | None:
        """The code and the texts of the lines, joined by line feeds; None until it is whole.

        For a line without a code, which is not SMTP, the code is -1 and the text is the whole line.
        Raises EndlessReplyError.
        """
        if not self._unread:
            return None
        while (end := self._unread.find(b"\n")) >= 0:
            line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
            self._bounded(len(line))
            self._size += len(line)
            code = line[:3]
            self._texts.append((line[4:] if code.isdigit() else line).strip())
            if not code.isdigit() or line[3:4] != b"-":
                text = b"\n".join(self._texts)
                self._texts, self._size = [], 0
                return (int(code) if code.isdigit() else -1), text
            if len(self._texts) >= _MOST_LINES:
                raise EndlessReplyError(f"a reply of more than {_MOST_LINES} lines")
        self._bounded(len(self._unread))
        return None

    def _bounded(self, more: int) -> None:
        if self._size + more > _MOST_BYTES:
            raise EndlessReplyError(f"a reply of more than {_MOST_BYTES} bytes")


def read_reply(sock: socket.socket, replies: ReplyParser) -> tuple[int, bytes]:
    """Wait for the next reply. The socket's time-out is the time of a whole one, in seconds; None waits for ever.

    Raises OSError, EndlessReplyError among them.
    """
    patience = sock.gettimeout()
    deadline = None if patience is None else time.monotonic() + patience
    shortened = False
    try:
        while (answer := replies.next()) is None:
            if deadline is not None and shortened:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise EndlessReplyError("a reply that did not end in time")
                sock.settimeout(left)
            shortened = True  # the first wait has the socket's own time
            block = sock.recv(BLOCK)
            if not block:
                raise ConnectionResetError("the server closed the connection")
            replies.feed(block)
    finally:
        if shortened:
            sock.settimeout(patience)
    return answer
