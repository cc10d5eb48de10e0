"""What an operator decides about bounces on hold: accept them, or dismiss them."""

from __future__ import annotations

from dataclasses import dataclass

from digest.errors import UsageError
from digest.model import AuditEvent, Bounce, BounceHold, BounceState
from digest.model.bounce import mailing_of_batch
from digest.steps.bounces.settle import count_bounces, holds
from digest.steps.context import Context
from digest.store import audit, bounces
from digest.subscribers.email_addresses import BadAddress, parse_address


@dataclass(frozen=True, slots=True)
class Selection:
    """Which bounces on hold are meant: those that fit all that is given here."""

    address: str = ""
    batch: str = ""  # an edition, a correction, or a day
    domain: str = ""
    code: str = ""  # "5.1.1", or the beginning of codes: "5.7"
    group: str = ""  # `Bounce.hold`
    everything: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError: a decision about all that is on hold has to be asked for."""
        if not (self.address or self.batch or self.domain or self.code or self.group or self.everything):
            raise UsageError(
                "Which bounces?", "Name an address, or use --mailing, --domain, --code, --group or --all; see `list`."
            )

    def __contains__(self, bounce: Bounce) -> bool:
        return (
            self.batch in ("", bounce.batch)
            and self.group in ("", bounce.hold)
            and self.domain.lower() in ("", bounce.domain)
            and f"{bounce.code}.".startswith(f"{self.code.rstrip('.x')}." if self.code else "")
            and _key(self.address) in ("", _key(bounce.email))
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """`digest bounces accept` and `dismiss`. Counts of bounces, and of subscribers."""

    accepted: int = 0
    dismissed: int = 0
    suppressed: int = 0
    left: int = 0  # still on hold


def on_hold(context: Context) -> list[Bounce]:
    """Return all bounces on hold, the oldest first."""
    with context.store.reading() as connection:
        return list(bounces.stream(connection, BounceState.ON_HOLD))


def all_holds(context: Context) -> tuple[BounceHold, ...]:
    """Return what is on hold, grouped by mailing and reason."""
    with context.store.reading() as connection:
        return holds(connection)


def accept(context: Context, selection: Selection, *, by: str = "") -> Decided:
    """Let these bounces count. Hard ones suppress at once: that the address is gone, a person has said."""
    return _decide(context, selection, BounceState.ACCEPTED, by)


def dismiss(context: Context, selection: Selection, *, by: str = "") -> Decided:
    """Let none of these bounces count, for ever."""
    return _decide(context, selection, BounceState.DISMISSED, by)


def _decide(context: Context, selection: Selection, state: BounceState, by: str) -> Decided:
    suppressed = 0
    with context.store.writing() as connection:
        chosen_rows = [one for one in bounces.stream(connection, BounceState.ON_HOLD) if one in selection]
        if state is BounceState.ACCEPTED:
            suppressed = count_bounces(connection, context, chosen_rows, state).suppressed
        else:
            bounces.change(connection, [one.id for one in chosen_rows], state)
        left = bounces.count_on_hold(connection)
        if chosen_rows:
            accepted = state is BounceState.ACCEPTED
            event = AuditEvent.BOUNCES_ACCEPTED if accepted else AuditEvent.BOUNCES_DISMISSED
            mailing = mailing_of_batch(selection.batch) if selection.batch else None
            detail = {"bounces": len(chosen_rows), "suppressed": suppressed}
            week = mailing.week if mailing else None
            audit.record(connection, event, at=context.clock(), by=by or "operator", week=week, detail=detail)
    number = len(chosen_rows)
    if state is BounceState.ACCEPTED:
        return Decided(accepted=number, suppressed=suppressed, left=left)
    return Decided(dismissed=number, left=left)


def _key(address: str) -> str:
    parsed = parse_address(address) if address else None
    return "" if parsed is None else address.lower() if isinstance(parsed, BadAddress) else parsed.key
