"""A server's answers, made of the bytes that come in, within bounds: of lines, bytes and time. smtplib's own reader
knows only the length of a line, so that a server that never ends its answer would hold a sender, and its memory, for
ever."""

from __future__ import annotations

import socket
import time

_MOST_LINES = 1_000
_MOST_BYTES = 64_000  # RFC 5321 section 4.5.3.1.5 has lines of 512 bytes; the longest EHLO has some thirty
BLOCK = 8192
"""Bytes to ask a socket for at once."""


class EndlessAnswerError(OSError):
    """The answer is longer, or takes longer, than any server's needs to."""


class Answers:
    """The answers over one connection: `feed` what came in, then take the `next` one."""

    def __init__(self) -> None:
        self._unread = b""
        self._texts: list[bytes] = []  # of the answer that has begun
        self._size = 0  # and how many bytes it has so far

    def feed(self, block: bytes) -> None:
        self._unread += block

    @property
    def begun(self) -> bool:
        """Whether there is anything that was not taken."""
        return bool(self._unread or self._texts)

    def next(self) -> tuple[int, bytes] | None:
        """The code and the texts of the lines, joined by line feeds; None until it is whole.

        A line without a code is no SMTP: the code is -1, and the line is whole. Raises EndlessAnswerError.
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
                raise EndlessAnswerError(f"an answer of more than {_MOST_LINES} lines")
        self._bounded(len(self._unread))
        return None

    def _bounded(self, more: int) -> None:
        if self._size + more > _MOST_BYTES:
            raise EndlessAnswerError(f"an answer of more than {_MOST_BYTES} bytes")


def read_answer(sock: socket.socket, answers: Answers) -> tuple[int, bytes]:
    """Wait for the next answer. The socket's time-out is the time of a whole one, in seconds; None waits for ever.

    Raises OSError, EndlessAnswerError among them.
    """
    patience = sock.gettimeout()
    deadline = None if patience is None else time.monotonic() + patience
    shortened = False
    try:
        while (answer := answers.next()) is None:
            if deadline is not None and shortened:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise EndlessAnswerError("an answer that did not end in time")
                sock.settimeout(left)
            shortened = True  # the first wait has the socket's own time
            block = sock.recv(BLOCK)
            if not block:
                raise ConnectionResetError("the server hung up")
            answers.feed(block)
    finally:
        if shortened:
            sock.settimeout(patience)
    return answer
