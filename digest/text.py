"""The one place where untrusted text is made safe to show: titles, names, sentences, alternative texts.

What comes out of `one_line` is one line of plain text. It never holds a control character, a direction override, an
invisible trick, a pile of marks or half a surrogate pair; emoji and the joiners that scripts need stay. `clean_line`
also shortens words of hundreds of letters. What later programs could take for markup is `digest.escape`'s
business, which begins with `one_line`; escaping for HTML or MJML comes last.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata

LONGEST_WORD = 100
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters. A longer "word" breaks the layout of a mail, and no real one is half as long."""
SHOWN_OF_LONG_WORD = 60
_STEP = LONGEST_WORD // 2

# Characters that show nothing, or turn the direction of what follows. Each line says what it is for.
_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls; those that are white space are folded before
    "\u00ad"  # soft hyphen: hides inside words
    "\u034f\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\u2800"  # joiner of marks, fillers, blank braille
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, overrides and isolates
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff"  # zero-width space, word joiner, invisible operators, byte order mark
    "\ud800-\udfff"  # halves of surrogate pairs: cannot be encoded
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: icon fonts, shown as boxes in a mail
    "\ufff0-\uffff\ufdd0-\ufdef"  # annotations, the replacement character, non-characters
    + "".join(chr(plane * 0x10000 + end) for plane in range(1, 15) for end in (0xFFFE, 0xFFFF))
    + "\U000e0000-\U000e0fff"  # tags and supplementary variation selectors; flags of nations keep theirs, see below
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # formatting of shorthand and of music
)
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JOINING = (
    "\u0600-\u08ff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"  # Arabic and its neighbours
    "\u0900-\u0dff"  # Indic
    "\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1800-\u180a\u1810-\u18af"  # Tibetan, Myanmar, Khmer, Mongolian
)
_NATION = "\U0001f3f4[\U000e0020-\U000e007e]{2,8}\U000e007f"  # the flags of England, Scotland and Wales

_KEPT_OR_DROPPED = re.compile(
    f"(?P<kept>{_NATION}"
    f"|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"  # families and professions
    f"|(?<=[{_EMOJI}0-9#*])\ufe0f"  # "show as a picture"
    f"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|(?<=[{_JOINING}])\u200d(?![^\\s{_JOINING}]))"
    f"|[{_INVISIBLE}\u200c\u200d\ufe00-\ufe0f]"
)
_STACKING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_TOO_MANY_STACKED = re.compile(f"([{_STACKING}]{{4}})[{_STACKING}]+")
_MOST_MARKS = 6
"""On one letter, of any script: Burmese and Tibetan need six. More is decoration that runs over the lines around it."""
_MAY_BE_MARKS = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MOST_MARKS + 1},}}")
# Anything outside this asks for the careful path. Everything inside is ordinary Western prose.
_ORDINARY = re.compile(
    r"[\s\x20-\x7e\xa0-\xac\xae-\u0250\u0252-\u0260\u0262-\u02ff\u2010-\u2027\u2030-\u203b\u20a0-\u20bf]*", re.ASCII
)
# White space where a line may break. The two no-break spaces are meant: "10 % of it".
_BREAKING = re.compile(r"[ \t\n\r\f\v\x1c-\x1f\x85\u1680\u2000-\u200a\u2028\u2029\u205f\u3000]+")

_BROAD = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff00-\uffef\U00020000-\U0003ffff"
)
# Scripts written without spaces are no long words.
_LONG_WORD = re.compile(rf"[^\s{_BROAD}]{{{LONGEST_WORD + 1},}}")
_LOOSE_ENDS = "\u200c\u200d\ufe0f\U0001f3f4" + "".join(map(chr, range(0xE0020, 0xE0080)))

# Letters drawn like Latin ones. A word that mixes them with Latin letters is a disguise, not Russian or Greek.
_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХӀаеѕіјорсухѵӏүһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονօհոսցɑɡ",
    "ABESIJKMHOPCTYXIaesijopcyxvlyhdqwABEZHIKMNOPTYXovohnugag",
)
_OTHERS = "\u0251\u0261\u0370-\u03ff\u0400-\u058f"
_DISGUISED = re.compile(f"[A-Za-z{_OTHERS}]+")
_OTHER_ALPHABET = re.compile(f"[{_OTHERS}]")
# Mathematical and full-width letters and digits, and Roman numerals of one sign: bold or wide only in looks,
# unreadable to screen readers.
_STYLED = re.compile("[\u2160-\u217f\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]+")


def _undisguise(word: re.Match[str]) -> str:
    letters = word[0]
    if not _OTHER_ALPHABET.search(letters) or not re.search("[A-Za-z]", letters):
        return letters
    plain = letters.translate(_LOOK_ALIKE)
    return plain if plain.isascii() else letters


def _shorten_word(word: re.Match[str]) -> str:
    return word[0][:SHOWN_OF_LONG_WORD].rstrip(_LOOSE_ENDS) + "…"


def _fewer_marks(run: re.Match[str]) -> str:
    characters, marks = [], 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= _MOST_MARKS:
            characters.append(character)
    return "".join(characters)


def _careful(text: str) -> str:
    """Drop what is invisible, undo what is disguised."""
    text = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = _KEPT_OR_DROPPED.sub(lambda match: match["kept"] or "", text)
    text = _MAY_BE_MARKS.sub(_fewer_marks, _TOO_MANY_STACKED.sub(r"\1", text))
    return _DISGUISED.sub(_undisguise, unicodedata.normalize("NFC", text))


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _neutral(text: str) -> str:
    if _plain(text) or _ORDINARY.fullmatch(text):
        return text
    # Twice: what is dropped may have held apart what now belongs together.
    return _careful(_careful(text))


def without_controls(text: str) -> str:
    """Text of several lines without control characters, which no keyboard writes and no database has to store."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """One line of plain text, safe to show: nothing invisible, nothing that turns direction, nothing disguised.

    White space is folded to single blanks; no-break spaces stay. Cleaning what is clean changes nothing.
    """
    if _plain(text) and "  " not in text:  # as most lines are
        return text.strip(" ")
    return _BREAKING.sub(" ", _neutral(text)).strip(" ")


def clean_line(text: str, *, limit: int = 0) -> str:
    """Like `one_line`, without endless words; white space of any kind, no-break spaces too, becomes single blanks.

    With a `limit` (characters, the mark included) the line is cut after a word and ends in "…". Cleaning what is clean
    changes nothing.
    """
    simple = _plain(text) and "  " not in text  # as most lines are
    line = text.strip(" ") if simple else " ".join(_neutral(text).split())
    if _may_hold_a_long_word(line):
        line = _LONG_WORD.sub(_shorten_word, line)
    return clip(line, limit) if limit else line


def _may_hold_a_long_word(line: str) -> bool:
    """A word that is too long fills one of the steps from end to end; looking at each word would take longer."""
    return any(" " not in line[at : at + _STEP] for at in range(0, len(line) - _STEP, _STEP))


def clip(line: str, limit: int) -> str:
    """`line`, cut after a word and ended with "…" when it is longer than `limit` characters, the mark included."""
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    if not line[limit - 1].isspace():
        at = head.rfind(" ")
        if at > limit // 2:
            head = head[:at]
    return head.rstrip(_LOOSE_ENDS + " ,;:–—-(“\"'") + "…"


_LINE_BREAKING = re.compile(r"[\t\n\r\f\v\x1c-\x1f\x85\u2028\u2029]")


def terminal_line(text: str, *, limit: int = 1000) -> str:
    """One line for a terminal: nothing that steers it, hides or turns direction, cut to `limit` characters.

    Letters and blanks stay as they are: whoever copies an address out of a listing wants that very address.
    """
    text = text[: limit * 4]  # a mark or two beside each letter; what is longer is cut anyhow
    if not _plain(text):
        text = _KEPT_OR_DROPPED.sub(lambda match: match["kept"] or "", _LINE_BREAKING.sub(" ", text))
        # Twice: what is dropped may have held apart what now belongs together.
        text = _KEPT_OR_DROPPED.sub(lambda match: match["kept"] or "", text)
        text = _MAY_BE_MARKS.sub(_fewer_marks, _TOO_MANY_STACKED.sub(r"\1", text))
    return clip(text, limit)


def terminal_text(text: str) -> str:
    """Several lines for a terminal, each as `terminal_line` has it."""
    return "\n".join(map(terminal_line, text.split("\n")))


def clean_code(text: str) -> str:
    """Like `clean_line`, but line by line, with the indentation kept: for listings."""
    lines = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        indent = len(line) - len(line.lstrip(" \t"))
        lines.append(line[:indent].expandtabs(4)[:40] + clean_line(line))
    return "\n".join(lines).strip("\n").rstrip()


# --- Markup in what should be plain -----------------------------------------------------------------------------------

# One blank and then anything: with `\s+` a hundred thousand blanks without an end would be read from each of them.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:\s[^<>]*)?)(/?)>")
_DROPPED_WHOLE = re.compile(
    r"<!--.*?-->|<!\[CDATA\[|\]\]>|<[!?][A-Za-z][^<>]*>"
    r"|<(script|style|template|noscript|svg|iframe)\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_NEVER_CLOSED = re.compile(_DROPPED_WHOLE.pattern.removeprefix("<!--.*?-->|"), _DROPPED_WHOLE.flags)
"""The same for what follows the last end of a comment: one that never ends is what the author writes about."""
_ALWAYS_MARKUP = frozenset(
    ["a", "br", "div", "font", "hr", "img", "li", "ol", "p", "span", "td", "tr", "table", "tbody", "ul", "wbr"]
)
_SPACED = frozenset(
    [
        "br",
        "div",
        "hr",
        "li",
        "ol",
        "p",
        "td",
        "th",
        "tr",
        "table",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
    ]
)


def plain_from_html(html: str) -> str:
    """The plain, clean text of a title or a line that may hold markup: tags go, entities are decoded once.

    A bare tag that nothing closes is what the author writes about ("How to use <b> tags") and stays.
    """
    if "<" not in html and "&" not in html:
        return clean_line(html)
    # In two parts: a search for an end that never comes, from each beginning of a comment, would be quadratic.
    end = html.rfind("-->") + len("-->") if "-->" in html else 0
    text = _DROPPED_WHOLE.sub(" ", html[:end]) + _NEVER_CLOSED.sub(" ", html[end:])
    tags = [(match[1], match[2].lower()) for match in _TAG.finditer(text)]
    closed = {name for slash, name in tags if slash} & {name for slash, name in tags if not slash}

    def replace(match: re.Match[str]) -> str:
        name = match[2].lower()
        if name in _ALWAYS_MARKUP or name in closed or match[3].strip():
            return " " if name in _SPACED else ""
        return match[0]

    return clean_line(entities.unescape(_TAG.sub(replace, text)))


def plural(count: int, one: str, many: str = "") -> str:
    """Say how many: "1 post", "2,000 posts"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
