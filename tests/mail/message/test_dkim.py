"""DKIM: our signatures are verified by dkimpy, which shares no code with what makes them."""

from __future__ import annotations

import re
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.mail.message.dkim import SIGNED, Signer, canonical_body, signer_of
from digest.settings import Secrets, Settings, parse_settings
from tests.mail.message.test_message_template import fill

RSA = Signer("harbour.example", "digest", rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED25519 = Signer("harbour.example", "edwards", ed25519.Ed25519PrivateKey.generate())
SIGNERS = (RSA, ED25519)
OVERSIGNED = {
    "from": "From: mallory@evil.example",
    "subject": "Subject: Act now",
    "date": "Date: Tue, 26 Mar 2019 07:30:12 +0000",
    "message-id": "Message-ID: <2@evil.example>",
    "to": "To: everybody@evil.example",
    "cc": "Cc: everybody@evil.example",
    "reply-to": "Reply-To: mallory@evil.example",
    "sender": "Sender: mallory@evil.example",
    "list-unsubscribe": "List-Unsubscribe: <https://evil.example/>",
    "list-unsubscribe-post": "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "list-id": "List-Id: <list.evil.example>",
    "content-type": "Content-Type: text/html",
    "mime-version": "MIME-Version: 1.0",
}


def verified(signer: Signer, message: bytes) -> bool:
    def answer(name: bytes, **_: object) -> bytes:
        assert name == f"{signer.selector}._domainkey.{signer.domain}.".encode()
        return signer.public_record().encode()

    try:
        return bool(dkim.DKIM(message).verify(dnsfunc=answer))
    except dkim.ValidationError:
        return False


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.algorithm)
def test_a_signed_message_is_verified_by_dkimpy(signer: Signer) -> None:
    message = fill()
    signature = signer.sign(message)
    assert verified(signer, signature + message)
    assert signature.startswith(b"DKIM-Signature: v=1; a=" + signer.algorithm.encode() + b"; c=relaxed/relaxed;")
    assert b"l=" not in signature.replace(b"ol=", b"")
    assert all(len(line) <= 78 for line in signature.split(b"\r\n"))
    assert signer.sign(message) == signature  # a retry is the same mail


def test_every_header_that_matters_is_covered() -> None:
    message = fill()
    covered = re.sub(rb"\s", b"", RSA.sign(message).partition(b"h=")[2].partition(b";")[0]).decode().split(":")
    head = message.decode().partition("\r\n\r\n")[0]
    present = {name.lower() for name in re.findall(r"^([A-Za-z-]+):", head, re.MULTILINE)}
    assert set(SIGNED) <= set(covered)
    assert present - set(covered) == {"precedence"}
    for name in OVERSIGNED:
        assert covered.count(name) == (name in present) + 1


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.algorithm)
@pytest.mark.parametrize("line", OVERSIGNED.values(), ids=OVERSIGNED)
@pytest.mark.parametrize("at", ["top", "bottom"])
def test_a_second_header_fails_verification(signer: Signer, line: str, at: str) -> None:
    """RFC 6376 8.15: a mail program may show or act on the one that is not signed."""
    message = fill()
    signed = signer.sign(message) + message
    assert verified(signer, signed)
    head, end, body = signed.partition(b"\r\n\r\n")
    added = f"{line}\r\n".encode()
    assert not verified(signer, added + signed if at == "top" else head + b"\r\n" + added + end[2:] + body)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: ", b"Subject: Fwd "),
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"Harbour Digest\r\n", b"Harbour Digest!\r\n"),
        (b"From: ", b"From: mallory@evil.example\r\nFrom: "),
    ],
)
def test_a_changed_message_fails_verification(old: bytes, new: bytes) -> None:
    message = fill()
    assert old in message
    assert not verified(RSA, RSA.sign(message) + message.replace(old, new))


# Bodies and headers as odd as the canonical forms allow: runs of blanks, blanks at line ends, empty lines at the end,
# folded lines, headers that come twice or are empty.
pieces = st.lists(
    st.sampled_from([b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b"a", b"word", b".", b"=3D", b"\xc3\xa9", b"\r\n \r\n"])
).map(lambda parts: b"".join([*parts, b"\r\n"]) if parts else b"")  # SMTP's last line has its end, too
values = st.lists(st.sampled_from([b" ", b"\t", b"x", b"word:", b"\r\n ", b"\r\n\t ", b"=?utf-8?q?=C3?="])).map(
    b"x".join
)
names = st.sampled_from(
    [b"Subject", b"To", b"X-Other", b"LIST-ID", b"Reply-To", b"Date", b"List-Post", b"Content-Type"]
)


def _whole(value: bytes) -> bytes:
    """No line of a folded header may be blank: RFC 5322 3.2.2."""
    return re.sub(rb"\r\n[ \t]*(?=\r\n|$)", b"", value)


messages = st.builds(
    lambda fields, body: (
        b"From: a@harbour.example\r\n"
        + b"".join(name + b":" + _whole(value) + b"\r\n" for name, value in fields)
        + b"\r\n"
        + body
    ),
    st.lists(st.tuples(names, values), max_size=8),
    pieces,
)


@given(messages)
def test_dkimpy_verifies_whatever_we_sign(message: bytes) -> None:
    assert verified(ED25519, ED25519.sign(message) + message)


@given(pieces)
def test_our_canonical_body_equals_that_of_dkimpy(body: bytes) -> None:
    from dkim.canonicalization import Relaxed

    assert canonical_body(body) == Relaxed.canonicalize_body(body)


def _settings(folder: Path, key_file: str) -> Settings:
    text = (
        '[newsletter]\ntitle = "T"\nfrom = "t@harbour.example"\n'
        f'[dkim]\ndomain = "Harbour.example"\nselector = "digest"\nkey_file = "{key_file}"\n'
    )
    return parse_settings(text, path=folder / "digest.toml", secrets=Secrets())


def _pem(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b""
) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption(),
    )


def test_the_signer_is_made_from_the_settings(tmp_path: Path) -> None:
    for signer in SIGNERS:
        (tmp_path / "dkim.pem").write_bytes(_pem(signer.key))
        loaded = signer_of(_settings(tmp_path, "dkim.pem"))
        assert loaded is not None
        assert (loaded.domain, loaded.selector, loaded.algorithm) == (
            "harbour.example",
            "digest",
            signer.algorithm,
        )
        assert loaded.public_record() == signer.public_record()
    plain = parse_settings('[newsletter]\ntitle = "T"\nfrom = "t@h.example"\n', path=tmp_path / "x", secrets=Secrets())
    assert signer_of(plain) is None


def test_a_key_that_cannot_be_used_is_a_settings_error(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    cases = {
        "missing.pem": None,
        "text.pem": b"not a key",
        "locked.pem": _pem(key, b"pass"),
        "curve.pem": _pem(ec.generate_private_key(ec.SECP256R1())),
    }
    for name, content in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(SettingsError, match=rf"dkim\.key_file: .*{name}"):
            signer_of(_settings(tmp_path, name))
