"""The translations of mail and pages: complete in every language, with plural forms, and changeable by the operator."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from digest.edition.compose import ELSEWHERE_TITLE
from digest.errors import TemplateError
from digest.escape import clean
from digest.mail.rendering.render import Renderer
from digest.settings.tables import DEFAULT_THEMES
from digest.template_folders import packaged_folder
from digest.words.language_tags import locale_of
from digest.words.translations import TranslationCatalogue
from tests.mail.editions import DESIGN, edition

FILES = sorted((packaged_folder() / "words").glob("*.toml"))
LANGUAGES = [path.stem for path in FILES]
BOTH = [(of, language) for of in ("email", "pages") for language in LANGUAGES]
PACKAGED = TranslationCatalogue([packaged_folder()], "en-GB")
PAGES = TranslationCatalogue([packaged_folder("pages")], "en-GB", base=PACKAGED)

SAME = {  # phrases that are the same as in English
    "subject", "label", "dated", "page_of", "separator", "media_pdf", "media_podcast", "media_video", "playing_time",
    "weekday_and_day", "reading_time", "kilobytes", "megabytes",
    "fr: media_document", "nl: media_document", "cy: media_data",
    "de: Civic tech", "fr: Civic tech", "nl: Civic tech",
    "es: error", "es: error_title", "nl: feed",
    "fr: sources", "nl: week", "nl: original_source_via", "nl: later_edition",
}  # fmt: skip
FOR_EARLIER_TEMPLATES = {"in_this_edition", "published", "choose_themes", "list_of_sources"}


def table(language: str, of: str = "email") -> dict[str, Any]:
    return tomllib.loads((packaged_folder(of) / "words" / f"{language}.toml").read_text("utf-8"))


def forms(value: str | dict[str, str]) -> dict[str, str]:
    return value if isinstance(value, dict) else {"other": value}


def places(value: str | dict[str, str]) -> set[str]:
    return set(re.findall(r"\{.*?\}", "".join(forms(value).values())))


ENGLISH = table("en")


def test_all_promised_languages_are_packaged() -> None:
    assert {"en", "cy", "de", "fr", "es", "nl"} <= set(LANGUAGES)


def test_pages_have_the_languages_and_wording_of_the_mail() -> None:
    assert PAGES.languages == PACKAGED.languages
    assert not table("en", "pages").keys() & ENGLISH.keys()
    for language in LANGUAGES:
        words, mails = PAGES.translations(language), PACKAGED.translations(language)
        assert words.phrases.items() > mails.phrases.items()
        assert (words.themes, words.missing_keys) == (mails.themes, ())


@pytest.mark.parametrize(("of", "language"), BOTH)
def test_every_language_has_all_phrases_with_the_same_placeholders(of: str, language: str) -> None:
    translation, english = table(language, of), table("en", of)
    assert list(translation) == list(english), "in the same order, so that files can be compared"
    assert translation.get("themes", {}).keys() == english.get("themes", {}).keys()
    for key in english.keys() - {"themes"}:
        assert places(translation[key]) == places(english[key]), key
        assert isinstance(translation[key], dict) == isinstance(english[key], dict), key


@pytest.mark.parametrize(("of", "language"), BOTH)
def test_every_language_has_the_plural_forms_of_its_grammar(of: str, language: str) -> None:
    grammar = {locale_of(language).plural_form(number) for number in range(1_000)} | {"other"}
    for key, value in table(language, of).items():
        if isinstance(value, dict) and key != "themes":
            assert value.keys() == grammar, key
            # Only a form for one single number may leave the number out.
            assert all("{count}" in form for name, form in value.items() if name in ("few", "many", "other")), key
            assert len({frozenset(places(form) - {"{count}"}) for form in value.values()}) == 1, key


@pytest.mark.parametrize(("of", "language"), BOTH)
def test_no_phrase_is_untranslated_or_mistyped(of: str, language: str) -> None:
    translation, english = table(language, of), table("en", of)
    titles = english.pop("themes", {})
    pairs = {key: (forms(translation[key]), forms(english[key])) for key in english}
    pairs |= {title: ({"other": translation["themes"][title]}, {"other": title}) for title in titles}
    for key, (translated, original) in pairs.items():
        for form in translated.values():
            assert form.strip(" "), key
            assert clean(form) == form.strip(" "), key
            assert not re.search(r"['\"]|\.\.\.|  | [:?!]|« | »|TODO|⟦", form), (key, form)
            assert language == "en" or form not in original.values() or {key, f"{language}: {key}"} & SAME, (key, form)


@pytest.mark.parametrize("of", ["email", "pages"])
def test_what_readers_get_is_an_email(of: str) -> None:
    """As in the GOV.UK style guide: neither "e-mail" nor "mail"."""
    for key, value in table("en", of).items():
        for form in (value if key == "themes" else forms(value)).values():
            assert not re.search(r"\b(?:e-mail|mail)s?\b", form, re.IGNORECASE), (key, form)


@pytest.mark.parametrize("of", ["email", "pages"])
def test_every_phrase_is_used(of: str) -> None:
    """An unused phrase would be translated for nothing."""
    root = Path(__file__).parents[2]
    texts = [path.read_text("utf-8") for kind in ("*.py", "*.j2") for path in (root / "digest").rglob(kind)]
    texts += [path.read_text("utf-8") for path in (root / "templates").rglob("*.j2")]
    used_keys = set(re.findall(r"[\"']([a-z_]+)[\"']", "".join(texts)))
    assert table("en", of).keys() - {"themes"} - FOR_EARLIER_TEMPLATES <= used_keys


def test_the_titles_of_all_built_in_themes_are_translated() -> None:
    assert ENGLISH["themes"].keys() == {theme.title for theme in DEFAULT_THEMES} | {ELSEWHERE_TITLE}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {0: "0 posts", 1: "1 post", 2: "2 posts", 1234: "1,234 posts"}),
        ("cy", {0: "0 postiad", 1: "1 postiad", 2: "2 bostiad", 3: "3 phostiad", 4: "4 postiad", 6: "6 phostiad"}),
        ("de", {1: "1 Beitrag", 12: "12 Beiträge", 1234: "1.234 Beiträge"}),
        ("fr", {0: "0 article", 1: "1 article", 2: "2 articles", 1234: "1\u202f234 articles"}),
        ("ar", {1: "مقال واحد", 2: "مقالان", 3: "3 مقالات", 11: "11 مقالًا", 100: "100 مقال"}),
    ],
)
def test_plural_forms_by_count(language: str, expected: dict[int, str]) -> None:
    words = PACKAGED.translations(language)
    assert {count: words.text("posts", count=count) for count in expected} == expected


def test_markup_stays_markup_and_all_else_is_escaped() -> None:
    words = PACKAGED.translations("fr")
    html = words.html("why", email=Markup("<b>⟦email⟧</b>"), title="Q & <A>")
    assert "<b>⟦email⟧</b> est abonnée à Q &#38; &#60;A&#62;." in html
    assert words.text("why", email="x", title="Q & <A>").count("Q & <A>") == 1


def test_an_unknown_phrase_is_an_error() -> None:
    words = PACKAGED.translations("cy")
    with pytest.raises(LookupError, match="there is no phrase 'unsubscribee'; did you mean 'unsubscribe'"):
        words.text("unsubscribee")
    with pytest.raises(LookupError, match=r"the phrase 'week' needs a value for \{number\}"):
        words.text("week")


# --- Which language a subscriber gets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "preferred", "expected"),
    [
        ("en-GB", "", "en-GB"),
        ("en-GB", "en", "en-GB"),  # a subscriber who names no region gets the newsletter's
        ("en-GB", "EN_gb", "en-GB"),
        ("en-GB", "en-US", "en"),
        ("en-GB", "cy", "cy"),
        ("en-GB", "cy-GB", "cy"),
        ("en-GB", "de_AT", "de-AT"),  # its own dates, the German translation
        ("en-GB", "de-DE", "de"),
        ("en-GB", "pl", "en-GB"),  # no translation: the newsletter's language
        ("en-GB", "Welsh", "en-GB"),  # no tag
        ("en-GB", 'cy" onload="x', "en-GB"),
        ("de-CH", "de", "de-CH"),
        ("de-CH", "pl", "de-CH"),
        ("cy", "", "cy"),
        ("pl", "", "en-GB"),  # the newsletter's own has no words either
        ("pl", "de", "de"),
        ("tlh", "xx", "en-GB"),
    ],
)
def test_the_subscribers_language_else_the_newsletters_else_english(own: str, preferred: str, expected: str) -> None:
    assert TranslationCatalogue([packaged_folder()], own).resolve(preferred) == expected


def test_scripts_are_not_mixed(tmp_path: Path) -> None:
    for name in ("zh", "sr", "es-419"):
        write(tmp_path, name, 'week = "⋯ {number}"')
    languages = TranslationCatalogue([tmp_path, packaged_folder()], "en-GB")
    assert languages.resolve("zh-TW") == "en-GB"  # words in simplified script only
    assert languages.resolve("zh-Hans-SG") == "zh-Hans-SG"
    assert languages.resolve("sr-Latn") == "en-GB"
    assert languages.translations("es-MX").text("week", number=1) == "⋯ 1"  # Latin America's before Spain's
    assert languages.translations("es-MX").text("unsubscribe") == "Darse de baja"


# --- The operator's own -----------------------------------------------------------------------------------------------


def write(folder: Path, language: str, text: str) -> None:
    (folder / "words").mkdir(exist_ok=True)
    (folder / "words" / f"{language}.toml").write_text(text, "utf-8")


def test_an_operators_phrase_replaces_only_that_phrase(tmp_path: Path) -> None:
    write(tmp_path, "de", 'unsubscribe = "Newsletter abbestellen"\n[themes]\n"Comms" = "Presse"\n"Data" = "Daten"')
    words = TranslationCatalogue([tmp_path, packaged_folder()], "en-GB").translations("de")
    assert words.text("unsubscribe") == "Newsletter abbestellen"
    assert words.text("nothing_new") == "Diese Woche nichts Neues."
    assert [words.theme(title) for title in ("Comms", "Data", "Recruitment", "Unheard of")] == [
        "Presse", "Daten", "Personalgewinnung", "",
    ]  # fmt: skip
    assert words.missing_keys == ()


def test_a_new_language_needs_a_file_and_missing_phrases_are_marked_as_english(tmp_path: Path) -> None:
    write(tmp_path, "pl", 'greeting = "Dzień dobry{name},"\nposts.one = "{count} wpis"\nposts.other = "{count} wpisu"')
    renderer = Renderer(DESIGN, [tmp_path, packaged_folder()])
    words = renderer.catalogue.translations("pl-PL")
    assert (words.language, words.text("posts", count=1), words.text("posts", count=5)) == ("pl", "1 wpis", "5 wpisu")
    assert set(words.missing_keys) == ENGLISH.keys() - {"themes", "greeting", "posts"}
    rendered = renderer.render(edition(3), language="pl")
    html = rendered.html.replace("\n", " ")
    assert '<html lang="pl" dir="ltr"' in html
    assert "Dzień dobry⟦name⟧," in html
    assert '<span lang="en" dir="ltr">Unsubscribe</span></a>' in html
    assert "Dzień dobry⟦name⟧," in rendered.text
    assert "\nUnsubscribe:\n" in rendered.text
    assert rendered.subject == "The Harbour Digest, 18–24 marca 2019"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("de", "unsubscribe = Abmelden", r"de\.toml: .*line 1"),
        (
            "de",
            'unsubscribee = "Abmelden"',
            r"de\.toml: there is no phrase 'unsubscribee'; did you mean 'unsubscribe'\?",
        ),
        ("de", 'why = "Wegen {emial}."', r"de\.toml: why has the placeholder \{emial\}; allowed: \{email\}, \{title\}"),
        ("de", "week = 12", r"week must be a text in quotes"),
        ("de", 'posts.one = "1 Beitrag"', r"posts has the plural forms one; other is required"),
        ("de", 'posts.plenty = "x"\nposts.other = "y"', r"posts has the plural forms plenty, other; .* few, many"),
        ("de", "themes = 3", r"\[themes\] lists titles"),
        ("klingon", "", r"'klingon' is not a known language tag"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, text: str, says: str) -> None:
    write(tmp_path, name, text)
    with pytest.raises(TemplateError, match=says):
        Renderer(DESIGN, [tmp_path, packaged_folder()]).render(edition(1), language="de")


def test_a_file_from_an_earlier_version_may_name_the_week_of_a_correction(tmp_path: Path) -> None:
    write(tmp_path, "de", 'correction = "Korrektur: {title}, {week}"')
    words = Renderer(DESIGN, [tmp_path, packaged_folder()]).catalogue.translations("de")
    assert words.text("correction", title="T", dates="18.–24. März", week="2019-W12") == "Korrektur: T, 2019-W12"


def test_a_file_may_have_phrases_that_nothing_says_any_more(tmp_path: Path) -> None:
    write(tmp_path, "de", 'note_asked = "Jemand hat {title} bestellt."\nuntitled = "Ohne"')
    assert TranslationCatalogue([tmp_path, packaged_folder()], "de").translations("de").text("untitled") == "Ohne"


def test_a_changed_word_of_any_language_changes_the_hash_and_a_comment_does_not(tmp_path: Path) -> None:
    def hashed() -> str:
        return Renderer(DESIGN, [tmp_path, packaged_folder()]).template_hash()

    before = hashed()
    write(tmp_path, "cy", '# the same\nunsubscribe = "Dad-danysgrifio"')
    assert hashed() == before
    write(tmp_path, "cy", 'unsubscribe = "Gadael"')
    changed = hashed()
    assert changed != before
    write(tmp_path, "cy", '[themes]\n"Comms" = "Y wasg"')
    assert len({before, changed, hashed()}) == 3


def test_own_templates_use_own_phrases_and_unknown_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "subject.txt.j2").write_text('{{ say("week", number=mail.week_number) }} / {{ look.language }}')
    assert Renderer(DESIGN, [tmp_path, packaged_folder()]).render(edition(1), language="nl").subject == "Week 12 / nl"
    (tmp_path / "subject.txt.j2").write_text('\n{{ say("weak") }}')
    with pytest.raises(
        TemplateError, match=r"subject\.txt\.j2, line 2: there is no phrase 'weak'; did you mean 'week'"
    ):
        Renderer(DESIGN, [tmp_path, packaged_folder()]).render(edition(1))


# --- The mail in each language ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_newsletter_in_another_language_has_no_english(language: str) -> None:
    """Whether it is the newsletter's or the subscriber's: no phrase of ours is English."""
    own = Renderer(replace(DESIGN, language=language), [packaged_folder()])
    translated = Renderer(DESIGN, [packaged_folder()])
    phrases = {
        fragment
        for key, value in ENGLISH.items()
        for form in (forms(value) if key != "themes" else value).values()
        for fragment in re.split(r"\{.*?\}", form)
        if len(fragment.strip(" ,.:;“”")) > 6 and fragment not in str(table(language))
    }
    assert len(phrases) >= 15
    # Whether a summary says "we" depends on its language, which is the newsletter's where the post does not say.
    impersonal = replace(
        edition(15, short=3, introduction=""),
        sections=tuple(
            replace(section, posts=tuple(replace(post, summary=("It is calm.",)) for post in section.posts))
            for section in edition(15, short=3).sections
        ),
    )
    for sample in (impersonal, edition(0, introduction="")):
        for rendered in (own.render(sample), translated.render(sample, language=language)):
            words = clean(re.sub("<[^>]*>", " ", rendered.html.partition("<body")[2])) + rendered.text
            assert [phrase for phrase in phrases if phrase in words] == []
        assert own.render(sample).text == translated.render(sample, language=language).text


def test_only_the_offered_languages_can_be_chosen() -> None:
    catalogue = TranslationCatalogue([packaged_folder("pages")], "en-GB", offered=["cy", "de-AT", "pl"])
    assert catalogue.languages == ("cy", "de", "en")
    assert catalogue.other_languages == ("cy", "de")
    assert (catalogue.nearest("cy-GB"), catalogue.nearest("fr"), catalogue.resolve("fr")) == ("cy", "", "en-GB")
