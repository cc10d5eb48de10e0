"""The editor's introduction: Markdown in, safe HTML for the mail and plain text with numbered links out.

Two nets: markdown-it makes no raw HTML of its own accord, nh3 lets through only a few elements, and what it lets
through is written anew here, with our styles, our escaping and only addresses that `safe_url` accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3
from markupsafe import Markup

from digest.escape import clean, escape
from digest.mail.rendering.safe_links import safe_url

_TAGS = {"p", "a", "strong", "em", "ul", "ol", "li", "blockquote", "br", "code"}
_BLOCKS = frozenset({"p", "li", "blockquote", "ul", "ol"})
_PICTURE = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*>')
_HEADING = re.compile(r"<(/?)h[1-6]>")


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


def introduction(markdown: str, styles: Mapping[str, str] | None = None) -> Introduction:
    """Headings become bold paragraphs, pictures their description: the mail's outline and weight stay ours.

    `styles` are inline styles by tag ("p", "a", "list", "blockquote"); without them the HTML has none.
    """
    valid = markdown.encode("utf-8", "replace").decode()  # lone surrogates would stop nh3
    from markdown_it import MarkdownIt  # late: few commands render, and most editions have no introduction

    html = MarkdownIt("commonmark", {"html": False}).render(valid)
    html = _HEADING.sub(lambda match: "</strong></p>" if match[1] else "<p><strong>", html)
    html = _PICTURE.sub(lambda match: match[1], html)
    html = html.replace("<hr />", "").replace("<pre>", "<p>").replace("</pre>", "</p>")
    writer = _Writer(styles or {})
    writer.feed(nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https"}, link_rel=None))
    writer.close()
    return writer.result()


@dataclass(slots=True)
class _Paragraph:
    bullet: str = ""
    words: list[str] = field(default_factory=list)


class _Writer(HTMLParser):
    """Writes nh3's output anew, as HTML and as text side by side."""

    def __init__(self, styles: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._styles = styles
        self._html: list[Markup] = []
        self._paragraphs = [_Paragraph()]
        self._links: dict[str, int] = {}
        self._linked: list[str] = []  # addresses of the links that are open, "" for a refused one
        self._lists: list[int | None] = []  # of the lists that are open: the next number, or None for bullets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._paragraphs.append(_Paragraph())
        if tag == "a":
            url = safe_url(dict(attrs).get("href") or "")
            self._linked.append(url)
            if url:
                self._html.append(Markup('<a href="{}"{}>').format(escape(url), self._style("a")))
            return
        if tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        if tag == "li":
            self._paragraphs[-1].bullet = self._bullet()
        direction = Markup(' dir="auto"') if tag in ("p", "li") else Markup("")
        style = self._style("list" if tag in ("ul", "ol") else tag)
        self._html.append(Markup("<{}{}{}>").format(tag, direction, style))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            url = self._linked.pop() if self._linked else ""
            if url:
                number = self._links.setdefault(url, len(self._links) + 1)
                self._html.append(Markup("</a>"))
                self._paragraphs[-1].words.append(f"\xa0[{number}]")
            return
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _BLOCKS:
            self._paragraphs.append(_Paragraph())
        if tag != "br":
            self._html.append(Markup("</{}>").format(tag))

    def handle_data(self, data: str) -> None:
        before, after = (" " if data[:1].isspace() else ""), (" " if data[-1:].isspace() else "")
        text = before + clean(data) + after
        self._html.append(escape(text if text.strip() else " "))
        self._paragraphs[-1].words.append(text)

    def _style(self, tag: str) -> Markup:
        return Markup(' style="{}"').format(escape(self._styles[tag])) if tag in self._styles else Markup("")

    def _bullet(self) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return "* "
        self._lists[-1] = number + 1
        return f"{number}. "

    def result(self) -> Introduction:
        texts, bullet = [], ""
        for paragraph in self._paragraphs:
            bullet = paragraph.bullet or bullet
            text = re.sub(" +", " ", "".join(paragraph.words)).strip(" ")
            if text:
                texts.append(bullet + text)
                bullet = ""
        links = tuple(TextLink(number, url) for url, number in self._links.items())
        return Introduction(Markup("").join(self._html).strip(), tuple(texts), links)
