"""A week that several machines collect and read, in parts, beside one that a single machine does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.model import Edition
from digest.settings import load_settings
from digest.steps.collecting.collect import collect, finish_parts
from digest.steps.composing.compose import compose
from digest.steps.composing.read_part import fetch_week, read_part
from digest.steps.composing.select_week import select_week
from digest.steps.context import Context
from digest.steps.part import Part
from digest.store import articles
from digest.store.engine import open_store
from tests.steps.newsletter_setup import WEEK, set_up

PARTS = [Part(number, 3) for number in (1, 2, 3)]


@pytest.fixture
def context(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Context]:
    """A newsletter whose sources are on two hosts."""
    shutil.copy(migrated_sqlite, tmp_path / "digest.db")
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    with set_up(tmp_path, store) as newsletter:
        settings = tmp_path / "digest.toml"
        head, *sources = settings.read_text("utf-8").split("[[sources]]")
        sources[::2] = [one.replace("127.0.0.1", "localhost", 1) for one in sources[::2]]
        settings.write_text("[[sources]]".join([head, *sources]), "utf-8")
        yield replace(newsletter.context, settings=load_settings(settings))
    store.close()


def test_parts_together_collect_every_source_once_and_compose_what_one_machine_does(
    context: Context, parsers: ParsePool, tmp_path: Path, migrated_sqlite: Path
) -> None:
    parts = [collect(context, week=WEEK, part=part, parsers=parsers).sources for part in PARTS]
    assert [bool(part) for part in parts] == [True, True, False]  # there are two hosts
    reports = [report for part in parts for report in part]
    finish_parts(context, WEEK)
    assert sorted(report.name for report in reports) == sorted(source.name for source in context.settings.sources)
    number = fetch_week(context, WEEK)
    assert number == len(select_week(context, WEEK).posts) > 10
    assert sum(read_part(context, WEEK, part) for part in PARTS) == number
    with context.store.reading() as connection:
        before = articles.load(connection, [post.id for post in select_week(context, WEEK).posts])
    assert len(before) == number
    in_parts = compose(context, WEEK).edition

    shutil.copy(migrated_sqlite, tmp_path / "alone.db")
    alone = open_store(f"sqlite:///{tmp_path / 'alone.db'}")
    one_machine = replace(context, store=alone)
    collect(one_machine, week=WEEK, parsers=parsers)
    whole = compose(one_machine, WEEK).edition
    alone.close()
    assert shown(in_parts) == shown(whole)


def shown(edition: Edition) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    return [
        (section.theme, [(post.title, tuple(post.summary)) for post in section.posts]) for section in edition.sections
    ]
