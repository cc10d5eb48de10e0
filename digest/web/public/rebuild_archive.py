"""Keeping the served archive current: build it when the server starts, and again when an edition has been sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import DigestError
from digest.mail.rendering.design import design_of
from digest.steps.context import Context
from digest.steps.editing.published import published, published_weeks
from digest.steps.picture_files import pictures_folder
from digest.steps.polling import run_every
from digest.web.archive.build import build_archive
from digest.week import Week
from digest.words.catalogues import page_catalogue

LOG = logging.getLogger(__name__)

_CHECK_SECONDS = 60.0
_Weeks = list[tuple[Week, int]]  # weeks, each with how many corrections it has


@contextmanager
def archive_kept_current(context: Context, folder: Path) -> Iterator[None]:
    """Build the archive into `folder` now, and again within a minute of each edition or correction that is sent.

    At first only in the newsletter's own language, so that the server starts soon; the others follow at once.
    """
    _rebuild(context, folder, None, others=False)
    weeks: _Weeks | None = None

    def check() -> None:
        nonlocal weeks
        weeks = _rebuild(context, folder, weeks)

    with run_every(_CHECK_SECONDS, check, name="archive", at_once=True):
        yield


def _rebuild(context: Context, folder: Path, built: _Weeks | None, *, others: bool = True) -> _Weeks | None:
    """Build the archive if editions or corrections came since it was `built`. Return what it shows now."""
    settings = context.settings
    try:
        weeks = published_weeks(context)
        if weeks != built:
            catalogue, design = page_catalogue(settings), design_of(settings)
            languages = map(catalogue.translations, design.archive_languages if others else ())
            own = catalogue.translations("")
            editions, pictures = published(context), pictures_folder(settings)
            build_archive(editions, design, own, settings.sources, folder, languages, pictures=pictures)
    except DigestError as error:  # the other pages go on
        LOG.warning("The archive was not built; the next check tries again: %s", error.what)
        return built
    return weeks
