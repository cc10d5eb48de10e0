"""SMTP AUTH (RFC 4954): PLAIN, LOGIN, CRAM-MD5 and XOAUTH2, in UTF-8.

smtplib's own log-in takes ASCII only, and raises where a challenge is no base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import smtplib
from collections.abc import Callable
from dataclasses import dataclass

_MOST_CHALLENGES = 4  # no mechanism here has more than two


class NoLogInError(Exception):
    """The server offers no way to log in that we know, or does not follow its own. The text is for people."""


class _ChallengeError(Exception):
    """A challenge that cannot be answered."""


@dataclass(frozen=True, slots=True)
class _Mechanism:
    """One exchange. `initial` goes along with the command; `answer` gets a challenge's number (from 0) and base64."""

    name: str
    initial: bytes | None
    answer: Callable[[int, bytes], bytes]


def log_in(client: smtplib.SMTP, username: str, password: str, *, access_token: bool = False) -> None:
    """Log in over a connection that has greeted. With `access_token`, the password is one for XOAUTH2.

    Each mechanism that the server offers is tried until one succeeds. Raises smtplib.SMTPAuthenticationError for the
    last one that is rejected, NoLogInError, or OSError.
    """
    user, secret = (text.encode("utf-8", "surrogateescape") for text in (username, password))
    if b"\0" in user + secret:
        raise NoLogInError("the user name or the password has a NUL byte, which SMTP cannot send")
    offers = client.esmtp_features.get("auth", "").upper().split()
    if access_token:
        tries = [_xoauth2(user, secret)]  # some servers offer it only after a failure
    else:
        tries = [
            one for one in (_plain(user, secret), _login(user, secret), _cram_md5(user, secret)) if one.name in offers
        ]
    failure: Exception = NoLogInError("it offers no way to log in with a password (AUTH PLAIN, LOGIN or CRAM-MD5)")
    for mechanism in tries:
        try:
            code, text = _exchange(client, mechanism)
        except _ChallengeError as error:
            failure = NoLogInError(f"its challenge for AUTH {mechanism.name} cannot be answered: {error}")
            continue
        if code in (235, 503):  # 503: we are logged in already
            return
        failure = smtplib.SMTPAuthenticationError(code, text)
    raise failure


def _exchange(client: smtplib.SMTP, mechanism: _Mechanism) -> tuple[int, bytes]:
    """The server's last reply. Raises _ChallengeError, after the exchange was cancelled."""
    command = mechanism.name if mechanism.initial is None else f"{mechanism.name} {_encoded(mechanism.initial)}"
    code, text = client.docmd("AUTH", command)
    for number in range(_MOST_CHALLENGES):
        if code != 334:
            return code, text
        try:
            answer = mechanism.answer(number, text)
        except _ChallengeError:
            client.docmd("*")
            raise
        code, text = client.docmd(_encoded(answer))
    if code != 334:
        return code, text
    client.docmd("*")
    raise _ChallengeError(f"it goes on after {_MOST_CHALLENGES} answers")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _plain(user: bytes, password: bytes) -> _Mechanism:
    """RFC 4616."""
    response = b"\0" + user + b"\0" + password
    return _Mechanism("PLAIN", response, lambda _number, _challenge: response)


def _login(user: bytes, password: bytes) -> _Mechanism:
    """Never standardised. The challenges are prompts, in whatever words."""
    return _Mechanism("LOGIN", None, lambda number, _challenge: user if number == 0 else password)


def _cram_md5(user: bytes, password: bytes) -> _Mechanism:
    """RFC 2195."""

    def answer(_number: int, challenge: bytes) -> bytes:
        try:
            text = base64.b64decode(challenge, validate=True)
        except binascii.Error as error:
            raise _ChallengeError("it is not base64") from error
        try:
            return user + b" " + hmac.new(password, text, "md5").hexdigest().encode()
        except ValueError as error:  # a machine that allows no MD5
            raise _ChallengeError(str(error)) from error

    return _Mechanism("CRAM-MD5", None, answer)


def _xoauth2(user: bytes, token: bytes) -> _Mechanism:
    """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol

    After a rejection the server sends its reason as a challenge and waits for an empty line.
    """
    return _Mechanism("XOAUTH2", b"user=" + user + b"\1auth=Bearer " + token + b"\1\1", lambda _number, _challenge: b"")
