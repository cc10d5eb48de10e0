"""Word lists: what a sentence opens on, what it points to, and what belongs to the page, in each language."""

from __future__ import annotations

import pytest

from digest.read.summary.word_lists import boilerplate, languages, openers, signposts, stop_words

LEANS = {
    "en": ["However, it was late.", "“They agreed.", "(This took a month.)", "It’s open.", "Yes, we did."],
    "cy": ["Fodd bynnag, roedd yn hwyr.", "Maen nhw wedi cytuno.", "Ar ôl hynny, agorodd y swyddfa."],
    "de": [
        "Allerdings war es spät.",
        "„Sie stimmten zu.",
        "Dadurch sank die Zahl.",
        "Das ist neu.",
        "Diese Frist gilt.",
    ],
    "es": ["Sin embargo, era tarde.", "«Ellos aceptaron.", "Esto llevó un mes.", "Por eso abrimos antes."],
    "fr": [
        "Cependant, il était tard.",
        "« Ils ont accepté.",
        "Cela a pris un mois.",
        "C’est pourquoi nous ouvrons tôt.",
    ],
    "nl": ["Het was laat.", "Daarom gaan we eerder open.", "Dit kostte een maand."],
    "it": ["Tuttavia era tardi.", "Questo ha richiesto un mese.", "Essi hanno accettato."],
    "pt": ["No entanto, era tarde.", "Isso levou um mês.", "Eles aceitaram."],
    "sv": ["Däremot var det sent.", "Detta tog en månad.", "De gick med på det."],
}
STANDS = {
    "en": ["The office opened late.", "This week the office opened.", "Butter is cheap.", "Andrew agreed."],
    "cy": ["Agorodd y swyddfa yn hwyr.", "Mae'r cyngor wedi agor swyddfa."],
    "de": ["Das Amt öffnete spät.", "Diese Woche öffnete das Amt.", "Es gibt drei Ämter.", "Undine stimmte zu."],
    "es": ["La oficina abrió tarde.", "Esta semana abrió la oficina.", "Yolanda aceptó."],
    "fr": ["Le bureau a ouvert tard.", "Cette semaine le bureau a ouvert.", "Il faut un mois.", "Maisons et jardins."],
    "nl": ["Het kantoor ging laat open.", "Deze week ging het kantoor open.", "Enna stemde in."],
    "it": ["L'ufficio ha aperto tardi.", "Questa settimana l'ufficio ha aperto.", "Maria ha accettato."],
    "pt": ["O escritório abriu tarde.", "Esta semana o escritório abriu.", "Elena aceitou."],
    "sv": ["Kontoret öppnade sent.", "Denna vecka öppnade kontoret.", "Dennis gick med på det."],
}
POINTS = {
    "en": ["Read on for more.", "Below are five tips.", "Imagine a town.", "Last week we wrote about bins."],
    "cy": ["Darllenwch ymlaen am ragor.", "Isod mae pum awgrym.", "Dychmygwch dref heb siop."],
    "de": ["Lesen Sie weiter.", "Im Folgenden fünf Tipps.", "Stellen Sie sich eine Stadt vor."],
    "es": ["Sigue leyendo.", "A continuación, cinco consejos.", "Imagina una ciudad."],
    "fr": ["Découvrez cinq conseils.", "Ci-dessous, cinq conseils.", "Imaginez une ville."],
    "nl": ["Lees verder.", "Hieronder vijf tips.", "Stel je eens voor dat alles werkt."],
    "it": ["Leggi anche questo.", "Di seguito cinque consigli.", "Immagina una città."],
    "pt": ["Leia mais.", "A seguir, cinco conselhos.", "Imagine uma cidade."],
    "sv": ["Läs mer.", "Nedan följer fem råd.", "Tänk dig en stad."],
}
OF_THE_PAGE = {
    "en": ["Subscribe today.", "Photo: Ann Example", "Image © Ann Example", "Write to ann@example.org."],
    "cy": ["Darllenwch fwy ar ein gwefan.", "Llun: Ann Example", "Dilynwch ni heddiw."],
    "de": ["Mehr lesen", "Foto: Ann Example", "Abb. 3: Das Amt", "Folgen Sie uns."],
    "es": ["Leer más", "Foto: Ann Example", "Síguenos en la red."],
    "fr": ["Lire la suite", "Photo : Ann Example", "Suivez-nous.", "S’abonner"],
    "nl": ["Lees meer", "Foto: Ann Example", "Foto’s: Ann Example", "Volg ons."],
    "it": ["Leggi tutto", "Foto: Ann Example", "Seguici."],
    "pt": ["Leia mais", "Foto: Ann Example", "Siga-nos."],
    "sv": ["Läs mer", "Foto: Ann Example", "Följ oss."],
}


def test_every_language_of_the_lists_is_tried_here() -> None:
    assert set(languages()) == LEANS.keys() == STANDS.keys() == POINTS.keys() == OF_THE_PAGE.keys()


@pytest.mark.parametrize("language", LEANS)
def test_openers(language: str) -> None:
    assert [text for text in LEANS[language] if not openers(language).match(text)] == []
    assert [text for text in STANDS[language] if openers(language).match(text)] == []


@pytest.mark.parametrize("language", POINTS)
def test_signposts(language: str) -> None:
    assert [text for text in POINTS[language] if not signposts(language).match(text)] == []
    assert [text for text in STANDS[language] if signposts(language).match(text)] == []


@pytest.mark.parametrize("language", OF_THE_PAGE)
def test_boilerplate(language: str) -> None:
    sentences = [*OF_THE_PAGE[language], *STANDS[language]]
    expected = [True] * len(OF_THE_PAGE[language]) + [False] * len(STANDS[language])
    assert boilerplate(sentences, language) == expected


def test_english_boilerplate_is_known_on_pages_in_other_languages() -> None:
    assert boilerplate(["Subscribe to our newsletter."], "de") == [True]
    assert boilerplate(["Subscribe to our newsletter."], "xx") == [True]


def test_a_language_without_lists_has_none() -> None:
    assert not openers("xx").match("However, it was late.")
    assert not signposts("").match("Read on.")
    assert stop_words("en") == stop_words("xx") == frozenset()
    assert {"de", "het"} <= stop_words("nl")
