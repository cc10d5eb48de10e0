"""Who may read `/metrics`: this machine and the networks of `[metrics] allow`, asking directly; others with the token.

What comes through a proxy has the proxy's address, or an address that the proxy may have been told by anybody. So a
request that a proxy has passed on needs the token, whoever seems to ask. A proxy on this machine that adds none of
`PASSED_ON` cannot be told from a request of this machine itself: it must keep `/metrics` to itself, as the examples in
`deploy/proxy/` do, and `digest doctor` looks whether it does.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from digest.web.host_check import host_name
from digest.web.networks import LOOPBACK, Networks

PASSED_ON = (
    "cdn-loop", "cf-connecting-ip", "forwarded", "true-client-ip", "via", "x-forwarded-by", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-server", "x-real-ip",
)  # fmt: skip
"""Headers by which proxies say that a request is another's."""
_THIS_MACHINE = Networks(LOOPBACK)


def may_read(scope: Scope, *, allow: Sequence[str], token: str) -> bool:
    """Whether this request may see the figures. `allow` are networks; the token "" is nobody's. Pure."""
    headers = Headers(scope=scope)
    if token and _has_token(headers, token):
        return True
    if any(name in headers for name in PASSED_ON) or not scope.get("client"):
        return False
    ip = str(scope["client"][0])
    if ip in Networks(allow):
        return True
    # A page in a browser here may have a name that leads to us (DNS rebinding): it says that name.
    hosts = [host_name(header) for header in headers.getlist("host")]
    return ip in _THIS_MACHINE and len(hosts) == 1 and (hosts[0] == "localhost" or hosts[0] in _THIS_MACHINE)


def _has_token(headers: Headers, token: str) -> bool:
    values = headers.getlist("authorization")
    kind, _, value = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    return kind.lower() == "bearer" and hmac.compare_digest(value.strip().encode("latin-1", "replace"), token.encode())
