"""The store and its secret key belong together: a store refuses a key that it was not made with.

Tokens in the links of sent mails and the hashes of erased addresses were made with the key. With another one, links
stop working and an import can bring erased subscribers back. So the store holds a fingerprint of its key.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from digest.errors import SettingsError
from digest.model import AuditEvent
from digest.settings.secret_key import fingerprint
from digest.steps.context import Context
from digest.store import audit, identity, subscribers
from digest.store.engine import shown_url

LOG = logging.getLogger(__name__)

LOSSES = (
    "Links to unsubscribe and to preferences stop working in all mails that were already sent.\n"
    "Addresses that were erased, or suppressed without being subscribed, are no longer recognised: an import can bring"
    " them back."
)
"""What stops working with another key."""

REMEDY = (
    "Copy secret.key from the state folder of the machine that had it first, or set DIGEST_SECRET_KEY as there.\n"
    "If you changed the key on purpose, name the old one in DIGEST_SECRET_KEY_PREVIOUS.\n"
    "If the old one is lost, run `digest key accept`: it takes the present key, and says what stops working."
)


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """`digest key status` and `accept`: fingerprints of 16 hex digits; "" for none."""

    place: str  # where the present key is
    present: str
    store: str


def check_key(context: Context) -> None:
    """Compare the secret key with the store's; a new store, or one from before it had a fingerprint, adopts the key.

    A key whose predecessor (DIGEST_SECRET_KEY_PREVIOUS) is the store's takes its place. Raises SettingsError for any
    other, and if the key is missing; then none is made.
    """
    settings = context.settings
    with context.store.reading() as connection:
        expected = identity.key_fingerprint(connection)
        is_used = bool(expected) or subscribers.highest_number(connection) > 0
    if is_used and settings.find_secret_key() is None:
        raise SettingsError(
            f"There is no secret key {settings.secret_key_place}, but the store {shown_url(context.store.engine)} was"
            " made with one.",
            REMEDY,
        )
    present, *older = (fingerprint(key) for key in settings.secret_keys)
    if expected == present:
        return
    with context.store.writing() as connection:
        identity.lock(connection)
        expected = identity.key_fingerprint(connection)  # another program may have adopted one meanwhile
        if expected and expected != present and expected not in older:
            raise SettingsError(
                f"The secret key {settings.secret_key_place} (fingerprint {present}) is not the one that the store"
                f" {shown_url(context.store.engine)} was made with ({expected}).",
                REMEDY,
            )
        identity.set_key_fingerprint(connection, present)
    if expected in older:
        LOG.info("The store takes the new secret key %s in the place of %s.", present, expected)


def accept_key(context: Context, *, by: str) -> KeyStatus:
    """Take the present key for the store, on a person's command; make one if there is none.

    Returns the store's fingerprint as it was before.
    """
    settings = context.settings
    present = fingerprint(settings.secret_key)
    with context.store.writing() as connection:
        identity.lock(connection)
        before = identity.key_fingerprint(connection)
        identity.set_key_fingerprint(connection, present)
        detail = {"before": before, "after": present}
        audit.record(connection, AuditEvent.KEY_ACCEPTED, at=context.clock(), by=by, detail=detail)
    return KeyStatus(settings.secret_key_place, present, before)


def key_status(context: Context) -> KeyStatus:
    """Compare without changing anything. Raises SettingsError if the key cannot be read or is none."""
    key = context.settings.find_secret_key()
    with context.store.reading() as connection:
        expected = identity.key_fingerprint(connection)
    return KeyStatus(context.settings.secret_key_place, fingerprint(key) if key else "", expected)
