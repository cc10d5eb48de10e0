"""Preflight checks of what the edition says: its posts, subject, words."""

from __future__ import annotations

import re
from collections import Counter

from digest.edition.preflight.preflight_input import Findings, PreflightInput
from digest.model import EditionPost, Finding, Severity
from digest.week import Week

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

_LONG_SUBJECT = 60  # characters; inboxes on computers show about as many
_SPAM_WORDS = re.compile(
    r"\b(free|winner|won|cash|prize|bonus|discount|urgent|act now|last chance|limited time|special offer|don[’']t miss"
    r"|risk[- ]free|guarantee[ds]?|congratulations|click)\b|100 ?%",
    re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(
    r"\b(?i:lorem ipsum)\b|\bTODO\b|\bTBC\b|\bTBD\b|\bTK\b|\bXXX+\b|\{\{.*?\}\}|\{%.*?%\}"
    r"|\[(?:insert|your|name|title)\b[^\]]*\]"
)
_WEEK = re.compile(
    r"\b(?:week|wk|kw|woche|semaine|semana|settimana|wythnos|vecka|uge)\s+(\d{1,2})\b|\b(\d{4})-?W(\d{1,2})\b",
    re.IGNORECASE,
)
_SAME_TITLE = 4  # words: titles of fewer, such as "Weeknotes", come again with other news below them


def posts(draft: PreflightInput) -> Findings:
    if not draft.edition.posts:
        yield Finding(WARNING, "posts", "There is no post in this edition.", "Skip the week, or add a post.")
    for section in draft.edition.sections:
        if not section.posts:
            what = f"The theme {section.title} is empty; subscribers are told so."
            yield Finding(NOTE, "posts", what, "Move a post there, or leave it at that.")
    titles = Counter(" ".join(post.title.casefold().split()) for post in draft.edition.posts)
    for post in draft.edition.posts:
        if titles.pop(" ".join(post.title.casefold().split()), 0) > 1:
            yield Finding(
                WARNING, "posts", f"More than one post is called “{post.title}”.", "Drop one if they are the same."
            )
    unread = [post.title for post in draft.edition.posts if not post.summary and not post.short]
    if unread:
        yield Finding(
            NOTE,
            "posts",
            f"{_count(unread, 'post has', 'posts have')} no summary, such as “{unread[0]}”.",
            "Choose sentences of the article, or move it to “Also this week”.",
        )


def repeated(draft: PreflightInput) -> Findings:
    """The same post by its id or address; or under another address, with the same title and the same words."""
    if draft.previous is None:
        return
    before = {key for post in draft.previous.posts for key in (post.id, post.url, _comparable(post)) if key}
    for post in draft.edition.posts:
        if before & {post.id, post.url, _comparable(post)}:
            yield Finding(
                WARNING,
                "repeated",
                f"“{post.title}” was in the edition of {draft.previous.week} already.",
                "Drop it, unless it has news.",
            )


def _comparable(post: EditionPost) -> str:
    """Title and summary, to compare; "" where that is too little to tell."""
    title = " ".join(post.title.casefold().split())
    enough = len(title.split()) >= _SAME_TITLE and post.summary
    return "\n".join((title, *post.summary)) if enough else ""


def subject(draft: PreflightInput) -> Findings:
    text = draft.rendered.subject
    letters = [character for character in text if character.isalpha()]
    if not text:
        yield Finding(ERROR, "subject", "The subject is empty.", "Write one, or mend subject.txt.j2.")
    if len(text) > _LONG_SUBJECT:
        yield Finding(
            NOTE,
            "subject",
            f"The subject has {len(text)} characters; inboxes show about {_LONG_SUBJECT}.",
            "Shorten it.",
        )
    if re.match(r"\s*(re|fwd?|aw|wg|sv)\s*:", text, re.IGNORECASE):
        yield Finding(WARNING, "subject", "The subject looks like a reply or a forwarded mail.", "Take the prefix off.")
    if re.search(r"[!?$€£]{2,}", text) or (len(letters) > 8 and sum(map(str.isupper, letters)) > len(letters) / 2):
        yield Finding(WARNING, "subject", "The subject shouts.", "Write it in sentence case, with one mark at most.")
    spam = _SPAM_WORDS.search(text.replace(draft.edition.title, ""))  # the newsletter is called what it is called
    if spam:
        yield Finding(WARNING, "subject", f"Spam filters dislike “{spam[0]}” in a subject.", "Say it another way.")
    if draft.previous and draft.edition.subject and draft.edition.subject == draft.previous.subject:
        yield Finding(WARNING, "subject", "The subject is the last edition's.", "Write a new one.")
    if draft.rendered.preheader and not 40 <= len(draft.rendered.preheader) <= 140:
        what = f"The preview line has {len(draft.rendered.preheader)} characters; 40 to 140 are right."
        yield Finding(NOTE, "subject", what, "It is made of the first posts' titles: put others first, or edit them.")


def placeholders(draft: PreflightInput) -> Findings:
    """In what the newsletter itself says: a post may well be about a TODO list."""
    own = (("subject", draft.rendered.subject), ("introduction", draft.edition.introduction))
    for where, text in own:
        match = _PLACEHOLDERS.search(text)
        if match:
            yield Finding(ERROR, "placeholders", f"The {where} still says “{match[0]}”.", "Write what belongs there.")
    for where, text in (("HTML", draft.tree.text), ("text", draft.rendered.text)):
        match = re.search(r"\{\{.*?\}\}|\{%.*?%\}|</?mj-|<!\[endif\]|\[if mso|\ufffd", text)
        if match:
            yield Finding(
                ERROR, "placeholders", f"The {where} part shows “{match[0]}”.", "Mend the template or the post's title."
            )


def week(draft: PreflightInput) -> Findings:
    """The subject and the editor's own words name the right week."""
    right = Week.parse(draft.edition.week)
    for where, text in (("subject", draft.rendered.subject), ("introduction", draft.edition.introduction)):
        for match in _WEEK.finditer(text):
            number, year = int(match[1] or match[3]), int(match[2] or right.year)
            if (year, number) != (right.year, right.number):
                yield Finding(
                    WARNING,
                    "week",
                    f"The {where} says “{match[0]}”, and this is week {right.number} of {right.year}.",
                    "Correct it, unless you mean another week.",
                )


def _count(things: list[str], one: str, many: str) -> str:
    return f"1 {one}" if len(things) == 1 else f"{len(things)} {many}"
