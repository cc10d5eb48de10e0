"""One picture, written anew: a job for a pool of its own."""

from __future__ import annotations

from digest.read.pictures.outcome import NoPicture, Reencoded


def reencode_one(content: bytes) -> Reencoded | NoPicture:
    # Imported here: whoever hands the job out never decodes, and need not load the decoders.
    from digest.read.pictures.reencode import reencode

    return reencode(content)
