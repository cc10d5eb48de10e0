"""Signed messages from a mould: what all readers share is brought into canonical form once, not once per reader.

The body's canonical form (RFC 6376 3.4.4) looks at one line at a time, but for blank lines at its very end. A mould's
parts are whole lines and its last line is a boundary, so the parts can be canonical one by one.
"""

from __future__ import annotations

import hashlib

from digest.mail.dkim import Signer, canonical_body, header_fields
from digest.mail.dots import Wire
from digest.mail.message import HEADER_PIECES, Addressing, Mould

_END = b".\r\n"  # keeps blank lines at a part's end, which stand in the midst of the message


class SealedMould:
    """A mould and a signer: fills in and signs. Safe to use from several threads."""

    def __init__(self, mould: Mould, signer: Signer) -> None:
        self._mould = mould
        self._signer = signer
        self._shared = header_fields(mould.head)
        first = True
        self._ready: list[bytes | None] = []
        for part in mould.parts:
            if isinstance(part, bytes):
                # The first part begins with the empty line that ends the headers: it is not of the body.
                self._ready.append(_canonical(part[2:] if first else part))
            else:
                self._ready.append(None)
            first = False

    def wired(self, addressing: Addressing) -> Wire:
        """The signed message to one reader, as SMTP sends it: the same bytes as signing what the mould fills."""
        pieces = self._mould.pieces(addressing)
        body = hashlib.sha256()
        for ready, piece in zip(self._ready, pieces[HEADER_PIECES:], strict=True):
            body.update(_canonical(piece) if ready is None else ready)
        # No header is both the reader's and everybody's, so that each list of lines is whole.
        fields = self._shared | header_fields(pieces[0])
        return self._mould.joined(pieces, first=self._signer.signature(fields, body.digest()))


def _canonical(lines: bytes) -> bytes:
    return canonical_body(lines + _END)[: -len(_END)]
