"""What is served to the world: the public pages and the desk, as their visitors reach them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from digest.settings import Settings
from digest.steps.checks import certificates, network_clock
from digest.steps.checks.line import Line, error, good, warning
from digest.steps.checks.web import Answer, NoAnswerError, Web
from digest.steps.mail_setup import is_loopback


def public(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Are the pages there, behind a valid certificate, and do they keep their figures to themselves?"""
    if settings.newsletter.public_url:
        yield from _site("public_url", settings.newsletter.public_url, "`digest public`")


def desk(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Is the desk where the mails to editors link to?"""
    if settings.desk.address:
        yield from _site("desk", settings.desk.address, "`digest preview`")


def _site(what: str, url: str, command: str) -> Iterator[Line]:
    parts = urlsplit(url)
    host, prefix = parts.hostname or "", parts.path.rstrip("/")
    if parts.scheme == "https":
        yield from certificates.of_host(what, host, parts.port or 443)
    with Web(f"{parts.scheme}://{parts.netloc}") as web:
        try:
            alive = web.ask(f"{prefix}/healthz")
            figures = web.ask(f"{prefix}/metrics")
        except NoAnswerError as problem:
            if parts.scheme != "https":  # otherwise the check of the certificate has said so
                yield error(
                    what, f"{url} cannot be reached: {problem}", f"Is {command} running, and the proxy before it?"
                )
            return
    yield from network_clock.compare(host, alive.date, datetime.now(UTC))
    if alive.status != 200 or alive.body.strip() != b"ok":
        yield error(
            what, f"{url} is not Digest: its /healthz answers {alive.status}", f"Does the proxy lead to {command}?"
        )
        return
    yield good(what, f"{url} answers")
    if _shows_figures(figures) and not is_loopback(host):
        remedy = "Have the proxy answer 404 to /metrics, or set X-Forwarded-For, so that Digest sees who asks."
        yield warning(what, f"whoever reaches {url} can read its /metrics", remedy)


def _shows_figures(answer: Answer) -> bool:
    return answer.status == 200 and b"# TYPE digest_" in answer.body
