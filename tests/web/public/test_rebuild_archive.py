from __future__ import annotations

from pathlib import Path

from digest.steps.editing.approve import approve
from digest.steps.run import run
from digest.steps.sending.send import send
from digest.steps.subscribers.manage import add
from digest.store.engine import Store
from digest.web.public.rebuild_archive import kept_up_to_date
from tests.steps.houses import WEEK, house


def test_the_archive_is_there_from_the_start_and_shows_what_was_sent(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "archive"
    with house(tmp_path, store, sources=["Working at Estuary"]) as found:
        with kept_up_to_date(found.context, folder):
            assert (folder / "index.html").exists()
            assert not (folder / WEEK).exists()
        add(found.context, "ada@example.org")
        run(found.context, WEEK)
        approve(found.context, WEEK, by="editor")
        send(found.context, WEEK)
        with kept_up_to_date(found.context, folder):
            assert (folder / WEEK / "index.html").exists()
