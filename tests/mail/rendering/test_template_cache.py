"""Compiled templates are cached, and never used after their file has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from digest.mail.rendering.render import Renderer
from digest.mail.rendering.template_cache import TemplateCache
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition


def test_a_file_is_compiled_once_and_again_when_it_changes(tmp_path: Path) -> None:
    compiled: list[str] = []

    class Counting(jinja2.Environment):
        def compile(self, source: Any, name: str | None = None, *rest: Any, **options: Any) -> Any:
            compiled.append(f"{name}: {source}")
            return super().compile(source, name, *rest, **options)

    cache = TemplateCache()

    def render() -> str:
        looks = Counting(loader=jinja2.FileSystemLoader(tmp_path), autoescape=True, bytecode_cache=cache)
        return looks.get_template("a.j2").render(who="<Ada>")

    (tmp_path / "b.j2").write_text("{{ who }}")
    for text, output in (("1 {% include 'b.j2' %}", "1 &lt;Ada&gt;"), ("2 {% include 'b.j2' %}", "2 &lt;Ada&gt;")):
        (tmp_path / "a.j2").write_text(text)
        assert [render(), render()] == [output, output]
    assert compiled == ["a.j2: 1 {% include 'b.j2' %}", "b.j2: {{ who }}", "a.j2: 2 {% include 'b.j2' %}"]


def test_the_operator_s_change_shows_in_the_next_renderer_and_html_and_text_escape_apart(tmp_path: Path) -> None:
    def subject() -> str:
        return Renderer(DESIGN, [tmp_path, packaged_folder()]).render(edition(1)).subject

    (tmp_path / "subject.txt.j2").write_text("Old & good")
    assert [subject(), subject()] == ["Old & good"] * 2
    (tmp_path / "subject.txt.j2").write_text("New & {{ '<good>' }}")
    assert [subject(), subject()] == ["New & <good>"] * 2
