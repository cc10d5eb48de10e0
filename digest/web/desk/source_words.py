"""How a source is, in the words of the desk. Pure."""

from __future__ import annotations

from urllib.parse import quote

from digest.steps.collecting.source_health import SourceHealth

WORST_FIRST = ("bad", "warn", "new", "good", "off")


def tone(health: SourceHealth) -> str:
    """How urgent a source is: bad, warn, new, good, or off."""
    if not health.active:
        return "off"
    if not health.outcome:
        return "new"
    if health.outcome in ("error", "gone"):
        return "bad"
    odd = health.outcome == "partial" or health.silence or health.moved_to or health.proposed or health.quarantined
    return "warn" if odd else "good"


def word(health: SourceHealth) -> str:
    """The state in a word or two."""
    if not health.active:
        return "Paused"
    if not health.outcome:
        return "Not fetched yet"
    if health.outcome in ("error", "gone"):
        return "Gone" if health.outcome == "gone" else "Failing"
    if health.outcome == "partial":
        return "Damaged"
    if health.moved_to or health.proposed:
        return "Moved"
    if health.quarantined:
        return "Quarantine"
    return "Silent" if health.silence else "Healthy"


def why(health: SourceHealth, finding: str) -> list[str]:
    """What an editor should know about it, a sentence each; what is about the whole machine is sentences elsewhere."""
    sentences: list[str] = []
    if health.reason and health.reason != finding:
        sentences.append(health.reason)
    if health.failures > 1:
        sentences.append(f"It failed {health.failures} times in a row.")
    if health.moved_to:
        sentences.append(f"The feed has a new address: {health.moved_to}. Digest uses it already.")
    if health.proposed:
        sentences.append(f"Its site offers another feed: {health.proposed}.")
    if health.walls:
        sentences.append(f"{health.walls}.")
    if health.quarantined and "quarantine" not in health.reason:
        number = "1 post that looks" if health.quarantined == 1 else f"{health.quarantined} posts that look"
        sentences.append(f"{number} old stayed in quarantine.")
    if health.silence:
        sentences.append(f"{health.silence[:1].upper()}{health.silence[1:]}.")
    return sentences


def new_address(health: SourceHealth) -> str:
    """The address that one click accepts; "" if there is none."""
    return health.moved_to or health.proposed


def source_url(name: str) -> str:
    """The path of a source's page. Names are anybody's: browsers would take "." and ".." for folders."""
    if name in (".", "..") or not name.isprintable():
        return f"/sources/?name={quote(name, safe='')}"
    return f"/sources/{quote(name, safe='')}"
