"""`digest check` says which provider's secret is missing or can be guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.settings import Secrets, load_settings
from digest.steps.checks import Verdict, run_checks, selected

TOML = """
[newsletter]
title = "Test"
from = "d@example.org"
public_url = "https://digest.example.org"
[bounces]
webhooks = ["json"]
"""


@pytest.mark.parametrize(
    ("secret", "verdict", "words"),
    [
        ("", Verdict.ERROR, "DIGEST_WEBHOOK_JSON is not set"),
        ("hunter2", Verdict.WARNING, "DIGEST_WEBHOOK_JSON has only 7 characters"),
        ("5d1c7a0e3b9f4c2286aa", Verdict.OK, "https://digest.example.org/bounces/json"),
    ],
)
def test_a_webhook_s_secret(secret: str, verdict: Verdict, words: str, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(TOML, "utf-8")
    settings = load_settings(tmp_path / "digest.toml", Secrets(webhook_json=secret))
    checks = [check for check in selected(online=False, machine=False) if check.what == "webhooks"]
    (line,) = run_checks(checks, settings, datetime(2019, 3, 25, tzinfo=UTC))
    assert line.verdict is verdict
    assert words in line.message
    assert secret == "" or secret not in line.message
