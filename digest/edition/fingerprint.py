"""What approval is of: the exact content, in one fingerprint. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from digest.model import EditionMail

_NOT_SHOWN = ("revision", "sources", "left_out")
"""Of an edition's snapshot: what no subscriber sees. A revision that differs in these alone says the same."""


def fingerprint(
    content: Mapping[str, Any], rendered: EditionMail, *, templates: str, design: str, audience: Mapping[str, Any]
) -> str:
    """sha256, in hex, of all that decides what is sent and to whom.

    `content` is the edition's snapshot as JSON values, `templates` the hash of the template files, `design` the
    settings that show, `audience` the rule that says who gets it. `rendered` is the mail with every theme in it, so
    that a new version of a library that would send other bytes counts as a change, too.
    """
    shown = {key: value for key, value in content.items() if key not in _NOT_SHOWN}
    whole = {
        "content": shown,
        "subject": rendered.subject,
        "html": hashlib.sha256(rendered.html.encode()).hexdigest(),
        "text": hashlib.sha256(rendered.text.encode()).hexdigest(),
        "templates": templates,
        "look": design,
        "audience": dict(audience),
    }
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
