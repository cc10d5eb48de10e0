"""How many notices somebody can make us send: to one mailbox, and to the mailboxes of one domain.

Each notice is counted in the store, under hashes of the mailbox and of the domain, so that a restart forgets nothing.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from digest.model import ConsentEvent
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.store import subscribers
from digest.store.subscribers import Consent
from digest.subscribers.consent_rules import MAILBOXES_PER_DAY, NOTICES_PER_DAY
from digest.subscribers.email_addresses import Address, mailbox_key
from digest.subscribers.mail_providers import PUBLIC_PROVIDERS

_A_DAY = timedelta(days=1)
# Before the hashed texts: no address begins so, and therefore no address has the same hash.
_MAILBOX, _DOMAIN = "mailbox: ", "domain: "


def may_notify(connection: Connection, context: Context, address: Address, *, by_domain: bool) -> bool:
    """Return whether a notice may go to this address; if so, count it. Call it in a writing transaction.

    A mailbox gets three a day, whatever tag its address has. With `by_domain`, twelve mailboxes a day of a domain get
    one, and as many more as it has subscribers; at a public provider every mailbox counts by itself.
    """
    hasher = hasher_of(context.settings)
    mailbox = mailbox_key(address.key)
    domain = mailbox.rpartition("@")[2]
    mailbox_hashes = hasher.hashes(_MAILBOX + mailbox)
    if len(_lines_today(connection, context, mailbox_hashes)) >= NOTICES_PER_DAY:
        return False
    lines = [_line(context, mailbox_hashes[0], "mailbox")]
    if by_domain and domain not in PUBLIC_PROVIDERS:
        domain_hashes = hasher.hashes(_DOMAIN + domain)
        mailboxes = {line.detail for line in _lines_today(connection, context, domain_hashes)}
        if (
            mailboxes.isdisjoint(mailbox_hashes)
            and len(mailboxes) >= MAILBOXES_PER_DAY
            and len(mailboxes) >= MAILBOXES_PER_DAY + subscribers.active_at(connection, domain)
        ):
            return False
        lines.append(_line(context, domain_hashes[0], "domain", detail=mailbox_hashes[0]))
    subscribers.add_consent(connection, lines)
    return True


def _lines_today(connection: Connection, context: Context, hashes: tuple[str, ...]) -> list[Consent]:
    since = context.clock() - _A_DAY
    lines = subscribers.history(connection, hashes)
    return [line for line in lines if line.what is ConsentEvent.NOTICE and line.at > since]


def _line(context: Context, hash_: str, how: str, *, detail: str = "") -> Consent:
    return Consent(hash_, context.clock(), ConsentEvent.NOTICE, how, detail=detail)
