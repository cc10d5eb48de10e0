"""What a server's refusal means, in a few words for people who run no mail server. Pure."""

from __future__ import annotations

from digest.mail.smtp.verdict import Cause, classify

_WORDS = {
    Cause.MAILBOX: "There is no such mailbox",
    Cause.DOMAIN: "The domain does not exist, or takes no mail",
    Cause.DISABLED: "The mailbox is closed",
    Cause.FULL: "The mailbox is full",
    Cause.SIZE: "The mail is too big for the server",
    Cause.THROTTLED: "Too many mails at once: the server asks us to slow down",
    Cause.GREYLISTED: "The server makes new senders wait, and takes the mail later",
    Cause.POLICY: "The server refuses mail of this kind: spam filter, block list or rule",
    Cause.SENDER: "The server does not accept our sender address",
    Cause.CONTENT: "The server does not accept the form of the mail",
    Cause.NETWORK: "The server could not be reached, or is out of order",
    Cause.PROTOCOL: "The server and ours misunderstood each other",
    Cause.UNKNOWN: "The server refused it without a reason that we know",
}


def in_plain_words(code: int, enhanced: str, text: str) -> str:
    """Return what a refusal means. A code of 0 without an enhanced code means that there was no reply."""
    if not code and not enhanced:
        return "No answer came: whether it arrived is not known"
    return _WORDS[classify(code, enhanced, text).cause]
