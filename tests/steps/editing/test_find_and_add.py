"""One box: find what was collected, with where it is and why not; bring it in; add a page by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.collect.entry_identity import identify
from digest.collect.identify_posts import judge
from digest.collect.match_entries import KnownPosts
from digest.edition.editing.change import Change, Verb
from digest.errors import UsageError
from digest.model import EditionPost, Entry
from digest.settings import Secrets, load_settings
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.steps.editing.add_post import Added, KnownAlready, add_post
from digest.steps.editing.approve import skip
from digest.steps.editing.changes import change
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.find_posts import as_address, edition_to_fill, find_posts, words_to_find
from digest.steps.editing.undo import undo
from digest.store import entries, posts
from digest.store import schema as tables
from tests.steps.newsletter_setup import NOW, WEEK
from tests.web_of_feeds import Reply, Visit, Web, Writer

HTML = {"Content-Type": "text/html; charset=utf-8"}
SENTENCES = (
    "The county archive opened its reading room again after two years of repairs.",
    "Visitors can order parish registers by the box number that the new catalogue prints on each slip.",
    "Volunteers typed nine thousand of those slips last winter, and they found four hundred mistakes.",
    "The archive publishes the corrected list as open data in the spring.",
)


def page(title: str = "The archive opens again", *, head: str = "", text: tuple[str, ...] = SENTENCES) -> Reply:
    paragraphs = "".join(f"<p>{line}</p>" for line in text)
    start = f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head>"
    return Reply(f"{start}<body><article><h1>{title}</h1>{paragraphs}</article></body></html>", headers=HTML)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as started:
        yield started


def posts_of(context: Context) -> dict[str, EditionPost]:
    return {post.id: post for post in load_edition(context, WEEK)[1].posts}


def added_to(context: Context, url: str) -> Added:
    added = add_post(context, WEEK, url, by="Ann")
    assert isinstance(added, Added)
    return added


# --- Finding ----------------------------------------------------------------------------------------------------------


def test_words_find_posts_and_say_where_they_are(draft: Context) -> None:
    post = next(iter(posts_of(draft).values()))
    (here, *_) = find_posts(draft, post.title, week=WEEK).posts
    assert (here.id, here.is_here, here.can_bring) == (post.id, True, False)
    assert here.where.startswith("In this edition, under ")
    change(draft, WEEK, Change(Verb.DROP, post.id, "off topic"), by="Ann")
    (dropped, *_) = find_posts(draft, post.title.upper(), week=WEEK).posts
    assert (dropped.id, dropped.can_bring) == (post.id, True)
    assert dropped.where == "Left out of this edition: dropped by the editor: off topic"
    made = change(draft, WEEK, Change(Verb.BRING_IN, post.id), by="Ann")
    assert post.id in posts_of(draft)
    undo(draft, WEEK, made.id, by="Ann")
    assert post.id not in posts_of(draft)


def test_each_reason_for_not_being_there_is_said(draft: Context) -> None:
    template, *others = posts_of(draft).values()
    with draft.store.reading() as connection:
        stored = posts.by_id(connection, [template.id])[template.id].post
    cases = {
        "quarantine": "In quarantine: one of 9 old entries",
        "same_as": f"The same as “{others[0].title}” of {others[0].source}, which is in this edition, under ",
        "old": "Too old: published on 2026-01-",
        "ahead": "Waiting for the edition 2026-W11",
        "earlier": "Of an earlier week (2026-W09): it was there already",
        "new": "Collected after this draft was composed",
    }
    dates = {"old": NOW - timedelta(days=45), "ahead": NOW, "earlier": NOW - timedelta(days=10)}
    for name in cases:
        post = replace(
            stored,
            id=name.ljust(16, "0"),
            url=f"https://example.org/{name}",
            title=f"Zebra {name}",
            published=dates.get(name, NOW - timedelta(days=2)),
            first_seen=NOW,
        )
        with draft.store.writing() as connection:
            entries.add_by_hand(connection, post, key=post.url, by="")
            values = {
                "added_by": "",
                "quarantine": "one of 9 old entries" if name == "quarantine" else "",
                "same_as": others[0].id if name == "same_as" else "",
            }
            connection.execute(update(tables.posts).where(tables.posts.c.id == post.id).values(**values))
    where = {each.title: each for each in find_posts(draft, "zebra", week=WEEK).posts}
    assert len(where) == len(cases)
    for name, words in cases.items():
        assert where[f"Zebra {name}"].where.startswith(words), name
        change(draft, WEEK, Change(Verb.BRING_IN, where[f"Zebra {name}"].id), by="Ann")
    assert all(each.is_here for each in find_posts(draft, "zebra", week=WEEK).posts), "all of it can be overruled"


def test_operators_markup_and_great_length_are_only_words(draft: Context) -> None:
    everything = find_posts(draft, "e", week=WEEK).total
    for query in ("%", "_", "*", '"', "'; DROP TABLE posts; --", "NEAR(a b)", "a* OR b", "\x00", "<script>", "title:x"):
        assert find_posts(draft, query, week=WEEK).total <= everything
    assert find_posts(draft, "%", week=WEEK).remark.startswith("Type a word")
    assert find_posts(draft, "bin_day", week=WEEK).total == 0, "an underscore stands for itself"
    long = find_posts(draft, "word " * 1_000 + "x" * 10_000, week=WEEK)
    assert "Only the first" in long.remark
    assert len(words_to_find("one two " * 5_000)) == 2
    for scheme in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"):
        assert as_address(scheme) == ""
        assert "must start with https://" in find_posts(draft, scheme).remark
    assert as_address("example.org/a?b") == "https://example.org/a?b"
    assert as_address("plain words") == as_address("3.5") == as_address("bin day finder") == ""


def test_an_edition_that_is_skipped_takes_nothing(draft: Context) -> None:
    post = next(iter(posts_of(draft).values()))
    assert edition_to_fill(draft) == WEEK
    skip(draft, WEEK, by="Ann", reason="strike")
    assert edition_to_fill(draft) is None
    assert not find_posts(draft, post.title, week=WEEK).posts[0].can_bring
    with pytest.raises(UsageError, match="skipped"):
        add_post(draft, WEEK, "https://example.org/", by="Ann")


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_an_address_is_added_and_undone(draft: Context, web: Web) -> None:
    head = '<meta property="og:site_name" content="County Archive">'
    url = web.say("/archive", page("The archive opens again | County Archive", head=head))
    assert find_posts(draft, url, week=WEEK).total == 0
    added = added_to(draft, url)
    assert (added.title, added.source, added.dated) == ("The archive opens again", "County Archive", False)
    assert added.summary
    assert set(added.summary) <= set(SENTENCES)
    assert "no date, so today’s" in added.sentence
    in_edition = posts_of(draft)[added.id]
    assert "brought in by Ann" in in_edition.because, "and nothing is said against it"
    assert "County Archive" in load(draft, WEEK).rendered.html
    undo(draft, WEEK, added.change, by="Ann")
    recompose(draft, WEEK, by="digest")
    edition = load_edition(draft, WEEK)[1]
    assert added.id not in {post.id for post in edition.posts} | {each.post for each in edition.left_out}
    again = add_post(draft, WEEK, url + "?utm_source=x", by="Bob")
    assert isinstance(again, KnownAlready)
    assert (again.post.where, again.post.can_bring) == ("Added by Ann, and in no edition now", True)
    assert find_posts(draft, "parish registers", week=WEEK).posts[0].id == added.id
    assert len(web.visits("/archive")) == 1


def test_a_date_an_author_and_a_false_name_of_a_site(draft: Context, web: Web) -> None:
    source = draft.settings.sources[0].name
    head = (
        f'<meta property="og:site_name" content="{source}"><meta name="author" content="Ann &lt;b&gt; Author">'
        '<meta property="article:published_time" content="2026-03-03T10:00:00Z">'
    )
    url = web.say("/dated", page("<b>Bold</b> & “quoted”".replace("<", "&lt;"), head=head))
    added = added_to(draft, url)
    assert (added.published.day, added.dated) == (3, True)
    assert added.source == "127.0.0.1", "no site may call itself as a followed source"
    assert "3 March 2026" in added.sentence
    assert "<b>Bold</b>" not in load(draft, WEEK).rendered.html


def test_a_page_of_a_known_text_is_a_copy(draft: Context, web: Web) -> None:
    text = tuple(f"{sentence} It was report number {n}." for n in range(4) for sentence in SENTENCES)
    first = added_to(draft, web.say("/first", page(text=text)))
    copy = web.say("/second", page(text=text))
    known = add_post(draft, WEEK, copy, by="Ann")
    assert isinstance(known, KnownAlready)
    assert (known.is_copy, known.post.id, known.post.is_here) == (True, first.id, True)
    canonical = f'<link rel="canonical" href="{web.url("/first")}">'
    same = add_post(draft, WEEK, web.say("/third", page(head=canonical)), by="Ann")
    assert isinstance(same, KnownAlready)
    assert (same.is_copy, same.post.id) == (False, first.id)
    moved = add_post(draft, WEEK, web.say("/moved", Reply(status=302, headers={"Location": "/first"})), by="Ann")
    assert isinstance(moved, KnownAlready)
    assert isinstance(add_post(draft, WEEK, copy, by="Ann", despite_copy=True), Added)


def test_what_is_no_page_is_refused_in_plain_words(draft: Context, web: Web) -> None:
    async def wait(_visit: Visit, _writer: Writer) -> None:
        await asyncio.sleep(30)

    cookies = page(
        "Before you continue",
        text=("We use cookies and data to deliver and maintain our services.", "Accept all", "Reject all"),
    )
    path = draft.settings.path
    path.write_text(path.read_text("utf-8").replace("retries = 0", "retries = 0\ntimeout_seconds = 1"), "utf-8")
    impatient = replace(draft, settings=load_settings(path, Secrets(_env_file=None)))
    refused = {
        web.say("/a.pdf", Reply(b"%PDF-1.4", headers={"Content-Type": "application/pdf"})): "leads to a PDF",
        web.say("/wall", cookies): "shows a cookie wall in place of the page",
        web.say("/inside", Reply(status=302, headers={"Location": "http://10.0.0.1/"})): "not on the public internet",
        "http://[::1]:1/": "not on the public internet",
        web.url("/nothing"): "has nothing at this address",
        web.say("/slow", wait): "took longer than 1 second",
        "javascript:alert(1)": "is no address of a web page",
        "http://exa mple.org/": "is no address of a web page",
    }
    before = load(draft, WEEK).fingerprint
    for url, words in refused.items():
        with pytest.raises(UsageError) as error:
            add_post(impatient, WEEK, url, by="Ann")
        assert words in str(error.value), url
        assert "Digest tries again" not in str(error.value)
    assert load(draft, WEEK).fingerprint == before


def test_a_feed_that_shows_it_later_takes_it_over(draft: Context, web: Web) -> None:
    """From then on it is a post as any other, and in the same edition."""
    added = added_to(draft, web.say("/later", page()))
    source = draft.settings.sources[0]
    entry = Entry("later", added.url, "The archive opens again", f"<p>{SENTENCES[0]}</p>", published=NOW)
    (identified,) = identify([entry], source.feed)
    with draft.store.writing() as connection:
        known = entries.known_posts(connection, identified.possible_posts)
        arrivals = judge([identified], source=source, known=KnownPosts(posts=known), hosts={}, now=NOW)
        assert entries.keep(connection, source.name, arrivals, before={}, now=NOW) == 0
        stored = posts.by_id(connection, [added.id])[added.id]
    assert (stored.added_by, stored.post.source, stored.post.also_on) == ("", source.name, ())
    recompose(draft, WEEK, by="digest")
    assert posts_of(draft)[added.id].source == source.name
