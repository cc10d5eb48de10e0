"""The secrets: from the environment, or from files that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from digest.errors import SettingsError

SecretName = Literal[
    "smtp_password",
    "imap_password",
    "secret_key",
    "secret_key_previous",
    "desk_password",
    "oidc_client_secret",
    "metrics_token",
    "webhook_postmark",
    "webhook_sendgrid",
    "webhook_mailgun",
    "webhook_brevo",
    "webhook_json",
    "alerts_webhook_url",
    "alerts_heartbeat_url",
]


class Secrets(BaseSettings):
    """From the environment (`DIGEST_…`) or from files named there (`DIGEST_…_FILE`); never from digest.toml."""

    model_config = SettingsConfigDict(env_prefix="DIGEST_", extra="ignore", frozen=True)

    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_password_file: str = ""
    secret_key: SecretStr = SecretStr("")
    secret_key_file: str = ""
    secret_key_previous: SecretStr = SecretStr("")  # older keys, the newest first, separated by blanks
    secret_key_previous_file: str = ""
    desk_password: SecretStr = SecretStr("")
    desk_password_file: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: str = ""
    metrics_token: SecretStr = SecretStr("")  # for reading /metrics from another machine
    metrics_token_file: str = ""
    webhook_postmark: SecretStr = SecretStr("")  # what each provider proves itself with: docs/webhooks.md
    webhook_postmark_file: str = ""
    webhook_sendgrid: SecretStr = SecretStr("")
    webhook_sendgrid_file: str = ""
    webhook_mailgun: SecretStr = SecretStr("")
    webhook_mailgun_file: str = ""
    webhook_brevo: SecretStr = SecretStr("")
    webhook_brevo_file: str = ""
    webhook_json: SecretStr = SecretStr("")
    webhook_json_file: str = ""
    alerts_webhook_url: SecretStr = SecretStr("")
    alerts_webhook_url_file: str = ""
    alerts_heartbeat_url: SecretStr = SecretStr("")
    alerts_heartbeat_url_file: str = ""

    def read(self, name: SecretName) -> str:
        """Return the secret, or "" if there is none. Raises SettingsError if its file cannot be read."""
        value: SecretStr = getattr(self, name)
        path: str = getattr(self, f"{name}_file")
        if not path:
            return value.get_secret_value()
        try:
            text = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"The file {path}, named by DIGEST_{name.upper()}_FILE, cannot be read: {error}.",
                "Make it readable for the user that runs digest, or unset the variable.",
            ) from error
        if not text and name != "secret_key_previous":
            raise SettingsError(
                f"The file {path}, named by DIGEST_{name.upper()}_FILE, is empty.",
                "Restore what was in it, or unset the variable.",
            )
        return text
