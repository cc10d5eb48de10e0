"""SPF and DMARC read from a real name server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest

from digest.settings import parse_settings
from digest.steps.dns import look_up

RECORDS = {"example.org.": '"v=spf1 mx " "-all"', "_dmarc.example.org.": '"v=DMARC1; p=reject"'}


@pytest.fixture
def nameserver() -> Iterator[tuple[str, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                try:
                    data, peer = server.recvfrom(4096)
                except OSError:
                    return
                if data == b"stop":
                    return
                query = dns.message.from_wire(data)
                reply = dns.message.make_response(query)
                name = query.question[0].name
                text = RECORDS.get(str(name).lower())
                if text is None:
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                else:
                    reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", text))
                server.sendto(reply.to_wire(), peer)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()
        server.sendto(b"stop", server.getsockname())
        thread.join(5)


def advised(tmp_path: Path, sender: str, nameserver: tuple[str, int]) -> dict[str, bool] | None:
    text = f'[newsletter]\ntitle = "T"\nfrom = "T <{sender}>"\n'
    records = look_up(parse_settings(text, path=tmp_path / "digest.toml"), nameserver=nameserver)
    return None if records is None else {line.what: line.good for line in records}


def test_records_are_found_and_judged(tmp_path: Path, nameserver: tuple[str, int]) -> None:
    assert advised(tmp_path, "digest@example.org", nameserver) == {"SPF": True, "DMARC": True}
    assert advised(tmp_path, "digest@example.net", nameserver) == {"SPF": False, "DMARC": False}


def test_a_subdomain_has_its_parent_s_policy(tmp_path: Path, nameserver: tuple[str, int]) -> None:
    assert advised(tmp_path, "digest@news.example.org", nameserver) == {"SPF": False, "DMARC": True}


def test_without_a_name_server_there_is_no_verdict(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert advised(tmp_path, "digest@example.org", ("127.0.0.1", port)) is None
