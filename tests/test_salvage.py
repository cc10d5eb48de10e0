"""What is right in a wrong digest.toml can still be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.settings.salvage import salvage
from digest.settings.tables import File

GOOD = {
    "newsletter": {"title": "T", "from": "t@example.org", "timezone": "Europe/Rome"},
    "smtp": {"host": "mail.example.org", "port": 587},
    "sources": [{"name": "One", "feed": "https://example.org/1"}, {"name": "Two", "feed": "https://example.org/2"}],
}


def written(folder: Path, document: Any) -> Path:
    path = folder / "digest.toml"
    path.write_text(document if isinstance(document, str) else tomlkit.dumps(document), "utf-8")
    return path


def test_right_settings_are_read_as_they_are(tmp_path: Path) -> None:
    result = salvage(written(tmp_path, GOOD))
    assert (result.problem, result.broken) == (None, frozenset())
    assert result.settings.smtp.port == 587


def test_a_wrong_key_costs_only_itself(tmp_path: Path) -> None:
    smtp = {"host": "mail.example.org", "port": "many", "securty": "tls"}
    result = salvage(written(tmp_path, GOOD | {"smtp": smtp}))
    assert result.broken == {"smtp.port", "smtp.securty"}
    assert result.settings.smtp.host == "mail.example.org"
    assert result.problem is not None
    assert "did you mean 'security'" in result.problem.what
    assert result.settings.newsletter.timezone == "Europe/Rome"


def test_a_wrong_source_costs_only_itself(tmp_path: Path) -> None:
    rows = [{"name": "One", "feed": "ftp://example.org/1"}, *GOOD["sources"][1:]]  # type: ignore[index]
    result = salvage(written(tmp_path, GOOD | {"sources": rows}))
    assert result.broken == {"sources"}
    assert [source.name for source in result.settings.sources] == ["Two"]


def test_a_missing_newsletter_leaves_the_rest(tmp_path: Path) -> None:
    result = salvage(written(tmp_path, {key: value for key, value in GOOD.items() if key != "newsletter"}))
    assert result.broken == {"newsletter"}
    assert result.settings.smtp.port == 587


def test_what_is_no_toml_or_not_there_leaves_nothing(tmp_path: Path) -> None:
    for path in (written(tmp_path, "[[["), tmp_path / "none.toml", tmp_path):
        result = salvage(path)
        assert result.problem is not None
        assert result.broken == frozenset(File.model_fields)


_VALUES = st.one_of(
    st.integers(-5, 70_000), st.text(max_size=8), st.booleans(), st.lists(st.integers(), max_size=2), st.floats(0, 9)
)
_TABLES = st.sampled_from([*File.model_fields, "unknown"])
_KEYS = st.sampled_from(["title", "from", "port", "host", "url", "name", "feed", "key", "mode", "second", "x"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        _TABLES,
        st.one_of(
            _VALUES,
            st.dictionaries(_KEYS, _VALUES, max_size=3),
            st.lists(st.dictionaries(_KEYS, _VALUES, max_size=3), max_size=3),
        ),
        max_size=4,
    )
)
def test_any_document_gives_settings_and_what_is_wrong_with_it(tmp_path: Path, document: dict[str, Any]) -> None:
    result = salvage(written(tmp_path, document))
    assert result.settings.store_url
    assert (result.problem is None) == (not result.broken)
