"""TLS settings for mail servers: certificates are checked unless the settings say otherwise."""

from __future__ import annotations

import ssl

from digest.errors import SettingsError


def tls_context(*, verify: bool = True, ca_file: str = "") -> ssl.SSLContext:
    """A context that checks certificate and name; `ca_file` is trusted as well as the machine's own authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"The authority's certificate {ca_file} ([smtp] ca_file) cannot be read: {error}.",
                "It must be a PEM file.",
            ) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
