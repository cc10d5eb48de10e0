"""Preflight findings about links that were checked over the network, and which links to check.

No reply is certain enough to block approval: some servers turn programs away with "not found", and an editor who has
just opened the page could not overrule a block. So a missing page and a link that does not answer are warnings. Where
the operator has set `[edition] hold_withdrawn`, a post whose page is gone is an error. Servers that turn programs away
as such (401, 403, 429…) get a note only: a warning that comes every week teaches editors to tick without looking.
"""

from __future__ import annotations

import html
import re

from digest.edition.preflight.preflight_input import SLOT, Findings, LinkResult, LinkState, PreflightInput
from digest.mail.rendering.safe_links import safe_url
from digest.model import Finding, Severity

_HREF = re.compile(r"""<a\s[^>]*?\bhref="(https?:[^"]*)\"""", re.IGNORECASE)
_OF_MONTH = "Open it. If it fails for you too, check again later: a post that was sent cannot be dropped."
_LISTED = 5  # links that get a finding of their own; the others share one


def links_to_check(mail: str, public_url: str) -> tuple[str, ...]:
    """Return the URLs that a mail's HTML links to, each once and in order, without the newsletter's own pages.

    The edition's own page in the archive does not exist before the edition is sent.
    """
    own_pages = public_url.rstrip("/")
    links = dict.fromkeys(html.unescape(url) for url in _HREF.findall(mail))
    return tuple(
        url for url in links if not SLOT.search(url) and not (own_pages and f"{url}/".startswith(f"{own_pages}/"))
    )


def known_results(draft: PreflightInput) -> dict[str, LinkResult]:
    """Return what is known of the links of the mail, by URL."""
    links = links_to_check(draft.rendered.html, draft.design.public_url)
    return {url: draft.online[url] for url in links if url in draft.online}


def is_none_reached(known: dict[str, LinkResult]) -> bool:
    """Whether none of many links could be reached: then it is this computer that is not on the internet."""
    return len(_with_state(known, LinkState.UNREACHABLE)) == len(known) > _LISTED


def dead_links(draft: PreflightInput) -> Findings:
    known = known_results(draft)
    texts = reversed([*zip(draft.links, draft.link_texts, strict=True)])
    names = {link.attributes.get("href", ""): text for link, text in texts if text}
    unreachable = _with_state(known, LinkState.UNREACHABLE)
    if is_none_reached(known) and not draft.is_month:
        what = f"None of the {len(known)} links could be reached. {next(iter(unreachable.values())).reason}"
        yield Finding(
            Severity.WARNING,
            "links",
            what,
            "Make sure that this computer is on the internet, then check the links again.",
        )
        return
    yield from _find_gone(draft, _with_state(known, LinkState.GONE), names)
    yield from _find_unreachable(draft, unreachable, names)
    turned_away = _with_state(known, LinkState.UNKNOWN)
    if turned_away:
        url, result = next(iter(turned_away.items()))
        link = _label(url, names)
        single = len(turned_away) == 1
        what = (
            f"{link} could not be checked"
            if single
            else f"{len(turned_away)} links could not be checked, such as {link}"
        )
        remedy = "Open it yourself. It may well work for subscribers."
        yield Finding(Severity.NOTE, "links", f"{what}: {result.reason}", remedy, draft.place_of(url) if single else "")


def _find_gone(draft: PreflightInput, dead: dict[str, LinkResult], names: dict[str, str]) -> Findings:
    holding = draft.hold_withdrawn and not draft.is_month  # nobody can drop a post of an edition that was sent
    posts = {safe_url(post.url) for post in draft.edition.posts} if holding else set()
    for url, result in dead.items():
        what = f"{_label(url, names)} links to a page that does not exist: {result.reason}"
        here = "Open it. If it is missing for you too, drop the post or correct the introduction. If not, check again."
        remedy = _OF_MONTH if draft.is_month else here
        if url in posts:
            yield Finding(
                Severity.ERROR,
                "links",
                what,
                f"{remedy} This blocks approval because [edition] hold_withdrawn is set.",
                draft.place_of(url),
            )
        else:
            yield Finding(Severity.WARNING, "links", what, remedy, draft.place_of(url))


def _find_unreachable(draft: PreflightInput, unreachable: dict[str, LinkResult], names: dict[str, str]) -> Findings:
    again = "Open it. If it fails for you too, check the links again later, or drop the post."
    remedy = _OF_MONTH if draft.is_month else again
    for url, result in [*unreachable.items()][:_LISTED]:
        what = f"{_label(url, names)} did not open: {result.reason}"
        yield Finding(Severity.WARNING, "links", what, remedy, draft.place_of(url))
    if len(unreachable) > _LISTED:
        more = [_label(url, names) for url in [*unreachable][_LISTED:]]
        count = "1 more link" if len(more) == 1 else f"{len(more)} more links"
        what = f"{count} did not open: {', '.join(more[:_LISTED])}{'…' if len(more) > _LISTED else '.'}"
        yield Finding(Severity.WARNING, "links", what, remedy)


def _with_state(known: dict[str, LinkResult], state: LinkState) -> dict[str, LinkResult]:
    return {url: result for url, result in known.items() if result.state is state}


def _label(url: str, names: dict[str, str]) -> str:
    return f"“{names[url][:80]}”" if names.get(url) else url[:120]
