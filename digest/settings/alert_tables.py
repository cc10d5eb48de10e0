"""The table `[alerts]` of `digest.toml`: who is told that something is wrong, and after how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from digest.settings.field_types import CONFIG, Address, is_safe_url, is_web_address


def _webhook(value: str) -> str:
    """The messages never show the address: whoever has it can write to the channel."""
    if value and not is_safe_url(value):
        raise ValueError("write the whole address of the webhook; it starts with https://")
    return value


def _heartbeat(value: str) -> str:
    if value and not is_web_address(value):
        raise ValueError("write the whole address that the watchdog gave you; it starts with https:// or http://")
    return value


WebhookUrl = Annotated[str, AfterValidator(_webhook)]
HeartbeatUrl = Annotated[str, AfterValidator(_heartbeat)]


class AlertRule(BaseModel):
    model_config = CONFIG

    to: list[Address] = []  # whom alerts are mailed to; [] means [newsletter] editors
    webhook_url: WebhookUrl = ""  # of Slack, Teams or Mattermost; better in DIGEST_ALERTS_WEBHOOK_URL
    heartbeat_url: HeartbeatUrl = ""  # asked for after each run that went well; better in DIGEST_ALERTS_HEARTBEAT_URL
    edition_hours: float = Field(6.0, gt=0, le=24 * 7)  # after its time, an edition that is not there is missing
    draft_hours: float = Field(24.0, gt=0, le=24 * 30)  # a draft that has waited so long is reminded of
    queue_minutes: float = Field(30.0, ge=5, le=60 * 24)  # so long may a queue, or a notice to editors, stand still
    backup_days: float = Field(8.0, ge=0, le=365)  # so old may the last backup be; 0: somebody else sees to that
    source_days: float = Field(30.0, ge=1, le=365)  # a source that could not be read for so long is dead
