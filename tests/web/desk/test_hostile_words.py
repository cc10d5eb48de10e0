"""Hostile words in each text field of the desk: shown as words, or refused with a reason, and nothing else."""

from __future__ import annotations

import csv
import io

import pytest

from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"
WORDS = {
    "all": '=HYPERLINK("https://evil.example") </textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>'
    " \u202egnp.exe\u2066\u200f nul\0 bell\a \ufffe 👩🏽‍🚀 {{ config }} {% include '/etc/passwd' %} ⟦x⟧ ${x} <mj-raw>",
    "length": "long " * 2_000,
}
FIELDS = ("subject", "preheader", "introduction")
POST_FIELDS = {"title": "title", "note": "note", "drop": "reason"}


@pytest.mark.parametrize("kind", WORDS)
def test_hostile_words_are_words_everywhere(desk: ServedDesk, kind: str) -> None:
    words, post = WORDS[kind], desk.post("bin day").id
    answers = [desk.fill(f"{BENCH}/{name}", **{name: words}) for name in FIELDS]
    for verb, name in POST_FIELDS.items():
        answers.append(desk.fill(f"{BENCH}/posts/{post}/{verb}", **{name: words}))
    answers.append(desk.fill(f"{BENCH}/skip", skip_reason=words))
    answers.append(desk.fill(f"{BENCH}/resume"))
    answers.append(desk.fill(f"{BENCH}/test", address="editor@example.org", test_note=words[:2_000], test_as=""))
    answers.append(desk.fill(f"{BENCH}/test", address=words))
    answers.append(desk.fill(f"{BENCH}/as", **{"as": words}))
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.status_code for answer in answers]
    pages = [desk.page(path) for path in (BENCH, f"{BENCH}?post={post}", f"{BENCH}?view=text", f"{BENCH}/history", "/")]
    mail = desk.client.get(f"{BENCH}/email.html").text
    sent = [desk.mailbox.open(each.id) for each in desk.mailbox.messages()]
    for text in (*(answer.text for answer in answers), *pages, mail, *(each.html for each in sent if each)):
        for forbidden in ("<script>alert", "<img src=x", "</textarea></title>", "\0", "root:x:"):
            assert forbidden not in text, forbidden
    assert not any("\a" in page for page in pages)
    assert "\u202e" not in mail, "no text runs backwards in the mail"
    for cell in (cell for row in csv.reader(io.StringIO(desk.client.get(f"{BENCH}/history.csv").text)) for cell in row):
        assert not cell.startswith(("=", "+", "@", "\t")), cell
