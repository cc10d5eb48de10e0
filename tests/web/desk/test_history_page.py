"""The history on the desk: before and after, undo, restore, and files of it."""

from __future__ import annotations

import csv
import io
import re

from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"


def test_the_history_tells_undoes_and_restores(desk: ServedDesk) -> None:
    post = desk.post("bin day")
    desk.do(f"{BENCH}/posts/{post.id}/title", title="<i>Bins</i> & =1+1")
    desk.do(f"{BENCH}/posts/{post.id}/note", note="=HYPERLINK(1)")
    first = desk.view.row.revision - 1
    page = desk.page(f"{BENCH}/history")
    assert "<ins>“&lt;i&gt;Bins&lt;/i&gt; &amp; =1+1”</ins>" in page
    assert "<i>Bins" not in page
    number = re.findall(r'name="change" value="(\d+)"', page)[0]
    answer = desk.fill(f"{BENCH}/undo", change=number)
    assert "Undone: note written" in answer.text
    assert "entry-undone" in desk.page(f"{BENCH}/history")
    desk.do(f"{BENCH}/posts/{post.id}/drop", reason="no")
    assert f'name="revision" value="{first}"' in desk.page(f"{BENCH}/history")
    desk.do(f"{BENCH}/restore", revision=str(first))
    assert next(each for each in desk.edition.posts if each.id == post.id).title == "<i>Bins</i> & =1+1"

    file = desk.client.get(f"{BENCH}/history.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert {row["what"] for row in rows} >= {"title edited", "undone", "dropped", "revision restored"}
    changes = desk.client.get(f"{BENCH}/history.json").json()
    assert [row["id"] for row in changes] == sorted(row["id"] for row in changes)
    assert {row["what"] for row in changes} >= {"title edited", "note written", "undone", "dropped"}
    for path in ("history", "history.csv", "history.json"):
        assert desk.client.get(f"/editions/2030-W01/{path}").status_code == 404
