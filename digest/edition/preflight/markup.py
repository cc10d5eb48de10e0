"""Preflight checks of the mail's form: size, accessibility, text part, unsubscribe link."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.edition.preflight.contrast import low_contrast
from digest.edition.preflight.parsed_mail import Node
from digest.edition.preflight.preflight_input import SLOT, TEMPLATE, Findings, PreflightInput
from digest.model import EditionPost, Finding, Picture, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

CLIPPED_AT = 102_000  # bytes of HTML after which Gmail cuts a mail off
LARGE = 90_000
_MOST_STYLES = 16_384  # bytes of <style> above which Gmail ignores all of it
_MOST_PICTURES = 1_000_000  # bytes of all pictures of a mail
_TEXT_COVERAGE = 0.95  # share of the HTML part's words that the text part must have


def size(draft: PreflightInput) -> Findings:
    length = len(draft.rendered.html.encode())
    remedy = (
        TEMPLATE
        if draft.is_month
        else "Drop posts, or lower [edition] per_theme so that more posts come under “Also this week”."
    )
    if length > CLIPPED_AT:
        what = f"The HTML is {length:,} bytes long. Gmail cuts mails off after {CLIPPED_AT:,}."
        yield Finding(ERROR, "size", what, remedy)
    elif length > LARGE:
        what = f"The HTML is {length:,} bytes long. Gmail cuts mails off after {CLIPPED_AT:,}."
        yield Finding(WARNING, "size", what, remedy)
    if draft.rendered.shortened:
        what = f"To keep the mail from being cut off, {draft.rendered.shortened}."
        yield Finding(NOTE, "size", what, "" if draft.is_month else remedy)


def styles(draft: PreflightInput) -> Findings:
    length = sum(len("".join(map(str, node.children)).encode()) for node in draft.nodes if node.tag == "style")
    if length > _MOST_STYLES:
        message = f"The style blocks have {length:,} bytes. Gmail ignores all styles above {_MOST_STYLES:,}."
        yield Finding(WARNING, "size", message, TEMPLATE)


def pictures(draft: PreflightInput) -> Findings:
    own_host = urlsplit(draft.design.public_url).hostname
    for node in draft.nodes:
        if node.tag != "img":
            continue
        address = node.attributes.get("src", "")
        if "alt" not in node.attributes:
            yield Finding(ERROR, "alt", f"The picture {address[:80]} has no alternative text.", TEMPLATE)
        if urlsplit(address).hostname != own_host or urlsplit(address).scheme != "https":
            yield Finding(
                WARNING,
                "pictures",
                f"The picture {address[:80]} is not on the newsletter's own https site.",
                "Its server can see who opens the mail. Put the picture under [newsletter] public_url.",
            )


def _illustrated(draft: PreflightInput) -> Iterator[tuple[EditionPost, Picture, Node]]:
    """The posts that the mail shows with their pictures."""
    images = {node.attributes.get("src", "").rpartition("/")[2]: node for node in draft.nodes if node.tag == "img"}
    for post in draft.edition.posts:
        if post.picture and post.picture.name in images:
            yield post, post.picture, images[post.picture.name]


def total_weight(draft: PreflightInput) -> Findings:
    total = sum({picture.name: picture.size for _, picture, _ in _illustrated(draft)}.values())
    if total > _MOST_PICTURES:
        yield Finding(
            WARNING,
            "pictures",
            f"The pictures weigh {total / 1e6:.1f} MB together. On a slow line the mail stays empty for long.",
            "Set [design] images = false, or leave pictures out in the weeks to come."
            if draft.is_month
            else "Leave out some of them.",
        )


def descriptions(draft: PreflightInput) -> Findings:
    for post, _, image in _illustrated(draft):
        if not image.attributes.get("alt"):
            yield Finding(
                NOTE,
                "pictures",
                f"The picture of “{post.title[:80]}” has no description.",
                "Write one, unless it only decorates.",
                about=post.id,
            )


def headings(draft: PreflightInput) -> Findings:
    levels = draft.headings
    if [level for level, _ in levels].count(1) != 1:
        yield Finding(ERROR, "headings", "The mail must have exactly one first-level heading.", TEMPLATE)
    for (before, _), (level, text) in itertools.pairwise(levels):
        if level > before + 1:
            what = f"The heading “{text[:60]}” skips a level, from h{before} to h{level}."
            yield Finding(ERROR, "headings", what, TEMPLATE)
    if any(not text for _, text in levels):
        yield Finding(ERROR, "headings", "A heading is empty.", TEMPLATE)


def language(draft: PreflightInput) -> Findings:
    page = _page(draft)
    if page is None or page.attributes.get("lang", "und") in ("", "und") or not page.attributes.get("dir"):
        yield Finding(
            ERROR, "language", "The mail does not state its language and direction.", "Set lang and dir on <mjml>."
        )


def foreign_posts(draft: PreflightInput) -> Findings:
    page = _page(draft)
    foreign = Counter(post.language for post in draft.edition.posts if post.language)
    if page is not None:
        main_language = page.attributes.get("lang", "").split("-")[0].lower()
        for name, count in sorted(foreign.items()):
            if name.split("-")[0].lower() != main_language:
                what = f"{count} {'post is' if count == 1 else 'posts are'} in another language ({name})."
                remedy = "It is marked for screen readers. Drop it if your subscribers do not know the language."
                yield Finding(NOTE, "language", what, remedy)


def _page(draft: PreflightInput) -> Node | None:
    return next((node for node in draft.nodes if node.tag == "html"), None)


def contrast(draft: PreflightInput) -> Findings:
    for scheme in ("light", "dark"):
        worst = low_contrast(draft.tree, dark=scheme == "dark")
        if worst is not None:
            yield Finding(
                ERROR,
                "contrast",
                f"In the {scheme} colour scheme “{worst.text[:40]}” is hard to read: {worst.colour} on "
                f"{worst.background} has a contrast of {worst.ratio:.1f}. It must be at least 4.5.",
                "Choose a darker or lighter colour in [design] or in the template.",
            )


def text_part(draft: PreflightInput) -> Findings:
    """Find links, headings and words of the HTML part that the text part does not have."""
    pieces = draft.rendered.text.split()
    text, alone = " ".join(pieces), frozenset(pieces)
    lower = text.casefold()
    for link in draft.links:
        address = link.attributes.get("href", "")
        if not address.startswith("#") and address not in alone and address not in draft.rendered.text:
            yield Finding(
                ERROR, "text", f"The text part does not have the link {address[:100]}.", "Correct digest.txt.j2."
            )
    for _, heading in draft.headings:
        if heading.casefold() not in lower:
            yield Finding(
                ERROR, "text", f"The text part does not have the heading “{heading[:80]}”.", "Correct digest.txt.j2."
            )
    html, plain = _words(draft.text), _words(re.sub(r"https?://\S+", " ", text))
    share = sum((html & plain).values()) / max(1, sum(html.values()))
    if share < _TEXT_COVERAGE:
        yield Finding(
            WARNING, "text", f"The text part has only {share:.0%} of the HTML part's words.", "Correct digest.txt.j2."
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
            f"Subscribers can unsubscribe by mail only, not with one click: [newsletter] public_url {why}.",
            "Run `digest public` and set its https address. Gmail and Yahoo require one-click above 5,000 mails a day.",
        )
    if not draft.design.postal_address.strip():
        yield Finding(
            WARNING,
            "postal-address",
            "The mail has no postal address.",
            "Set [newsletter] postal_address. Many countries' laws require it.",
        )


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))
