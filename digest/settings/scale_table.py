"""`[scale]`: work on several machines."""

from __future__ import annotations

from pydantic import BaseModel, Field

from digest.settings.field_types import CONFIG


class ScaleRule(BaseModel):
    model_config = CONFIG

    shares: int = Field(1, ge=1, le=64)  # runs that collect, read and send an edition at once; 1: one machine
    dask: str = Field("", pattern=r"^((tcp|tls|ws|wss)://[^\s/]+)?$")  # a scheduler whose workers read posts

    def refusal(self, store_url: str) -> str:
        """Return why this cannot work with a store; "" if it can."""
        if self.shares > 1 and store_url.startswith("sqlite"):
            return (
                f"[scale] shares = {self.shares} needs a store that several machines reach: write [store] url = "
                '"postgresql://…" (see docs/scale.md), or shares = 1'
            )
        return ""
