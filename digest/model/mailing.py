"""What deliveries belong to: an edition, or one of its corrections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.errors import UsageError
from digest.week import Week


@dataclass(frozen=True, slots=True, order=True)
class Mailing:
    """The edition of a week ("2019-W12"), or a correction to it ("2019-W12+1" for the first)."""

    week: Week
    correction: int = 0  # 0 is the edition itself

    @classmethod
    def parse(cls, text: str) -> Mailing:
        """Read what `str` writes. Raises UsageError."""
        return _parse(text)

    def __str__(self) -> str:
        return f"{self.week}+{self.correction}" if self.correction else str(self.week)


@lru_cache(maxsize=512)
def _parse(text: str) -> Mailing:
    week, plus, number = text.strip().partition("+")
    if not plus:
        return Mailing(Week.parse(week))
    if not re.fullmatch(r"0{0,5}[1-9][0-9]{0,8}", number):
        raise UsageError(f"{text!r} is not a correction.", "Write its week and number, such as 2019-W12+1.")
    return Mailing(Week.parse(week), int(number))
