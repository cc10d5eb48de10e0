"""Something else in the place of a module's own, to measure what that one brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Replacements = Sequence[tuple[Any, str, Any]]
"""Module, name, and what is to stand there."""


@contextmanager
def replaced(replacements: Replacements) -> Iterator[None]:
    """Others in the place of the modules' own for as long as it takes."""
    before = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    for module, name, value in replacements:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
