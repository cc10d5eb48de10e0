"""Changing digest.toml by program: comments stay, and nobody's change is lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from digest.errors import BusyError, SettingsError
from digest.model import Source
from digest.settings import load_settings
from digest.steps.collecting.edit_settings import append_sources, change_source, mark_of

TOML = """# Our digest. Ask Ann first.
[newsletter]
title = "T"            # short
from = "d@example.org"

# The blogs we follow
[[sources]]
name = "A"
feed = "https://a.example/feed"  # ours
active = true # since May

# B is a friend of ours
[[sources]]
name = "B/100% \\"quoted\\""
feed = "https://b.example/feed"
"""
HOSTILE = 'B/100% "quoted"'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "digest.toml"
    path.write_text(TOML, "utf-8")
    return path


def test_a_changed_key_keeps_its_comment_and_its_line(path: Path) -> None:
    change_source(path, "A", {"active": False})
    assert path.read_text("utf-8") == TOML.replace("active = true # since May", "active = false # since May")


def test_a_new_key_stands_before_the_comment_of_the_next_table(path: Path) -> None:
    change_source(path, "A", {"theme": "comms"})
    text = path.read_text("utf-8")
    assert text.index('theme = "comms"') < text.index("# B is a friend of ours")
    assert text.replace('theme = "comms"\n', "") == TOML


def test_an_empty_value_takes_the_key_out(path: Path) -> None:
    change_source(path, HOSTILE, {"selector": "main"})
    assert load_settings(path).sources[1].selector == "main"
    change_source(path, HOSTILE, {"selector": ""})
    assert path.read_text("utf-8") == TOML


def test_a_file_that_has_changed_meanwhile_is_left_alone(path: Path) -> None:
    mark = mark_of(path)
    change_source(path, "A", {"active": False}, mark=mark)
    before = path.read_bytes()
    with pytest.raises(BusyError, match="changed meanwhile"):
        change_source(path, HOSTILE, {"active": False}, mark=mark)
    with pytest.raises(BusyError):
        append_sources(path, [Source("C", "https://c.example/")], mark=mark)
    assert path.read_bytes() == before


def test_of_many_editors_at_once_one_is_taken_and_the_others_are_refused(path: Path) -> None:
    mark, refused = mark_of(path), []

    def change(number: int) -> None:
        try:
            change_source(path, "A", {"selector": f".n{number}"}, mark=mark)
        except BusyError:
            refused.append(number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (taken,) = set(range(8)) - set(refused)
    assert load_settings(path).sources[0].selector == f".n{taken}"


def test_editors_without_a_mark_take_turns_and_lose_nothing(path: Path) -> None:
    threads = [
        threading.Thread(target=append_sources, args=(path, [Source(f"S{n}", f"https://s{n}.example/")]))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {source.name for source in load_settings(path).sources} == {"A", HOSTILE, *(f"S{n}" for n in range(8))}
    assert "# B is a friend of ours" in path.read_text("utf-8")


def test_a_read_only_file_is_left_alone(path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(SettingsError, match="read-only"):
        change_source(path, "A", {"active": False})
    assert path.read_text("utf-8") == TOML
    assert [each.name for each in path.parent.iterdir()] == ["digest.toml"]


def test_a_missing_file_and_a_missing_source_are_errors(path: Path) -> None:
    with pytest.raises(SettingsError, match="no source called 'C'"):
        change_source(path, "C", {"active": False})
    path.unlink()
    assert mark_of(path) == ""
    with pytest.raises(SettingsError, match="cannot be read"):
        change_source(path, "A", {"active": False})


def test_what_the_next_run_would_reject_is_never_written(path: Path) -> None:
    with pytest.raises(SettingsError, match="theme"):
        change_source(path, "A", {"theme": "no-such-theme"})
    assert path.read_text("utf-8") == TOML


def test_sources_in_a_list_of_inline_tables_are_kept(path: Path) -> None:
    row = '{ name = "A", feed = "https://a.example/" }'
    path.write_text(f'sources = [\n  {row}, # first\n]\n\n[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n', "utf-8")
    append_sources(path, [Source("C", "https://c.example/", theme="comms", active=False)])
    change_source(path, "A", {"active": False})
    assert [(each.name, each.active) for each in load_settings(path).sources] == [("A", False), ("C", False)]
    assert "# first" in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["a/b", "50%", "“q” \"x\" 'y'", "مصدر", "x" * 200, "line\nbreak", "..", "]]\n[smtp]"])
def test_any_name_comes_back_as_it_went_in(path: Path, name: str) -> None:
    append_sources(path, [Source(name, "https://c.example/")])
    change_source(path, name, {"selector": 'a[href="x"]'})
    source = load_settings(path).sources[-1]
    assert (source.name, source.selector) == (name, 'a[href="x"]')


def test_behind_a_link_the_file_itself_is_changed(path: Path) -> None:
    real = path.with_name("real.toml")
    path.rename(real)
    path.symlink_to(real.name)
    outside = path.with_name("outside")
    outside.write_text("theirs", "utf-8")
    path.with_name(".real.toml.new").symlink_to(outside)  # nothing is written through one that lies there
    change_source(path, "A", {"active": False})
    assert path.is_symlink()
    assert "active = false" in real.read_text("utf-8")
    assert outside.read_text("utf-8") == "theirs"


def test_the_rights_of_the_file_stay(path: Path) -> None:
    path.chmod(0o640)
    change_source(path, "A", {"active": False})
    assert path.stat().st_mode & 0o777 == 0o640
