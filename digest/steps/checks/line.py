"""What a check says: one line for each thing, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.settings import Settings


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Line:
    """What one check found about one thing."""

    verdict: Verdict
    what: str
    message: str
    remedy: str = ""


def good(what: str, message: str) -> Line:
    return Line(Verdict.OK, what, message)


def warning(what: str, message: str, remedy: str = "") -> Line:
    return Line(Verdict.WARNING, what, message, remedy)


def error(what: str, message: str, remedy: str = "") -> Line:
    return Line(Verdict.ERROR, what, message, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. It yields lines; a DigestError that it raises becomes a line, too."""

    what: str  # what its lines are about, where it cannot say so itself
    run: Callable[[Settings, datetime], Iterator[Line]]  # the settings, and the time by Digest's clock
    # Of digest.toml: tables, or keys such as smtp.port. Without them it would see something else.
    needs: tuple[str, ...] = ()
    seconds: float = 20.0  # it is not waited for longer
    online: bool = False  # it talks to other machines
    machine: bool = False  # `digest doctor` only
