"""What a source says in post after post is in no summary, and in no suggestion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.model import EditionPost
from digest.settings import parse_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.suggest_extracts import suggest_extracts
from digest.store.engine import Store
from digest.week import Week
from tests.web_of_feeds import Item, Reply, Web, rss

SERIES = "The lending library now lends tools, tents and cargo bikes to residents of all three wards, free of charge."
NEWS = (
    ("Ladders", "The library bought forty ladders from a builder in the old docks and painted them yellow."),
    ("Tents", "Volunteers mended sixty tents over the winter, and the council paid for poles and canvas."),
    ("Bikes", "Six cargo bikes joined the fleet after a vote in which nine hundred residents took part."),
    ("Drills", "Two drills came back broken, and the man who had borrowed them repaired both of them at home."),
)
DAYS = (0, 1, 9, 2)
MORE = (
    "Opening hours of the shed for {0} moved to the evening, because most borrowers have work to do in the day. The"
    " shelves for {0} were built by a school in the north of the town. A mechanic looks after {0} on Fridays."
)
FIRST = datetime(2019, 3, 12, 10, tzinfo=UTC)


def test_a_sentence_of_three_posts_is_in_no_summary(store: Store, tmp_path: Path) -> None:
    with Web() as web:
        items = [item(web, number) for number in range(len(NEWS))]
        feed = web.say("/feed", rss(*items[:3]))
        settings = parse_settings(
            '[newsletter]\ntitle = "T"\nfrom = "d@e.org"\n[collect]\nallow_networks = ["127.0.0.0/8"]\nretries = 0\n'
            f'[[sources]]\nname = "Lanterns"\nfeed = "{feed}"\n',
            path=tmp_path / "digest.toml",
        )
        context = Context(settings, store, lambda: FIRST + timedelta(days=13))
        collect(context)

        two = composed(context, "2019-W11")
        assert all(SERIES in post.summary for post in two), "it is fit, or this shows nothing"
        (third,) = composed(context, "2019-W12")
        assert third.summary
        assert SERIES not in third.summary
        suggestions = suggest_extracts(context, Week.parse("2019-W12"), third.id)
        assert suggestions
        assert all(SERIES not in (sentence.text for sentence in each.sentences) for each in suggestions)
        assert composed(context, "2019-W11") == two, "a later post changes no earlier edition"

        web.say("/feed", rss(*items))
        collect(context)
        three = composed(context, "2019-W11")
        assert len(three) == 3
        assert not any(SERIES in post.summary for post in three)


def item(web: Web, number: int) -> Item:
    title, news = NEWS[number]
    page = f"<!doctype html><html><body><main><p>{SERIES} {news} {MORE.format(title.lower())}</p></main></body></html>"
    url = web.say(f"/{number}", Reply(page, headers={"Content-Type": "text/html"}))
    return Item(f"Lending news: {title}", url, str(number), FIRST + timedelta(days=DAYS[number]))


def composed(context: Context, week: str) -> list[EditionPost]:
    return list(compose(context, Week.parse(week)).edition.posts)
