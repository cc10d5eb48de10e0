"""`digest editions …`, `digest skip --take-back`: what was changed is told and brought back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.commands import NOW, WEEK, digest, newsletter_with_a_draft


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return newsletter_with_a_draft(tmp_path_factory.mktemp("editions"))


def test_history_undo_and_restore(folder: Path) -> None:
    skipped = digest("skip", WEEK, "--reason", "a holiday", cwd=folder, DIGEST_NOW=NOW)
    assert skipped.returncode == 0, skipped.stderr
    text = digest("editions", "history", WEEK, cwd=folder, DIGEST_NOW=NOW).stdout
    assert "skipped" in text
    assert "reason: a holiday" in text
    back = digest("skip", WEEK, "--take-back", cwd=folder, DIGEST_NOW=NOW)
    assert "draft again" in back.stdout, back.stderr
    rows = json.loads(digest("editions", "history", WEEK, "--json", cwd=folder, DIGEST_NOW=NOW).stdout)["changes"]
    assert [row["what"] for row in rows] == ["composed", "skipped", "unskipped"]
    table = digest("editions", "history", WEEK, "--csv", cwd=folder, DIGEST_NOW=NOW).stdout
    assert [row["what"] for row in csv.DictReader(io.StringIO(table))] == ["composed", "skipped", "unskipped"]
    same = digest("editions", "restore", "1", WEEK, "--json", cwd=folder, DIGEST_NOW=NOW)
    assert json.loads(same.stdout) == {"week": WEEK, "change": 0, "revision": 1}, same.stderr
    assert digest("editions", "undo", str(rows[0]["id"]), WEEK, cwd=folder, DIGEST_NOW=NOW).returncode == 2
    assert digest("editions", "undo", "999", WEEK, cwd=folder, DIGEST_NOW=NOW).returncode == 2
