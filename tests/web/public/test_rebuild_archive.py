from __future__ import annotations

from pathlib import Path

from digest.steps.editing.approve import approve
from digest.steps.editing.published import published_weeks
from digest.steps.run import run
from digest.steps.sending.correction import correct
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add
from digest.store.engine import Store
from digest.web.public.rebuild_archive import archive_kept_current
from tests.steps.newsletter_setup import WEEK, set_up


def test_the_archive_is_built_at_the_start_and_shows_sent_editions(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "archive"
    with set_up(tmp_path, store, sources=["Working at Estuary"]) as newsletter:
        with archive_kept_current(newsletter.context, folder):
            assert (folder / "index.html").exists()
            assert not (folder / str(WEEK)).exists()
        add(newsletter.context, "ada@example.org")
        run(newsletter.context, WEEK)
        approve(newsletter.context, WEEK, by="editor")
        send(newsletter.context, WEEK)
        with archive_kept_current(newsletter.context, folder):
            assert (folder / str(WEEK) / "index.html").exists()
            (before,) = published_weeks(newsletter.context)
        assert (folder / "cy" / str(WEEK) / "index.html").exists()
        correct(newsletter.context, WEEK, "The ferry leaves at nine.")
        assert published_weeks(newsletter.context) == [(before[0], 1)], "so that a running server builds anew"
        with archive_kept_current(newsletter.context, folder):
            assert "The ferry leaves at nine." in (folder / str(WEEK) / "index.html").read_text("utf-8")
            assert "Correction: " in (folder / "feed.xml").read_text("utf-8")
