"""The words for weekly and monthly in files of subscribers: in English and in the languages of the mail."""

from __future__ import annotations

from digest.model import Frequency
from digest.subscribers.standing import normal_word

_WORDS = {
    Frequency.WEEKLY: (
        "weekly, week, every week, each week, once a week, once weekly, once per week, 1 per week, per week, "
        "wythnosol, wythnos, bob wythnos, yn wythnosol, unwaith yr wythnos, "
        "wöchentlich, woechentlich, woche, jede woche, einmal pro woche, einmal die woche, einmal in der woche, "
        "hebdomadaire, hebdo, semaine, chaque semaine, toutes les semaines, une fois par semaine, par semaine, "
        "semanal, semanalmente, semana, cada semana, todas las semanas, una vez por semana, una vez a la semana, "
        "wekelijks, elke week, iedere week, eens per week, een keer per week, één keer per week, "
        "أسبوعي, أسبوعية, أسبوعيا, أسبوعيًا, أسبوعياً, كل أسبوع, مرة في الأسبوع, مرة كل أسبوع"
    ),
    Frequency.MONTHLY: (
        "monthly, month, every month, each month, once a month, once monthly, once per month, 1 per month, per month, "
        "misol, mis, bob mis, yn fisol, unwaith y mis, "
        "monatlich, monat, jeden monat, einmal pro monat, einmal im monat, "
        "mensuel, mensuelle, mois, chaque mois, tous les mois, une fois par mois, par mois, mensuellement, "
        "mensual, mensualmente, mes, cada mes, todos los meses, una vez por mes, una vez al mes, "
        "maandelijks, maand, elke maand, iedere maand, eens per maand, een keer per maand, één keer per maand, "
        "شهري, شهرية, شهريا, شهريًا, شهرياً, كل شهر, مرة في الشهر, مرة كل شهر"
    ),
}
_BY_WORD = {word.strip(): frequency for frequency, words in _WORDS.items() for word in words.split(",")}


def by_frequency(cell: str) -> Frequency | None:
    """Read a cell that says how often somebody wants mail; None if it is empty or not understood."""
    return _BY_WORD.get(normal_word(cell))
