"""The table `[metrics]` of `digest.toml`."""

from __future__ import annotations

from pydantic import BaseModel

from digest.settings.field_types import CONFIG, Network


class MetricsRule(BaseModel):
    model_config = CONFIG

    allow: list[Network] = []  # may read /metrics besides this machine, and besides whoever has DIGEST_METRICS_TOKEN
