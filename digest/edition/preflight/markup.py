"""Preflight checks of how the mail is made: size, accessibility, the text part, the way out."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from urllib.parse import urlsplit

from digest.edition.preflight.contrast import low_contrast
from digest.edition.preflight.preflight_input import SLOT, TEMPLATE, Findings, PreflightInput
from digest.model import Finding, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

CLIPPED_AT = 102_000  # bytes of HTML: Gmail hides what comes after
LARGE = 90_000
_STYLES_AT_MOST = 16_384  # bytes of <style>: Gmail drops all of it when it is more
_COVERED = 0.95  # of the HTML part's words must be in the text part


def size(draft: PreflightInput) -> Findings:
    length = len(draft.rendered.html.encode())
    remedy = "Drop posts, or lower [edition] per_theme so that more of them stand under “Also this week”."
    if length > CLIPPED_AT:
        what = f"The HTML is {length:,} bytes long; Gmail hides what comes after {CLIPPED_AT:,}."
        yield Finding(ERROR, "size", what, remedy)
    elif length > LARGE:
        what = f"The HTML is {length:,} bytes long, close to the {CLIPPED_AT:,} at which Gmail cuts."
        yield Finding(WARNING, "size", what, remedy)
    if draft.rendered.shortened:
        yield Finding(NOTE, "size", f"To keep the mail from being cut off, {draft.rendered.shortened}.", remedy)
    styles = sum(len("".join(map(str, node.children)).encode()) for node in draft.tree.walk() if node.tag == "style")
    if styles > _STYLES_AT_MOST:
        yield Finding(WARNING, "size", f"The style blocks have {styles:,} bytes; Gmail drops them all.", TEMPLATE)


def pictures(draft: PreflightInput) -> Findings:
    own = urlsplit(draft.design.public_url).hostname
    for node in draft.tree.walk():
        if node.tag != "img":
            continue
        address = node.attributes.get("src", "")
        if "alt" not in node.attributes:
            yield Finding(ERROR, "alt", f"The picture {address[:80]} has no alternative text.", TEMPLATE)
        if urlsplit(address).hostname != own or urlsplit(address).scheme != "https":
            yield Finding(
                WARNING,
                "pictures",
                f"The picture {address[:80]} is not on the newsletter's own https address.",
                "Whoever keeps it sees who opens the mail. Put it under [newsletter] public_url.",
            )


def headings(draft: PreflightInput) -> Findings:
    levels = [(int(node.tag[1]), node.text) for node in draft.tree.walk() if re.fullmatch("h[1-6]", node.tag)]
    if [level for level, _ in levels].count(1) != 1:
        yield Finding(ERROR, "headings", "The mail needs exactly one first-level heading.", TEMPLATE)
    for (before, _), (level, text) in itertools.pairwise(levels):
        if level > before + 1:
            what = f"The heading “{text[:60]}” skips a level, from h{before} to h{level}."
            yield Finding(ERROR, "headings", what, TEMPLATE)
    if any(not text for _, text in levels):
        yield Finding(ERROR, "headings", "A heading is empty.", TEMPLATE)


def language(draft: PreflightInput) -> Findings:
    page = next((node for node in draft.tree.walk() if node.tag == "html"), None)
    if page is None or page.attributes.get("lang", "und") in ("", "und") or not page.attributes.get("dir"):
        yield Finding(
            ERROR, "language", "The mail does not say its language and direction.", "Set lang and dir on <mjml>."
        )
    foreign = Counter(post.language for post in draft.edition.posts if post.language)
    if page is not None:
        own = page.attributes.get("lang", "").split("-")[0].lower()
        for name, count in sorted(foreign.items()):
            if name.split("-")[0].lower() != own:
                what = f"{count} {'post is' if count == 1 else 'posts are'} in another language ({name})."
                mend = "It is marked as such for screen readers; drop it if your subscribers do not know the language."
                yield Finding(NOTE, "language", what, mend)


def contrast(draft: PreflightInput) -> Findings:
    for scheme in ("light", "dark"):
        worst = low_contrast(draft.tree, dark=scheme == "dark")
        if worst is not None:
            yield Finding(
                ERROR,
                "contrast",
                f"In the {scheme} scheme “{worst.text[:40]}” is {worst.colour} on {worst.background}: "
                f"a contrast of {worst.ratio:.1f}, where 4.5 is needed.",
                "Choose a darker or lighter colour in [design] or in the template.",
            )


def text_part(draft: PreflightInput) -> Findings:
    """The text part says all that the HTML part says."""
    text = " ".join(draft.rendered.text.split())
    for link in draft.links:
        address = link.attributes.get("href", "")
        if not address.startswith("#") and address not in draft.rendered.text:
            yield Finding(ERROR, "text", f"The text part lacks the link {address[:100]}.", "Mend digest.txt.j2.")
    for node in draft.tree.walk():
        if re.fullmatch("h[1-6]", node.tag) and node.text.casefold() not in text.casefold():
            yield Finding(ERROR, "text", f"The text part lacks the heading “{node.text[:80]}”.", "Mend digest.txt.j2.")
    html, plain = _words(draft.tree.text), _words(re.sub(r"https?://\S+", " ", text))
    share = sum((html & plain).values()) / max(1, sum(html.values()))
    if share < _COVERED:
        yield Finding(
            WARNING, "text", f"The text part has {share:.0%} of the HTML part's words.", "Mend digest.txt.j2."
        )


def unsubscribe_link(draft: PreflightInput) -> Findings:
    for where, content in (("HTML", draft.rendered.html), ("text", draft.rendered.text)):
        if "unsubscribe" not in SLOT.findall(content):
            yield Finding(
                ERROR,
                "unsubscribe",
                f"The {where} part has no unsubscribe link.",
                "Put ⟦unsubscribe⟧ into the template.",
            )
    public = draft.design.public_url
    if not public.startswith("https://"):
        why = "is not https" if public else "is empty"
        yield Finding(
            WARNING,
            "unsubscribe",
            f"Subscribers can leave by mail only, and no one-click header goes out: newsletter.public_url {why}.",
            "Gmail and Yahoo ask for it above 5,000 mails a day: run `digest public` and set its https address.",
        )
    if not draft.design.postal_address.strip():
        yield Finding(
            WARNING,
            "postal-address",
            "The mail has no postal address.",
            "Set newsletter.postal_address; many countries' laws ask for it.",
        )


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))
