"""Pictures of posts, from a site to the edition: fetched through the guard, written anew, kept beside the archive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import update

from digest.edition.editing.change import Change, Verb
from digest.model import Edition, EditionPost, Severity
from digest.settings import load_settings
from digest.steps.collecting.collect import collect
from digest.steps.collecting.retention import forget
from digest.steps.composing.compose import compose
from digest.steps.composing.fetch_pictures import fetch_pictures
from digest.steps.composing.select_week import select_week
from digest.steps.context import Context
from digest.steps.editing.changes import change
from digest.steps.editing.edition_view import load
from digest.steps.picture_files import pictures_folder
from digest.store import pictures
from digest.store.engine import open_store
from digest.store.schema import edition_posts
from tests.edition.test_compose import candidate
from tests.steps.composing.picture_site import Site, encoded, photo, serving
from tests.steps.newsletter_setup import NOW, WEEK

POSTS = {
    "How we counted benches": ("/benches.jpg", "A bench by the river"),
    "What the ferry says": ("/ferry.jpg", "IMG_0042.JPG"),
    "A small thing": ("/small.png", ""),
    "Not there": ("/missing.jpg", ""),
    "A page for a picture": ("/page.jpg", ""),
    "Inside the network": ("http://10.0.0.7/camera.jpg", ""),
    "Logo one": ("/logo.jpg?1", ""),
    "Logo two": ("/logo.jpg?2", ""),
}
LOGO = photo(9)
PICTURES = {
    "/benches.jpg": photo(1),
    "/ferry.jpg": photo(2),
    "/small.png": encoded(Image.new("RGB", (64, 64), "red"), "PNG"),
    "/page.jpg": b"<html><script>alert(1)</script></html>",
    "/logo.jpg?1": LOGO,
    "/logo.jpg?2": LOGO,
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(Site(POSTS, PICTURES)) as site:
        yield site


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Context]:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "digest.toml").write_text(
        f"""[newsletter]
title = "Benches weekly"
from = "Benches <digest@example.org>"
public_url = "https://digest.example"
postal_address = "1 Quay Street"
[collect]
allow_networks = ["127.0.0.0/8"]
retries = 0
[edition]
per_theme = 20
per_source = 20
[design]
images = true
[[sources]]
name = "Benches"
feed = "{site.url}/feed.xml"
""",
        "utf-8",
    )
    store = open_store(f"sqlite:///{folder / 'var' / 'digest.db'}")
    context = Context(load_settings(folder / "digest.toml"), store, lambda: NOW)
    collect(context, week=WEEK)
    compose(context, WEEK)
    yield context
    store.close()


def edition_of(context: Context) -> Edition:
    return load(context, WEEK).edition


def post(context: Context, title: str) -> EditionPost:
    return next(each for each in edition_of(context).posts if each.title == title)


def test_a_picture_is_kept_under_a_name_that_is_its_hash(context: Context) -> None:
    picture = post(context, "How we counted benches").picture
    assert picture is not None
    path = pictures_folder(context.settings) / picture.name
    content = path.read_bytes()
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (picture.width, picture.height))
    assert (picture.alt, picture.size, picture.width) == ("A bench by the river", len(content), 1200)
    assert path.stat().st_mode & 0o777 == 0o644, "a web server may read it"
    assert path.parent == context.settings.archive_folder / "images"
    ferry = post(context, "What the ferry says").picture
    assert ferry is not None
    assert ferry.alt == "", "the name of a file describes nothing"


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("A small thing", "it is small, 64 × 64 pixels"),
        ("Not there", "404"),
        ("A page for a picture", "it is no JPEG, PNG, WebP or GIF"),
        ("Inside the network", "10.0.0.7"),
        ("Logo one", "many posts of its source have the same one"),
    ],
)
def test_a_post_says_why_it_has_no_picture(context: Context, title: str, reason: str) -> None:
    shown = post(context, title)
    assert shown.picture is None
    why = next(reason for reason in shown.because if reason.startswith("without its picture: "))
    assert reason in why


def test_composing_again_fetches_nothing_that_is_there(context: Context, site: Site) -> None:
    before = len(site.asked)
    assert not compose(context, WEEK).changed
    assert [path for path in site.asked[before:] if path.endswith((".jpg", ".png"))] == []


def test_an_editor_describes_a_picture_or_leaves_it_out(context: Context) -> None:
    shown = post(context, "What the ferry says")
    change(context, WEEK, Change(Verb.ALT, shown.id, text="A ferry at dusk"), by="Ann")
    described = post(context, "What the ferry says").picture
    assert described is not None
    assert described.alt == "A ferry at dusk"
    change(context, WEEK, Change(Verb.HIDE_PICTURE, shown.id), by="Ann")
    assert post(context, "What the ferry says").picture is None
    change(context, WEEK, Change(Verb.SHOW_PICTURE, shown.id), by="Ann")
    assert post(context, "What the ferry says").picture == described


def test_an_edition_whose_picture_is_gone_cannot_be_approved_until_it_is_back(context: Context) -> None:
    picture = post(context, "How we counted benches").picture
    assert picture is not None
    path = pictures_folder(context.settings) / picture.name
    content = path.read_bytes()
    path.unlink()
    findings = [each for each in load(context, WEEK).findings if each.severity is Severity.ERROR]
    assert [each.check for each in findings] == ["pictures"], findings
    assert findings[0].remedy.endswith(f"`digest compose {WEEK}`.")
    assert not compose(context, WEEK).changed, "it is fetched again, and the same bytes have the same name"
    assert path.read_bytes() == content


def test_without_the_setting_nothing_is_fetched_or_shown(context: Context, site: Site) -> None:
    path = context.settings.path
    text = path.read_text("utf-8")
    path.write_text(text.replace("images = true", "images = false"), "utf-8")
    off = replace(context, settings=load_settings(path))
    path.write_text(text, "utf-8")
    asked = len(site.asked)
    compose(off, WEEK)
    assert len(site.asked) == asked
    assert [each.picture for each in load(off, WEEK).edition.posts if each.picture] == []
    assert "<img" not in load(off, WEEK).rendered.html
    compose(context, WEEK)


def test_pictures_in_no_edition_go_after_three_months(context: Context) -> None:
    names = {path.name for path in pictures_folder(context.settings).iterdir()}
    shown = {each.picture.name for each in load(context, WEEK).edition.posts if each.picture}
    with context.store.writing() as connection:
        connection.execute(
            update(edition_posts).where(edition_posts.c.post == post(context, "Logo one").id).values(shown=False)
        )
    forget(replace(context, clock=lambda: NOW + timedelta(days=80)))
    assert {path.name for path in pictures_folder(context.settings).iterdir()} == names
    forget(replace(context, clock=lambda: NOW + timedelta(days=100)))
    assert {path.name for path in pictures_folder(context.settings).iterdir()} == names, (
        "the other logo is the same file"
    )
    with context.store.writing() as connection:
        connection.execute(update(edition_posts).values(shown=False))
    forget(replace(context, clock=lambda: NOW + timedelta(days=100)))
    assert not shown & {path.name for path in pictures_folder(context.settings).iterdir()}


class _Site(Site):
    """Waits, before it answers, until another site was asked."""

    def __init__(self, other: threading.Event, pictures: dict[str, bytes]) -> None:
        super().__init__({}, pictures)
        self._other = other

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if self.pictures:
            self._other.set()
        self._other.wait(20)
        return super().answer(path)


def test_a_source_with_slow_pictures_leaves_turns_to_others(context: Context) -> None:
    asked = threading.Event()
    with serving(_Site(asked, {})) as slow, serving(_Site(asked, {"/good.jpg": photo(7)})) as good:
        *others, last = select_week(context, WEEK).posts
        posts = [replace(post, source="Slow", image=f"{slow.url}/{post.id}.jpg") for post in others]
        posts.append(replace(last, source="Good", image=f"{good.url}/good.jpg"))
        fetch_pictures(context, [candidate("any", post=post) for post in posts], seconds=10.0)
    with context.store.reading() as connection:
        rows = pictures.load(connection, [post.id for post in posts])
    assert [post for post, row in rows.items() if row.name] == [last.id], rows


def test_a_source_that_was_slow_too_often_gets_no_more_turns(context: Context) -> None:
    with serving(Site({}, {f"/{number}.jpg": photo(number) for number in range(20, 23)})) as site:
        first, second, third = select_week(context, WEEK).posts[:3]
        posts = [
            replace(post, source=source, image=f"{site.url}/{number}.jpg")
            for number, (post, source) in enumerate([(first, "Slow"), (second, "Slow"), (third, "Other")], 20)
        ]
        fetch_pictures(context, [candidate("any", post=post) for post in posts], slow=0.0)
    with context.store.reading() as connection:
        rows = pictures.load(connection, [post.id for post in posts])
    assert [bool(rows[post.id].name) for post in posts] == [True, False, True], rows
    assert rows[second.id].failure == "other pictures of its source took too long"
