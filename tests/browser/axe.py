"""axe-core, which checks that pages are accessible. Tests are skipped with a message where it is missing."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_LOOKS = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
"""The rules whose verdict depends on the colours or the width: enough for a second look at the same page."""
_RUN = """async rules => {
  const fading = document.getAnimations().filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  await Promise.all(fading.map(each => each.finished.catch(() => {})))
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
  return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" ")}`)
}"""


def axe_source() -> str:
    """The script: `$DIGEST_AXE`, else from the Python package axe-playwright-python, else from node_modules."""
    package = importlib.util.find_spec("axe_playwright_python")
    places = [
        Path(os.environ.get("DIGEST_AXE", "")),
        *(Path(folder) / "axe.min.js" for folder in (package.submodule_search_locations or [] if package else [])),
        Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js",
    ]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        pytest.skip("axe-core is not here (pip install axe-playwright-python, or DIGEST_AXE=…/axe.min.js)")
    return path.read_text("utf-8")


def violations(page: Any, rules: dict[str, Any]) -> list[str]:
    """What axe finds on the page as it is shown now: the rule, and the elements that break it.

    What fades in or out is waited for: half of the way, no colour has its contrast.

    The page was opened with `page.add_init_script(axe_source())`: that is the debugger's, so its policy stays in force.
    """
    result: list[str] = page.evaluate(_RUN, rules)
    return result
