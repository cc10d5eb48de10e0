"""A correction says that it is one, which days it corrects and what changed, in the subscriber's language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mail.rendering.render import Renderer
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition

RENDERER = Renderer(DESIGN, [packaged_folder()])
CORRECTED = replace(edition(15), sections=(), introduction="The ferry leaves at **nine**, not at ten.", subject="")


@pytest.mark.parametrize(
    ("language", "heading", "days"),
    [
        ("en-GB", "Correction", "18–24 March 2019"),
        ("cy", "Cywiriad", "18–24 Mawrth 2019"),
        ("de", "Korrektur", "18.–24. März 2019"),
        ("fr", "Rectificatif", "18–24 mars 2019"),
    ],
)
def test_both_parts_say_what_is_corrected(language: str, heading: str, days: str) -> None:
    mail = RENDERER.render(CORRECTED, language=language, correction=True)
    assert f">{heading}</h2>" in mail.html
    assert f"\n{heading}\n===" in mail.text
    for part in (mail.html, mail.text):
        assert days in part
        assert "2019-W12" not in part.replace("/archive/2019-W12", "")
    assert "The ferry leaves at <strong>nine</strong>, not at ten." in mail.html
    assert mail.preheader == "The ferry leaves at nine, not at ten."


def test_an_edition_is_no_correction() -> None:
    mail = RENDERER.render(CORRECTED)
    assert "Correction" not in mail.html + mail.text
