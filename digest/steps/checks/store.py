"""The store: it opens, has this version's schema, is whole and can be written; and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from digest.errors import DigestError
from digest.model import EffectiveStatus
from digest.settings import Settings
from digest.settings.secret_key import fingerprint
from digest.steps.bounces.mailbox_health import mailbox_health
from digest.steps.checks.line import Line, Verdict, error, good, warning
from digest.steps.checks.private import rights
from digest.steps.checks.templates import languages
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import obstacle_here, register_store
from digest.store import examine, subscriber_list
from digest.store.engine import Store, open_store, shown_url, sqlite_file

_PATIENCE = 5.0  # seconds for a lock


@contextmanager
def opened(settings: Settings) -> Iterator[Store | None]:
    """Give the store as it is: nothing is made or migrated. None if there is no file yet. Raises StoreError."""
    path = sqlite_file(settings.store_url)
    if path is not None and not path.exists():
        yield None
        return
    store = open_store(settings.store_url, migrate=False)
    try:
        yield store.with_lock_timeout(_PATIENCE)
    finally:
        store.close()


@contextmanager
def current(settings: Settings) -> Iterator[Store | None]:
    """The same; None also where the schema is not this version's, which the check of the store says."""
    with opened(settings) as store:
        yield store if store is not None and examine.schema_state(store).is_current else None


def opens(settings: Settings, now: datetime) -> Iterator[Line]:
    """Does it open, with which schema, and can it be written?"""
    with opened(settings) as store:
        if store is None:
            yield good("store", "none yet: the first command that needs it makes it")
            return
        schema = examine.schema_state(store)
        where = shown_url(store.engine)
        if not schema.version:
            yield good("store", f"{where} is empty: the first command that needs it makes its tables")
        elif schema.is_newer:
            what = f"{where} has schema {schema.version}, of a newer Digest; this one knows {schema.newest}"
            yield error("store", what, "Upgrade this installation.")
        elif not schema.is_current:
            what = f"{where} has schema {schema.version}; this version of Digest needs {schema.newest}"
            yield warning("store", what, "Back it up; then `digest status` migrates it, as any command does.")
        elif refusal := examine.refusal_to_write(store):
            yield error("store", f"{where} cannot be written: {refusal}", "Is it mounted read-only, or a replica?")
        else:
            with store.reading() as connection:
                active = subscriber_list.counts(connection, now)[EffectiveStatus.ACTIVE]
            size = f"{examine.size(store) / 1e6:,.1f} MB"
            yield good("store", f"{where}: {active} active subscribers; schema {schema.version}, {size}")


def is_whole(settings: Settings, _now: datetime) -> Iterator[Line]:
    """SQLite's quick check of the file, and of who belongs to whom."""
    with opened(settings) as store:
        if store is None or not store.is_sqlite:
            return
        if damage := examine.damage(store):
            remedy = "Stop all that uses it; then `digest restore FILE --force` with the newest backup keeps it aside."
            yield error("integrity", f"the store is damaged: {damage}", remedy)
        else:
            yield good("integrity", "the store's quick check finds nothing wrong")


def sends_here(settings: Settings, now: datetime) -> Iterator[Line]:
    """Is it a copy, which sends nothing until a person says so?"""
    with current(settings) as store:
        if store is not None and (reason := obstacle_here(Context(settings, store, lambda: now))):
            remedy = (
                "If the original has sent nothing since, run `digest deliveries accept`;"
                " otherwise `digest deliveries restored W` for each edition W that it may have sent."
            )
            yield warning("sending", f"nothing is sent from here: {reason}", remedy)


def is_private(settings: Settings, _now: datetime) -> Iterator[Line]:
    """May other users of the machine read the addresses in it?"""
    path = sqlite_file(settings.store_url)
    if path is not None and path.exists():
        yield from rights("store", path)


def contents(settings: Settings, now: datetime) -> Iterator[Line]:
    """Subscribers, their languages, and the mail that came back."""
    with current(settings) as store:
        if store is None:
            return
        with store.reading() as connection:
            counts = subscriber_list.counts(connection, now)
            numbers_by_tag = subscriber_list.languages(connection, now)
            findings = list(mailbox_health(connection, settings, now))
    if not counts[EffectiveStatus.ACTIVE]:
        yield warning("subscribers", "none", "`digest subscribers import subscribers.csv`")
    for one in findings:
        yield Line(Verdict.OK if one.good else Verdict.WARNING, "returned mail", one.message, one.remedy)
    with suppress(DigestError):  # a wrong template: the check of templates says so
        yield from languages(settings, numbers_by_tag)


def secret_key(settings: Settings, now: datetime) -> Iterator[Line]:
    """Is the key the store's, and may nobody else read it?"""
    with current(settings) as store:
        if store is None:
            key = settings.find_secret_key()
            place = settings.secret_key_place
            yield good("secret key", f"{place}: fingerprint {fingerprint(key)}" if key else "none yet: it will be made")
        else:
            context = Context(settings, store, lambda: now)
            register_store(context)
            check_key(context)
            name = fingerprint(settings.secret_key)
            yield good("secret key", f"{settings.secret_key_place} is the store's: fingerprint {name}")
    if (path := settings.secret_key_path) is not None:
        yield from rights("secret key", path)
