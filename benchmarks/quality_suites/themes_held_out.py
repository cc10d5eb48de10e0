"""A theme that the model never heard of, by a title and a handful of terms, as an operator writes them.

One of the four is left out of the model: no post of it, and no other theme's post that may stand under it, is learnt
from. Then it is a theme of the settings, beside the other three. Half of the sources are learnt from, the others
placed.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from benchmarks.quality_suites.themes_models import THEMES, Case, folds_of, place
from benchmarks.train_themes import LABELS, choose, model, prepare, read_row, written_posts
from digest.model import ELSEWHERE, Theme
from digest.read.themes import linear_model

SETTINGS = {
    "comms": ("Communications", "communications, social media, newsletter, press office, campaign, plain language"),
    "civic-tech": ("Civic tech", "civic tech, open data, hackathon, volunteers, citizens, transparency, democracy"),
    "recruitment": ("Jobs", "job, vacancy, hiring, apply, career, apprentice, joined the team, recruitment"),
    "digital-government": ("Digital services", "digital service, user research, gov.uk, agile, beta, technology"),
}
"""By the theme that is left out: title and terms of the one that takes its place."""


def held_out_themes(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By theme: `strict` of its posts, by the best of the four; recall, precision and F1 as placed, elsewhere too."""
    return {key: _held_out(rows, key) for key in SETTINGS}


def _held_out(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    title, terms = SETTINGS[key]
    own = Theme("own", title, tuple(terms.split(", ")))
    themes = (*(theme for theme in THEMES if theme.key != key), own)
    halves = folds_of(Counter(row["source"] for row in rows), 2)
    labels = [label for label, theme in LABELS.items() if theme == key]
    pairs: list[tuple[bool, bool]] = []
    best: list[bool] = []
    for half in (0, 1):
        learnt = [row for row in rows if halves[row["source"]] != half and not set(labels) & set(row["themes"])]
        written = [row for row in written_posts() if key not in row.themes]
        prepared = prepare([read_row(row) for row in learnt], written)
        trained = linear_model.parse(model(prepared, choose(prepared)))
        cases = [Case(row, LABELS[row["theme"]], trained) for row in rows if halves[row["source"]] == half]
        placed = place(cases, themes=themes)
        for case, put in zip(cases, placed, strict=True):
            pairs.append((case.theme == key, put.theme == own.key))
            if case.theme == key:
                best.append(next(theme for theme, _ in put.scores if theme != ELSEWHERE) == own.key)
    both = sum(wanted and got for wanted, got in pairs)
    wanted, got = sum(wanted for wanted, _ in pairs), sum(got for _, got in pairs)
    return {
        "strict": round(sum(best) / wanted, 4),
        "recall": round(both / wanted, 4),
        "precision": round(both / max(1, got), 4),
        "f1": round(2 * both / (wanted + got), 4),
    }
