"""What DNS says of the newsletter's domains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.settings import Settings
from digest.steps.checks.line import Line, Verdict, warning
from digest.steps.dns import look_up


def dns(settings: Settings, _now: datetime) -> Iterator[Line]:
    """SPF, DKIM, DMARC, and where bounces go."""
    advice = look_up(settings)
    if advice is None:
        yield warning("DNS", "no name server answers: SPF, DKIM and DMARC were not checked", "Try again.")
        return
    for item in advice:
        yield Line(Verdict.OK if item.good else Verdict.WARNING, item.what, item.message, item.remedy)
