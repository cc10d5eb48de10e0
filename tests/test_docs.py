"""The documentation is held to the program."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from benchmarks import tables
from digest.cli.main import COMMANDS
from docs.make_commands import TARGET, text

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def test_every_command_and_option_is_documented_as_it_is() -> None:
    assert TARGET.read_text("utf-8") == text(), "run: python -m docs.make_commands"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_and_to_images_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_pages_name_exist(page: Path) -> None:
    named = set(re.findall(r"`digest ([a-z]+)\b", page.read_text("utf-8")))
    assert named <= COMMANDS.keys(), named - COMMANDS.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_tests_that_pages_name_exist(page: Path) -> None:
    named = set(re.findall(r"`(tests/[a-z_0-9/.]+)`", page.read_text("utf-8")))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_tables_of_figures_are_what_make_bench_writes() -> None:
    page = tables.PAGE.read_text("utf-8")
    assert tables.suites_on(page) == list(dict.fromkeys(tables.suites_on(page))), "one table a suite"
    assert set(tables.suites_on(page)) == set(tables.SUITES)
    assert tables.load().keys() <= set(tables.SUITES)
    assert page == tables.page(page, tables.load()), "run: make bench"


def test_the_readme_s_first_lines_are_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()[:6]
    assert [line.split("#")[0].strip() for line in lines if line.startswith("make")] == ["make demo", "make test"]


def test_no_registry_and_no_machine_s_path_is_named() -> None:
    words = ("py" + "pi.org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian", "/work" + "/")
    process = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode:
        pytest.skip("this is no git checkout")
    for name in process.stdout.splitlines():
        content = (ROOT / name).read_bytes().decode("utf-8", "ignore") if (ROOT / name).is_file() else ""
        assert not [word for word in words if word in content], name
