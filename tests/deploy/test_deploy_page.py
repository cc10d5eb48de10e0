"""docs/deploy.md is run as it stands. Where that is not possible, its blocks are at least shell, and their files exist.

Not run anywhere: certificates from outside (step 8), an image and its containers (they need a daemon; their commands
run as in them), and several machines on one Prefect server (tests/flows has one machine with two newsletters).
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh.*?\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_blocks_are_shell_and_name_files_of_this_project() -> None:
    assert len(BLOCKS) == 8
    for block in BLOCKS:
        checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr + block
    named = re.findall(r"/usr/local/src/digest/([\w/.-]+)", PAGE)
    assert [name for name in named if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}*"))] == []


@pytest.mark.thorough
@pytest.mark.prefect
@pytest.mark.timeout(1800)
def test_the_page_leads_from_an_empty_debian_to_the_first_edition() -> None:
    script = ROOT / "deploy" / "try_deploy.sh"
    done = subprocess.run([script], capture_output=True, text=True, check=False, timeout=1700)
    if done.returncode == 77:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
