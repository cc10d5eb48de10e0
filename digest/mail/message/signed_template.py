"""Signed messages from a template: what all subscribers share is brought into canonical form once, not once per
subscriber.

The body's canonical form (RFC 6376 3.4.4) looks at one line at a time, but for blank lines at its very end. The
pieces of a template are whole lines and its last line is a boundary, so the pieces can be canonical one by one.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from digest.mail.message.dkim import Signer, canonical_lines, header_fields, signed_lines
from digest.mail.message.dot_stuffing import SmtpData
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import MessageTemplate, interleaved


@lru_cache(maxsize=1024)
def _begun(*pieces: bytes) -> hashlib._Hash:
    """The hash of a body as far as its second slot: the first is the greeting, and many subscribers have the same name,
    or none. This saves much of the hashing."""
    return hashlib.sha256(b"".join(pieces))


class SignedTemplate:
    """A message template and a signer: fills in and signs. Safe to use from several threads."""

    def __init__(self, template: MessageTemplate, signer: Signer) -> None:
        self._template = template
        self._signer = signer
        self._shared = header_fields(template.head)
        self._plans: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[bytes, ...]]] = {}
        # A template begins with the empty line that ends the headers, which is not part of the body.
        self._ready = tuple(map(canonical_lines, (template.ready[0][2:], *template.ready[1:])))

    def smtp_data(self, addressing: Addressing) -> SmtpData:
        """The signed message to one subscriber, as SMTP sends it: the same bytes as signing the filled template."""
        filled = self._template.filled(addressing)
        pieces = interleaved(self._ready, filled.changed(canonical_lines))
        body = _begun(*pieces[:3]).copy()
        for piece in pieces[3:]:
            body.update(piece)
        own_fields = header_fields(filled.head)
        names, shared = self._planned(tuple(own_fields))
        lines = [line or own_fields[name][0] for name, line in zip(names, shared, strict=True)]
        return self._template.joined(filled, first=self._signer.signature_of(names, lines, body.digest()))

    def _planned(self, own: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
        """Which lines are signed where the subscriber has these headers of their own, with b"" in the place of each."""
        plan = self._plans.get(own)
        if plan is None:
            # No header is both the subscriber's and everybody's, and the subscriber's own come once each.
            plan = self._plans[own] = signed_lines({**self._shared, **{name: [b""] for name in own}})
        return plan
