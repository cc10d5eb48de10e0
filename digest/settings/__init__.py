"""The one settings file, `digest.toml`: `tables` holds every setting with its default, `load` reads the file."""

from digest.settings.environment_secrets import SecretName, Secrets
from digest.settings.load import (
    Settings,
    find_settings_file,
    line_of,
    load_settings,
    parse_settings,
)

__all__ = ["SecretName", "Secrets", "Settings", "find_settings_file", "line_of", "load_settings", "parse_settings"]
