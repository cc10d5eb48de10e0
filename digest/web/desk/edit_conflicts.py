"""Short hashes of texts that a form carries, so that two editors do not overwrite each other unknowingly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def text_hash(text: str) -> str:
    """Return a short hash of a text, for the form that changes it."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def text_hashes(texts: Iterable[str]) -> str:
    """Return the hashes of several texts, separated by spaces."""
    return " ".join(map(text_hash, texts))
