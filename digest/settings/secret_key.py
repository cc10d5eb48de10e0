"""The secret key: read it whole or not at all, and make it once."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from digest.errors import SettingsError
from digest.private_files import state_folder, sync

SHORTEST = 16  # characters; a shorter key can be guessed, or was cut off
_FINGERPRINT_PURPOSE = b"digest.fingerprint"


def key_of(text: str, place: str) -> bytes:
    """Return the key that a text stands for. Raises SettingsError if it is empty or too short to be one."""
    length = len(text.strip())
    if length < SHORTEST:
        what = f"has only {length} characters" if length else "is empty"
        otherwise = (
            "If it never was longer, set a longer one and name this one in DIGEST_SECRET_KEY_PREVIOUS."
            if length
            else "If there is none, remove this one and run `digest key accept`: it says what stops working."
        )
        raise SettingsError(
            f"The secret key in {place} {what}; a key has at least {SHORTEST} characters.",
            f"Restore it from a backup or from the machine that had it first. {otherwise}",
        )
    return hashlib.sha256(text.encode()).digest()


def fingerprint(key: bytes) -> str:
    """Return what names a key without telling it: 16 hex digits."""
    return hmac.digest(key, _FINGERPRINT_PURPOSE, "sha256").hex()[:16]


def read_key_file(path: Path) -> bytes | None:
    """Return the key in a file; None if there is no file. Raises SettingsError."""
    try:
        text = path.read_bytes().strip().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    key_of(text, str(path))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def make_key_file(path: Path) -> bytes:
    """Make a key, unless another program has made one meanwhile. Return the key in the file. Raises SettingsError.

    The file appears whole and on the disk, or not at all: it is written aside and linked into place (link(2) never
    replaces a file).
    """
    name = ""
    try:
        state_folder(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(32).hex())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        sync(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
    key = read_key_file(path)
    if key is None:
        raise _unusable(path, FileNotFoundError("it was removed again"))
    return key


def _unusable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"The secret key {path} cannot be read or created: {error.strerror or error}.",
        "Make room on the disk and the folder writable, or set DIGEST_SECRET_KEY or DIGEST_SECRET_KEY_FILE.",
    )
