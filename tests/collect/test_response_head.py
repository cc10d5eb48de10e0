"""Heads of responses: a line that is no header is passed over, and the rest is read."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.response_head import end_of_head, tidy_head


def headers_of(head: bytes) -> dict[bytes, bytes]:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(tidy_head(head))
    response = connection.next_event()
    assert isinstance(response, h11.Response)
    return dict(response.headers)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (b"X-Served By: web 1", {}),
        (b"X-Served : web 1", {b"x-served": b"web 1"}),
        (b"no colon at all", {}),
        (b": no name", {}),
        (b"X-Author: Ren\xe9e", {b"x-author": b"Ren\xe9e"}),
        (b"X-Bell: a\x07b", {b"x-bell": b"a b"}),
        (b"X-Folded: one\r\n two", {b"x-folded": b"one"}),
        (b"Content-Length: many", {}),
        (b"Content-Length: -1", {}),
        (b"Transfer-Encoding: identity", {}),
        (b"Transfer-Encoding: gzip, chunked", {b"transfer-encoding": b"chunked"}),
        (b"HTTP/1.1 200 OK", {}),
    ],
)
def test_line_that_is_no_header_costs_only_itself(line: bytes, kept: dict[bytes, bytes]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n" + line + b"\r\nLast: 1\r\n\r\n"
    assert headers_of(head) == {b"content-type": b"text/xml", b"last": b"1", **kept}


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and line.strip(b"\r")), max_size=20))
def test_whatever_the_lines_h11_reads_what_is_left(lines: list[bytes]) -> None:
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"Last: 1", b"", b""])
    usable = [line for line in lines if not line.lower().lstrip(b"\r").startswith((b"content-length", b"last"))]
    if len(usable) == len(lines):
        assert headers_of(head)[b"last"] == b"1"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_end_of_head_does_not_depend_on_the_pieces(data: bytes, cut: int) -> None:
    data = data + b"\r\n\r\nbody"
    if not end_of_head(data[:cut]):
        assert end_of_head(data, min(cut, len(data))) == end_of_head(data)


def test_status_line_of_a_streaming_server_is_one() -> None:
    assert tidy_head(b"ICY 200 OK\r\nContent-Type: text/xml\r\n\r\n").startswith(b"HTTP/1.0 200 OK\r\n")
