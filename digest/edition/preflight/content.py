"""Preflight checks of an edition's content: posts, subject, introduction."""

from __future__ import annotations

import re
from collections import Counter

from digest.edition.inbox_lines import PREHEADER, SUBJECT
from digest.edition.preflight.preflight_input import Findings, PreflightInput
from digest.model import EditionPost, Finding, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

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
EMPTY = "empty"
"""The check that finds an edition without posts. Only a person who says on the desk that this is meant sends one."""
_FEWEST_TITLE_WORDS = 4  # shorter titles, such as "Weeknotes", are used again for other posts


def posts(draft: PreflightInput) -> Findings:
    if not draft.edition.posts:
        yield Finding(ERROR, EMPTY, "This edition has no posts.", "Add a post, or skip the week.")
    for section in draft.edition.sections:
        if not section.posts:
            what = f"The theme “{section.title}” has no posts. The mail says so."
            yield Finding(NOTE, "posts", what, "Move a post to it, or leave it as it is.")
    titles = Counter(" ".join(post.title.casefold().split()) for post in draft.edition.posts)
    for post in draft.edition.posts:
        if titles.pop(" ".join(post.title.casefold().split()), 0) > 1:
            yield Finding(
                WARNING,
                "posts",
                f"Several posts have the title “{post.title}”.",
                "If they are the same post, drop one.",
                about=post.id,
            )
    bare = [post for post in draft.edition.posts if not post.summary and not post.short]
    without_summary = [post.title for post in bare]
    if bare:
        yield Finding(
            NOTE,
            "posts",
            f"{_count(without_summary, 'post has', 'posts have')} no summary: {_examples(without_summary)}.",
            "Choose sentences from the article, or move the post to “Also this week”.",
            about=bare[0].id,
        )


def repeated(draft: PreflightInput) -> Findings:
    """Find posts of the last edition: by id, by URL, or by title and summary where the URL has changed."""
    if draft.previous is None:
        return
    before = {key for post in draft.previous.posts for key in (post.id, post.url, _comparison_key(post)) if key}
    for post in draft.edition.posts:
        if before & {post.id, post.url, _comparison_key(post)}:
            yield Finding(
                WARNING,
                "repeated",
                f"“{post.title}” was already in the edition of {draft.previous.week}.",
                "Drop it, unless it has something new.",
                about=post.id,
            )


def _comparison_key(post: EditionPost) -> str:
    """Return title and summary for comparison; "" where they are too short to tell posts apart."""
    title = " ".join(post.title.casefold().split())
    comparable = len(title.split()) >= _FEWEST_TITLE_WORDS and post.summary
    return "\n".join((title, *post.summary)) if comparable else ""


def no_subject(draft: PreflightInput) -> Findings:
    if not draft.rendered.subject:
        remedy = "Correct subject.txt.j2." if draft.is_month else "Write a subject, or correct subject.txt.j2."
        yield Finding(ERROR, "subject", "The subject is empty.", remedy, "subject")


def subject(draft: PreflightInput) -> Findings:
    text = draft.rendered.subject
    letters = [character for character in text if character.isalpha()]
    if len(text) > SUBJECT.most:
        yield Finding(
            NOTE,
            "subject",
            f"The subject has {len(text)} characters. Inboxes show about {SUBJECT.most}.",
            "Shorten it.",
            "subject",
        )
    if re.match(r"\s*(re|fwd?|aw|wg|sv)\s*:", text, re.IGNORECASE):
        what = "The subject looks like a reply or a forwarded mail."
        yield Finding(WARNING, "subject", what, "Remove the prefix.", "subject")
    if re.search(r"[!?$€£]{2,}", text) or (len(letters) > 8 and sum(map(str.isupper, letters)) > len(letters) / 2):
        what = "The subject has too many capitals or signs such as “!!”."
        yield Finding(WARNING, "subject", what, "Write it like a sentence.", "subject")
    spam = _SPAM_WORDS.search(text.replace(draft.edition.title, ""))  # its own title is not a choice of words
    if spam:
        what = f"Spam filters may object to “{spam[0]}” in the subject."
        yield Finding(WARNING, "subject", what, "Use other words.", "subject")
    if draft.previous and draft.edition.subject and draft.edition.subject == draft.previous.subject:
        yield Finding(
            WARNING, "subject", "The subject is the same as the last edition's.", "Write a new one.", "subject"
        )
    if PREHEADER.problem(draft.rendered.preheader):
        best = f"{PREHEADER.fewest} to {PREHEADER.most}"
        what = f"The preview line has {len(draft.rendered.preheader)} characters. {best} work best in inboxes."
        remedy = "Write one, or edit the titles of the first posts: without one it is made of these."
        yield Finding(NOTE, "subject", what, remedy, "preheader")


def placeholders(draft: PreflightInput) -> Findings:
    """Find placeholders in the newsletter's own text only: a post may well be about a TODO list."""
    texts = (("subject", draft.rendered.subject), ("introduction", draft.edition.introduction))
    for where, text in texts:
        match = _PLACEHOLDERS.search(text)
        if match:
            what = f"The {where} still has the placeholder “{match[0]}”."
            yield Finding(ERROR, "placeholders", what, "Replace it.", where)
    for where, text in (("HTML", draft.text), ("text", draft.rendered.text)):
        match = re.search(r"\{\{.*?\}\}|\{%.*?%\}|</?mj-|<!\[endif\]|\[if mso|\ufffd", text)
        if match:
            yield Finding(
                ERROR,
                "placeholders",
                f"The {where} part shows “{match[0]}”, which looks like a mistake.",
                "Correct the template or the post's title.",
            )


def week(draft: PreflightInput) -> Findings:
    """Compare weeks named in the subject and the introduction with the edition's own."""
    week = draft.edition.week
    for where, text in (("subject", draft.rendered.subject), ("introduction", draft.edition.introduction)):
        for match in _WEEK.finditer(text):
            number, year = int(match[1] or match[3]), int(match[2] or week.year)
            if (year, number) != (week.year, week.number):
                yield Finding(
                    WARNING,
                    "week",
                    f"The {where} says “{match[0]}”, but this is week {week.number} of {week.year}.",
                    "Correct it, unless you mean another week.",
                    where,
                )


def _count(titles: list[str], singular: str, plural: str) -> str:
    return f"1 {singular}" if len(titles) == 1 else f"{len(titles)} {plural}"


def _examples(titles: list[str]) -> str:
    return f"“{titles[0]}”" if len(titles) == 1 else f"“{titles[0]}” and others"
