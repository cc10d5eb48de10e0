"""Keeping the served archive up to date: built when the pages start, and again when an edition has gone out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import DigestError
from digest.mail.rendering.design import design_of
from digest.steps.context import Context
from digest.steps.editing.edition_view import published
from digest.steps.polling import run_every
from digest.web.archive import build
from digest.words.catalogues import page_catalogue

LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 60.0


@contextmanager
def kept_up_to_date(context: Context, folder: Path) -> Iterator[None]:
    """Build the archive into `folder` now, and again within a minute of each edition that goes out."""
    shown = _refresh(context, folder, None)

    def rebuild() -> None:
        nonlocal shown
        shown = _refresh(context, folder, shown)

    with run_every(_LOOK_SECONDS, rebuild, name="archive"):
        yield


def _refresh(context: Context, folder: Path, shown: list[str] | None) -> list[str] | None:
    """Build where other editions are published than those `shown`; returns which are shown now."""
    try:
        editions = published(context)
        weeks = [edition.week for edition, _ in editions]
        if weeks != shown:
            settings = context.settings
            build(editions, design_of(settings), page_catalogue(settings).translations(""), settings.sources, folder)
    except DigestError as error:  # the other pages go on; the next look tries again
        LOG.warning("The archive was not built; the next look tries again: %s", error.what)
        return shown
    return weeks
