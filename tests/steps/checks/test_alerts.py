"""`digest check` says whether anybody hears of what goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.settings import Secrets, parse_settings
from digest.steps.checks import Verdict, run_checks, selected

HOOK = "https://hooks.example.org/s3cr3t"


@pytest.mark.parametrize(
    ("editors", "webhook", "heartbeat", "expected"),
    [
        ("[]", "", "", [(Verdict.WARNING, "nobody hears of what goes wrong")]),
        ('["a@example.org"]', "", "", [(Verdict.OK, "mailed to 1 address; no heartbeat_url: nobody notices")]),
        ("[]", HOOK, HOOK, [(Verdict.OK, "posted to a webhook; a watchdog gets a heartbeat")]),
        (
            "[]",
            "http://hooks.example.org/s3cr3t",
            HOOK,
            [(Verdict.ERROR, "does not start with https"), (Verdict.OK, "")],
        ),
        ('["a@example.org"]', "", "s3cr3t", [(Verdict.ERROR, "is no web address"), (Verdict.OK, "")]),
    ],
)
def test_whom_alerts_go_to(editors: str, webhook: str, heartbeat: str, expected: list[tuple[Verdict, str]]) -> None:
    text = f'[newsletter]\ntitle = "T"\nfrom = "t@example.org"\neditors = {editors}\n'
    secrets = Secrets(alerts_webhook_url=webhook, alerts_heartbeat_url=heartbeat)
    settings = parse_settings(text, path=Path("digest.toml"), secrets=secrets)
    checks = [check for check in selected(online=False, machine=False) if check.what == "alerts"]
    lines = list(run_checks(checks, settings, datetime(2019, 3, 25, tzinfo=UTC)))
    assert [line.verdict for line in lines] == [verdict for verdict, _ in expected]
    for line, (_, words) in zip(lines, expected, strict=True):
        assert words in line.message
        assert "s3cr3t" not in line.message + line.remedy
