"""What to do about deliveries, in words. Pure: counts go in, sentences come out."""

from __future__ import annotations

from digest.mail.smtp.outbox import Tally
from digest.model import DeliveryCounts


def going_on(name: str) -> str:
    """The command that goes on with the deliveries under `name`: a week, or a correction to one."""
    week, correction, _ = name.partition("+")
    return f"`digest correct {week}`" if correction else f"`digest send {week}`"


def troubles(name: str, counts: DeliveryCounts) -> list[str]:
    """What did not go as it should, each with its commands; nothing where all went well."""
    found = []
    if counts.deferred:
        found.append(
            f"{counts.deferred} put off by the mail server: {going_on(name)}, or the next run, tries again when their"
            " time has come"
        )
    if counts.failed:
        found.append(
            f"{counts.failed} failed: `digest deliveries list {name} --state failed` says why,"
            f" `digest deliveries retry {name}` queues again all that failed or were put off"
        )
    if counts.uncertain:
        found.append(
            f"{counts.uncertain} uncertain, waiting for you: `digest deliveries reconcile --maillog FILE` settles what"
            f" the mail server's log tells, `digest deliveries retry {name} --uncertain` queues all of them again"
        )
    return found


def after_stop(name: str, counts: DeliveryCounts, tally: Tally) -> str:
    """What to do after a run that stopped because the mail server takes nothing from us."""
    said = [tally.remedy] if tally.remedy else []
    if tally.refused:
        said.append(
            f"{tally.refused} subscribers failed for what may be the sender's own fault: `digest deliveries list {name}"
            f" --state failed` says why. Mend it first; then `digest deliveries retry {name}` queues again all that"
            " failed or were put off."
        )
        week, correction, _ = name.partition("+")
        if counts.queued and not correction:
            said.append(
                f"Until it is mended, `digest hold {week}` keeps the next run from trying more of them;"
                f" `digest approve {week}` then lets it go on."
            )
    if counts.uncertain:
        said.append(troubles(name, DeliveryCounts(uncertain=counts.uncertain))[0] + ".")
    if counts.queued or counts.sending:
        said.append(f"{going_on(name)}, or the next run, goes on where this one stopped.")
    elif counts.deferred:
        said.append(troubles(name, DeliveryCounts(deferred=counts.deferred))[0] + ".")
    elif tally.refused:
        said.append(f"{going_on(name)} then sends them.")
    return "\n".join(said)


def tried(counts: DeliveryCounts) -> str:
    """How far the deliveries are, after a run that stopped: "3 sent, 20 failed, 177 stay queued"."""
    names = ("sent", "deferred", "failed", "uncertain")
    parts = [f"{getattr(counts, name)} {name}" for name in names if getattr(counts, name) or name == "sent"]
    queued = counts.queued + counts.sending
    return ", ".join([*parts, f"{queued} stay{'s' if queued == 1 else ''} queued"] if queued else parts)
