"""The brake: many bounces alike say something about us or about one mail server, and nothing about subscribers.

One bad night of DNS, one provider that blocks us or one wrong record of our own makes hundreds of addresses bounce that
all work. So the bounces of one mailing are looked at together. Pure: bounces in, groups out.

A few bounces are normal on any list, and small lists have few subscribers: fewer than `_FEWEST` alike are no group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_FEWEST = 5  # bounces; of fewer, nobody can say what they have in common
_FEWEST_OF_TINY_LIST = 3  # where they are more than half of all recipients
_CAUSE_FACTOR = 0.2  # of the share: causes that are not the address's are rarer on any list
_DOMAIN_FACTOR = 4.0  # of the share, among the subscribers at one domain: people do leave one company together
_ABOUT_US = frozenset({"policy", "sender", "content", "size", "protocol", "throttled"})
"""Causes that are about us: many are a sign of trouble even where each for itself would suppress nobody."""
_RARELY_THE_ADDRESS = _ABOUT_US | {"network", "greylisted", "unknown", "domain"}
"""Causes that are about us or about the network. "domain", too: it is also what a mail server writes whose own name
server has failed."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Bounced:
    """A bounce, as far as the brake looks at it."""

    id: int
    cause: str  # a `Cause` of `digest.mail.smtp.verdict`
    domain: str  # of the subscriber's address
    suppresses: bool  # it is hard, or the last of several that suppress together


@dataclass(frozen=True, slots=True)
class BounceGroup:
    """Bounces that suppress nobody, because they are many alike."""

    name: str  # a cause, such as "policy"; a domain; or "all"
    ids: tuple[int, ...]


def is_about_us(cause: str) -> bool:
    """Whether bounces with this cause say something about us, and nothing about the address."""
    return cause in _ABOUT_US


def groups_of(
    bounces: Sequence[Bounced], *, recipients: int, recipients_at: Callable[[str], int], share: float
) -> list[BounceGroup]:
    """Return the groups among the bounces of one mailing. A bounce is in one group at most.

    `recipients` is how many subscribers the mailing was for, `recipients_at` how many have addresses at a domain.
    `share` is how large a part of the recipients may bounce before nobody is suppressed.
    """
    groups: list[BounceGroup] = []
    rest = [one for one in bounces if one.suppresses or is_about_us(one.cause)]

    def take(name: str, members: Iterable[Bounced]) -> None:
        nonlocal rest
        ids = tuple(one.id for one in members)
        groups.append(BounceGroup(name, ids))
        rest = [one for one in rest if one.id not in set(ids)]

    for cause, number in Counter(one.cause for one in rest if one.cause in _RARELY_THE_ADDRESS).most_common():
        if _is_many(number, recipients, share * _CAUSE_FACTOR):
            take(cause, [one for one in rest if one.cause == cause])
    rest = [one for one in rest if one.suppresses]
    for domain, number in Counter(one.domain for one in rest).most_common():
        if number >= _FEWEST and _is_many(number, recipients_at(domain), share * _DOMAIN_FACTOR):
            take(domain, [one for one in rest if one.domain == domain])
    if _is_many(len(rest), recipients, share):
        take(ALL, rest)
    return groups


def _is_many(number: int, of: int, share: float) -> bool:
    if number > of / 2 and number >= _FEWEST_OF_TINY_LIST:
        return True
    return number >= _FEWEST and number > of * share
