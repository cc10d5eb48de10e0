"""What tests need to talk to servers on loopback."""

from __future__ import annotations

import ssl

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of httpx that speak plain HTTP: each would load the machine's authorities, which takes longer than most
requests. It trusts nobody."""
