"""What went wrong on the web, said for people who write newsletters, with what they can do about it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from enum import StrEnum

from digest.collect.transport import (
    BadAddressError,
    ForbiddenError,
    RefusedError,
    TLSError,
    TransportError,
    UnknownHostError,
)


class FailureKind(StrEnum):
    """Why nothing usable came. One word each, for the store and the tests; the sentence is in the reason."""

    GONE = "gone"
    NOT_FOUND = "not-found"
    DENIED = "denied"
    BUSY = "busy"
    SERVER = "server"
    STATUS = "status"
    FORBIDDEN = "forbidden-address"
    BAD_ADDRESS = "bad-address"
    NO_HOST = "no-host"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    LOOP = "redirect-loop"
    BROKEN = "broken"
    ROBOTS = "robots"


def status_failure(status: int, host: str) -> tuple[FailureKind, str]:
    """The kind and the sentence of an HTTP status that is neither success, redirect nor 304."""
    if status == 410:
        return FailureKind.GONE, f"{host} says that this is gone for good (410). Remove it, or find its successor."
    if status == 404:
        return (
            FailureKind.NOT_FOUND,
            f"{host} has nothing at this address (404). It may have moved: look for its new address on the site.",
        )
    if status in (401, 403, 407, 451):
        return (
            FailureKind.DENIED,
            f"{host} does not let the digest read this ({status}). Ask its owner to allow feed readers.",
        )
    if status == 429:
        return FailureKind.BUSY, f"{host} asks for fewer visits (429). It is left alone for a while and tried again."
    if 500 <= status < 600:
        return FailureKind.SERVER, f"{host} has a fault of its own ({status}). It is tried again later."
    return FailureKind.STATUS, f"{host} answered with something unexpected (HTTP {status})."


def forbidden(host: str, addresses: Sequence[str]) -> str:
    where = f" ({', '.join(addresses[:2])})" if addresses and addresses[0] != host else ""
    return (
        f"{host} is not on the public internet{where}, and the digest does not visit private networks by itself. "
        "If it is yours, add its network to [collect] allow_networks."
    )


def bad_address(url: str) -> str:
    return f"{url[:200]!r} is not a web address: it must start with https:// or http:// and name a host."


def bad_redirect(host: str) -> str:
    return f"{host} sends visitors on to something that is not a web address. Look for the right address on the site."


def no_host(host: str, *, for_now: bool) -> str:
    if for_now:
        return f"{host} could not be looked up just now: the name server did not answer. It is tried again later."
    return f"There is no site called {host}. Is the address spelled right? If it is, the site has gone."


def refused(host: str) -> str:
    return f"{host} cannot be reached: it does not accept connections. It is tried again later."


def timeout(host: str, seconds: float) -> str:
    return f"{host} did not answer completely within {seconds:g} seconds. It is tried again later."


def loop(host: str) -> str:
    return f"{host} sends visitors round in circles (too many redirects). Look for the right address on the site."


def broken(host: str) -> str:
    return f"{host} broke off in the middle of its answer. It is tried again later."


def robots(host: str) -> str:
    return f"{host} asks robots not to read this page (robots.txt), so only what its feed says is used."


def tls(host: str, error: BaseException | None) -> str:
    """From the certificate error at the bottom of the chain, where there is one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message or ""
        if "expired" in said:
            why = "has expired"
        elif "match" in said or "mismatch" in said.lower():
            why = "is for another name"
        elif "self-signed" in said or "self signed" in said:
            why = "was signed by nobody but itself"
        elif "unable to get" in said:
            why = "comes from an authority that is not known here"
        else:
            why = f"is not valid ({said})" if said else "is not valid"
        return f"The security certificate of {host} {why}, so what it says cannot be trusted. Tell the site's owner."
    return f"No secure connection to {host} could be made (TLS). Tell the site's owner."


def transport_failure(error: TransportError, host: str, url: str) -> tuple[FailureKind, str]:
    """The kind and the sentence of a visit that got no answer."""
    if isinstance(error, ForbiddenError):
        return FailureKind.FORBIDDEN, forbidden(host, error.addresses)
    if isinstance(error, UnknownHostError):
        return FailureKind.REFUSED if error.for_now else FailureKind.NO_HOST, no_host(host, for_now=error.for_now)
    if isinstance(error, TLSError):
        return FailureKind.TLS, tls(host, error.cause)
    if isinstance(error, RefusedError):
        return FailureKind.REFUSED, refused(host)
    if isinstance(error, BadAddressError):
        return FailureKind.BAD_ADDRESS, bad_address(url)
    return FailureKind.BROKEN, broken(host)
