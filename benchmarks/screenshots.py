"""Make the pictures of README.md and docs/email.md from the demo's edition: python -m benchmarks.screenshots [FOLDER].

Collects and composes the demo's sample web in this process, renders the edition and takes screenshots of it in Chromium
(`$CHROMIUM`, else /usr/bin/chromium): desktop, dark, phone, plain text, pictures off, each look, and the archive's
page. They have few colours, so that they are small. The loopback URLs of the sample web are replaced by those of its
fictional organisations.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from PIL import Image

from digest.demo.sample_web import SampleWeb
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import personal
from digest.mail.rendering.design import Design, design_of
from digest.mail.rendering.looks import LOOKS
from digest.mail.rendering.render import Renderer
from digest.model import Edition, EditionMail
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.published import PublishedEdition
from digest.steps.run import run
from digest.store.engine import open_store
from digest.template_folders import packaged_folder
from digest.web.archive.build import archive_files
from digest.web.desk.serve import DeskServer
from digest.week import Week
from digest.words.catalogues import page_catalogue
from digest.words.translations import Translations

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WEEK = Week(2019, 12)
COLOURS = 128
INTRODUCTION = """\
A good week for people who like to see the workings. **If you read one thing**, make it the first one below; then go
and see [how the letters are written](https://plainspoken.example/letters).
"""
SUBSCRIBER = Addressing(
    email="ada.penhale@reader.example",
    name="Ada",
    message_id="<sample@harbourside.example>",
    date=datetime(2019, 3, 25, 7, tzinfo=UTC),
    unsubscribe_url="https://digest.harbourside.example/unsubscribe/Qb7rT2mXw9KpZc41",
    unsubscribe_mailto="mailto:digest@harbourside.example?subject=unsubscribe",
    preferences_url="https://digest.harbourside.example/preferences/Qb7rT2mXw9KpZc41",
)


@contextmanager
def demo_week() -> Iterator[tuple[Context, SampleWeb]]:
    """Collect and compose the demo's WEEK in a temporary folder."""
    closed = datetime.combine(WEEK.monday() + timedelta(days=7), datetime.min.time(), UTC) + timedelta(hours=6)
    with tempfile.TemporaryDirectory() as name, SampleWeb(WEEK) as web:
        folder = Path(name)
        document: Any = tomlkit.parse(resources.files("digest.demo").joinpath("digest.toml").read_text("utf-8"))
        document["newsletter"]["editors"] = []  # no mail server is running to notify them
        rows = tomlkit.aot()
        for source in web.sources():
            row = tomlkit.table()
            row.update({key: value for key, value in source.items() if value})
            rows.append(row)
        document["sources"] = rows
        (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
        settings = load_settings(folder / "digest.toml")
        store = open_store(settings.store_url)
        try:
            context = Context(settings, store, lambda: closed)
            run(context, WEEK, sending=False)
            yield context, web
        finally:
            store.close()


def demo_edition() -> tuple[Edition, Design]:
    """Return the demo's edition with an introduction, at the URLs of its fictional organisations."""
    with demo_week() as (context, web):
        return _published(load_edition(context, WEEK)[1], web.url), design_of(context.settings)


def _desk(browser: Browser, context: Context, path: Path) -> None:
    """Take a picture of the workbench with an article open."""
    desk = DeskServer(context, port=0, editor="ada")
    thread = threading.Thread(target=desk.run, daemon=True)
    thread.start()
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(desk.entrance(f"/editions/{WEEK}"))
        page.locator(".line-link").first.click()
        page.get_by_text("The article, with its summary marked").wait_for()
        page.screenshot(path=path)
        page.close()
        _reduce(path)
        print(f"{path} {path.stat().st_size:,} bytes")
    finally:
        desk.stop()
        thread.join()


def _published(edition: Edition, base: str) -> Edition:
    """Return the edition with an introduction and with the sample blogs at URLs of their own."""

    def public(url: str) -> str:
        return re.sub(rf"^{re.escape(base)}/([a-z]+)", r"https://\1.example", url)

    def published_post(post: Any) -> Any:
        return replace(
            post,
            url=public(post.url),
            also_on=tuple(replace(other, url=public(other.url)) for other in post.also_on),
            origin=replace(post.origin, url=public(post.origin.url)) if post.origin else None,
        )

    sections = tuple(replace(section, posts=tuple(map(published_post, section.posts))) for section in edition.sections)
    return replace(edition, introduction=INTRODUCTION, sections=sections)


def take(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with demo_week() as (context, web), chromium() as browser:
        _, composed = load_edition(context, WEEK)
        edition, design = _published(composed, web.url), design_of(context.settings)
        _desk(browser, context, folder / "desk.png")
        _mails(browser, edition, design, page_catalogue(context.settings).translations(""), folder)


def _mails(browser: Browser, edition: Edition, design: Design, translations: Translations, folder: Path) -> None:
    rendered = Renderer(design, [packaged_folder()]).render(edition)
    mail = personal(rendered, SUBSCRIBER)
    with_logo = replace(design, logo=f"{design.public_url}/logo.png")  # does not load, as if pictures were blocked
    blocked = personal(Renderer(with_logo, [packaged_folder()]).render(edition), SUBSCRIBER)
    archive = archive_files([PublishedEdition(edition, rendered)], replace(design, public_url=""), translations, [])
    page = archive[f"{edition.week}/index.html"].decode()
    style = f"<style>{archive['style.css'].decode()}</style>"
    page = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: style, page)
    _shot(browser, mail.html, folder / "email-desktop.png", width=760, height=980)
    _shot(browser, mail.html, folder / "email-dark.png", width=760, height=980, dark=True)
    _shot(browser, mail.html, folder / "email-phone.png", width=375, height=812)
    _shot(browser, mail.html, folder / "email-phone-dark.png", width=375, height=812, dark=True)
    _shot(browser, blocked.html, folder / "email-images-off.png", width=760, height=980)
    _shot(browser, _as_page(mail), folder / "email-text.png", width=760, height=980)
    _shot(browser, page, folder / "archive.png", width=760, height=980)
    for look in LOOKS:
        set_so = personal(Renderer(replace(design, look=look), [packaged_folder()]).render(edition), SUBSCRIBER)
        _shot(browser, set_so.html, folder / f"email-look-{look}.png", width=375, height=667)


def _as_page(mail: EditionMail) -> str:
    """Return a page that shows the text part as a plain mail program does."""
    style = "margin:24px;font:15px/1.45 'DejaVu Sans Mono',monospace;white-space:pre-wrap"
    return f'<body style="margin:0"><pre style="{style}">{html.escape(mail.text)}</pre></body>'


def _shot(browser: Browser, content: str, path: Path, *, width: int, height: int, dark: bool = False) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,  # the archive's policy forbids a style sheet inside the page
    )
    page.route("**/*", lambda route: route.abort())  # no picture loads: that is what "off" means
    page.set_content(content)
    page.screenshot(path=path)
    page.close()
    _reduce(path)
    print(f"{path} {path.stat().st_size:,} bytes")


def _reduce(path: Path) -> None:
    """Give the picture a palette of few colours."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--hide-scrollbars"]
        )
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[1] / "docs" / "images")
    take(parser.parse_args().folder)
