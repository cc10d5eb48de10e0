"""The preflight: what is wrong with an edition before anyone approves it, and how to mend it.

Errors block approval, warnings need the editor's tick, notes inform. Each check is a function from a `Sheet` to
findings; none looks anything up: what the network says of the links comes in as `LinkResults`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from digest.edition.preflight import content, link_results, links, markup
from digest.edition.preflight.checked_mail import Found, LinkResult, LinkResults, Sheet, Shown, Visited
from digest.edition.preflight.parsed_mail import read_letter
from digest.model import Edition, EditionMail, Finding, Severity

__all__ = ["CHECKS", "LinkResult", "LinkResults", "Shown", "Visited", "preflight"]

CHECKS: tuple[Callable[[Sheet], Found], ...] = (
    content.posts,
    content.subject,
    content.week,
    content.placeholders,
    content.repeated,
    links.links,
    links.unlinked,
    link_results.visits,
    markup.size,
    markup.text_part,
    markup.headings,
    markup.pictures,
    markup.language,
    markup.contrast,
    markup.way_out,
)


LETTER_CHECKS: tuple[Callable[[Sheet], Found], ...] = (
    content.placeholders,
    markup.size,
    markup.text_part,
    markup.headings,
    markup.way_out,
)
"""Of the same edition in another language: what can be wrong with that mail alone."""


def preflight(
    edition: Edition,
    rendered: EditionMail,
    look: Shown,
    *,
    previous: Edition | None = None,
    online: LinkResults | None = None,
    hold_withdrawn: bool = False,
    others: Mapping[str, EditionMail] | None = None,
) -> tuple[Finding, ...]:
    """All findings about `rendered`, the mail of the whole edition: errors first, then warnings, then notes.

    `previous` is the last edition that was sent; `online` what visiting the links gave, where someone did;
    `hold_withdrawn` makes a post that has gone an error. `others` are the mails of the edition in other languages, by
    their names: what is wrong with them in the same way is said once.
    """
    sheet = Sheet(edition, rendered, look, previous, online or {}, read_letter(rendered.html), hold_withdrawn)
    order = list(Severity)
    found = dict.fromkeys(finding for check in CHECKS for finding in check(sheet))  # each once, in order
    said = {(finding.severity, finding.check) for finding in found}
    for name, mail in (others or {}).items():
        other = replace(sheet, rendered=mail, tree=read_letter(mail.html))
        for finding in (finding for check in LETTER_CHECKS for finding in check(other)):
            if (finding.severity, finding.check) not in said:
                found[replace(finding, message=f"In {name}: {finding.message}")] = None
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
