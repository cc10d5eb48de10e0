"""A real Chromium and a real desk. Tests are skipped with a message where Chromium is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import desk, still_desk
from tests.web.desk_server import SESSIONS

__all__ = ["browser", "desk", "new_page", "still_desk"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser(composed_week: Path) -> Iterator[Any]:
    """Playwright keeps an event loop in this thread while it is open: composing comes before, other modules after."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed here (`make browser` installs it)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed here")
    # Chromium's own sandbox does not start as root, which is who runs in containers.
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a context of its own: `new_page(width=390, scheme="dark", scripts=False)`."""
    contexts = []

    def make(*, width: int = 1300, scheme: str = "light", scripts: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, java_script_enabled=scripts
        )
        context.set_default_timeout(60_000)
        # Cookies know no port: each desk's has its own name.
        context.add_cookies(
            [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in SESSIONS.items()]
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
