"""The template files of a renderer, read once: what its fingerprint says is what it draws with, whenever a file that
only some mails need is used first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import jinja2


class TemplateFiles(jinja2.BaseLoader):
    """Gives Jinja2 the templates of `folders`: of two with one name, the one in the first folder that has it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._others = jinja2.FileSystemLoader([str(folder) for folder in folders])  # folders inside, other endings

    @cached_property
    def _files(self) -> dict[str, tuple[Path, bytes]]:
        paths: dict[str, Path] = {}
        for folder in reversed(self._folders):
            paths |= {path.name: path for path in folder.glob("*.j2")}
        return {name: (path, path.read_bytes()) for name, path in sorted(paths.items())}

    def __iter__(self) -> Iterator[tuple[str, Path, bytes]]:
        """Name, path and content of each file, by name."""
        return ((name, path, content) for name, (path, content) in self._files.items())

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template not in self._files:
            source, name, _ = self._others.get_source(environment, template)
            return source, name, lambda: True
        path, content = self._files[template]
        return content.decode("utf-8"), str(path), lambda: True

    def fingerprint(self) -> bytes:
        """Names and hashes of all files, as bytes to be hashed with others."""
        return b"".join(f"{name}\0".encode() + hashlib.sha256(content).digest() for name, _, content in self)
