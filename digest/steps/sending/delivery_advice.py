"""Advice for people about deliveries. Pure: counts go in, sentences come out."""

from __future__ import annotations

from digest.mail.smtp.outbox import Tally
from digest.model import DeliveryCounts, Mailing


def continue_command(mailing: Mailing) -> str:
    """Return the command that continues with the deliveries of `mailing`."""
    return f"`digest correct {mailing.week}`" if mailing.correction else f"`digest send {mailing.week}`"


def troubles(mailing: Mailing, counts: DeliveryCounts) -> list[str]:
    """Return a line for each kind of trouble, with the commands that help; nothing if all went well."""
    advice = []
    if counts.deferred:
        advice.append(
            f"{counts.deferred} deferred by the mail server: {continue_command(mailing)}, or the next run, tries again"
            " when they are due"
        )
    if counts.failed:
        advice.append(
            f"{counts.failed} failed: `digest deliveries list {mailing} --state failed` says why,"
            f" `digest deliveries retry {mailing}` queues again all that failed or were deferred"
        )
    if counts.uncertain:
        advice.append(
            f"{counts.uncertain} uncertain, waiting for you: `digest deliveries reconcile --maillog FILE` settles those"
            f" that the mail server's log mentions, `digest deliveries retry {mailing} --uncertain` queues all of them"
            " again"
        )
    return advice


def after_stop(mailing: Mailing, counts: DeliveryCounts, tally: Tally) -> str:
    """Return what to do after a run that stopped because the mail server accepts nothing from us."""
    sentences = [tally.remedy] if tally.remedy else []
    if tally.rejected:
        sentences.append(
            f"{tally.rejected} subscribers failed, and the cause may be on your side: "
            f"`digest deliveries list {mailing} --state failed` says why. Correct the cause; "
            f"then `digest deliveries retry {mailing}` queues again all that"
            " failed or were deferred."
        )
        if counts.queued and not mailing.correction:
            sentences.append(
                f"Until then, `digest hold {mailing.week}` keeps the next run from trying more of them;"
                f" `digest approve {mailing.week}` then continues it."
            )
    if counts.uncertain:
        sentences.append(troubles(mailing, DeliveryCounts(uncertain=counts.uncertain))[0] + ".")
    if counts.queued or counts.sending:
        sentences.append(f"{continue_command(mailing)}, or the next run, continues where this one stopped.")
    elif counts.deferred:
        sentences.append(troubles(mailing, DeliveryCounts(deferred=counts.deferred))[0] + ".")
    elif tally.rejected:
        sentences.append(f"{continue_command(mailing)} then sends them.")
    return "\n".join(sentences)


def progress(counts: DeliveryCounts) -> str:
    """Return the progress of the deliveries after a run that stopped: "3 sent, 20 failed, 177 stay queued"."""
    names = ("sent", "deferred", "failed", "uncertain")
    parts = [f"{getattr(counts, name)} {name}" for name in names if getattr(counts, name) or name == "sent"]
    queued = counts.queued + counts.sending
    return ", ".join([*parts, f"{queued} stay{'s' if queued == 1 else ''} queued"] if queued else parts)
