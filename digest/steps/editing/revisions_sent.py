"""Which subscribers have which text of an edition, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import RevisionCount


def already_sent(counts: Sequence[RevisionCount], revision: int, fingerprint: str) -> str:
    """Return who has another text than this one: "19 subscribers already have revision 25." "" where nobody has."""
    others = [one for one in counts if one.fingerprint != fingerprint]
    numbers = [revision, *(one.revision for one in others)]
    return "; ".join(f"{_have(one, 'already ')} {_name(one, numbers)}" for one in others) + ("." if others else "")


def shares(counts: Sequence[RevisionCount]) -> str:
    """Return who has which text: "19 subscribers have revision 25; 41 subscribers have revision 26." "" where there is
    only one."""
    numbers = [one.revision for one in counts]
    return "; ".join(f"{_have(one)} {_name(one, numbers)}" for one in counts) + "." if len(counts) > 1 else ""


def _have(one: RevisionCount, already: str = "") -> str:
    return f"1 subscriber {already}has" if one.subscribers == 1 else f"{one.subscribers:,} subscribers {already}have"


def _name(one: RevisionCount, numbers: Sequence[int]) -> str:
    """The revision's number; also when it was approved, where changed templates or settings make two texts of it."""
    twice = numbers.count(one.revision) > 1
    return f"revision {one.revision}" + (f" as approved on {one.approved_at:%Y-%m-%d %H:%M} UTC" if twice else "")
