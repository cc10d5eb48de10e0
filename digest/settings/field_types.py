"""What settings can be: kinds of values with their checks."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from digest.domain_names import to_ascii
from digest.mailbox_syntax import split_mailbox
from digest.settings.slug import LONGEST
from digest.week import Cutoff

CONFIG = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
"""Of every table."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _address(value: str) -> str:
    _, address = split_mailbox(value)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or "\n" in value or "\r" in value:
        raise ValueError(f'write an address, such as "The Digest <digest@example.org>", not {value!r}')
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'{value!r} is not a time zone; write one such as "Europe/London"') from None
    return value


def _cron(value: str) -> str:
    if value:
        from cronsim import CronSim, CronSimError

        try:
            CronSim(value, datetime(2024, 1, 1, tzinfo=UTC))
        except CronSimError:
            raise ValueError(f'{value!r} is not a cron line; write five fields, such as "0 6 * * MON"') from None
    return value


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return bool(parts.scheme in ("http", "https") and parts.hostname and port_is_right and not re.search(r"\s", value))


def is_safe_url(value: str) -> bool:
    """Whether nobody on the way can read what is sent there: https anywhere, http on this machine only."""
    parts = urlsplit(value) if is_web_address(value) else None
    return parts is not None and (parts.scheme == "https" or parts.hostname in _LOOPBACK)


def _place(value: str) -> str:
    if value:
        from digest.public_holidays import holidays_of

        holidays_of(value)  # raises ValueError for a place that is not known
    return value


def _http_url(value: str) -> str:
    if value and not is_web_address(value):
        raise ValueError(f"{value!r} is not a web address; it starts with https:// or http://")
    return value


def _public_url(value: str) -> str:
    """Return the URL with its host in ASCII, as in headers, links and the `Host` that browsers send."""
    parts = urlsplit(_http_url(value))
    if parts.netloc.isascii():
        return value
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{to_ascii(parts.hostname or '')}{port}"))


def host(value: str) -> str:
    return value if value.isascii() else to_ascii(value)


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(f'{value!r} is not a network; write one such as "10.0.0.0/8"') from None


def _cutoff(value: Any) -> Cutoff:
    if isinstance(value, Cutoff):
        return value
    return Cutoff.parse(str(value))


Address = Annotated[str, AfterValidator(_address)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
Host = Annotated[str, AfterValidator(host)]
Cron = Annotated[str, AfterValidator(_cron)]
Place = Annotated[str, AfterValidator(_place)]
Network = Annotated[str, AfterValidator(_network)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Slug = Annotated[str, Field(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$", max_length=LONGEST)]
Zone = Annotated[str, AfterValidator(_zone)]
CutoffTime = Annotated[Cutoff, BeforeValidator(_cutoff)]
