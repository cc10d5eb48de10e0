"""A rendered edition and a subscriber in; the bytes of one message out.

    EditionMail -message_template-> MessageTemplate -fill(addressing)-> bytes
        once per audience; after that only the subscriber's own lines
    EditionMail -personal-> EditionMail -full_message-> bytes
        the plain way; a test holds both to the same bytes

The message is multipart/alternative (text first), quoted-printable, ASCII but for addresses that are not, CRLF. Only
lines that hold a slot are encoded per subscriber; all others are ready bytes.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.escape import SLOT_CLOSE, SLOT_OPEN, clean, escaped
from digest.mail.message.dot_stuffing import SmtpData, dots_stuffed
from digest.mail.message.message_headers import Addressing, display_name, shared_headers, subscriber_headers
from digest.mail.rendering.design import Design
from digest.model import EditionMail

_SLOT = re.compile(f"{SLOT_OPEN}([a-z]+){SLOT_CLOSE}")
TEXT_TYPE = "text/plain; charset=utf-8; format=flowed; delsp=no"
HTML_TYPE = "text/html; charset=utf-8"
# RFC 3676 4.4. A name begins with a blank, so a line that begins with a name does, too.
_TO_STUFF = re.compile(f"^(?=[ >]|From|{SLOT_OPEN}name{SLOT_CLOSE})", re.MULTILINE)
_ESCAPED = ".html"  # after the name of a slot: its value for HTML


class Filled:
    """What one subscriber's message has of its own."""

    __slots__ = ("apart", "head", "lines")

    def __init__(self, head: bytes, lines: bytes) -> None:
        self.head = head  # header lines
        self.lines = lines  # of the body, one after another: those that hold slots, quoted-printable
        self.apart = _apart(lines)  # one by one

    def changed(self, change: Callable[[bytes], bytes]) -> list[bytes]:
        """The body's lines, one by one, after a change that leaves their number as it is and most of them alone."""
        changed = change(self.lines)
        return self.apart if changed is self.lines else _apart(changed)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A message but for the subscriber's own parts. Safe to use from several threads."""

    head: bytes  # the header lines that all subscribers share
    ready: tuple[bytes, ...]  # the body's whole lines before, between and after those that hold slots
    stuffed: tuple[bytes, ...]  # the same, with their dots stuffed
    form: str  # the lines that hold slots, for `%` and the values by slot; all at once is quickest
    size: int  # bytes of all that subscribers share

    def fill(self, addressing: Addressing) -> bytes:
        """The message to one subscriber. Raises ValueError when the address is none."""
        filled = self.filled(addressing)
        return b"".join((filled.head, self.head, *interleaved(self.ready, filled.apart)))

    def smtp_data(self, addressing: Addressing) -> SmtpData:
        """The same, as SMTP sends it."""
        return self.joined(self.filled(addressing))

    def filled(self, addressing: Addressing) -> Filled:
        """What is the subscriber's own. Raises ValueError when the address is none."""
        return Filled(subscriber_headers(addressing), _quoted_printable((self.form % _values(addressing)).encode()))

    def joined(self, filled: Filled, *, first: bytes = b"") -> SmtpData:
        """The message as SMTP sends it, with `first` (header lines) before it. Header lines begin with no dot."""
        heads = (first, filled.head, self.head)
        body = interleaved(self.stuffed, filled.changed(dots_stuffed))
        # The body is quoted-printable, so that only headers can go beyond ASCII.
        eight_bit = not all(head.isascii() for head in heads)
        size = len(first) + len(filled.head) + len(filled.lines) + self.size
        return SmtpData(b"".join((*heads, *body, b".\r\n")), size, eight_bit)


def interleaved(ready: Sequence[bytes], own: list[bytes]) -> list[bytes]:
    """What all subscribers share, and between each two pieces of it one of the subscriber's own lines."""
    pieces = [b""] * (len(ready) + len(own))
    pieces[::2] = ready
    pieces[1::2] = own
    return pieces


def _apart(lines: bytes) -> list[bytes]:
    """Quoted-printable lines one by one. A soft line break is within a line."""
    # Quoted-printable has no NUL, and this is four times as quick as a pattern.
    lines = lines.replace(b"=\r\n", b"=\0")
    return [line.replace(b"\0", b"\r\n") for line in lines.splitlines(keepends=True)]


def message_template(rendered: EditionMail, design: Design, *, week: str) -> MessageTemplate:
    """Prepare all that subscribers share."""
    boundary = _boundary(rendered)
    head = shared_headers(rendered, design, week, boundary)
    shared = [b"\r\n" + _part_head(boundary, TEXT_TYPE)]
    forms: list[str] = []
    for text, slot_form, ending in (
        (space_stuffed(rendered.text), r"%(\1)s", _part_head(boundary, HTML_TYPE)),
        (rendered.html, rf"%(\1{_ESCAPED})s", f"--{boundary}--\r\n".encode()),
    ):
        for lines, form in _parted(text, slot_form):
            shared[-1] += _quoted_printable(lines.encode())
            if form:
                forms.append(form)
                shared.append(b"")
        shared[-1] += ending
    stuffed = tuple(dots_stuffed(piece) for piece in shared)
    return MessageTemplate(head, tuple(shared), stuffed, "".join(forms), len(head) + sum(map(len, shared)))


def personal(rendered: EditionMail, addressing: Addressing) -> EditionMail:
    """The edition as one subscriber gets it: every slot filled in."""
    values = _values(addressing)
    return replace(
        rendered,
        html=_SLOT.sub(lambda match: values[match[1] + _ESCAPED], rendered.html),
        text=_SLOT.sub(lambda match: values[match[1]], rendered.text),
        mjml=_SLOT.sub(lambda match: values[match[1] + _ESCAPED], rendered.mjml),
    )


def full_message(rendered: EditionMail, design: Design, addressing: Addressing, *, week: str) -> bytes:
    """The message to one subscriber, made the plain way: fill in all slots, then encode all of it."""
    own_lines = personal(replace(rendered, text=space_stuffed(rendered.text)), addressing)
    boundary = _boundary(rendered)
    return b"".join(
        (
            subscriber_headers(addressing),
            shared_headers(rendered, design, week, boundary),
            b"\r\n",
            _part_head(boundary, TEXT_TYPE),
            _quoted_printable(own_lines.text.encode()),
            _part_head(boundary, HTML_TYPE),
            _quoted_printable(_ended(own_lines.html).encode()),
            f"--{boundary}--\r\n".encode(),
        )
    )


def space_stuffed(text: str) -> str:
    """The text as format=flowed transports it: lines that a reader could take for quoted get a blank in front."""
    return _TO_STUFF.sub(" ", _ended(text))


def _values(addressing: Addressing) -> dict[str, str]:
    """By slot, and once more for HTML."""
    name = display_name(addressing).strip()
    values = {
        "name": f" {name}" if name else "",
        "email": clean(addressing.email),
        "unsubscribe": addressing.unsubscribe_url or addressing.unsubscribe_mailto,
        "preferences": addressing.preferences_url,
    }
    return values | {slot + _ESCAPED: escaped(value) for slot, value in values.items()}


def _boundary(rendered: EditionMail) -> str:
    """Quoted-printable never holds "=_", so the boundary cannot stand in a part."""
    checksum = hashlib.sha256(rendered.text.encode() + b"\0" + rendered.html.encode()).hexdigest()
    return f"=_digest_{checksum[:24]}"


def _part_head(boundary: str, kind: str) -> bytes:
    return f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode()


def _parted(text: str, slot_form: str) -> Iterable[tuple[str, str]]:
    """Whole lines without a slot (or none), then one that has slots, as a form; "" for the form after the last."""
    ready: list[str] = []
    for line in _ended(text).split("\n")[:-1]:  # not splitlines(): it would also break at U+2028 and its like
        line += "\n"
        if _SLOT.search(line):
            yield "".join(ready), _SLOT.sub(slot_form, line.replace("%", "%%"))
            ready = []
        else:
            ready.append(line)
    yield "".join(ready), ""


def _ended(text: str) -> str:
    """One kind of line end, and one at the end: each line can then be encoded by itself."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def _quoted_printable(text: bytes) -> bytes:
    """Whole lines, encoded, with CRLF."""
    return binascii.b2a_qp(text.replace(b"\n", b"\r\n"), istext=True)
