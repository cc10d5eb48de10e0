"""What Digest depends on: its licences are listed and allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from requirements import audit


@pytest.mark.thorough
def test_licences_are_listed_and_allowed() -> None:
    found = audit.licences()
    assert audit.forbidden(found) == []
    assert audit.LICENCES.read_text(encoding="utf-8") == audit.as_markdown(found), "`make audit` writes it anew"
    assert len(found["MIT"]) > 10


def test_a_licence_that_nobody_has_allowed_is_named() -> None:
    found = {"MIT": ["a"], "AGPL-3.0-only": ["b", "c"], "UNKNOWN": ["d"]}
    assert audit.forbidden(found) == ["AGPL-3.0-only: b, c", "UNKNOWN: d"]


@pytest.mark.thorough
def test_the_inventory_names_every_locked_package(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    audit.write_inventory(path)
    text = path.read_text(encoding="utf-8")
    assert '"bomFormat": "CycloneDX"' in text
    assert [name for name in audit.locked() if f'"name": "{name}"' not in text] == []
