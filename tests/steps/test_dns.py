"""SPF, DMARC and MX read from a real name server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from digest.settings import parse_settings
from digest.steps.dns import look_up

RECORDS = {
    ("example.org.", "TXT"): ['"v=spf1 mx " "-all"'],
    ("_dmarc.example.org.", "TXT"): ['"v=DMARC1; p=reject"'],
    ("example.org.", "MX"): ["20 second.example.org.", "10 first.example.org."],
    ("news.example.org.", "A"): ["192.0.2.1"],
    ("silent.example.org.", "MX"): ["0 ."],
}


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
                name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
                found = RECORDS.get((str(name).lower(), kind))
                if found:
                    reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
                elif not any(known == str(name).lower() for known, _ in RECORDS):
                    reply.set_rcode(dns.rcode.NXDOMAIN)
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
    assert advised(tmp_path, "digest@example.org", nameserver) == {"SPF": True, "DMARC": True, "MX": True}
    assert advised(tmp_path, "digest@example.net", nameserver) == {"SPF": False, "DMARC": False, "MX": False}


def test_a_subdomain_has_its_parent_s_policy(tmp_path: Path, nameserver: tuple[str, int]) -> None:
    assert advised(tmp_path, "digest@news.example.org", nameserver) == {"SPF": False, "DMARC": True, "MX": True}


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        ("example.org", "bounces to example.org go to first.example.org, second.example.org"),
        ("news.example.org", "bounces to news.example.org go to news.example.org"),
        ("silent.example.org", "silent.example.org says that it takes no mail"),
        ("nowhere.example.org", "nowhere.example.org has neither MX nor address records"),
    ],
)
def test_bounces_need_a_domain_that_takes_mail(
    domain: str, says: str, tmp_path: Path, nameserver: tuple[str, int]
) -> None:
    text = f"""[newsletter]
title = "T"
from = "digest@example.org"
[bounces]
return_path = "bounces+{{token}}@{domain}"
"""
    lines = look_up(parse_settings(text, path=tmp_path / "digest.toml"), nameserver=nameserver)
    assert lines is not None
    (mx,) = [line for line in lines if line.what == "MX"]
    assert says in mx.message
    assert mx.good is mx.message.startswith("bounces to")


def test_without_a_name_server_there_is_no_verdict(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert advised(tmp_path, "digest@example.org", ("127.0.0.1", port)) is None
