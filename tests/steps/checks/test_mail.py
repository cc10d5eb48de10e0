"""What the doctor sees of mail servers, from real ones on loopback."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from digest.steps.checks import Verdict, mail, network_clock
from digest.steps.checks.certificates import age, of_host
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.checks.doctor_run import lines_of, settings_in


def smtp(folder: Path, port: int, **more: object) -> dict[str, tuple[Verdict, str, str]]:
    settings = settings_in(folder, smtp={"port": port, "connections": 3, **more})
    return {line.what: (line.verdict, line.message, line.remedy) for line in lines_of(mail.smtp, settings)}


def test_a_server_without_faults(server: SmtpServer, tmp_path: Path) -> None:
    lines = smtp(tmp_path, server.port)
    assert {verdict for verdict, *_ in lines.values()} == {Verdict.OK}
    assert lines["SMTP limits"][1].endswith("takes 3 connections at a time and messages of 10,000,000 bytes")
    assert server.most_open == 3
    assert server.accepted == []


def test_fewer_connections_are_named_and_the_remedy_fits(server: SmtpServer, tmp_path: Path) -> None:
    server.refuse = lambda verb, _about: "421 too many" if verb == "CONNECT" and len(server._open) > 2 else None
    verdict, message, remedy = smtp(tmp_path, server.port)["SMTP limits"]
    assert verdict is Verdict.WARNING
    assert "takes only 2 of 3 connections at a time" in message
    assert remedy == "Set [smtp] connections = 2."
    assert smtp(tmp_path, server.port, connections=2)["SMTP limits"][0] is Verdict.OK


def test_a_limit_below_an_edition_s_size_is_named(tmp_path: Path) -> None:
    with serving(features=("SIZE 20000",)) as server:
        verdict, message, _ = smtp(tmp_path, server.port)["SMTP limits"]
    assert verdict is Verdict.WARNING
    assert "messages of at most 20,000 bytes" in message


@pytest.mark.parametrize(("minutes", "verdict"), [(0, Verdict.OK), (-2, Verdict.WARNING), (90, Verdict.ERROR)])
def test_the_clock_is_compared_with_the_date_of_the_greeting(tmp_path: Path, minutes: int, verdict: Verdict) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes))
    with serving(greeting=f"220 mail.example ESMTP Sendmail 8.17/8.17; {date}") as server:
        lines = smtp(tmp_path, server.port)
    assert lines["clock"][0] is verdict
    assert lines["SMTP"][0] is Verdict.OK


def test_no_server_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    verdict, message, remedy = smtp(tmp_path, 1)["SMTP"]
    assert (verdict, remedy) == (Verdict.ERROR, "See [smtp] in digest.toml.")
    assert "cannot be reached" in message


@pytest.mark.parametrize(
    ("days", "verdict", "says"),
    [(60, Verdict.OK, "is valid until"), (5, Verdict.WARNING, "ends in 5 days"), (-1, Verdict.ERROR, "ended on")],
)
def test_the_age_of_a_mail_server_s_certificate(tmp_path: Path, days: int, verdict: Verdict, says: str) -> None:
    ca = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = datetime.now(UTC) + timedelta(days=days, hours=1)
    ca.issue_cert("127.0.0.1", not_before=datetime(2024, 1, 1, tzinfo=UTC), not_after=ends).configure_cert(tls)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    more: dict[str, object] = {"security": "starttls", "ca_file": str(tmp_path / "ca.pem")}
    with serving(tls=tls) as server:
        lines = smtp(tmp_path, server.port, **more)
        if days < 0:
            assert lines["SMTP"][0] is Verdict.ERROR
            assert "the certificate is not trusted" in lines["SMTP"][1]
            lines = smtp(tmp_path, server.port, **more, verify=False)
    assert lines["TLS"][0] is verdict
    assert says in lines["TLS"][1]
    assert "encrypted by TLSv1" in lines["SMTP"][1]


def test_a_certificate_that_is_not_trusted_or_not_there(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with serving(tls=tls, implicit_tls=True) as server:
        (line,) = of_host("public_url", "127.0.0.1", server.port)
    assert "is not trusted: self-signed certificate" in line.message or "unable to get local issuer" in line.message
    (line,) = of_host("public_url", "127.0.0.1", 1)
    assert "127.0.0.1:1 cannot be reached" in line.message


@given(st.integers(-(10**6), 10**6))
def test_a_certificate_has_one_verdict_at_any_age(hours: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ends = now + timedelta(hours=hours)
    (line,) = age("TLS", "mail.example", ends, now)
    expected = Verdict.ERROR if hours <= 0 else Verdict.WARNING if hours < 14 * 24 else Verdict.OK
    assert line.verdict is expected


@given(st.text())
def test_any_text_for_a_date_is_a_moment_or_nothing(text: str) -> None:
    moment = network_clock.moment_of(text)
    assert moment is None or moment.tzinfo is UTC
    assert len(list(network_clock.compare("the server", text, datetime.now(UTC)))) == (moment is not None)
