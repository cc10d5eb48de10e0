"""Signed messages from a mould: what all readers share is brought into canonical form once, not once per reader.

The body's canonical form (RFC 6376 3.4.4) looks at one line at a time, but for blank lines at its very end. A mould's
pieces are whole lines and its last line is a boundary, so the pieces can be canonical one by one.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from digest.mail.dkim import SIGNED, Signer, canonical_lines, header_fields
from digest.mail.dots import Wire
from digest.mail.message import Addressing, Mould, interleaved


class _Plan(NamedTuple):
    """Which header lines are signed, for readers whose letters have the same headers of their own."""

    names: tuple[str, ...]
    lines: tuple[bytes, ...]  # canonical; b"" in the place of one of the reader's own


class SealedMould:
    """A mould and a signer: fills in and signs. Safe to use from several threads."""

    def __init__(self, mould: Mould, signer: Signer) -> None:
        self._mould = mould
        self._signer = signer
        self._shared = header_fields(mould.head)
        self._plans: dict[tuple[str, ...], _Plan] = {}
        # A mould begins with the empty line that ends the headers: it is not of the body. What comes before any
        # reader's own is hashed once.
        first, *others = mould.ready
        self._begun = hashlib.sha256(canonical_lines(first[2:]))
        self._ready = (b"", *map(canonical_lines, others))

    def wired(self, addressing: Addressing) -> Wire:
        """The signed message to one reader, as SMTP sends it: the same bytes as signing what the mould fills."""
        filled = self._mould.filled(addressing)
        body = self._begun.copy()
        for piece in interleaved(self._ready, filled.changed(canonical_lines)):
            body.update(piece)
        mine = header_fields(filled.head)
        names, shared = self._planned(tuple(mine))
        lines = [line or mine[name][0] for name, line in zip(names, shared, strict=True)]
        return self._mould.joined(filled, first=self._signer.signature_of(names, lines, body.digest()))

    def _planned(self, own: tuple[str, ...]) -> _Plan:
        plan = self._plans.get(own)
        if plan is None:
            # No header is both the reader's and everybody's, and the reader's own come once each.
            of = {**self._shared, **{name: [b""] for name in own}}
            signed = [(name, line) for name in SIGNED for line in reversed(of.get(name, ()))]
            names, lines = zip(*signed, strict=True)
            plan = self._plans[own] = _Plan(names, lines)
        return plan
