"""`digest check` and `digest doctor`: the list of checks. None of them stops the others."""

from __future__ import annotations

from digest.steps.checks import (
    alerts,
    backup,
    dns_records,
    machine,
    mail,
    pages,
    prefect,
    settings,
    sources,
    store,
    templates,
)
from digest.steps.checks.line import Check, Line, Verdict
from digest.steps.checks.run_checks import run_checks

__all__ = ["CHECKS", "Check", "Line", "Verdict", "run_checks", "selected"]

# fmt: off
CHECKS = (
    Check("versions", machine.versions, machine=True),
    Check("disk", machine.disk, machine=True),
    Check("settings", settings.advice, needs=("newsletter",)),
    Check("security", settings.unencrypted, needs=("smtp",)),
    Check("templates", templates.templates, needs=("newsletter", "design", "themes", "dkim"), seconds=60),
    Check("pages", templates.pages, seconds=60),
    Check("store", store.opens, needs=("store",), seconds=60),
    Check("store", store.is_private, needs=("store",), machine=True),
    Check("store", store.contents, needs=("store", "newsletter", "bounces"), seconds=60),
    Check("integrity", store.is_whole, needs=("store",), seconds=600, machine=True),
    Check("sending", store.sends_here, needs=("store",)),
    Check("secret key", store.secret_key, needs=("store",)),
    Check("backup", backup.backup, needs=("store", "alerts"), seconds=600, machine=True),
    Check("DKIM", mail.dkim, needs=("dkim",)),
    Check("webhooks", settings.webhooks, needs=("bounces",)),
    Check("alerts", alerts.alerts, needs=("newsletter.editors", "alerts")),
    Check("clock", machine.clock, needs=("newsletter.timezone", "newsletter.cutoff")),
    Check("time zone", machine.time_zone, needs=("newsletter.timezone",), machine=True),
    Check("SMTP", mail.smtp, needs=("smtp",), seconds=90, online=True),
    Check("DNS", dns_records.dns, needs=("newsletter.from", "bounces", "dkim"), seconds=40, online=True),
    Check("public_url", pages.public, needs=("newsletter.public_url",), seconds=30, online=True),
    Check("desk", pages.desk, needs=("desk.address",), seconds=30, online=True),
    Check("Prefect", prefect.server, machine=True),
    Check("Prefect", prefect.deployments, needs=("newsletter", "schedule"), seconds=60, machine=True),
    Check("sources", sources.sources, needs=("store", "sources", "collect", "newsletter"), seconds=600, online=True),
)
# fmt: on


def selected(*, online: bool, machine: bool) -> list[Check]:
    """Return the checks of `digest check`, with `online` those that talk to others, with `machine` the doctor's."""
    return [check for check in CHECKS if (online or not check.online) and (machine or not check.machine)]
