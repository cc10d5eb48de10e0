"""What the macros about posts made of a post: most posts of an edition are the same when it is drawn again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from operator import attrgetter
from typing import Protocol

from markupsafe import Markup

from digest.mail.rendering.post_view import PostView
from digest.memory import Memory

MACROS = ("_post.mjml.j2", "_meta.mjml.j2", "_language.mjml.j2")
"""The templates whose macros are remembered, and those that they use."""
CHANGING = ("number", "theme", "theme_language")
"""What of a post these macros do not look at. It changes when another post is moved."""

_FRAGMENTS = 4_000  # two for each post, and more where its summary is shortened to fit
_key_of = attrgetter(*(each.name for each in fields(PostView) if each.name not in CHANGING))


class Macro(Protocol):
    """A macro of a template, as Jinja2 gives it."""

    @property
    def name(self) -> str: ...

    def __call__(self, post: PostView) -> Markup: ...


def call(macro: Macro, post: PostView) -> Markup:
    """Remember nothing: an operator's own macros may look at more than the post."""
    return macro(post)


class Fragments:
    """What the packaged macros made of posts in one design and language."""

    def __init__(self) -> None:
        self._memory: Memory[Hashable, Markup] = Memory(_FRAGMENTS)

    def call(self, macro: Macro, post: PostView) -> Markup:
        """The same as `macro(post)`."""
        key = (macro.name, _key_of(post))
        known = self._memory.get(key)
        return self._memory.put(key, macro(post)) if known is None else known
