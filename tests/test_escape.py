"""Foreign text and addresses: cleaned once, escaped once, and unable to leave the place they stand in."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mjml import mjml2html

from digest.escape import breakable, clean, escape
from digest.mail.rendering.introduction import introduction
from digest.mail.rendering.safe_links import safe_url
from tests.mail.hostile import TEXTS, URLS

anything = st.text(st.characters(), max_size=80)  # lone surrogates, too
nasty = st.one_of(anything, st.sampled_from(TEXTS), st.builds("".join, st.lists(st.sampled_from(TEXTS), max_size=3)))


@given(nasty)
def test_clean_text_is_one_visible_line_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split(" ")).strip(" ")
    assert not set(cleaned) & set("⟦⟧\n\r\t\x00\u2028\u2029\u202e\ufffd")
    cleaned.encode()  # no lone surrogate
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\n words\u3000here ", "two words here"),
        ("10\u00a0% of it", "10\u00a0% of it"),  # a blank that holds together is meant
        ("soft\u00adhyphen, zero\u200bwidth", "softhyphen, zerowidth"),
        ("right \u202eot tfel", "right ot tfel"),
        ("⟦unsubscribe⟧", "[unsubscribe]"),
        ("👩\u200d💻 \U0001f3f4\U000e0067\U000e0062\U000e007f", "👩\u200d💻 \U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("hidden\U000e0049\U000e0050tags", "hiddentags"),
        ("e" + "\u0301" * 40, "é\u0301\u0301\u0301"),
        ("p\u0430yp\u0430l", "paypal"),  # Cyrillic а
        ("a" * 70 + "@" + "b" * 60 + ".example", "a" * 70 + "@" + "b" * 60 + ".example"),  # an address stays whole
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text", ["{{ x }}", "{% x %}", "</mj-text>", "<!--[if mso]>", "<![endif]", "&amp;", "\\u{202e}"]
)
def test_escaped_text_is_no_markup_and_reads_the_same(text: str) -> None:
    cleaned = clean(f"a {text} b")
    assert text not in cleaned
    assert cleaned.replace("\u2060", "") == f"a {text} b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffa\u200bhrtsgesellschaft"),
        ("no word of this line is long enough", "no word of this line is long enough"),
        ("x" * 90, "\u200b".join(["x" * 18, "x" * 18, "x" * 18, "x" * 9 + "…"])),
        ("สวัสดีครับ" * 9, "สวัสดีครับ" * 9),  # one sentence
        ("क्षत्रिय" * 5, "क्षत्रिय" * 5),
        ("x\u0323" * 18, "x\u0323" * 9 + "\u200b" + "x\u0323" * 9),  # no mark leaves its letter
    ],
)
def test_long_words_may_break(text: str, expected: str) -> None:
    assert breakable(text) == expected


@given(nasty)
def test_break_points_change_no_character(text: str) -> None:
    cleaned = clean(text)
    if all(len(word) <= 60 for word in cleaned.split(" ")):
        assert breakable(cleaned).replace("\u200b", "") == cleaned


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.alt = self.link = self.text = self.title = ""
        self._in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in = tag if tag in ("b", "title") else ""
        if tag == "img":
            self.alt = dict(attrs)["alt"] or ""
        if tag == "a":
            self.link = dict(attrs)["title"] or ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 – the parser's signature
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "b":
            self.text += data
        if self._in == "title":
            self.title += data


def _through_mjml(text: str) -> _TextCollector:
    value = escape(text)
    collector = _TextCollector()
    collector.feed(
        mjml2html(
            f"<mjml><mj-head><mj-title>{value}</mj-title></mj-head><mj-body><mj-section><mj-column>"
            f'<mj-image src="https://a.example/x.png" alt="{value}" />'
            f'<mj-text><a title="{value}" href="https://a.example/">x</a><b>|{value}|</b></mj-text>'
            "</mj-column></mj-section></mj-body></mjml>",
            fonts={},
        )
    )
    collector.close()
    return collector


@given(nasty)
@example("\\ ` \" ' < > & é ’ \u00a0 \u0301 \uff9e \ufe0f ⟧")
def test_escaped_text_passes_through_mjml_unchanged(text: str) -> None:
    cleaned = clean(text)
    text_ = _through_mjml(cleaned)
    assert text_.text == f"|{cleaned}|"
    assert text_.alt == text_.link == cleaned
    assert text_.title == cleaned
    assert text_.tags == _through_mjml("calm").tags


@given(st.one_of(nasty, st.sampled_from(URLS), st.builds("https://{}".format, nasty)))
def test_a_safe_url_is_http_or_empty(url: str) -> None:
    safe = safe_url(url)
    if not safe:
        return
    parts = urlsplit(safe)
    assert parts.scheme in ("http", "https")
    assert safe.isascii()
    assert not set(safe) & set(" \"'<>\\^`{|}\n\r\t")
    assert "@" not in parts.netloc
    assert html.unescape(str(escape(safe))) == safe
    assert safe_url(safe) == safe


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example", "https://a.example/"),
        ("HTTPS://A.Example:8443/x", "https://a.example:8443/x"),
        ("https://a.example/a b?q=é#§", "https://a.example/a%20b?q=%C3%A9#%C2%A7"),
        ("https://a.example/%41%zz", "https://a.example/%41%25zz"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://127.0.0.1:8025/post", "http://127.0.0.1:8025/post"),
        ("http://localhost:8025/post", "http://localhost:8025/post"),
        ("http://[::1]:8025/post", "http://[::1]:8025/post"),
        ("https://a.example/it's", "https://a.example/it%27s"),
        ("https://a.example/~name/?a=1&b=2", "https://a.example/~name/?a=1&b=2"),
    ],
)
def test_safe_urls_are_accepted(url: str, safe: str) -> None:
    assert safe_url(url) == safe


ACCEPTED = (
    "https://b\u00fccher.example/",
    'https://evil.example/" onclick',
    "https://evil.example/'><script>",
    "https://evil.example/%zz%",
)


@pytest.mark.parametrize("url", [url for url in URLS if not url.startswith(ACCEPTED)])
def test_unsafe_urls_are_refused(url: str) -> None:
    assert safe_url(url) == ""


def test_introduction_keeps_a_little_markdown_and_nothing_else() -> None:
    rendered = introduction(
        "# A *week*\n\nSee [the guide](https://g.example/a?b=1&c=2), [again](https://g.example/a?b=1&c=2) and "
        "[bad](javascript:alert(1)). ![A bench](https://t.example/p.gif) <b onclick=x>raw</b>\n\n"
        "1. one\n2. two\n   - in\n",
        {"a": "color:#123456"},
    )
    assert '<a href="https://g.example/a?b=1&#38;c=2" style="color:#123456">the guide</a>' in rendered.html
    assert "javascript" not in rendered.html.replace("(javascript", "")
    assert "<img" not in rendered.html
    assert "<b" not in rendered.html.replace("<br", "").replace("<blockquote", "")
    assert rendered.paragraphs[0] == "A week"
    assert rendered.paragraphs[1].startswith("See the guide\xa0[1], again\xa0[1] and")
    assert rendered.paragraphs[2:] == ("1. one", "2. two", "* in")
    assert [(link.number, link.url) for link in rendered.links] == [(1, "https://g.example/a?b=1&c=2")]


@given(nasty)
def test_introduction_has_only_its_own_elements(text: str) -> None:
    elements: list[tuple[str, set[str]]] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            elements.append((tag, {name for name, _ in attrs}))

    parser = Tags()
    parser.feed(introduction(text, {"p": "margin:0"}).html)
    parser.close()
    for tag, names in elements:
        assert tag in {"p", "a", "strong", "em", "ul", "ol", "li", "blockquote", "br", "code"}
        assert names <= {"href", "style", "dir"}
