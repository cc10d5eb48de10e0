from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.settings import Settings, parse_settings
from digest.settings.slug import PrefectNames, slug_from


@given(st.text(max_size=200))
def test_a_slug_of_any_title_can_be_written_into_the_file(title: str) -> None:
    slug = slug_from(title)
    assert _with_slug(slug).prefect == PrefectNames(slug, carried=True)


def test_a_slug_in_the_file_is_carried_by_every_name_on_a_prefect_server() -> None:
    names = _with_slug("comms").prefect
    assert (names.pool, names.named("weekly"), names.titled("A send crashed"), names.tag) == (
        "digest-comms",
        "weekly-comms",
        "A send crashed (comms)",
        "newsletter:comms",
    )


def test_without_a_slug_names_stay_when_the_title_changes_and_only_the_tag_follows() -> None:
    names = _with_slug("").prefect
    assert (names.pool, names.named("weekly"), names.titled("A send crashed")) == (
        "digest",
        "weekly",
        "A send crashed",
    )
    assert names.tag == "newsletter:the-news"


@pytest.mark.parametrize("slug", ["Comms", "two words", "-x", "a--b", "a/b", "é", "x" * 41])
def test_what_cannot_be_part_of_a_name_is_refused_as_slug(slug: str) -> None:
    with pytest.raises(SettingsError, match=r"newsletter\.slug"):
        _with_slug(slug)


def _with_slug(slug: str) -> Settings:
    text = f'[newsletter]\ntitle = "The news"\nslug = "{slug}"\nfrom = "a@example.org"\n'
    return parse_settings(text, path=Path("digest.toml"))
