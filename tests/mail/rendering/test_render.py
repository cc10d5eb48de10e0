"""The letter itself: complete, the same every time, with nothing of a feed's own markup in it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.edition.preflight.checks import preflight
from digest.edition.preflight.parsed_mail import Node, parse_mail
from digest.errors import TemplateError
from digest.escape import clean
from digest.mail.rendering.check_mjml import problem_in
from digest.mail.rendering.design import Design, design_of
from digest.mail.rendering.flowed_text import unflowed
from digest.mail.rendering.render import Renderer
from digest.model import AlsoOn, Credit, Edition, EditionMail, Image, Picture, Section
from digest.settings import Secrets, parse_settings
from digest.settings.tables import LookName
from digest.template_folders import default_folders, packaged_folder
from tests.mail.editions import DESIGN, THEMES, edition, post
from tests.mail.hostile import TEXTS, URLS, hostile_edition

RENDERER = Renderer(DESIGN, [packaged_folder()])
PICTURED = replace(DESIGN, images=True)


class Outline(HTMLParser):
    """Elements, attributes and headings of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.images: list[dict[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.attributes |= set(values)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.headings and self.get_starttag_text() and self.lasttag in ("a", "h1", "h2", "h3"):
            tag, text = self.headings[-1]
            self.headings[-1] = (tag, text + data)


def test_every_post_is_in_both_parts_in_the_same_order() -> None:
    whole = edition(20, short=4)
    rendered = RENDERER.render(whole)
    expected = [p for p in whole.posts if not p.short] + [p for p in whole.posts if p.short]
    plain = " ".join(rendered.text.split())
    for part, shape in ((rendered.html, ">{}</a>"), (plain, ". {} ")):
        places = [part.rfind(shape.format(p.title)) for p in expected]
        assert -1 not in places
        assert places == sorted(places)
    outline = Outline(rendered.html)
    for p in expected:
        assert p.url in outline.links
        assert p.url in rendered.text
        for sentence in p.summary:
            assert sentence in rendered.html
            assert sentence in plain
    assert whole.left_out[0].title not in rendered.html + rendered.text
    assert rendered.html.count("Original source: ") == rendered.text.count("Original source: ") == len(expected)


def test_headings_are_one_h1_an_h2_per_theme_an_h3_per_post() -> None:
    rendered = RENDERER.render(edition(15, short=3))
    levels = [int(tag[1]) for tag, _ in Outline(rendered.html).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(2) == 5 + 1  # themes, "Also this week"
    assert levels.count(3) == 12
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert RENDERER.render(edition(15)) == Renderer(DESIGN, [packaged_folder()]).render(edition(15))


def test_renders_only_the_chosen_themes() -> None:
    rendered = RENDERER.render(edition(15, short=3), themes=frozenset({"comms", "recruitment"}))
    assert "Comms" in rendered.text
    assert "Civic tech" not in rendered.text + rendered.html
    assert "6 posts from" in rendered.text
    none = RENDERER.render(edition(15), themes=frozenset())
    assert "Our sources published nothing this week." in RENDERER.render(edition(0, introduction="")).text
    assert "h3" not in Outline(none.html).tags


def test_week_dates_number_subject_and_preheader() -> None:
    rendered = RENDERER.render(edition(8))
    assert rendered.subject == "The Harbour Digest, 18–24 March 2019"
    for part in (rendered.html, rendered.text):
        assert "Edition 12 · Monday 25 March 2019" in part
    assert "<title>The Harbour Digest, 18–24 March 2019</title>" in rendered.html
    assert 40 <= len(rendered.preheader) <= 140
    assert rendered.html.index(rendered.preheader) < rendered.html.index("<h1")
    assert RENDERER.render(replace(edition(8), subject="Permits, letters\nand ferries")).subject == (
        "Permits, letters and ferries"
    )
    assert 40 <= len(RENDERER.render(edition(0)).preheader) <= 140


@pytest.mark.parametrize(
    ("starts", "ends", "language", "dates"),
    [
        ("2019-03-25T00:00+00:00", "2019-03-31T23:00+00:00", "en-GB", "25–31 March 2019"),  # the clocks change
        ("2019-04-28T23:00+00:00", "2019-05-05T23:00+00:00", "en-GB", "29 April – 5 May 2019"),
        ("2019-12-30T00:00+00:00", "2020-01-06T00:00+00:00", "en-GB", "30 December 2019 – 5 January 2020"),
        ("2019-03-18T00:00+00:00", "2019-03-25T00:00+00:00", "de", "18.–24. März 2019"),
        ("2019-03-18T00:00+00:00", "2019-03-25T00:00+00:00", "cy", "18–24 Mawrth 2019"),
        ("2019-03-18T00:00+00:00", "2019-03-25T00:00+00:00", "tlh", "18–24 March 2019"),
    ],
)
def test_dates_are_the_newsletters_own(starts: str, ends: str, language: str, dates: str) -> None:
    design = replace(DESIGN, language=language)
    when = replace(edition(1), starts=datetime.fromisoformat(starts), ends=datetime.fromisoformat(ends))
    assert dates in Renderer(design, [packaged_folder()]).render(when).subject


def with_picture(alt: str = "A bench by the quay", width: int = 1200) -> Edition:
    other = Picture("fedcba9876543210.jpg", 600, 400, 9_000)
    shown = replace(
        post(1),
        image=Image("https://elsewhere.example/bench.png", "Another text"),
        picture=Picture("0123456789abcdef.jpg", width, width * 2 // 3, 90_000, alt),
    )
    return replace(
        edition(2), sections=(Section("comms", "Comms", (shown, replace(shown, id="2", title="Other", picture=other))),)
    )


def test_no_picture_is_shown_unless_the_settings_say_so() -> None:
    assert not Outline(RENDERER.render(with_picture()).html).images
    nowhere = Renderer(replace(PICTURED, public_url=""), [packaged_folder()])
    assert not Outline(nowhere.render(with_picture()).html).images


@pytest.mark.parametrize("look", ["masthead", "letter", "plain", "compact"])
def test_the_lead_alone_has_its_picture_from_the_newsletters_own_site(look: LookName) -> None:
    renderer = Renderer(replace(PICTURED, look=look), [packaged_folder()])
    mail = renderer.render(with_picture())
    images = Outline(mail.html).images
    assert len(images) == (0 if look == "compact" else 1)
    for image in images:
        assert image["src"] == "https://digest.harbour.example/archive/images/0123456789abcdef.jpg"
        assert (image["alt"], image["width"], image["height"]) == ("A bench by the quay", "576", "384")
        assert {"max-width:576px", "height:auto"} <= set(image["style"].split(";"))
    small = Outline(renderer.render(with_picture("", 320)).html).images
    assert [(image["alt"], image["width"]) for image in small] == ([] if look == "compact" else [("", "320")])
    findings = preflight(with_picture(""), renderer.render(with_picture("")), renderer.design)
    notes = [each.message for each in findings if each.check == "pictures"]
    assert notes == ([] if look == "compact" else [f"The picture of “{post(1).title}” has no description."])
    assert not [each for each in preflight(with_picture(), mail, renderer.design) if each.check in ("pictures", "alt")]


def test_a_template_that_asks_for_a_picture_still_renders(tmp_path: Path) -> None:
    packaged = (packaged_folder() / "_post.mjml.j2").read_text("utf-8")
    asking = packaged.replace("<p class=", '{% if post.image %}<img src="{{ post.image.url }}">{% endif %}<p class=', 1)
    assert asking != packaged
    (tmp_path / "_post.mjml.j2").write_text(asking, "utf-8")
    assert Renderer(DESIGN, [tmp_path, packaged_folder()]).render(edition(2)).html == RENDERER.render(edition(2)).html


def test_a_logo_is_decoration_unless_it_has_a_text_of_its_own() -> None:
    design = replace(DESIGN, logo="https://digest.harbour.example/logo.png")
    for alt in ("", "A lighthouse"):
        images = Outline(Renderer(replace(design, logo_alt=alt), [packaged_folder()]).render(edition(1)).html).images
        assert [image["alt"] for image in images] == [alt]


def test_posts_in_other_languages_say_so() -> None:
    posts = (
        replace(post(1), title="مرحبا بالعالم", language="ar"),
        replace(post(2), title="Bonjour", language="fr-CA"),
        replace(post(3), title="Calm", language="en-US"),
        replace(post(4), title="A word: שלום"),
        replace(post(5), title="Odd", language='en" onload="x'),
    )
    multilingual = replace(edition(1, introduction=""), sections=(Section("comms", "Comms", posts),))
    html = RENDERER.render(multilingual).html.replace("\n", " ")
    for attributes in ('lang="ar" dir="rtl"', 'lang="fr"', 'dir="auto"'):  # of the title and of the summary, no more
        assert len(re.findall(f"<h3 {attributes} style", html)) == 1
        assert len(re.findall(f'<p {attributes} style="margin:0[";]', html)) == 1
    assert html.count("lang=") == 2 + 2 + 2  # the page's own language is on two elements


def test_a_mail_from_right_to_left_keeps_english_sentences_in_order() -> None:
    """Without this, the full stop of a sentence in an unknown language would appear at its beginning."""
    renderer = Renderer(replace(DESIGN, language="ar"), [packaged_folder()])
    posts = (
        replace(post(1), title="Calm", summary=("It is calm.",)),
        replace(post(2), title="هدوء", summary=("هدوء.",)),
    )
    arabic = replace(edition(1, introduction=""), sections=(Section("comms", "Comms", posts),))
    html = renderer.render(arabic).html.replace("\n", " ")
    assert re.search(r'<p dir="auto"[^>]*>It is calm\.', html)
    assert re.search(r"<p (?!dir)[^>]*>هدوء\.", html)


def test_republished_posts_credit_the_original() -> None:
    origin = Credit("Ministry of Bridges", "https://bridges.example/news/1")
    others = (
        AlsoOn("Open Ledger Lab", "https://openledger.example/1"),
        AlsoOn("Ministry of Bridges", "https://b.example/"),
    )
    posts = (replace(post(1), origin=origin, also_on=others),)
    rendered = RENDERER.render(replace(edition(1), sections=(Section("comms", "Comms", posts),)))
    assert "https://bridges.example/news/1" in Outline(rendered.html).links
    text = unflowed(rendered.text)
    credit = f"Original source: Ministry of Bridges, via {posts[0].source}, https://bridges.example/news/1"
    assert f"{posts[0].url}\n{credit}\nAlso on: Open Ledger Lab, https://openledger.example/1\n" in text
    assert text.count("Also on: ") == 1


@pytest.mark.parametrize(("language", "before_url"), [("en", "Original source: "), ("ar", "المصدر الأصلي:\n")])
def test_text_part_names_a_source_once_and_keeps_urls_apart_from_right_to_left_words(
    language: str, before_url: str
) -> None:
    whole = replace(edition(1), sections=(Section("comms", "Comms", (post(1),)),))
    text = unflowed(Renderer(replace(DESIGN, language=language), [packaged_folder()]).render(whole).text)
    assert text.count(post(1).source) == 1
    assert f"{before_url}{post(1).url}\n" in text


@pytest.mark.parametrize(
    ("origin", "url", "link"),
    [
        ("https://bridges.example/feed.xml", "https://bridges.example/news/1", ""),
        ("https://www.bridges.example/", "https://bridges.example/news/1", ""),
        ("https://bridges.example/blog/feed/", "https://other.example/1", "https://bridges.example/"),
        ("https://bridges.example/news/1", "https://other.example/1", "https://bridges.example/news/1"),
        ("javascript:x", "https://other.example/1", ""),
    ],
)
def test_the_original_is_a_link_where_it_is_another_page_and_never_to_a_feed(origin: str, url: str, link: str) -> None:
    posts = (replace(post(1), url=url, origin=Credit("Ministry of Bridges", origin)),)
    html = RENDERER.render(replace(edition(1), sections=(Section("comms", "Comms", posts),))).html
    assert html.count("Original source: ") == 1
    assert re.findall(r'Original source: <a\shref="([^"]*)"', html) == [link] * bool(link)


def test_links_that_read_the_same_lead_to_the_same_place() -> None:
    twins = [replace(post(n), title="Weeknotes", source="Service Notes", published=post(1).published) for n in (1, 2)]
    html = RENDERER.render(replace(edition(1), sections=(Section("comms", "Comms", tuple(twins)),))).html
    texts = dict.fromkeys(re.findall(r"<a\s[^>]*>([^<]*)</a>", html))
    pairs = set(re.findall(r'<a\shref="([^"]*)"[^>]*>([^<]*)</a>', html))
    assert len(pairs) == len(texts)


def test_empty_themes_and_themes_with_short_posts_only() -> None:
    sections = (
        Section("comms", "Comms", ()),
        Section("recruitment", "Recruitment", (post(1, short=True),)),
        Section("civic-tech", "Civic tech", (post(2),)),
    )
    rendered = RENDERER.render(replace(edition(1), sections=sections))
    for part in (rendered.text, rendered.html):
        assert "Nothing new this week." in part
        assert "See “Also this week”, below." in part


# --- Templates --------------------------------------------------------------------------------------------------------


def own(folder: Path, **files: str) -> Renderer:
    for name, text in files.items():
        (folder / f"{name.replace('__', '.')}.j2").write_text(text, "utf-8")
    return Renderer(DESIGN, [folder, packaged_folder()])


def test_the_operators_files_replace_single_templates(tmp_path: Path) -> None:
    renderer = own(tmp_path, subject__txt="Week {{ mail.week_number }} at {{ design.title }}\n", _footer__mjml="")
    rendered = renderer.render(edition(1))
    assert rendered.subject == "Week 12 at The Harbour Digest"
    assert "⟦unsubscribe⟧" not in rendered.html
    assert "⟦unsubscribe⟧" in rendered.text


def test_white_space_between_elements_is_accepted(tmp_path: Path) -> None:
    footer = "<mj-section>  <mj-column>  <mj-text>⟦unsubscribe⟧ <b>x</b> y</mj-text> </mj-column> </mj-section>"
    assert "<b>x</b> y" in own(tmp_path, _footer__mjml=footer).render(edition(1)).html


def test_the_hash_is_of_the_files_in_use(tmp_path: Path) -> None:
    packaged = Renderer(DESIGN, [tmp_path, packaged_folder()]).template_hash()
    assert re.fullmatch("[0-9a-f]{64}", packaged)
    same = {f.name: f.read_text("utf-8") for f in packaged_folder().glob("subject.txt.j2")}
    (tmp_path / "subject.txt.j2").write_text(same["subject.txt.j2"], "utf-8")
    assert Renderer(DESIGN, [tmp_path, packaged_folder()]).template_hash() == packaged
    assert own(tmp_path, subject__txt="New").template_hash() != packaged


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("subject__txt", "one\n{{ mail.nonsense }}", r"subject\.txt\.j2, line 2: .*no attribute 'nonsense'"),
        ("digest__txt", "{{ nothing }}", r"digest\.txt\.j2, line 1: 'nothing' is undefined"),
        ("_footer__mjml", "\n\n{% if %}", r"_footer\.mjml\.j2, line 3: "),
        ("_post__mjml", "\n{{ 1 / 0 }}", r"_post\.mjml\.j2, line 2: division by zero"),
        ("_footer__mjml", "\n{% include 'gone.j2' %}", r"gone\.j2"),
        ("_footer__mjml", "<mj-foo>x</mj-foo>", r"<mj-foo> cannot stand inside <mj-body>"),
        ("_footer__mjml", "<mj-text>x</mj-text>", r"<mj-text> cannot stand inside <mj-body>"),
        ("_footer__mjml", "<mj-section><mj-column>", r"</mj-body> has no matching opening tag"),
        ("_footer__mjml", "<mj-raw>a < b</mj-raw>", r"invalid MJML: line \d+: a bare “<”: write &lt;"),
        ("_footer__mjml", "<mj-section>x<mj-column /></mj-section>", r"line \d+: “x” cannot stand inside <mj-section>"),
        ("_footer__mjml", "<mj-section a=></mj-section>", r"invalid MJML: line \d+: the attribute a needs quotes"),
        ("_footer__mjml", "<mj-raw><b>x</mj-raw>", r"invalid MJML: unexpected end of stream"),
        ("digest__txt", "⟦unsubscrib⟧", r"there is no slot '⟦unsubscrib⟧' \(line 1"),
        ("digest__txt", "⟦unsubscribe", r"there is no slot"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says):
        own(tmp_path, **{name: text}).render(edition(2))


def test_an_empty_template_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"There is no template subject\.txt\.j2\."):
        Renderer(DESIGN, [tmp_path]).render(edition(1))


def test_template_folders_and_design_come_from_the_settings(tmp_path: Path) -> None:
    text = (
        '[newsletter]\ntitle = "The Quay"\nfrom = "The Quay <q@quay.example>"\npublic_url = "https://quay.example/"\n'
        'postal_address = "1 Quay Street"\n[design]\naccent = "#ffcc00"\n'
    )
    parsed_settings = parse_settings(text, path=tmp_path / "digest.toml", secrets=Secrets())
    assert default_folders(parsed_settings) == (tmp_path / "templates" / "email", packaged_folder())
    design = design_of(parsed_settings)
    assert (design.title, design.domain, design.public_url) == ("The Quay", "quay.example", "https://quay.example")
    assert design.web_url("2019-W12") == "https://quay.example/archive/2019-W12"
    assert design.themes == ("digital-government", "comms", "civic-tech", "recruitment")
    assert isinstance(design, Design)


# --- Hostile feeds ----------------------------------------------------------------------------------------------------

_OWN_ATTRIBUTES = {
    *("align", "alt", "aria-label", "aria-roledescription", "bgcolor", "border", "cellpadding", "cellspacing", "class"),
    *("content", "dir", "height", "href", "http-equiv", "id", "lang", "name", "role", "src", "style", "type", "media"),
    *("width", "xmlns", "xmlns:o", "xmlns:v"),
}


def _holds(rendered: EditionMail, calm: EditionMail) -> None:
    """Nothing but our own elements, attributes, addresses and slots."""
    outline, expected = Outline(rendered.html), Outline(calm.html)
    assert set(outline.tags) <= set(expected.tags) | {"img", "div", "p", "ul", "li", "br", "span", "strong", "code"} | {
        "blockquote",
        "em",
        "ol",
    }
    assert outline.attributes <= _OWN_ATTRIBUTES
    assert outline.tags["style"] == expected.tags["style"]
    for link in outline.links:
        assert re.fullmatch(r"https?://[!-~]+|#[a-z0-9-]+|⟦(?:unsubscribe|preferences)⟧", link), link
        assert not set(link) & set("\"'<>\\`{}")
    assert not re.search(r"</?mj-|\{\{|\{%|\\u\{|\ufffd", rendered.html)
    for part, calm_part in ((rendered.html, calm.html), (rendered.text, calm.text)):
        # Without an introduction there is no greeting.
        slots = [re.findall("⟦(?!name)[a-z]*⟧", each) for each in (part, calm_part)]
        assert Counter(slots[0]) == Counter(slots[1])
    assert rendered.html.count("<!--[if") == rendered.html.count("<![endif]") or "<!--[if !mso]><!-->" in rendered.html
    assert "\n" not in rendered.subject
    assert "\r" not in rendered.html + rendered.text


def test_hostile_feeds_stay_text() -> None:
    rendered = RENDERER.render(hostile_edition())
    _holds(rendered, RENDERER.render(edition(8, introduction="**a** [b](https://c.example/)")))
    for text in TEXTS:
        words = clean(text).replace("\u2060", "")[:20]
        assert (
            words in " ".join(rendered.text.replace("\u2060", "").replace("\u200b", "").replace("\xa0", " ").split())
            or "\xa0" in words
        )


words_of_a_feed = st.one_of(st.text(max_size=120), st.sampled_from(TEXTS), st.sampled_from(URLS))


@given(
    *([words_of_a_feed] * 6),
    st.one_of(words_of_a_feed, st.builds("https://a.example/{}".format, words_of_a_feed)),
)
def test_no_feed_can_change_the_markup_of_the_mail(
    title: str, source: str, sentence: str, alt: str, language: str, introduction: str, url: str
) -> None:
    calm_post = replace(post(3, lead=True), origin=Credit("Calm", "https://calm.example/"))
    odd_post = replace(
        calm_post,
        title=title,
        source=source,
        summary=(sentence, title),
        url=url,
        language=language,
        image=Image("https://digest.harbour.example/" + url, alt),
        also_on=(AlsoOn(source, url),),
        origin=Credit(source, url),
        author=alt,
    )
    renderer = RENDERER

    def drawn_edition(chosen: object, words: str) -> Edition:
        sections = (Section("comms", "Comms", (chosen, post(7, short=True))),)  # type: ignore[arg-type]  # a post
        return replace(edition(1), sections=sections, introduction=words)

    _holds(renderer.render(drawn_edition(odd_post, introduction)), renderer.render(drawn_edition(calm_post, "calm")))


@given(st.text(max_size=40), st.text(max_size=40))
def test_settings_cannot_inject_markup(title: str, address: str) -> None:
    design = replace(DESIGN, title=title, postal_address=address or "x")
    rendered = Renderer(design, [packaged_folder()]).render(replace(edition(2), title=title))
    assert set(Outline(rendered.html).tags) <= set(Outline(RENDERER.render(edition(2)).html).tags)


@pytest.mark.parametrize(
    ("mjml", "problem"),
    [
        ("<mjml><mj-body></mj-body></mjml>", ""),
        ("<mjml><mj-body><!-- <mj-foo> --></mj-body></mjml>", ""),
        ("<mjml><mj-head><mj-attributes><mj-all a='>' /></mj-attributes></mj-head></mjml>", ""),
        ("<mjml>\n<mj-column></mj-column></mjml>", "line 2: <mj-column> cannot stand inside <mjml>"),
        ("<mj-body></mj-body>", "line 1: <mj-body> cannot stand at the top"),
        ("<mjml><mj-body></mjml>", "line 1: </mjml> has no matching opening tag"),
        ("<mjml>", "<mjml> is never closed"),
        ('<mjml lang="en"\n dir=ltr>', "line 1: the attribute dir needs quotes"),
        ("<mjml a='x=y' b=\"c='d'\"></mjml>", ""),
        (
            "<mjml><mj-body>\n<p>x</p></mj-body></mjml>",
            "line 2: “<p>x</p>” cannot stand inside <mj-body>, and would be lost",
        ),
    ],
)
def test_each_structure_problem_is_named(mjml: str, problem: str) -> None:
    assert problem_in(mjml) == problem


def test_fixtures_cover_every_theme() -> None:
    assert [section.theme for section in edition(12).sections] == list(THEMES)
    assert edition(3).starts.tzinfo is UTC


def lineage(node: Node | None) -> Iterator[Node]:
    """An element and its ancestors."""
    while node is not None:
        yield node
        node = node.parent


def test_right_to_left_text_is_marked_everywhere() -> None:
    """In titles, summaries and names: mail programs that do not know Unicode's isolates know `dir`."""
    arabic = "مرحبا بالعالم"
    named = {"origin": Credit(arabic, "javascript:x"), "also_on": (AlsoOn(f"{arabic}!", ""),)}
    foreign = replace(post(1), title=arabic, summary=(arabic,), source=arabic, **named)
    again = replace(foreign, url="", origin=Credit("The Gazette", "https://gazette.example/1"), short=True)
    week = replace(edition(1), sections=(Section("comms", "Comms", (foreign, again)),))
    tree = parse_mail(RENDERER.render(week).html)
    nodes = [
        node
        for node in tree.walk()
        if node.tag not in ("title", "style")
        and not node.hidden
        and any(isinstance(child, str) and arabic in child for child in node.children)
    ]
    assert len(nodes) == 7, "two titles, a summary, two sources, where else it is, and by whom it came"
    for node in nodes:
        assert {"rtl", "auto"} & {each.attributes.get("dir") for each in lineage(node)}, node.text
