"""Why a request failed, and what to do about it: one short message each, for the editors of a newsletter."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from enum import StrEnum

from digest.collect.guarded_transport import (
    BadAddressError,
    ForbiddenError,
    RefusedError,
    TLSError,
    TransportError,
    UnknownHostError,
)


class FailureKind(StrEnum):
    """Why a request failed, in one word. The sentence for people stands beside it, as the reason."""

    GONE = "gone"
    NOT_FOUND = "not-found"
    DENIED = "denied"
    CHALLENGE = "challenge"
    BUSY = "busy"
    SERVER = "server"
    STATUS = "status"
    FORBIDDEN = "forbidden-address"
    BAD_ADDRESS = "bad-address"
    NO_HOST = "no-host"
    NAME_SERVER = "name-server"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    LOOP = "redirect-loop"
    BROKEN = "broken"
    ROBOTS = "robots"
    TOO_LARGE = "too-large"


def status_failure(status: int, host: str) -> tuple[FailureKind, str]:
    """The kind and the sentence of an HTTP status that is neither success, redirect nor 304."""
    if status == 410:
        return FailureKind.GONE, f"{host} says that this is gone for good (410). Remove it, or find its new address."
    if status == 404:
        return FailureKind.NOT_FOUND, f"{host} has nothing at this address (404). Look on the site for the new address."
    if status in (401, 403, 407, 451):
        return (
            FailureKind.DENIED,
            f"{host} does not let Digest read this ({status}). Ask the site's owner to allow feed readers.",
        )
    if status == 429:
        return FailureKind.BUSY, f"{host} asks for fewer requests (429). Digest waits and tries again."
    if 500 <= status < 600:
        return FailureKind.SERVER, f"{host} reports an error of its own ({status}). Digest tries again later."
    return (
        FailureKind.STATUS,
        f"{host} sent an unexpected reply (HTTP {status}). Open the address in a browser to see what is there.",
    )


def challenge(host: str) -> str:
    return (
        f"{host} shows a challenge in place of its content, to tell people from programs. "
        "Ask the site's owner to let Digest through (by [collect] user_agent), or look for another feed of theirs."
    )


def forbidden(host: str, addresses: Sequence[str]) -> str:
    where = f" ({', '.join(addresses[:2])})" if addresses and addresses[0] != host else ""
    return (
        f"{host} is not on the public internet{where}, and Digest visits no private network unless you allow it. "
        "If the network is yours, add it to [collect] allow_networks."
    )


def bad_address(url: str) -> str:
    return f"{url[:200]!r} is not a web address: it must start with https:// or http:// and name a host."


def no_host(host: str, *, for_now: bool) -> str:
    if for_now:
        return f"The name {host} could not be looked up: the name server did not answer. Digest tries again later."
    return f"There is no site called {host}. Check the spelling. If it is right, the site no longer exists."


NO_NAMES = (
    "No name could be looked up, of any source. The cause is almost certainly this machine's network or name server, "
    "not the sites. Check its connection and DNS settings, then collect again."
)
"""In place of a sentence for each source, where all of them failed so."""


def refused(host: str) -> str:
    return f"{host} does not accept connections. Digest tries again later."


def unforeseen(error: BaseException) -> str:
    """What nobody has foreseen. The error's own text stays in the log: it may quote what a stranger wrote."""
    return f"Digest itself failed ({type(error).__name__}). Please report it, with this address."


def timeout(host: str, seconds: float) -> str:
    return f"{host} took longer than {seconds:g} seconds to answer. Digest tries again later."


def loop(host: str) -> str:
    return f"{host} redirects too often, or in a circle. Look on the site for the right address."


def broken(host: str) -> str:
    return f"{host} sent a damaged or incomplete response. Digest tries again later."


def robots(host: str) -> str:
    return f"{host} asks programs not to read this page (robots.txt). Digest uses only the text of its feed."


def tls(host: str, error: BaseException | None) -> str:
    """From the certificate error at the bottom of the chain, where there is one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        message = error.verify_message or ""
        if "expired" in message:
            why = "has expired"
        elif "match" in message or "mismatch" in message.lower():
            why = "is for another name"
        elif "self-signed" in message or "self signed" in message:
            why = "is self-signed"
        elif "unable to get" in message:
            why = "comes from an authority that this machine does not know"
        else:
            why = f"is not valid ({message})" if message else "is not valid"
        return f"The security certificate of {host} {why}, so Digest does not trust the site. Tell the site's owner."
    return f"Digest could not make a secure connection to {host} (TLS). Tell the site's owner."


def transport_failure(error: TransportError, host: str, url: str) -> tuple[FailureKind, str]:
    """The kind and the sentence of a request without an answer."""
    if isinstance(error, ForbiddenError):
        return FailureKind.FORBIDDEN, forbidden(host, error.addresses)
    if isinstance(error, UnknownHostError):
        return FailureKind.NAME_SERVER if error.for_now else FailureKind.NO_HOST, no_host(host, for_now=error.for_now)
    if isinstance(error, TLSError):
        return FailureKind.TLS, tls(host, error.cause)
    if isinstance(error, RefusedError):
        return FailureKind.REFUSED, refused(host)
    if isinstance(error, BadAddressError):
        return FailureKind.BAD_ADDRESS, bad_address(url)
    return FailureKind.BROKEN, broken(host)
