"""The preflight: the list of checks, and running them over an edition before it can be approved.

Errors block approval, warnings need the editor's tick, notes inform. Each check takes a
`PreflightInput` and yields findings. No check uses the network: the results of link checks come in as `LinkResults`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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

__all__ = ["CHECKS", "MONTH", "LinkResult", "LinkResults", "LinkState", "PreflightSettings", "preflight"]

Check = Callable[[PreflightInput], Findings]

CHECKS: tuple[Check, ...] = (
    content.posts,
    content.no_subject,
    content.subject,
    content.week,
    content.placeholders,
    content.repeated,
    links.broken,
    links.links,
    links.unlinked,
    dead_links.dead_links,
    markup.size,
    markup.styles,
    markup.text_part,
    markup.headings,
    markup.pictures,
    markup.total_weight,
    markup.descriptions,
    markup.language,
    markup.foreign_posts,
    markup.contrast,
    markup.unsubscribe_link,
)


LANGUAGE_CHECKS: tuple[Check, ...] = (
    content.placeholders,
    markup.size,
    markup.styles,
    markup.text_part,
    markup.headings,
    markup.unsubscribe_link,
)
"""Checks of the same edition in another language: faults that only its own mail can have."""


MONTH_CHECKS: tuple[Check, ...] = (
    content.no_subject,
    content.placeholders,
    links.broken,
    markup.styles,
    markup.text_part,
    markup.headings,
    markup.pictures,
    markup.language,
    markup.contrast,
    markup.unsubscribe_link,
)
"""Checks of the month's mail for faults of the templates, which it most likely shares with the week's. What its posts
say was looked at in the weeks that they are from."""


OWN_MONTH_CHECKS: tuple[Check, ...] = (dead_links.dead_links, markup.size, markup.total_weight)
"""Checks of the month's mail whose findings are about it alone: pages may have gone since its posts were sent."""

MONTH = "In the monthly mail"
"""How findings about it begin."""

_Pair = tuple[Check, Finding]
_Kind = tuple[Check, Severity, str]


def preflight(
    edition: Edition,
    rendered: EditionMail,
    design: PreflightSettings,
    *,
    previous: Edition | None = None,
    online: LinkResults | None = None,
    hold_withdrawn: bool = False,
    others: Mapping[str, EditionMail] | None = None,
    month: EditionMail | None = None,
    other_months: Mapping[str, EditionMail] | None = None,
    is_month_read: bool = True,
) -> tuple[Finding, ...]:
    """Return all findings about `rendered`, the mail of the whole edition: errors, then warnings, then notes.

    `previous` is the last edition that was sent; `online` holds the results of link checks, if any;
    `hold_withdrawn` makes a post whose page is gone an error. `others` are the edition's mails in other languages, by
    name of the language; `month` is the mail of monthly subscribers, if they get one, and `other_months` are those in
    other languages. A fault that one of these shares with `rendered` is reported once; what is said of it alone begins
    with its name. Of a month that nobody gets (`is_month_read`) only the errors count: a tick for such a mail would
    teach editors to tick without looking, but somebody may choose monthly after the approval.
    """
    draft = PreflightInput(edition, rendered, design, previous, online or {}, parse_mail(rendered.html), hold_withdrawn)
    pairs = [*_run(CHECKS, draft)]
    findings, known = [finding for _, finding in pairs], _kinds(pairs)
    known_in: dict[str, frozenset[_Kind]] = {}
    for language, mail in (others or {}).items():
        translated = [*_run(LANGUAGE_CHECKS, _with_mail(draft, mail))]
        known_in[language] = _kinds(translated)
        findings += _named(f"In {language}", translated, known)
    if month is not None and (of_month := edition.for_monthly) is not None:
        its = replace(_with_mail(draft, month), edition=of_month, online=_own_links(draft), is_month=True)
        of_templates, own = [*_run(MONTH_CHECKS, its)], [*_run(OWN_MONTH_CHECKS, its)]
        about_month = _named(MONTH, of_templates, known) + _named(MONTH, own)
        known |= _kinds(of_templates) | _kinds(own)
        for language, mail in (other_months or {}).items():
            translated = [*_run(LANGUAGE_CHECKS, _with_mail(its, mail))]
            about_month += _named(f"{MONTH} in {language}", translated, known | known_in.get(language, frozenset()))
        findings += [one for one in about_month if is_month_read or one.severity is Severity.ERROR]
    order = list(Severity)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.severity)))


def _run(checks: Iterable[Check], draft: PreflightInput) -> Iterator[_Pair]:
    for check in checks:
        for finding in check(draft):
            # What the editor wrote for the week is not in the month's mail, and its posts were sent: no box mends it.
            yield check, replace(finding, about="") if draft.is_month else finding


def _with_mail(draft: PreflightInput, mail: EditionMail) -> PreflightInput:
    return replace(draft, rendered=mail, tree=parse_mail(mail.html))


def _kinds(pairs: Iterable[_Pair]) -> frozenset[_Kind]:
    """What another mail most likely shares. Each has a size of its own."""
    return frozenset((check, finding.severity, finding.check) for check, finding in pairs if check is not markup.size)


def _named(mail: str, pairs: Iterable[_Pair], known: frozenset[_Kind] = frozenset()) -> list[Finding]:
    """Return the findings that are of no known kind, with the name of the mail that they are about."""
    return [
        replace(finding, message=f"{mail}: {finding.message}")
        for check, finding in pairs
        if (check, finding.severity, finding.check) not in known
    ]


def _own_links(draft: PreflightInput) -> LinkResults:
    """Return the results for links that are not in this mail; none where this computer is not on the internet."""
    here = dead_links.known_results(draft)
    if dead_links.is_none_reached(here):
        return {}
    return {url: result for url, result in draft.online.items() if url not in here}
