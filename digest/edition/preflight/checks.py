"""The preflight: the list of checks, and running them over an edition before it can be approved.

Errors block approval, warnings need the editor's tick, notes inform. Each check takes a
`PreflightInput` and yields findings. No check uses the network: the results of link checks come in as `LinkResults`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from digest.edition.preflight import content, dead_links, links, markup
from digest.edition.preflight.parsed_mail import parse_mail
from digest.edition.preflight.preflight_input import (
    Findings,
    LinkResult,
    LinkResults,
    LinkState,
    PreflightInput,
    PreflightSettings,
)
from digest.model import Edition, EditionMail, Finding, Severity

__all__ = ["CHECKS", "LinkResult", "LinkResults", "LinkState", "PreflightSettings", "preflight"]

CHECKS: tuple[Callable[[PreflightInput], Findings], ...] = (
    content.posts,
    content.subject,
    content.week,
    content.placeholders,
    content.repeated,
    links.links,
    links.unlinked,
    dead_links.dead_links,
    markup.size,
    markup.text_part,
    markup.headings,
    markup.pictures,
    markup.weight,
    markup.language,
    markup.contrast,
    markup.unsubscribe_link,
)


LANGUAGE_CHECKS: tuple[Callable[[PreflightInput], Findings], ...] = (
    content.placeholders,
    markup.size,
    markup.text_part,
    markup.headings,
    markup.unsubscribe_link,
)
"""Checks of the same edition in another language: faults that only its own mail can have."""


def preflight(
    edition: Edition,
    rendered: EditionMail,
    design: PreflightSettings,
    *,
    previous: Edition | None = None,
    online: LinkResults | None = None,
    hold_withdrawn: bool = False,
    others: Mapping[str, EditionMail] | None = None,
) -> tuple[Finding, ...]:
    """Return all findings about `rendered`, the mail of the whole edition: errors, then warnings, then notes.

    `previous` is the last edition that was sent; `online` holds the results of link checks, if any;
    `hold_withdrawn` makes a post whose page is gone an error. `others` are the edition's mails in other languages, by
    name of the language; a fault that they share with `rendered` is reported once.
    """
    draft = PreflightInput(edition, rendered, design, previous, online or {}, parse_mail(rendered.html), hold_withdrawn)
    order = list(Severity)
    findings = dict.fromkeys(finding for check in CHECKS for finding in check(draft))  # each once, in order
    known = {(finding.severity, finding.check) for finding in findings}
    for language, mail in (others or {}).items():
        translated = replace(draft, rendered=mail, tree=parse_mail(mail.html))
        for finding in (finding for check in LANGUAGE_CHECKS for finding in check(translated)):
            if (finding.severity, finding.check) not in known:
                findings[replace(finding, message=f"In {language}: {finding.message}")] = None
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
