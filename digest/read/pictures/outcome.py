"""What comes of a stranger's picture. Apart from what makes it, so that only workers load decoders."""

from __future__ import annotations

from dataclasses import dataclass

MOST_BYTES = 8_000_000
"""Of a picture as it is fetched."""


@dataclass(frozen=True, slots=True)
class Reencoded:
    content: bytes
    suffix: str  # ".jpg" or ".png"
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NoPicture:
    """Why there is none, as a clause about "it"."""

    reason: str
