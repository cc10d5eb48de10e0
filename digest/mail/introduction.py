"""The editor's introduction: Markdown in, safe HTML for the mail and plain text with numbered links out.

Two nets: markdown-it makes no raw HTML of its own accord, nh3 lets through only a few elements, and what it lets
through is written anew here, with our styles, our escaping and only addresses that `safe_url` accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from digest.mail.escape import clean, escape
from digest.mail.links import safe_url

_TAGS = frozenset({"p", "a", "strong", "em", "ul", "ol", "li", "blockquote", "br", "code"})
_BLOCKS = frozenset({"p", "li", "blockquote", "ul", "ol"})
_RIGHT_TO_LEFT_LETTERS = ("\u0590", "\u08ff")


@dataclass(frozen=True, slots=True)
class TextLink:
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Introduction:
    html: Markup
    paragraphs: tuple[str, ...]  # plain text; links are followed by their number: "the guide [1]"
    links: tuple[TextLink, ...]

    def __bool__(self) -> bool:
        return bool(self.paragraphs)


def introduction(markdown: str, *, link_colour: str) -> Introduction:
    """Headings become bold paragraphs, pictures their description; the mail's outline and weight stay ours."""
    html = MarkdownIt("commonmark", {"html": False}).disable("image").render(markdown)
    for level in range(1, 7):
        html = html.replace(f"<h{level}>", "<p><strong>").replace(f"</h{level}>", "</strong></p>")
    html = html.replace("<hr />", "").replace("<pre>", "<p>").replace("</pre>", "</p>")
    writer = _Writer(link_colour)
    writer.feed(nh3.clean(html, tags=set(_TAGS), attributes={"a": {"href"}}, url_schemes={"http", "https"}))
    writer.close()
    return writer.result()


@dataclass(slots=True)
class _Paragraph:
    words: list[str] = field(default_factory=list)
    prefix: str = ""


class _Writer(HTMLParser):
    """Writes nh3's output anew, as HTML and as text side by side."""

    def __init__(self, link_colour: str) -> None:
        super().__init__(convert_charrefs=True)
        self._link_style = f"color:{link_colour}"
        self._html: list[Markup] = []
        self._paragraphs: list[_Paragraph] = [_Paragraph()]
        self._links: list[TextLink] = []
        self._linked: list[str] = []  # the open links' addresses, "" for a refused one
        self._lists: list[int | None] = []  # of the open lists: the next number, or None for bullets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._paragraphs.append(_Paragraph())
        if tag == "a":
            url = safe_url(dict(attrs).get("href") or "")
            self._linked.append(url)
            if url:
                self._html.append(Markup('<a href="{}" style="{}">').format(escape(url), escape(self._link_style)))
            return
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        if tag == "li":
            self._paragraphs[-1].prefix = self._bullet()
        self._html.append(Markup(_OPENING.get(tag, f"<{tag}>")))  # noqa: S704 – one of _TAGS, by nh3

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            url = self._linked.pop() if self._linked else ""
            if url:
                self._html.append(Markup("</a>"))
                link = next((link for link in self._links if link.url == url), None)
                if link is None:
                    link = TextLink(len(self._links) + 1, url)
                    self._links.append(link)
                self._paragraphs[-1].words.append(f"\xa0[{link.number}]")
            return
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self._paragraphs.append(_Paragraph())
        if tag != "br":
            self._html.append(Markup(f"</{tag}>"))  # noqa: S704 – one of _TAGS, by nh3

    def handle_data(self, data: str) -> None:
        head, tail = data[:1].isspace(), data[-1:].isspace()
        text = clean(data)
        shown = (" " if head else "") + text + (" " if tail and text else "")
        self._html.append(escape(shown))
        self._paragraphs[-1].words.append(shown)

    def _bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "• "
        self._lists[-1] = number + 1
        return f"{number}. "

    def result(self) -> Introduction:
        texts = []
        prefix = ""
        for paragraph in self._paragraphs:
            prefix = paragraph.prefix or prefix
            text = (
                clean("".join(paragraph.words))
                if not paragraph.words
                else " ".join("".join(paragraph.words).split(" ")).strip()
            )
            if text:
                texts.append(prefix + text)
                prefix = ""
        return Introduction(Markup("").join(self._html), tuple(texts), tuple(self._links))


_OPENING = {
    "p": '<p style="margin:0 0 12px" dir="auto">',
    "ul": '<ul style="margin:0 0 12px;padding:0 0 0 22px">',
    "ol": '<ol style="margin:0 0 12px;padding:0 0 0 22px">',
    "li": '<li dir="auto">',
    "blockquote": '<blockquote style="margin:0 0 12px;padding:0 0 0 14px">',
    "br": "<br>",
}
