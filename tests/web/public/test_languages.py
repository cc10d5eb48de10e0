"""The public pages in the subscribers' languages: which one, completely, without revealing who subscribes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from digest.errors import TemplateError
from digest.model import SuppressionReason
from digest.steps.subscribers import operator_actions
from digest.store.engine import Store
from digest.template_folders import packaged_folder
from digest.web.public.app import create_app
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.web.public.public_pages import HOST, PublicPages
from tests.web.public_server import text_of

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)  # the database makes no difference here

LANGUAGES = ("ar", "cy", "de", "es", "fr", "nl")
TWO = ("ar", "fr")  # one right to left, one with narrow spaces of its own
RIGHT_TO_LEFT = {"ar"}


def table(language: str) -> dict[str, Any]:
    table_: dict[str, Any] = {}
    for of in ("email", "pages"):
        table_ |= tomllib.loads((packaged_folder(of) / "words" / f"{language}.toml").read_text("utf-8"))
    return table_


WORDS = {language: table(language) for language in ("en", *LANGUAGES)}


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with serving() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, store: Store, server: SmtpServer) -> PublicPages:
    return PublicPages(tmp_path, store, server)


def language_of(page: Any) -> tuple[str, str]:
    match = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', page.text)
    assert match
    assert page.headers["content-language"] == match[1]
    return match[1], match[2]


def links(site: PublicPages, email: str, language: str) -> tuple[str, str]:
    assert operator_actions.add(site.context, email, language=language).verdict == "added"
    return site.links(email)


# --- Which language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "cases"),
    [
        (
            "en-GB",
            [
                ("", "", "en-GB"),
                ("", "cy-GB,cy;q=0.9,en;q=0.8", "cy"),
                ("", "en-US,en;q=0.9,cy;q=0.8", "en-GB"),
                ("", "pl,de-AT;q=0.5", "de"),  # one page in German, not one for each country
                ("", "pl", "en-GB"),
                ("cy", "de", "cy"),
                ("AR-eg", "de", "ar"),
                ("pl", "de", "de"),
                ('cy"><b', "de", "de"),
                ("x" * 5000, "", "en-GB"),
            ],
        ),
        ("cy", [("", "", "cy"), ("", "en", "en")]),
        ("de-AT", [("", "de", "de-AT"), ("", "pl", "de-AT")]),
        ("pl", [("", "", "en-GB"), ("", "cy", "cy")]),  # the newsletter's language has no translation
    ],
)
def test_the_language_of_a_page(tmp_path: Path, store: Store, server: SmtpServer, own: str, cases: list[Any]) -> None:
    site = PublicPages(tmp_path, store, server, language=own)
    for query, browser, expected in cases:
        page = site.browser.get("/subscribe", params={"lang": query}, headers={"Accept-Language": browser})
        assert language_of(page) == (expected, "rtl" if expected in RIGHT_TO_LEFT else "ltr"), (query, browser)
        assert (page.headers["vary"], page.headers["cache-control"]) == ("Accept-Language", "no-store")
        assert "set-cookie" not in page.headers


@pytest.mark.parametrize("language", TWO)
def test_a_personal_link_opens_in_the_subscribers_language(site: PublicPages, language: str) -> None:
    preferences, unsubscribe = links(site, "ada@example.org", language)
    expected = (language, "rtl" if language in RIGHT_TO_LEFT else "ltr")
    says = WORDS[language]
    for path, key in ((preferences, "preferences"), (unsubscribe, "unsubscribe")):
        for page in (site.browser.get(path), site.browser.get(path + "?lang=en", headers={"Accept-Language": "en"})):
            assert language_of(page) == expected
            assert f"<title>{says[key]} – The Test Digest</title>" in page.text
            assert "hreflang" not in page.text, "there is nothing to choose"
    response = site.browser.post(unsubscribe)
    assert (language_of(response), says["left"] in response.text) == (expected, True)
    assert language_of(site.browser.post(unsubscribe, data={"act": "back"})) == expected
    assert operator_actions.history(site.context, "ada@example.org")[-1].wording == says["wording"].format(
        title="The Test Digest"
    )
    for act in ("export", "erase", "move"):
        answer = site.browser.post(preferences, data={"act": act, "email": "new@example.org"})
        assert language_of(answer) == language_of(site.browser.get(site.path_in(site.mails()[-1]))) == expected
    for _ in ("present address", "new address"):
        move = site.path_in(site.mails()[-1])
        assert language_of(site.browser.get(move)) == expected
        assert language_of(site.browser.post(move)) == expected


def test_the_newsletters_own_texts_are_marked_with_their_language(site: PublicPages) -> None:
    page = site.browser.get("/subscribe?lang=ar").text
    assert '<h1>الاشتراك في <span lang="en-GB" dir="ltr">The Test Digest</span></h1>' in page
    assert "<span" not in site.browser.get("/subscribe").text.partition("<h1>")[2].partition("</h1>")[0]


def test_the_other_languages_are_offered(site: PublicPages) -> None:
    page = site.browser.get("/subscribe?lang=cy").text
    assert '<strong lang="cy" aria-current="true">Cymraeg</strong>' in page
    offered = re.findall(r'<a href="\?lang=(\w+)" lang="\1" hreflang="\1">(.+?)</a>', page)
    assert dict(offered) == {
        "ar": "العربية", "de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "nl": "Nederlands",
    }  # fmt: skip
    assert all(site.browser.get(f"/subscribe?lang={tag}").status_code == 200 for tag, _ in offered)


# --- Coming -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TWO)
def test_from_the_form_to_the_confirmation_in_one_language(site: PublicPages, language: str) -> None:
    says, expected = WORDS[language], (language, "rtl" if language in RIGHT_TO_LEFT else "ltr")
    form = site.browser.get(f"/subscribe?lang={language}").text
    carried = re.search(r'<input type="hidden" name="language" value="(\w+)">', form)
    assert carried
    # Without ?lang= and from a browser in another language: the form carries the language.
    visitor = TestClient(create_app(site.context), base_url=f"https://{HOST}", headers={"Accept-Language": "en"})
    response = visitor.post("/subscribe", data={"email": "ada@example.org", "language": carried[1]})
    assert (language_of(response), says["asked"] in response.text) == (expected, True)
    (accepted,) = site.server.accepted
    mail = message_from_bytes(accepted.message, policy=default)
    assert mail["Subject"] == says["note_confirm_subject"].format(title="The Test Digest")
    assert mail["Content-Language"] == language
    assert says["note_confirm_button"] in text_of(mail)
    path = site.path_in(text_of(mail))
    confirm = visitor.get(path)
    wording = says["wording"].format(title="The Test Digest")
    match = re.search('<p class="wording">(.+?)</p>', confirm.text)
    assert match
    assert unescape(re.sub("<.*?>", "", match[1])) == wording
    assert (language_of(confirm), language_of(visitor.post(path))) == (expected, expected)
    (one,) = operator_actions.everyone(site.context)
    assert one.language == language
    lines = [(line.what, line.how, line.wording) for line in operator_actions.history(site.context, "ada@example.org")]
    assert lines == [("asked", f"form, in {language}", wording), ("confirmed", "confirmed by link", wording)]


def test_the_language_of_a_response_does_not_reveal_who_is_subscribed(site: PublicPages) -> None:
    links(site, "here@example.org", "cy")
    for language in ("de", "en"):
        names = ("here", f"in{language}")
        answers = [
            site.visitor(f"203.0.113.{number}").post(
                "/subscribe", data={"email": f"{name}@example.org", "language": language}
            )
            for number, name in enumerate(names)
        ]
        texts = [page.text.replace(f"{name}@", "x@") for page, name in zip(answers, names, strict=True)]
        assert texts[0] == texts[1]
        assert answers[0].headers == answers[1].headers
    subjects = {mail.partition("@")[0]: mail.split("\n")[1] for mail in site.mails()}
    assert subjects == {
        "here": "Rydych eisoes yn cael The Test Digest",  # in their own language, to them alone
        "inde": "Bestätigen Sie, dass Sie The Test Digest erhalten möchten",
        "inen": "Confirm that you want The Test Digest",
    }
    assert (
        next(one.language for one in operator_actions.everyone(site.context) if one.email == "here@example.org") == "cy"
    )


@pytest.mark.parametrize("forged", ["", "xx", 'cy"><script>', "../../etc", "z" * 9000])
def test_an_unknown_language_in_a_form_is_ignored(site: PublicPages, forged: str) -> None:
    page = site.browser.post(
        "/subscribe", data={"email": "ada@", "language": forged}, headers={"Accept-Language": "nl"}
    )
    assert (page.status_code, language_of(page)[0]) == (422, "nl")
    assert "script" not in page.text
    site.browser.post("/subscribe", data={"email": "ada@example.org", "language": forged})
    assert [one.language for one in operator_actions.everyone(site.context)] == ["en"]


# --- Choosing ---------------------------------------------------------------------------------------------------------


def test_choosing_a_language(site: PublicPages) -> None:
    path, _ = links(site, "ada@example.org", "")
    page = site.browser.get(path).text
    assert '<option value="" selected>As the newsletter (English)</option>' in page
    assert '<option value="cy" lang="cy">Cymraeg</option>' in page
    saved = site.browser.post(path, data={"act": "save", "name": "Ada", "themes": ["comms"], "language": "cy"})
    assert language_of(saved) == ("cy", "ltr"), "at once"
    assert WORDS["cy"]["saved"] in saved.text
    assert '<option value="cy" lang="cy" selected>Cymraeg</option>' in saved.text
    assert '<option value="">Fel y cylchlythyr (Saesneg)</option>' in saved.text
    site.browser.post(path, data={"act": "save", "name": "Ada", "themes": ["comms"]})  # a form from an older page
    site.browser.post(path, data={"act": "save", "name": "Ada", "themes": ["comms"], "language": "cy"})
    assert [one.language for one in operator_actions.everyone(site.context)] == ["cy"]
    back = site.browser.post(path, data={"act": "save", "name": "Ada", "themes": ["comms"], "language": ""})
    assert language_of(back)[0] == "en-GB"
    lines = [(line.what, line.wording) for line in operator_actions.history(site.context, "ada@example.org")]
    assert [line for line in lines if line[0] == "changed language"] == [
        ("changed language", "cy"),
        ("changed language", "the newsletter's"),
    ]


def test_an_unknown_language_changes_nothing(site: PublicPages) -> None:
    path, _ = links(site, "ada@example.org", "cy")
    for wrong in ("pl", "CY", 'cy"><script>'):
        page = site.browser.post(path, data={"act": "save", "name": "Other", "language": wrong})
        assert (page.status_code, language_of(page)[0]) == (422, "cy")
        assert WORDS["cy"]["no_such_language"] in page.text
        assert re.search('<select id="language" [^>]*aria-invalid="true"', page.text)
        assert "script" not in page.text
    (one,) = operator_actions.everyone(site.context)
    assert (one.name, one.language) == ("", "cy")
    assert site.browser.post("/preferences/x", data={"act": "save", "language": "pl"}).status_code == 404


@pytest.mark.parametrize(
    ("tag", "name", "lang"), [("de-AT", "Deutsch (Österreich)", "de-AT"), ("pl", "Polski", "en-GB")]
)
def test_a_language_that_is_not_offered_is_kept_until_another_is_chosen(
    site: PublicPages, tag: str, name: str, lang: str
) -> None:
    path, _ = links(site, "ada@example.org", tag)
    page = site.browser.get(path)
    assert language_of(page)[0] == lang
    assert f'<option value="{tag}" lang="{tag}" selected>{name}</option>' in page.text
    assert site.browser.post(path, data={"act": "save", "language": tag}).status_code == 200
    assert [one.language for one in operator_actions.everyone(site.context)] == [tag]


# --- Whole in each language -------------------------------------------------------------------------------------------


def english_only(language: str) -> set[str]:
    """Fragments of the English phrases that no phrase in `language` has."""
    own_words = str(WORDS[language])
    fragments: set[str] = set()
    for key, value in WORDS["en"].items():
        if key != "themes":
            for form in value.values() if isinstance(value, dict) else (value,):
                fragments |= set(re.split(r"\{.*?\}", form))
    return {one for one in fragments if len(one.strip(" ,.:;“”")) > 6 and one not in own_words}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translated_page_contains_english(site: PublicPages, language: str) -> None:
    preferences, unsubscribe = links(site, "ada@example.org", language)
    other, _ = links(site, "bo@example.org", language)
    browser = site.visitor("198.51.100.9")
    browser.headers["Accept-Language"] = language
    pages = [
        browser.get("/subscribe"),
        browser.post("/subscribe", data={"email": "ada@", "themes": "none"}),
        browser.post("/subscribe", data={"email": "ada"}),
        browser.post("/subscribe", data={"email": "a b@example.org"}),
        browser.post("/subscribe", data={"email": "new@example.org"}),
        browser.get("/confirm/x"),
        browser.get("/nowhere"),
        browser.delete("/subscribe"),
        browser.post("/subscribe", content=b"x", headers={"Content-Type": "multipart/form-data"}),
        browser.get(unsubscribe),
        browser.get(preferences),
    ]
    pages += [browser.post(preferences, data={"act": "move", "email": email}) for email in ("x", "x@example.net")]
    pages += [browser.post(preferences, data={"act": act}) for act in ("save", "pause", "resume", "nonsense", "erase")]
    for reason in (SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.OPERATOR):
        operator_actions.suppress(site.context, "bo@example.org", reason=reason)
        pages.append(browser.get(other))
    pages += [browser.post(unsubscribe), browser.get(preferences), browser.post(unsubscribe, data={"act": "back"})]
    by_mail = [site.path_in(mail) for mail in site.mails() if mail.startswith("ada@")]
    pages += [browser.get(link) for link in by_mail] + [browser.post(link) for link in reversed(by_mail)]
    confirm = site.path_in(next(mail for mail in site.mails() if mail.startswith("new@")))
    pages += [browser.get(confirm), browser.post(confirm, data={"latest": "yes"}), browser.post(confirm)]
    codes = {page.status_code for page in pages}
    for _ in range(5):
        pages.append(browser.post("/subscribe", data={"email": "again@example.org"}))
    broken = TestClient(
        create_app(replace(site.context, clock=lambda: 1 / 0)),  # type: ignore[arg-type, return-value]  # it fails
        base_url=f"https://{HOST}",
        headers={"Accept-Language": language},
        raise_server_exceptions=False,
    )
    pages.append(broken.get("/confirm/x"))
    assert codes | {page.status_code for page in pages} == {200, 400, 404, 405, 422, 429, 500}
    phrases = english_only(language)
    assert len(phrases) > 100
    for page in pages:
        assert language_of(page) == (language, "rtl" if language in RIGHT_TO_LEFT else "ltr")
        visible = unescape(re.sub("<[^>]*>", " ", re.sub(r'<(\w+) lang="en[^"]*".*?</\1>', "", page.text)))
        assert [phrase for phrase in phrases if phrase in visible] == []
    for mail in site.mails():
        assert [phrase for phrase in phrases if phrase in mail] == []


# --- The operator's own -----------------------------------------------------------------------------------------------


def write(site: PublicPages, language: str, text: str) -> None:
    folder = site.context.settings.folder / "templates" / "pages" / "words"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{language}.toml").write_text(text, "utf-8")


def test_the_operators_phrases_and_additional_language(site: PublicPages) -> None:
    write(site, "cy", 'subscribe_lead = "Bob dydd Llun."')
    write(site, "pl", 'subscribe = "Zapisz się"\nskip = "Do treści"')
    browser = site.visitor("198.51.100.9")
    welsh = browser.get("/?lang=cy").text
    assert "Bob dydd Llun." in welsh
    assert WORDS["cy"]["your_address"] in welsh
    polish = browser.get("/subscribe", headers={"Accept-Language": "pl-PL"})
    assert language_of(polish) == ("pl", "ltr")
    assert '<a class="skip" href="#main">Do treści</a>' in polish.text
    assert '<label for="email"><span lang="en" dir="ltr">Your email address</span></label>' in polish.text
    assert "<title>Zapisz się – The Test Digest</title>" in polish.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("subscribe = Zapisz", r"pages/words/cy\.toml: .*line 1"),
        ('subscribee = "x"', r"there is no phrase 'subscribee'; did you mean 'subscribe'"),
        ('unsubscribe = "x"', r"there is no phrase 'unsubscribe'"),  # the mail's
        ('saved = "{email}"', r"saved has the placeholder \{email\}"),
    ],
)
def test_an_invalid_translation_stops_the_start_but_no_running_page(site: PublicPages, text: str, says: str) -> None:
    write(site, "cy", text)
    with pytest.raises(TemplateError, match=says):
        create_app(site.context)
