"""The deployments, and the process that runs them: `digest serve`."""

from __future__ import annotations

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Schedule

from digest.settings import Settings
from flows.collect import collect
from flows.send_edition import send_edition
from flows.weekly_digest import weekly_digest

# Missed runs all start at once when a worker returns; one at a time, and the rest are dropped: every step resumes.
_ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)


def deployments(settings: Settings) -> list[RunnerDeployment]:
    """weekly-digest/weekly, send-edition/approved, send-edition/retry and collect/hourly."""
    zone = settings.newsletter.timezone

    def cron(line: str, slug: str) -> list[Schedule]:
        return [Cron(line, timezone=zone, slug=slug)] if line else []

    return [
        weekly_digest.to_deployment(
            "weekly",
            schedules=cron(settings.schedule.compose, "compose"),
            concurrency_limit=_ONE_AT_A_TIME,
            description="Collect and compose the week; send where settings allow it without approval.",
        ),
        send_edition.to_deployment(
            "approved",
            schedules=cron(settings.schedule.send, "send"),
            concurrency_limit=_ONE_AT_A_TIME,
            description="Started by an approval: send the edition.",
        ),
        send_edition.to_deployment(
            "retry",
            schedules=cron("*/15 * * * *", "retry"),
            concurrency_limit=_ONE_AT_A_TIME,
            description="Go on with what the mail server put off, and with what an interruption left.",
        ),
        collect.to_deployment(
            "hourly",
            schedules=cron("17 * * * *", "collect"),
            concurrency_limit=_ONE_AT_A_TIME,
            description="Collect all week, so that a feed which is down at composing time loses nothing.",
        ),
    ]


def run(settings: Settings) -> None:
    """Register the deployments and run what they schedule, until stopped."""
    serve(*deployments(settings))
