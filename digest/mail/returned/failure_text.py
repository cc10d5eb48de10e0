"""What a bounce says to people: the reason in it, without the mail that it quotes. Pure."""

from __future__ import annotations

import re

from digest.log import without_addresses
from digest.mail.returned.same_address import is_related, is_same_address
from digest.mail.smtp import reply_words as words
from digest.mail.smtp.verdict import Cause, Verdict, classify, codes_in

_MOST_SAID = 2_000  # characters of what a server says
_MOST_SHOWN = 300
# Where the quoted mail begins. Not "Transcript of session follows", below which Sendmail gives its reason.
_QUOTE = re.compile(
    r"copy of (?:the|your|this) (?:original )?(?:message|mail)|original (?:message|mail)(?: headers?)?:?[ \t]*$"
    r"|(?:original|unsent|returned|undelivered|rejected) message (?:headers?|follows?|is following|below)"
    r"|(?:message|mail) headers? follows?|headers? of the original|below this line"
    r"|(?<!-)-{2,80} ?(?:original|returned) message"
    r"|^received header:|^message header:",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = re.compile(
    r"^(?:Received|Return-Path|DKIM-Signature|Message-ID|MIME-Version|List-[\w-]{1,40}|X-Mailer|Feedback-ID)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_SUBJECT = re.compile(r"^[\W_]{0,40}subject\b[^\n]{0,1000}(?:\n[ \t][^\n]{0,1000}){0,3}$", re.IGNORECASE | re.MULTILINE)
_CODED_LINE = re.compile(r"(?<![\w.#:/-])[45]\d\d[ -](?:\D|[245]\.\d)|#[245]\.\d|(?<![\w.])[45]\d\d-[245]\.\d")
_VAGUE = re.compile(r"|[245]\.\d{1,3}\.0")
_DOMAIN_NAME = re.compile(r"(?<![\w.@-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?![\w-])")
_WRAPPED = re.compile(r"(?<![\w.])([45]\d\d)[ \t]{0,10}\n[ \t]{1,40}(?=\S)")
_CONTINUED = 3  # lines of a reply after the one with its code
_MOST_LINES = 400


def failure_text(text: str) -> str:
    """The text before the mail that it quotes, and without its subject: our own words are no reason."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if mark := _QUOTE.search(text):
        text = text[: mark.start()]
    headers = list(_HEADER.finditer(text))
    if len(headers) >= 2:
        text = text[: headers[0].start()]
    return _SUBJECT.sub("", text)


def text_verdict(text: str) -> Verdict | None:
    """The verdict of a `failure_text`: of the replies in it, else of its words. None where it gives no reason."""
    replies = reply_lines(text)
    if replies:
        verdict = classify(0, "", replies)
        if verdict.cause is not Cause.UNKNOWN or verdict.temporary or codes_in(replies):
            return verdict
    verdict = classify(0, "", text[: words.MOST_READ])
    if verdict.cause is Cause.UNKNOWN and not replies:
        return None
    return verdict


def reply_lines(text: str) -> str:
    """The lines with a server's reply, and how they go on."""
    replies: list[str] = []
    left = 0
    for line in _WRAPPED.sub(r"\1 ", text).split("\n")[:_MOST_LINES]:
        if _CODED_LINE.search(line):
            left = 1 + _CONTINUED
        elif not line.strip():
            left = 0
        if left:
            replies.append(line)
            left -= 1
    return "\n".join(replies)[: words.MOST_READ]


def names_only_others(verdict: Verdict, text: str, recipient: str) -> bool:
    """Whether the words of a hard refusal name addresses or domains, and none of them is the recipient's.

    "550 <bounces@news.example.org>: no such user" is about the sender, whom the server has looked up.
    """
    if not verdict.hard or not recipient or not _VAGUE.fullmatch(verdict.enhanced):
        return False
    text = text[: words.MOST_READ].lower()
    if addresses := words.ADDRESS.findall(text):
        return not any(is_same_address(one, recipient) for one in addresses)
    domain = recipient.rpartition("@")[2]
    names = [one for one in _DOMAIN_NAME.findall(text) if not one.replace(".", "").isdigit()]
    return verdict.cause is Cause.DOMAIN and bool(names) and not any(is_related(one, domain) for one in names)


def described(verdict: Verdict | None, text: str) -> str:
    """A reason on one line, for people: first the code or else the cause, then what the server said, without
    addresses."""
    code = (verdict.enhanced or verdict.cause.value) if verdict else ""
    return " ".join(part for part in (code, public_words(text)) if part)[:_MOST_SHOWN]


def public_words(text: str) -> str:
    """The beginning of what a server said, on one line and without addresses."""
    parts = text[:_MOST_SAID].split()
    if len(text) > _MOST_SAID:
        parts = parts[:-1]  # half a word may be half an address
    return without_addresses(" ".join("…" if "@" in word else word for word in parts))
