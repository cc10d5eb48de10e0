"""Reverse proxies: which connections come from one that the settings name, and what is believed of their headers."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from digest.web.desk.who.people import LONGEST_NAME
from digest.web.networks import Networks


class Proxies:
    """The networks of `[desk] proxies`."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = Networks(networks)

    def is_proxy(self, scope: Scope) -> bool:
        """Whether the connection itself comes from a named proxy."""
        return bool(scope.get("client")) and scope["client"][0] in self._networks

    def ip(self, scope: Scope) -> str:
        """Return the visitor's address: the last one in X-Forwarded-For that is no proxy's, if a proxy has sent it."""
        peer = str(scope["client"][0]) if scope.get("client") else ""
        if not self.is_proxy(scope):
            return peer
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))[-2_000:].split(",")
        return next((ip for one in reversed(forwarded) if (ip := one.strip()) and ip not in self._networks), peer)


def login_in_header(scope: Scope, name: str) -> str:
    """Return the log-in in the proxy's header; "" if there is none, more than one, or one that is no name."""
    values = Headers(scope=scope).getlist(name)
    if len(values) != 1:
        return ""
    try:
        login = values[0].encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return ""
    return login if login and login.isprintable() and len(login) <= LONGEST_NAME else ""


def without_header(scope: Scope, name: str) -> None:
    """Take a header out of a request, so that nothing behind can believe it."""
    key_of_header = name.lower().encode("latin-1")
    scope["headers"] = [(key, value) for key, value in scope["headers"] if key.lower() != key_of_header]
