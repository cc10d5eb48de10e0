"""Preflight checks of what visiting the mail's links gave, and which links those are.

Only what is certain may block, and no answer is: servers turn programs away, some with "not found". So a page that is
not there, and a link that does not answer, need the editor's tick; a block could not be overruled by someone who has
just opened the page. Where `[edition] hold_withdrawn` is set, the operator has decided otherwise, and a post that has
gone blocks. Servers that turn away programs as such (401, 403, 429…) are named in a note: a warning that comes every
week teaches to tick without looking.
"""

from __future__ import annotations

import html
import re

from digest.edition.preflight.preflight_input import SLOT, Findings, LinkResult, LinkState, PreflightInput
from digest.mail.rendering.safe_links import safe_url
from digest.model import Finding, Severity

_HREF = re.compile(r"""<a\s[^>]*?\bhref="(https?:[^"]*)\"""", re.IGNORECASE)
_NAMED = 5  # links that are named one by one; the others are counted


def links_to_check(mail: str, public_url: str) -> tuple[str, ...]:
    """The addresses that a mail's HTML links to, each once and in order, without the newsletter's own.

    Its own pages are not visited: the edition's page in the archive appears when it is sent.
    """
    own = public_url.rstrip("/")
    links = dict.fromkeys(html.unescape(address) for address in _HREF.findall(mail))
    return tuple(
        address for address in links if not SLOT.search(address) and not (own and f"{address}/".startswith(f"{own}/"))
    )


def dead_links(draft: PreflightInput) -> Findings:
    known = {
        address: draft.online[address]
        for address in links_to_check(draft.rendered.html, draft.design.public_url)
        if address in draft.online
    }
    names = {link.attributes.get("href", ""): link.text for link in reversed([*draft.links]) if link.text}
    silent = _in(known, LinkState.UNREACHABLE)
    if len(silent) == len(known) > _NAMED:
        what = f"None of the {len(known)} links could be reached. {next(iter(silent.values())).reason}"
        yield Finding(
            Severity.WARNING, "links", what, "See whether this machine is on the internet, then check the links again."
        )
        return
    yield from _gone(draft, _in(known, LinkState.GONE), names)
    yield from _unreachable(silent, names)
    turned_away = _in(known, LinkState.UNKNOWN)
    if turned_away:
        address, result = next(iter(turned_away.items()))
        count = "1 link" if len(turned_away) == 1 else f"{len(turned_away)} links"
        what = f"{count} could not be checked, such as {_named(address, names)}: {result.reason}"
        yield Finding(Severity.NOTE, "links", what, "Open it yourself; subscribers may well get through.")


def _gone(draft: PreflightInput, gone: dict[str, LinkResult], names: dict[str, str]) -> Findings:
    posts = {safe_url(post.url) for post in draft.edition.posts} if draft.hold_withdrawn else set()
    for address, result in gone.items():
        what = f"{_named(address, names)} leads to a page that is not there: {result.reason}"
        mend = "Open it. If it has gone for you, too, drop the post, or correct the introduction; else check again."
        if address in posts:
            yield Finding(Severity.ERROR, "links", what, f"{mend} [edition] hold_withdrawn makes this an error.")
        else:
            yield Finding(Severity.WARNING, "links", what, mend)


def _unreachable(silent: dict[str, LinkResult], names: dict[str, str]) -> Findings:
    mend = "Open it: subscribers may get the same. Check the links again later, or drop the post."
    for address, result in [*silent.items()][:_NAMED]:
        what = f"{_named(address, names)} does not answer as it should: {result.reason}"
        yield Finding(Severity.WARNING, "links", what, mend)
    if len(silent) > _NAMED:
        more = [_named(address, names) for address in [*silent][_NAMED:]]
        what = f"{len(more)} more do not answer, either: {', '.join(more[:_NAMED])}{'…' if len(more) > _NAMED else '.'}"
        yield Finding(Severity.WARNING, "links", what, mend)


def _in(known: dict[str, LinkResult], state: LinkState) -> dict[str, LinkResult]:
    return {address: result for address, result in known.items() if result.state is state}


def _named(address: str, names: dict[str, str]) -> str:
    return f"“{names[address][:80]}”" if names.get(address) else address[:120]
