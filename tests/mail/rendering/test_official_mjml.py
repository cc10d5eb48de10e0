"""What our templates make is MJML as its makers define it: their own validator finds nothing.

MRML, which makes our HTML, takes a good deal that the official program refuses; operators may take their templates to
either. Needs Node and the package `mjml`, in a folder's node_modules: `$DIGEST_MJML` names the folder, else the usual
places are looked at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from digest.mail.message.message_template import personal
from digest.mail.rendering.check_mjml import problem_in
from digest.mail.rendering.looks import LOOKS
from digest.mail.rendering.render import Renderer
from digest.template_folders import packaged_folder
from tests.conftest import ROOT
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import hostile_edition
from tests.mail.message.test_message_template import ADA

USUAL = (ROOT, Path("/usr/lib"), Path("/usr/local/lib"), Path("/usr/share/nodejs"))


@cache
def validator() -> tuple[str, Path]:
    """Node, and a folder that has `mjml` in its node_modules. Skips, saying what is missing."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        pytest.skip("Node is not installed here")
    named = os.environ.get("DIGEST_MJML", "")
    for folder in (Path(named),) if named else USUAL:
        if (folder / "node_modules" / "mjml").is_dir():
            return node, folder
    if named:
        pytest.fail(f"DIGEST_MJML is {named}, and there is no node_modules/mjml in it")
    pytest.skip("the package mjml is not installed here (`npm install mjml` in a folder; DIGEST_MJML names the folder)")


def problems(sources: dict[str, str]) -> dict[str, list[str]]:
    """The errors of the official validator for each."""
    node, folder = validator()
    program = Path(__file__).with_name("official_mjml.mjs")
    run = subprocess.run(
        [node, str(program), str(folder)],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert answer["version"].split(".")[0] in ("4", "5"), "a new major version: look whether it reports as before"
    return dict(answer["problems"])


def test_the_official_validator_finds_nothing_in_our_mails() -> None:
    renderer = Renderer(DESIGN, [packaged_folder()])
    weeks = {
        str(posts): edition(posts, short=posts // 6, introduction="" if not posts else None)
        for posts in (0, 1, 3, 15, 40)
    }
    weeks["hostile"] = hostile_edition()
    mails = {name: renderer.render(week) for name, week in weeks.items()}
    for look in LOOKS:
        other = Renderer(replace(DESIGN, look=look, purpose="What happens in harbours"), [packaged_folder()])
        mails |= {f"{name}, {look}": other.render(weeks[name]) for name in ("15", "hostile")}
        mails[f"in Arabic, {look}"] = other.render(weeks["3"], language="ar")
    sources = {name: mail.mjml for name, mail in mails.items()}
    sources |= {f"{name}, addressed": personal(mail, ADA).mjml for name, mail in mails.items()}
    assert problems(sources) == {name: [] for name in sources}


_COLUMN = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
WRONG = {
    "unknown element": _COLUMN.format("<mj-foo>x</mj-foo>"),
    "a section in a column": _COLUMN.format("<mj-section></mj-section>"),
    "a column in the body": "<mjml><mj-body><mj-column><mj-text>x</mj-text></mj-column></mj-body></mjml>",
    "text in a section": "<mjml><mj-body><mj-section><mj-text>x</mj-text></mj-section></mj-body></mjml>",
}


def test_our_check_rejects_what_the_official_validator_rejects() -> None:
    """The validator reports these faults, and so does our check, which replaces it at run time."""
    errors = problems(WRONG)
    assert all(errors[name] for name in WRONG)
    assert all(problem_in(source) for source in WRONG.values())
