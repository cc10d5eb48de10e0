"""The front page, the form with the address alone, and what other sites may use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from lxml import etree

from digest.model import EffectiveStatus
from digest.steps.subscribers import operator_actions
from digest.store.engine import Store
from digest.web.desk.share import share_values
from digest.web.public.contact_card import contact_card
from digest.web.qr_code import qr_svg
from tests.mail.smtp.smtp_server import serving
from tests.web.public.public_pages import HOST, PublicPages
from tests.web.public.sent_editions import write_sent_editions
from tests.web.public.test_languages import LANGUAGES, WORDS

ADA = "ada@x.example"


@pytest.fixture
def site(tmp_path: Path, store: Store) -> Iterator[PublicPages]:
    with serving() as server:
        yield PublicPages(tmp_path, store, server, purpose="For people who do the work")


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())


def test_the_front_page(site: PublicPages) -> None:
    write_sent_editions(site.context, 3)
    response = site.browser.get("/")
    page, text = response.text, text_of(response.text)
    assert "x-robots-tag" not in response.headers
    assert "noindex" not in page
    assert page.count("<h1") == 1
    assert "For people who do the work A free email every Monday. About 10 posts, 3 minutes to read." in text
    assert re.findall(r'<input type="(?!hidden)(\w+)" id="(\w+)"', page) == [("email", "email"), ("text", "website")]
    assert "Latest edition: 18–24 March 2019" in text
    headlines = re.findall(r'<a href="/archive/2019-W12/#post-\w+" dir="auto">(.+?)</a>', page)
    assert len(headlines) == len(set(headlines)) == 3
    assert re.findall(r'href="/archive/(2019-W\d\d)/"', page) == ["2019-W12", "2019-W11", "2019-W10"]
    assert f'<link rel="canonical" href="https://{HOST}/">' in page
    assert f'hreflang="cy" href="https://{HOST}/?lang=cy"' in page
    welsh = site.browser.get("/?lang=cy").text
    assert f'<link rel="canonical" href="https://{HOST}/?lang=cy">' in welsh
    picture = re.search(rf'property="og:image" content="https://{HOST}/archive/(images/share-\w+.png)"', welsh)
    assert picture
    assert picture[1] in page


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_the_front_page_without_editions_in_each_language(site: PublicPages, language: str) -> None:
    page = site.browser.get(f"/?lang={language}").text
    assert WORDS[language]["front_weekly"] in page
    assert WORDS[language]["wording"].partition("{")[0] in page
    assert "<section" not in page


def test_what_an_edition_holds_is_read_anew_when_it_changes(site: PublicPages) -> None:
    write_sent_editions(site.context, 1)
    assert "About 10 posts" in site.browser.get("/").text
    write_sent_editions(site.context, 1, posts=4)
    assert "About 4 posts" in site.browser.get("/").text


# --- The form ---------------------------------------------------------------------------------------------------------


def test_a_link_chooses_themes(site: PublicPages) -> None:
    page = site.browser.get("/subscribe?themes=civic-tech,nonsense&themes=comms").text
    assert "You’ll get: Comms, Civic tech." in text_of(page)
    assert re.findall(r'name="themes" value="([\w-]+)" checked', page) == ["comms", "civic-tech"]
    assert 'href="?lang=cy&amp;themes=comms,civic-tech"' in page
    assert "noindex" in page
    site.browser.post("/subscribe", data={"email": ADA, "which": "some", "themes": ["comms", "civic-tech"]})
    confirm = text_of(site.browser.get(site.path_in(site.mails()[0])).text)
    assert "a•••@x•••.example will get Comms, Civic tech." in confirm


@pytest.mark.parametrize("query", ["", "?themes=", "?themes=nonsense", "?themes=" + "x," * 5000, "?themes=%00<script>"])
def test_a_link_without_known_themes_is_the_form_with_the_address_alone(site: PublicPages, query: str) -> None:
    page = site.browser.get(f"/subscribe{query}").text
    assert 'name="themes"' not in page
    assert "<script" not in page
    assert "noindex" not in page


def test_the_form_comes_back_filled_in_and_no_mail_is_sent(site: PublicPages) -> None:
    form = {"email": ADA, "name": "Ada <b>", "language": "cy", "which": "some", "themes": ["comms"]}
    page = site.browser.post("/subscribe", data=form).text
    again = re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)">', page)
    assert dict(again) == {**form, "name": "Ada &lt;b&gt;", "themes": "comms", "act": "edit"}
    assert ADA not in "".join(re.findall(r'(?:href|action)="(.*?)"', page)), "addresses in URLs land in logs"
    filled = site.browser.post("/subscribe", data={**form, "act": "edit"})
    assert (filled.status_code, f'value="{ADA}"' in filled.text, 'value="comms" checked' in filled.text) == (200,) + (
        True,
    ) * 2
    assert "Tanysgrifio" in filled.text
    assert len(site.mails()) == 1


def test_after_confirming(site: PublicPages) -> None:
    write_sent_editions(site.context, 2)
    site.browser.post("/subscribe", data={"email": ADA})
    path = site.path_in(site.mails()[0])
    assert "will get The Test Digest, every Monday. Next: Monday 1 April." in text_of(site.browser.get(path).text)
    page = site.browser.post(path).text
    assert "The next edition comes on Monday 1 April." in text_of(page)
    assert "Add digest@example.org to your contacts" in text_of(page)
    assert '<a href="/archive/2019-W12/">Latest edition' in page
    link = re.search(r'href="(/preferences/[^"]+)">Choose themes', page)
    assert link
    site.browser.post(link[1], data={"act": "save", "which": "some", "themes": ["comms"], "name": "Ada"})
    (one,) = operator_actions.everyone(site.context)
    assert (one.themes, one.name) == (("comms",), "Ada")


# --- Other sites ------------------------------------------------------------------------------------------------------


def test_the_form_for_other_sites(site: PublicPages) -> None:
    share = share_values(site.context.settings)
    assert share
    fields = dict(re.findall(r'<input type="\w+".*? name="(\w+)"(?: value="(\w+)")?', share.form))
    assert fields == {"email": "", "language": "en", "website": ""}
    foreign = {"Origin": "https://partner.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = site.browser.post("/subscribe", data={**fields, "email": ADA}, headers=foreign, follow_redirects=False)
    assert answer.status_code == 303
    assert "Check your email" in site.browser.get(f"/subscribe{answer.headers['location']}").text
    assert site.status(ADA) is EffectiveStatus.PENDING
    codes = [
        site.browser.post("/subscribe", data={**fields, "email": f"r{number}@x.example"}, headers=foreign).status_code
        for number in range(6)
    ]
    assert codes[-1] == 429, "it is limited as our own"


def test_the_latest_edition_as_json(site: PublicPages) -> None:
    empty = site.browser.get("/latest.json")
    assert empty.json() == {
        "newsletter": "The Test Digest",
        "subscribe": f"https://{HOST}/subscribe",
        "title": None,
        "url": None,
        "published": None,
        "headlines": [],
    }
    write_sent_editions(site.context, 2)
    answer = site.browser.get("/latest.json", headers={"Origin": "https://partner.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    latest = answer.json()
    assert latest["title"] == "The Test Digest, 18–24 March 2019"
    assert (latest["url"], latest["published"]) == (f"https://{HOST}/archive/2019-W12/", "2019-03-25T00:00:00Z")
    assert len(latest["headlines"]) == 3
    assert all(one["title"] and one["url"].startswith(latest["url"] + "#post-") for one in latest["headlines"])
    for private in ("/", "/subscribe", "/contact.vcf"):
        assert "access-control-allow-origin" not in site.browser.get(private).headers


def test_the_qr_code_and_the_card(site: PublicPages) -> None:
    picture = site.browser.get("/subscribe/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "<title>Subscribe to The Test Digest</title>" in picture.text
    card = site.browser.get("/contact.vcf")
    assert card.headers["content-type"] == "text/vcard; charset=utf-8"
    assert "FN:The Test Digest\r\n" in card.text
    assert "EMAIL;TYPE=INTERNET:digest@example.org\r\n" in card.text


def test_a_title_with_controls_makes_a_picture_that_browsers_show() -> None:
    picture = qr_svg("https://example.org/subscribe", title="The\0 <Test>\x1b Digest")
    assert etree.fromstring(picture).findtext("{*}title") == "The <Test> Digest"


def test_a_card_with_odd_characters() -> None:
    name = "Ümläut, “Tests”; a\\b\nEND:VCARD " * 4
    card = contact_card(name, "d@example.org", "https://example.org/").decode()
    lines = card.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert lines.count("END:VCARD") == 1
    assert lines[-2:] == ["END:VCARD", ""]
    unfolded = card.replace("\r\n ", "")
    assert f"FN:{' '.join(name.split())}".replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,") in unfolded


def test_without_a_public_url_there_is_nothing_to_share(tmp_path: Path, store: Store) -> None:
    with serving() as server:
        site = PublicPages(tmp_path, store, server, public_url="")
        assert share_values(site.context.settings) is None
        client = site.browser
        client.base_url = client.base_url.copy_with(host="localhost")
        assert [client.get(path).status_code for path in ("/latest.json", "/subscribe/qr.svg", "/")] == [404, 404, 200]
