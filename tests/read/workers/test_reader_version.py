"""Articles that an older version of the reader extracted are extracted again."""

from __future__ import annotations

from pathlib import Path

from digest.read.workers.reader_version import content_hash, generation


def test_the_hash_follows_names_and_contents_only(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "code.py").write_text("one")
    (tmp_path / "data" / "model.json").write_text("{}")
    first = content_hash(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "code.cpython-311.pyc").write_bytes(b"compiled")
    assert content_hash(tmp_path) == first
    (tmp_path / "data" / "model.json").write_text("{ }")
    second = content_hash(tmp_path)
    (tmp_path / "data" / "model.json").rename(tmp_path / "data" / "model2.json")
    assert len({first, second, content_hash(tmp_path)}) == 3


def test_the_version_is_the_same_for_the_same_code() -> None:
    assert generation() == generation() != ""
