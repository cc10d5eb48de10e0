"""What is on hold, why, and what to do, in sentences for operators and editors. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from digest.model import BounceHold
from digest.subscribers.bounce_brake import ALL

_ABOUT_US = "`digest check --online` and docs/deliverability.md help to find the cause. Mend it, then dismiss them."
_MOST_OF_DETAIL = 120  # characters
_NAME_SERVER = (
    "So many at once usually mean that the name server of your own mail server failed: look at its log."
    " If it was well, these domains are gone: accept them."
)
_CAUSES = {
    "policy": ("receivers reject us, not these subscribers (SPF, DKIM, DMARC, a block list)", _ABOUT_US),
    "sender": ("receivers reject our address or our mail server", _ABOUT_US),
    "content": ("receivers reject the message, not these subscribers", _ABOUT_US),
    "size": ("the message is too big for the receivers", "Make the next edition smaller, and dismiss them."),
    "domain": ("domains that cannot be found", _NAME_SERVER),
}
_OTHER = ("the network or a mail server failed, not these subscribers", "When it is mended, dismiss them.")


def describe(hold: BounceHold) -> str:
    """Return one line: how many, of how many, and why they are on hold."""
    return f"{hold.batch}: {hold.number} of {hold.recipients} bounced alike: {_what(hold)[0]}{_codes(hold)}"


def advice(hold: BounceHold) -> str:
    """Return what to do about it, with the commands."""
    options = selection(hold)
    return "\n".join(
        (
            f"{_what(hold)[1]} Until you decide, they suppress nobody.",
            f"  `digest bounces accept {options}`: they count against these addresses",
            f"  `digest bounces dismiss {options}`: it was not the subscribers' fault",
            "  `digest bounces list`: who they are",
        )
    )


def hold_text(holds: Iterable[BounceHold]) -> str:
    """Return all that is on hold, with advice for each group; "" for nothing."""
    return "\n".join(f"{describe(one)}.\n{advice(one)}" for one in holds)


def _what(hold: BounceHold) -> tuple[str, str]:
    if hold.name == ALL:
        where = f"addresses at {hold.domains} domains" if hold.domains > 1 else "addresses at one domain"
        return where, (
            "After the first edition to an old list the addresses are probably gone: accept them."
            " On a list that usually bounces little, look for one cause first: your mail server's log, a block list."
        )
    if "." in hold.name:
        return f"many addresses at {hold.name}", (
            f"Its mail server may have failed, or block you with the words for an unknown address. Ask somebody at"
            f" {hold.name}, or write to it yourself."
        )
    return _CAUSES.get(hold.name, _OTHER)


def _codes(hold: BounceHold) -> str:
    """Return what the server said of the first, and the codes of others."""
    detail = hold.detail[:_MOST_OF_DETAIL]
    parts = [*([detail] if detail else []), *(code for code in hold.codes if code not in detail)]
    return f" ({', '.join(parts)})" if parts else ""


def selection(hold: BounceHold) -> str:
    """Return the options of `digest bounces accept` and `dismiss` that name this group."""
    return f"--mailing {hold.batch} --group {hold.name}"
