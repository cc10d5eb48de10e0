"""Signed messages from a mould: what all readers share is brought into canonical form once, not once per reader.

The body's canonical form (RFC 6376 3.4.4) looks at one line at a time, but for blank lines at its very end. A mould's
parts are whole lines and its last line is a boundary, so the parts can be canonical one by one.
"""

from __future__ import annotations

import hashlib
from typing import cast

from digest.mail.dkim import Signer, canonical_lines, header_fields
from digest.mail.dots import Wire
from digest.mail.message import HEADER_PIECES, Addressing, Mould


class SealedMould:
    """A mould and a signer: fills in and signs. Safe to use from several threads."""

    def __init__(self, mould: Mould, signer: Signer) -> None:
        self._mould = mould
        self._signer = signer
        self._shared = header_fields(mould.head)
        # A mould begins with ready bytes, and these with the empty line that ends the headers: it is not of the body.
        # They come before any reader's own, so that they are hashed once.
        first, *others = mould.parts
        self._begun = hashlib.sha256(canonical_lines(cast("bytes", first)[2:]))
        self._ready = [canonical_lines(part) if isinstance(part, bytes) else None for part in others]

    def wired(self, addressing: Addressing) -> Wire:
        """The signed message to one reader, as SMTP sends it: the same bytes as signing what the mould fills."""
        pieces = self._mould.pieces(addressing)
        body = self._begun.copy()
        for ready, piece in zip(self._ready, pieces[HEADER_PIECES + 1 :], strict=True):
            body.update(canonical_lines(piece) if ready is None else ready)
        # No header is both the reader's and everybody's, so that each list of lines is whole.
        fields = self._shared | header_fields(pieces[0])
        return self._mould.joined(pieces, first=self._signer.signature(fields, body.digest()))
