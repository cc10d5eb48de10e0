"""Where Prefect's API is, and how to log in there, as Prefect's own clients find out: without importing Prefect.

The environment comes first, then the profile that is in use (`prefect profile use`).
"""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PrefectAddress:
    """A Prefect API. `url` is "" if none is named."""

    url: str
    headers: Mapping[str, str]  # by which we log in
    source: str  # what names it, for people


def prefect_address(environment: Mapping[str, str] = os.environ) -> PrefectAddress:
    """Return the API that `PREFECT_API_URL` or the profile in use names."""
    profile, source = _profile(environment)
    values = {**profile, **{name: value for name, value in environment.items() if value}}
    if environment.get("PREFECT_API_URL"):
        source = "PREFECT_API_URL"
    return PrefectAddress(values.get("PREFECT_API_URL", "").rstrip("/"), _authorization(values), source)


def _authorization(values: Mapping[str, str]) -> dict[str, str]:
    """Return the header that Prefect's clients send: user and password, or a key of Prefect Cloud."""
    if login := values.get("PREFECT_API_AUTH_STRING", ""):
        return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    key = values.get("PREFECT_API_KEY", "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _profile(environment: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the settings of the profile in use, and what to call it; nothing where there is none."""
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}, ""
    name = environment.get("PREFECT_PROFILE") or str(document.get("active", ""))
    profiles = document.get("profiles")
    values = profiles.get(name) if isinstance(profiles, dict) else None
    if not isinstance(values, dict):
        return {}, ""
    return {str(key): str(value) for key, value in values.items()}, f"the profile {name} of {path}"
