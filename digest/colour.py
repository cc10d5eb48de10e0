"""Colours as mails and pages use them: WCAG contrast, and shades that keep it."""

from __future__ import annotations

import re
from functools import lru_cache

AA = 4.5  # WCAG 2.2, 1.4.3: the contrast of ordinary text


def channels(colour: str) -> tuple[int, int, int]:
    """`"#1d4f91"` or `"#14f"` as three numbers in 0–255. Raises ValueError for anything else."""
    match = re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", colour)
    if not match:
        raise ValueError(f"{colour!r} is not a colour such as #1d4f91")
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def luminance(colour: str) -> float:
    """Relative luminance in 0–1, as WCAG defines it."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours: 1 (the same) to 21 (black on white)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` (0–1) of `other` in `one`."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@lru_cache(maxsize=256)
def readable(colour: str, on: str, ratio: float = AA + 0.1) -> str:
    """`colour`, moved towards black or white by no more than it takes to be read on the background `on`."""
    goal = "#000000" if luminance(on) > 0.18 else "#ffffff"
    for step in range(101):
        shade = mix(colour, goal, step / 100)
        if contrast(shade, on) >= ratio:
            return shade
    return goal
