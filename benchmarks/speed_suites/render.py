"""Rendering, addressing and signing, beside the libraries that people use for it.

Peers: the official MJML (Node; where `node` finds the package `mjml`, for instance through NODE_PATH), Python's own
EmailMessage, and dkimpy. Everything runs on one core; each figure is the best of a few rounds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.results import Row, spread
from digest.mail.message.dkim import Signer
from digest.mail.message.message_headers import Addressing, MessageIds
from digest.mail.message.message_template import message_template, personal
from digest.mail.rendering.render import Renderer, to_html
from digest.model import EditionMail
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition

DATE = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)
POSTS = 40

_NODE = """
const load = async () => { try { return require('mjml') } catch { return (await import('mjml')) } };
load().then(async m => {
  const mjml2html = m.default || m, source = require('fs').readFileSync(0, 'utf8'), times = [];
  for (let i = 0; i < 12; i++) {
    const start = process.hrtime.bigint();
    await mjml2html(source, { validationLevel: 'skip', fonts: {} });
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  console.log(JSON.stringify(Math.min(...times)));
}).catch(error => { console.error(error.message); process.exit(1) });
"""


def rows() -> list[Row]:
    renderer = Renderer(DESIGN, [packaged_folder()])
    week = edition(POSTS, short=6)
    rendered = renderer.render(week)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    signer = Signer(DESIGN.domain, "digest", key)
    prepared = message_template(rendered, DESIGN, week=str(week.week))
    subscriber = _subscriber(7)
    message = prepared.fill(subscriber)

    def digest_signed() -> bytes:
        filled = prepared.fill(subscriber)
        return signer.sign(filled) + filled

    def peer_signed() -> bytes:
        built = _email_message(rendered, subscriber)
        signature: bytes = dkim.sign(
            built, b"digest", DESIGN.domain.encode(), pem, canonicalize=(b"relaxed", b"relaxed")
        )
        return signature + built

    tables = [
        _rates(
            f"messages of {len(message) // 1024} KB, addressed, ready to send",
            _per_second(lambda: prepared.fill(subscriber)),
            _per_second(lambda: _email_message(rendered, subscriber)),
            "email.message.EmailMessage",
        ),
        _rates(
            "DKIM signatures, RSA-2048",
            _per_second(lambda: signer.sign(message)),
            _per_second(
                lambda: dkim.sign(message, b"digest", b"h.example", pem, canonicalize=(b"relaxed", b"relaxed"))
            ),
            "dkimpy",
        ),
        _rates(
            "messages addressed and signed",
            _per_second(digest_signed),
            _per_second(peer_signed),
            "EmailMessage and dkimpy",
        ),
    ]
    node = _official_mjml(rendered.mjml)
    if node is not None:
        rounds = [1_000 / rate for rate in _per_second(lambda: to_html(rendered.mjml))]
        what, digest_time = f"MJML of {POSTS} posts to HTML", min(rounds)
        tables.append(Row(what, digest_time, node, "mjml (Node)", node / digest_time, "ms", spread(rounds)))
    return tables


def _subscriber(number: int) -> Addressing:
    return Addressing(
        email=f"reader{number}@reader.example",
        name="Ada Penhale",
        message_id=MessageIds(b"benchmark", "2019-W12", DESIGN.domain)(number),
        date=DATE,
        unsubscribe_url=f"{DESIGN.public_url}/unsubscribe/Qb7rT2mXw9KpZc41LdVhSg",
        unsubscribe_mailto=f"mailto:{DESIGN.address}?subject=unsubscribe%20Qb7rT2mXw9KpZc41LdVhSg",
        preferences_url=f"{DESIGN.public_url}/preferences/Qb7rT2mXw9KpZc41LdVhSg",
    )


def _email_message(rendered: EditionMail, subscriber: Addressing) -> bytes:
    """The same message, the way Python's documentation shows it."""
    personal_mail = personal(rendered, subscriber)
    message = EmailMessage(policy=SMTP)
    message["From"] = DESIGN.from_
    message["To"] = f"{subscriber.name} <{subscriber.email}>"
    message["Subject"] = personal_mail.subject
    message["Date"] = format_datetime(DATE)
    message["Message-ID"] = subscriber.message_id
    message["List-Id"] = "<digest.harbour.example>"
    message["List-Unsubscribe"] = f"<{subscriber.unsubscribe_mailto}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(personal_mail.text, cte="quoted-printable")
    message.add_alternative(personal_mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _per_second(do: Callable[[], object], *, seconds: float = 1.0) -> list[float]:
    """How often `do` can be done in a second, in many short rounds. The best counts: other work shares the machine."""
    do()
    started = time.perf_counter()
    do()
    calls = max(1, int(0.02 / (time.perf_counter() - started)))
    rates: list[float] = []
    until = started + seconds
    while not rates or time.perf_counter() < until:
        begun = time.perf_counter()
        for _ in range(calls):
            do()
        rates.append(calls / (time.perf_counter() - begun))
    return rates


def _rates(what: str, digest_rates: list[float], peer: list[float], peer_name: str) -> Row:
    return Row(
        what, max(digest_rates), max(peer), peer_name, max(digest_rates) / max(peer), "per second", spread(digest_rates)
    )


def _official_mjml(mjml: str) -> float | None:
    """Milliseconds of the official MJML for the same source, None where it is not there."""
    node = shutil.which("node")
    if node is None:
        return None
    run = subprocess.run([node, "-e", _NODE], input=mjml, capture_output=True, text=True, timeout=120, check=False)
    return float(json.loads(run.stdout)) if run.returncode == 0 else None
