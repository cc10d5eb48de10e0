"""The fingerprint that an approval stores: one hash over everything that decides what is sent and to whom. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from digest.model import EditionMail

NOT_IN_MAIL = ("revision", "sources", "left_out")
"""Fields of an edition that subscribers never see. A revision that differs in these alone has the same fingerprint."""


def fingerprint(
    content: Mapping[str, Any],
    rendered: EditionMail,
    *,
    templates: str,
    design: str,
    audience: Mapping[str, Any],
    month: EditionMail | None = None,
) -> str:
    """Return sha256, in hex.

    `content` is the edition's snapshot as JSON values, `templates` the hash of the template files, `design` that of the
    settings that show, `audience` the rule that says who gets the edition. `rendered` is the mail with every theme: so
    a new version of a library that would send other bytes changes the fingerprint too. `month` is that of monthly
    subscribers, if they get one.
    """
    parts: dict[str, Any] = {
        "content": {key: value for key, value in content.items() if key not in NOT_IN_MAIL},
        "subject": rendered.subject,
        "html": hashlib.sha256(rendered.html.encode()).hexdigest(),
        "text": hashlib.sha256(rendered.text.encode()).hexdigest(),
        "templates": templates,
        "design": design,
        "audience": dict(audience),
    }
    if month is not None:
        parts["month"] = hashlib.sha256(f"{month.subject}\n{month.html}\n{month.text}".encode()).hexdigest()
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
