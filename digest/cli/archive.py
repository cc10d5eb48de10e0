"""`digest archive build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import AsJson, context_from, emit
from digest.mail.rendering.design import design_of
from digest.steps.editing.published import published
from digest.steps.picture_files import pictures_folder
from digest.text import plural
from digest.web.archive.build import build_archive
from digest.words.catalogues import page_catalogue

app = typer.Typer(no_args_is_help=True, help="The static web archive of editions.")


@app.callback()
def archive() -> None:
    """The static web archive of editions."""


@app.command(help="Write the archive: pages of editions, months, themes and sources, search, feeds, OPML.")
def build(
    ctx: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The folder to write to (default: var/archive).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    settings = context.settings
    target, pictures = folder or settings.archive_folder, pictures_folder(settings)
    catalogue, design = page_catalogue(settings), design_of(settings)
    others = map(catalogue.translations, design.archive_languages)
    built = build_archive(
        published(context), design, catalogue.translations(""), settings.sources, target, others, pictures=pictures
    )
    emit(built, as_json, f"{plural(built.editions, 'edition')}, {plural(built.files, 'file')} in {built.folder}")
