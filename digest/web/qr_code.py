"""A QR code as SVG."""

from __future__ import annotations

import io

import segno

from digest.escape import clean

MOST_BYTES = 1000
"""Of what is encoded: more makes a code that telephones cannot read from a poster."""


def qr_svg(text: str, *, title: str) -> bytes:
    """Return `text` as a QR code: an SVG image without a size of its own, black on white in every colour scheme, with
    the quiet zone that readers need. `title` is its accessible name. Raises ValueError for more than MOST_BYTES."""
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"a QR code holds {MOST_BYTES} bytes at most")
    image = io.BytesIO()
    code = segno.make_qr(text, error="m")
    code.save(
        image,
        kind="svg",
        title=clean(title),
        light="#fff",
        omitsize=True,
        svgclass=None,
        lineclass=None,
        encoding="utf-8",
    )
    return image.getvalue()
