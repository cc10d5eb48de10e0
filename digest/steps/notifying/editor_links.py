"""Links in mails to editors: to the very page of the desk, with a signed hint whom the mail was for.

The hint opens nothing and changes nothing. It only fills in the name at the log-in, because mails are forwarded and
mail servers visit links before anybody reads them. It is signed so that nobody else can put words on that page.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from digest.mailbox_syntax import split_mailbox
from digest.settings import Settings

PARAMETER = "from"
LASTING = timedelta(days=14)
_LONGEST = 600  # characters of a hint; none of ours is longer


def editor_link(settings: Settings, path: str, editor: str) -> str:
    """Return the link for an editor ("Ada <ada@example.org>"); "" if the desk has no address."""
    address = settings.desk.address.rstrip("/")
    if not address:
        return ""
    name = split_mailbox(editor)[0][:80]
    return f"{address}{path}?{PARAMETER}={_signer(settings).dumps([path, name])}"


def hinted_name(settings: Settings, page: str) -> str:
    """Return the name that the hint in a page's URL gives; "" if there is none, or it is not ours, too old, or for
    another page."""
    try:
        parts = urlsplit(page)
        hint = (parse_qs(parts.query, max_num_fields=20).get(PARAMETER) or [""])[0]
        path, name = _signer(settings).loads(hint[:_LONGEST], max_age=int(LASTING.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(name) if path == parts.path else ""


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="link to an editor")
