"""The archive: static pages and feeds with the content of the mail and no data of any subscriber."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import listparser
import pytest

from digest.colour import contrast
from digest.errors import DigestError
from digest.mail.rendering.design import Design
from digest.mail.rendering.looks import LOOKS
from digest.mail.rendering.render import Renderer
from digest.model import Source
from digest.settings.tables import LookName
from digest.steps.editing.published import PublishedEdition
from digest.store.corrections import CorrectionRow
from digest.template_folders import packaged_folder
from digest.web.archive.build import archive_files, build_archive, files_in_language
from digest.web.archive.post_lists import path_names
from digest.web.reader_pages import shared_files
from digest.week import Week
from digest.words.translations import TranslationCatalogue, Translations
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import TEXTS, URLS, hostile_edition

RENDERER = Renderer(DESIGN, [packaged_folder()])


def words_of(language: str) -> Translations:
    mails = TranslationCatalogue([packaged_folder()], language)
    return TranslationCatalogue([packaged_folder("pages")], language, base=mails).translations("")


WORDS = words_of(DESIGN.language)
SOURCES = (
    Source("Service Notes", "https://servicenotes.example/feed.xml", "https://servicenotes.example/", "comms"),
    Source("Gone & forgotten", "https://gone.example/feed", active=False),
    Source("Plain <Words>", "https://plainwords.example/feed?a=1&b=2"),
)


def week(name: Week, posts: int, later: int = 0) -> PublishedEdition:
    selected = edition(posts, short=posts // 6)
    shift = timedelta(weeks=later)
    selected = replace(selected, week=name, starts=selected.starts + shift, ends=selected.ends + shift)
    return PublishedEdition(selected, RENDERER.render(selected))


WEEKS = [week(Week(2019, 12), 15), week(Week(2019, 11), 3, later=-1)]


@cache
def archived() -> dict[str, bytes]:
    return archive_files(WEEKS, DESIGN, WORDS, SOURCES)


def test_the_archive_has_these_files() -> None:
    names = set(archived())
    assert {
        "index.html", "style.css", "icon.svg", "search.js", "feed.xml", "feed.json", "sources.opml", "sitemap.xml",
        "robots.txt", "sources/index.html", "search/index.html", "search/2019.json", "month/2019-03/index.html",
        "2019-W12/index.html", "2019-W11/index.html",
    } <= names  # fmt: skip
    for theme in DESIGN.themes:
        assert {f"theme/{theme}/index.html", f"theme/{theme}/feed.xml"} <= names
    sources = {post.source for each in WEEKS for post in each.edition.posts}
    assert len([name for name in names if name.startswith("source/")]) == len(sources)
    assert archive_files(WEEKS[::-1], DESIGN, WORDS, SOURCES) == archived()


class _Page(HTMLParser):
    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.meta: dict[str, str] = {}
        self.title = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag in ("a", "link"):
            self.links.append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "meta" and "content" in values:
            self.meta[values.get("name") or values.get("property", "")] = values["content"]
        if tag == "link" and values["rel"] == "canonical":
            self.meta["canonical"] = values["href"]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "title":
            self.title += data.strip()


def test_the_page_of_an_edition() -> None:
    page = _Page(archived()["2019-W12/index.html"])
    text = archived()["2019-W12/index.html"].decode()
    assert page.title == "The Harbour Digest, 18–24 March 2019"
    assert page.meta["canonical"] == page.meta["og:url"] == "https://digest.harbour.example/archive/2019-W12/"
    assert page.meta["og:type"] == "article"
    assert page.meta["og:title"] == page.title
    assert len(page.meta["og:description"]) >= 40
    assert page.tags.count("h1") == 1
    assert len(page.ids) == len(set(page.ids))
    for post in WEEKS[0].edition.posts:
        assert post.url in page.links
        assert f"post-{post.id}" in page.ids
    assert "/archive/2019-W11/" in page.links
    for link in page.links:
        assert not link.startswith("#") or link[1:] in page.ids
    assert "⟦" not in text
    assert "Hello" not in text
    assert "/unsubscribe" not in text
    assert "By subscribing you agree to get The Harbour Digest by email." in text
    assert '<form class="subscribe" method="post" action="/subscribe"' in text
    assert "style=" not in text  # a strict content security policy holds
    assert "@media print" in archived()["style.css"].decode()
    assert "script" not in page.tags


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en-GB", "Subscribe"), ("cy", "Tanysgrifio"), ("de", "Abonnieren"), ("es", "Suscribirse"),
        ("fr", "S’abonner"), ("nl", "Abonneren"), ("ar", "الاشتراك"),
    ],
)  # fmt: skip
def test_every_page_leads_to_subscribing_where_that_is_served(language: str, label: str) -> None:
    for public_url, link in (("https://digest.harbour.example/news", "/news/subscribe"), ("", "")):
        files = archive_files(WEEKS, replace(DESIGN, public_url=public_url), words_of(language), SOURCES)
        for name in ("index.html", "sources/index.html", "2019-W12/index.html"):
            links = re.findall(r'<a href="([^"]*subscribe)">([^<]*)</a>', files[name].decode())
            assert [(url, unescape(text)) for url, text in links] == ([(link, label)] if link else [])


def test_the_index_is_newest_first() -> None:
    text = archived()["index.html"].decode()
    assert text.index("18–24 March 2019") < text.index("11–17 March 2019")
    assert "/archive/2019-W12/" in _Page(archived()["index.html"]).links


def test_both_feeds_have_the_same_entries() -> None:
    atom = feedparser.parse(archived()["feed.xml"])
    assert not atom.bozo
    feed = json.loads(archived()["feed.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [entry.id for entry in atom.entries] == [entry["id"] for entry in feed["items"]]
    assert [entry.link for entry in atom.entries] == [entry["url"] for entry in feed["items"]]
    assert [entry.title for entry in atom.entries] == [each.mail.subject for each in WEEKS]
    assert atom.entries[0].id == "tag:harbour.example,2019:digest/2019-W12"
    assert atom.feed.updated == "2019-03-25T00:00:00Z"
    for post in WEEKS[0].edition.posts:
        assert post.url in feed["items"][0]["content_html"]
        assert post.url in atom.entries[0].content[0].value


def test_sources_as_page_and_opml() -> None:
    opml = listparser.parse(archived()["sources.opml"])
    assert [(feed.title, feed.url) for feed in opml.feeds] == [
        ("Service Notes", "https://servicenotes.example/feed.xml"),
        ("Plain <Words>", "https://plainwords.example/feed?a=1&b=2"),
    ]
    page = archived()["sources/index.html"].decode()
    assert "Gone" not in page
    assert page.count(">feed<") == 2


def test_sources_stand_by_theme_with_the_day_of_their_newest_post() -> None:
    newest = max((post for each in WEEKS for post in each.edition.posts), key=lambda post: post.published)
    seen = Source(newest.source, "https://seen.example/feed")
    page = archive_files(WEEKS, DESIGN, WORDS, (*SOURCES, seen))["sources/index.html"].decode()
    headings = re.findall("<h2[^>]*>(.*?)</h2>", page)
    assert headings[:2] == ["Digital government", "Comms"]
    assert headings.index("Other sources") > 1
    assert f"Latest post: {newest.published.day} March 2019" in page
    assert "https://servicenotes.example/" in _Page(archived()["sources/index.html"]).links


def test_without_a_public_address_links_are_relative() -> None:
    design = replace(DESIGN, public_url="")
    files = archive_files(WEEKS, design, WORDS, SOURCES)
    page = _Page(files["2019-W12/index.html"])
    assert "canonical" not in page.meta
    assert any(link.startswith("../style.css?v=") for link in page.links)
    assert any(link.startswith("./style.css?v=") for link in _Page(files["index.html"]).links)
    month = _Page(files["month/2019-03/index.html"])
    assert "../../2019-W12/" in month.links
    assert "url" not in json.loads(files["feed.json"])["items"][0]
    assert not feedparser.parse(files["feed.xml"]).bozo


def test_an_archive_without_editions() -> None:
    files = archive_files([], DESIGN, WORDS, [])
    assert "There is no edition yet." in files["index.html"].decode()
    assert not feedparser.parse(files["feed.xml"]).entries


def test_hostile_feeds_stay_text_on_pages_and_in_feeds() -> None:
    hostile = hostile_edition()
    design: Design = replace(DESIGN, title=TEXTS[0])
    sources = [Source(text, url, url) for text, url in zip(TEXTS, URLS, strict=False)]
    files = archive_files([PublishedEdition(hostile, RENDERER.render(hostile))], design, WORDS, sources)
    for name, content in files.items():
        if name.endswith(".html"):
            page = _Page(content)
            assert ("script" in page.tags) == (name == "search/index.html")
            assert "img" not in page.tags
            for link in page.links:
                assert re.fullmatch(r"https?://[!-~]+|[/#.][\w./#-]*(\?v=[0-9a-f]{16})?", link), link
    ET.fromstring(files["feed.xml"])
    ET.fromstring(files["sources.opml"])
    assert "<script" not in json.loads(files["feed.json"])["items"][0]["content_html"]


def test_build_writes_whole_files_and_may_be_run_again(tmp_path: Path) -> None:
    built = build_archive(WEEKS, DESIGN, WORDS, SOURCES, tmp_path / "archive")
    pictures = set((tmp_path / "archive" / "images").iterdir())
    assert (built.editions, built.files, len(pictures)) == (2, len(archived()), 3), "the newsletter's and the editions'"
    before = {path: path.read_bytes() for path in (tmp_path / "archive").rglob("*") if path.is_file()}
    pages = {path: content for path, content in before.items() if path not in pictures}
    assert {str(path.relative_to(tmp_path / "archive")): content for path, content in pages.items()} == archived()
    build_archive(WEEKS, DESIGN, WORDS, SOURCES, tmp_path / "archive")
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DigestError, match="archive cannot be written"):
        build_archive(WEEKS, DESIGN, WORDS, SOURCES, tmp_path / "file")


# --- Lists, search, corrections ---------------------------------------------------------------------------------------


def test_every_link_within_the_archive_leads_to_a_file() -> None:
    for name, content in archived().items():
        if not name.endswith(".html"):
            continue
        for link in _Page(content).links:
            path, _, anchor = link.removeprefix("https://digest.harbour.example").partition("#")
            if not path.startswith("/archive/"):
                continue
            target = path.removeprefix("/archive/").partition("?")[0]
            target = f"{target}index.html" if target.endswith("/") or not target else target
            assert target in archived(), f"{name}: {link}"
            assert not anchor or anchor in _Page(archived()[target]).ids, f"{name}: {link}"


@pytest.mark.parametrize("folder", ["month/2019-03", "theme/civic-tech"])
def test_a_list_has_its_posts_of_every_edition(folder: str) -> None:
    links = _Page(archived()[f"{folder}/index.html"]).links
    for each in WEEKS:
        for section in each.edition.sections:
            for post in section.posts:
                listed = f"/archive/{each.edition.week}/#post-{post.id}" in links
                assert listed == (folder.startswith("month") or section.theme == "civic-tech")


def test_a_themes_feed_has_its_posts_only() -> None:
    feed = feedparser.parse(archived()["theme/civic-tech/feed.xml"])
    assert not feed.bozo
    assert feed.feed.title == "The Harbour Digest: Civic tech"
    content = feed.entries[0].content[0].value
    for section in WEEKS[0].edition.sections:
        for post in section.posts:
            assert (post.url in content) == (section.theme == "civic-tech")


def test_a_large_archive_has_small_pages() -> None:
    editions = [week(Week(2018, number), 40, later=number - 64) for number in range(1, 53)]
    files = archive_files(editions, DESIGN, WORDS, SOURCES)
    assert {
        name: len(content) for name, content in files.items() if name.endswith(".html") and len(content) > 100_000
    } == {}
    lists = [name for name in files if name.startswith("theme/civic-tech/") and name.endswith(".html")]
    posts = {link for name in lists for link in _Page(files[name]).links if "#post-" in link}
    assert len(lists) > 1
    assert len(posts) == sum(
        len(section.posts) for each in editions for section in each.edition.sections if section.theme == "civic-tech"
    )


def test_a_year_of_the_search_index_stays_as_it_is() -> None:
    assert [row["title"] for row in json.loads(archived()["search/2019.json"])][:1] == [
        next(post.title for post in WEEKS[0].edition.posts if not post.short)
    ]
    later = [*WEEKS, week(Week(2020, 12), 3, later=52)]
    files = archive_files(later, DESIGN, WORDS, SOURCES)
    assert files["search/2019.json"] == archived()["search/2019.json"]
    assert 'data-years="2020 2019"' in files["search/index.html"].decode()


def test_names_of_sources_that_look_alike_have_pages_of_their_own() -> None:
    names = path_names(["Service Notes", "Service notes", "Привет", "", "Étude", "x/../y"])
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch("[a-z0-9-]+", path) for path in names.values())
    assert names["Étude"] == "etude"
    assert names["x/../y"] == "x-y"


def test_a_correction_stands_in_the_archive_and_in_feeds() -> None:
    at = datetime(2019, 3, 27, 9, tzinfo=UTC)
    row = CorrectionRow(
        Week(2019, 12), 1, "The ferry leaves at **nine**, not <script>ten</script>.", "Correction: ferry", "ada", at
    )
    files = archive_files([replace(WEEKS[0], corrections=(row,)), WEEKS[1]], DESIGN, WORDS, SOURCES)
    page = files["2019-W12/index.html"].decode()
    assert "Correction · 27 March</h2>" in page
    assert "The ferry leaves at <strong>nine</strong>, not" in page
    assert "<script" not in page
    assert _Page(page.encode()).tags.count("h1") == 1
    assert '/archive/2019-W12/#correction-1">Correction</a>' in files["index.html"].decode()
    atom = feedparser.parse(files["feed.xml"])
    correction, edition_, older = atom.entries
    assert (correction.title, correction.link) == (
        "Correction: ferry", "https://digest.harbour.example/archive/2019-W12/#correction-1",
    )  # fmt: skip
    assert (edition_.updated, older.updated) == ("2019-03-27T09:00:00Z", "2019-03-18T00:00:00Z")
    assert edition_.published == "2019-03-25T00:00:00Z"
    assert "The ferry leaves" in edition_.content[0].value
    assert atom.feed.updated == "2019-03-27T09:00:00Z"
    assert json.loads(files["feed.json"])["items"][1]["date_modified"] == "2019-03-27T09:00:00Z"
    assert "<lastmod>2019-03-27T09:00:00Z</lastmod>" in files["sitemap.xml"].decode()


def test_search_engines_find_every_page() -> None:
    sitemap = ET.fromstring(archived()["sitemap.xml"])
    addresses = {element.text for element in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert addresses == {"https://digest.harbour.example/"} | {
        f"https://digest.harbour.example/archive/{name.removesuffix('index.html')}"
        for name in archived()
        if name.endswith("index.html")
    }
    assert "Sitemap: https://digest.harbour.example/archive/sitemap.xml" in archived()["robots.txt"].decode()


def test_a_rebuild_touches_only_what_differs(tmp_path: Path) -> None:
    build_archive(WEEKS[1:], DESIGN, WORDS, SOURCES, tmp_path)
    before = {name: (tmp_path / name).stat().st_ino for name in ("2019-W11/index.html", "icon.svg", "index.html")}
    build_archive(WEEKS[1:], DESIGN, WORDS, SOURCES, tmp_path)
    assert {name: (tmp_path / name).stat().st_ino for name in before} == before
    build_archive(WEEKS, DESIGN, WORDS, SOURCES, tmp_path)
    assert (tmp_path / "icon.svg").stat().st_ino == before["icon.svg"]
    assert (tmp_path / "index.html").stat().st_ino != before["index.html"]


# --- In other languages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "runs"), [("cy", "ltr"), ("ar", "rtl")])
def test_a_newsletter_in_another_language_has_its_archive_in_it(language: str, runs: str) -> None:
    words = words_of(language)
    files = archive_files(WEEKS, replace(DESIGN, language=language), words, SOURCES)
    files |= {f"empty/{name}": content for name, content in archive_files([], DESIGN, words, []).items()}
    english = {
        fragment
        for key, said in WORDS.phrases.items()
        for form in said.values()
        for fragment in re.split(r"\{.*?\}", form)
        if len(fragment) > 6 and fragment not in str(words.phrases) and key != "subject"
    }
    for name, content in files.items():
        text = content.decode()
        if name.endswith(".html"):
            assert f'<html lang="{language}" dir="{runs}">' in text
        assert [phrase for phrase in english if phrase in text] == [], name
    assert words.text("posts", count=15) in unescape(files["2019-W12/index.html"].decode())
    assert f'xml:lang="{language}"' in files["feed.xml"].decode()
    assert json.loads(files["feed.json"])["language"] == language


def test_every_page_is_in_each_language_and_leads_to_the_others() -> None:
    design = replace(DESIGN, archive_languages=("ar", "cy"))
    own = archive_files(WEEKS, design, WORDS, SOURCES)
    files = {**own, **files_in_language(WEEKS, design, words_of("cy"), "en-GB", SOURCES)}
    pages = {name for name in own if name.endswith(".html") and not name.startswith("search/")}
    assert {f"cy/{name}" for name in pages} < files.keys()
    assert not any(name.startswith("cy/") and name.endswith("feed.xml") for name in files), "feeds are in one language"
    archive = "https://digest.harbour.example/archive/"
    for name in pages:
        place = name.removesuffix("index.html")
        text = files[f"cy/{name}"].decode()
        assert '<html lang="cy" dir="ltr">' in text
        for tag, address in (("en-GB", archive), ("ar", f"{archive}ar/"), ("cy", f"{archive}cy/")):
            alternate = f'<link rel="alternate" hreflang="{tag}" href="{address}{place}">'
            assert alternate in text
            assert alternate in files[name].decode()
            path = address.removeprefix("https://digest.harbour.example") + place
            assert (f'<a href="{path}" lang="{tag}" hreflang="{tag}">' in text) == (tag != "cy")
        assert f'<link rel="canonical" href="{archive}cy/{place}">' in text
        assert f'<link rel="canonical" href="{archive}{place}">' in files[name].decode()
        links = _Page(files[f"cy/{name}"]).links
        expected = {"/archive/cy/", "/archive/cy/search/", "/archive/feed.xml", "/subscribe?lang=cy", "/?lang=cy"}
        assert expected <= set(links)
        for link in links:
            target = link.partition("#")[0].partition("?")[0].removeprefix("/archive/")
            if link.startswith("/archive/cy/"):
                assert (f"{target}index.html" if target.endswith("/") or not target else target) in files, link
    assert f'<xhtml:link rel="alternate" hreflang="cy" href="{archive}cy/2019-W12/"/>' in own["sitemap.xml"].decode()
    assert f"<loc>{archive}cy/" not in own["sitemap.xml"].decode()


def test_pages_in_another_language_stand_on_any_host() -> None:
    design = replace(DESIGN, public_url="", archive_languages=("cy",))
    page = _Page(files_in_language(WEEKS, design, words_of("cy"), "en-GB", SOURCES)["cy/2019-W12/index.html"])
    assert {"../../cy/", "../../2019-W12/", "../../feed.xml", "../../cy/search/"} <= set(page.links)
    assert any(link.startswith("../../style.css?v=") for link in page.links)
    assert "form" not in page.tags


def test_a_mail_links_to_the_page_in_its_language() -> None:
    design = replace(DESIGN, archive_languages=("cy", "de"))
    for language, path in (("en-GB", ""), ("cy", "cy/"), ("de-AT", "de/"), ("fr", "")):
        mail = design.for_language(language)
        assert mail.web_url("2019-W12") == f"https://digest.harbour.example/archive/{path}2019-W12"


@pytest.mark.parametrize("accent", ["#00703c", "#ffdd00", "#ffffff", "#000000"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_accent_can_be_read_wherever_it_is(accent: str, look: LookName) -> None:
    style = shared_files(replace(DESIGN, accent=accent, look=look))["style.css"].decode()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in style.split("@media")[:2])
    assert contrast(light["band"], "#ffffff") >= 4.5
    for colours in (light, dark):
        assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
        assert min(contrast(colours["accent"], colours[name]) for name in ("card", "panel")) >= 4.5
    for scheme, colours in zip(style.split("@media")[:2], (light, dark), strict=True):
        labels = re.findall(r"--label: (#[0-9a-f]{6})", scheme)
        assert len(labels) == 9
        assert min(contrast(label, colours["card"]) for label in labels) >= 4.5


def test_text_in_another_language_than_the_page_is_marked() -> None:
    """A newsletter in Polish, which has no translation, with a post in German."""
    edition_, rendered = WEEKS[0].edition, WEEKS[0].mail
    first = replace(edition_.sections[0].posts[0], language="de", short=False)
    section = replace(edition_.sections[0], posts=(first, *edition_.sections[0].posts[1:]))
    polish = replace(edition_, sections=(section, *edition_.sections[1:]))
    files = archive_files([PublishedEdition(polish, rendered)], replace(DESIGN, language="pl"), words_of("pl"), SOURCES)
    text = files["2019-W12/index.html"].decode()
    assert '<html lang="en-GB" dir="ltr">' in text
    assert f'<span lang="pl" dir="ltr">{DESIGN.title}</span>' in text
    article = text.partition(f'id="post-{first.id}"')[2].partition("</article>")[0]
    assert '<h2 lang="de">' in article, "it is the lead"
    assert '<p lang="de">' in article
    assert '<p class="quiet">Original source: ' in article, "the words around it are the page's"
