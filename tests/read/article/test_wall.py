"""A page behind a wall is not used for its post; a page that shows the post is, even under a banner."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Article, Page
from digest.read.article.extract import extract
from digest.read.article.wall import PageSigns, WallKind, wall_of

URL = "https://town.example.org/news/2026/harbour"
TITLE = "New lights for the harbour"
FEED = "<p>The harbour gets lights that can be seen from the hills.</p>"
STORY = (
    "<p>The harbour office has put forty new lights along the eastern quay, after two winters in which boats missed"
    " the entrance. The lamps stand four metres apart and switch themselves on at dusk.</p>"
    "<p>Work began in March and cost less than the budget had set aside for it.</p>"
)
WALLS = {
    "cookies": (
        WallKind.COOKIES,
        "Our site",
        "<h1>Your privacy matters to us</h1><p>We and 80 partners keep information on your device to measure use.</p>",
    ),
    "cookies in German": (
        WallKind.COOKIES,
        "Die Stadt",
        "<h2>Wir verwenden Cookies</h2><p>Ihre Einwilligung können Sie jederzeit widerrufen.</p>",
    ),
    "cookies in Welsh": (
        WallKind.COOKIES,
        "Y dref",
        "<h1>Cwcis ar y wefan hon</h1><p>Rydym yn defnyddio cwcis i wella’r gwasanaeth hwn.</p>",
    ),
    "consent in French": (
        WallKind.COOKIES,
        "La ville",
        "<h1>Nous respectons votre vie privée</h1><p>Nos partenaires utilisent des cookies.</p>",
    ),
    "log-in": (
        WallKind.LOGIN,
        "Staff pages",
        "<h1>Please log in</h1><p>These pages are for staff.</p><form><input name=a><input type=password></form>",
    ),
    "log-in by its form alone": (
        WallKind.LOGIN,
        "Town",
        "<p>Welcome back. Have you forgotten your password?</p><form><input type=password></form>",
    ),
    "robots": (
        WallKind.CHALLENGE,
        "Just a moment...",
        "<p>Checking your browser before you go on. This takes five seconds.</p>",
    ),
    "not found": (
        WallKind.NOT_FOUND,
        "Town",
        "<h1>Oops! That page is missing</h1><p>It may have moved. Try the search at the top.</p>",
    ),
    "not found in Spanish": (WallKind.NOT_FOUND, "Página no encontrada", "<p>Vuelva a la portada.</p>"),
    "script": (WallKind.SCRIPT, "Town", "<div id=app>Please enable JavaScript to use this site.</div>"),
    "cookies or payment in German": (
        WallKind.COOKIES,
        "Die Stadt",
        "<h1>Weiter mit Werbung</h1><p>Lesen Sie uns mit Werbung und Tracking. Ihre Zustimmung ist widerrufbar.</p>",
    ),
    "cookies in Italian": (
        WallKind.COOKIES,
        "La citta",
        "<h2>Il rispetto della tua privacy</h2><p>Noi e i partner usiamo i cookie e dati personali.</p>",
    ),
    "a hundred advertisers": (
        WallKind.COOKIES,
        "Town",
        f"<h1>We value your privacy</h1>{'<p>Cookie duration: 30 days. Device identifiers are kept.</p>' * 60}",
    ),
    "log-in in German": (
        WallKind.LOGIN,
        "Die Stadt",
        "<h1>Bitte anmelden</h1><p>Melden Sie sich mit Ihrem Benutzerkonto an. Noch kein Konto?</p>",
    ),
    "for subscribers": (
        WallKind.SUBSCRIBERS,
        "Town News",
        "<h1>You have reached your article limit</h1><p>Subscribe now to read on. Already a subscriber?</p>",
    ),
    "for subscribers in French": (
        WallKind.SUBSCRIBERS,
        "La ville",
        "<h1>Article réservé aux abonnés</h1><p>Il vous reste 85 % à lire. Déjà abonné ?</p>",
    ),
    "out of order": (
        WallKind.UNAVAILABLE,
        "Town",
        "<h1>We’ll be back soon</h1><p>The website is unavailable. We are sorry for the inconvenience.</p>",
    ),
    "parked": (WallKind.FOR_SALE, "town.example - parked", "<p>This domain is parked. Get this domain.</p>"),
    "a firewall": (
        WallKind.CHALLENGE,
        "Request Rejected",
        "<p>The requested URL was rejected. Your support ID is: 1234.</p>",
    ),
    "too many requests": (WallKind.CHALLENGE, "Town", "<h1>Too many requests</h1><p>Wait a few minutes.</p>"),
    "not found, in its own words": (
        WallKind.NOT_FOUND,
        "Lost? - Town",
        "<h1>We’ve looked everywhere</h1><p>It is not here any more. Try the menu above.</p>",
    ),
    "empty shell": (WallKind.SCRIPT, "Town", "<div id=root></div><script src=/app.js></script>"),
}


def page_of(body: str, title: str = "", *, final_url: str = URL) -> Page:
    markup = f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Page(URL, final_url, markup.encode(), "text/html; charset=utf-8", datetime(2026, 1, 1, tzinfo=UTC))


def read(body: str, title: str = "", *, feed: str = "", final_url: str = URL, post: str = TITLE) -> Article:
    return extract(html=feed, page=page_of(body, title, final_url=final_url), url=URL, title=post)


@pytest.mark.parametrize("name", WALLS)
@pytest.mark.parametrize("feed", ["", FEED])
def test_behind_a_wall_the_feeds_own_text_is_used_if_there_is_any(name: str, feed: str) -> None:
    kind, title, body = WALLS[name]
    article = read(body, title, feed=feed)
    assert article.wall == kind.value
    assert article.text == ("The harbour gets lights that can be seen from the hills." if feed else "")


def test_wall_under_the_posts_own_title_is_a_wall() -> None:
    _, _, body = WALLS["cookies"]
    assert read(body, f"{TITLE} | The Town").wall == WallKind.COOKIES.value


def test_redirect_to_the_front_page_is_no_article() -> None:
    front = f"<main><h1>The Town</h1><h2>{TITLE}</h2><p>Lamps on the quay.</p><p>Pay your bills.</p></main>"
    assert read(front, "The Town", final_url="https://town.example.org/").wall == WallKind.FRONT_PAGE.value
    assert read(front, "The Town", final_url="https://town.example.org/index.php").wall == WallKind.FRONT_PAGE.value
    assert not read(f"<h1>{TITLE}</h1>{STORY}", TITLE, final_url="https://town.example.org/").wall


LIST = "<h1>All news</h1>" + "<p>The mayor opened a school and thanked all who had helped to build it.</p>" * 5


def test_redirect_to_the_list_above_the_post_is_no_article() -> None:
    above = "https://town.example.org/news/"
    assert read(LIST, "The Town", final_url=above).wall == WallKind.LIST.value
    assert not read(f"<h1>{TITLE}</h1>{LIST}", "The Town", final_url=above).wall
    assert not read(LIST, "The Town", final_url="https://town.example.org/2026/harbour").wall


@pytest.mark.parametrize("variant", ["amp", "amp/", "print", "index.html", "2"])
def test_redirect_from_another_form_of_a_page_is_none_to_a_list(variant: str) -> None:
    url = f"{URL}/{variant}"
    page = Page(url, URL, page_of(LIST, "The Town").content, "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    assert not extract(html="", page=page, url=url, title=TITLE).wall


@pytest.mark.parametrize(
    ("post", "heading", "body"),
    [
        (
            "Week notes 12",
            "Week 12",
            "<p>We rebuilt the log-in page. Two users could not log in. We tested how people sign in. Six did.</p>",
        ),
        ("v2.1.0", "v2.1.0", "<p>Mends the sign in form. You log in by post now. Thanks to all who wrote.</p>"),
        (
            "Planned maintenance this weekend",
            "Planned maintenance this weekend",
            "<p>The payments service is unavailable on Saturday. We are sorry for the inconvenience.</p>",
        ),
    ],
)
def test_short_post_about_what_walls_are_about_is_none(post: str, heading: str, body: str) -> None:
    article = read(f"<main><article><h1>{heading}</h1>{body}</article></main>", "Our blog", post=post)
    assert not article.wall
    assert article.words > 10


def test_wall_under_the_posts_own_heading_is_one() -> None:
    body = f"<h1>{TITLE}</h1><p>Subscribe now to read on. Already a subscriber?</p>"
    assert read(body, TITLE).wall == WallKind.SUBSCRIBERS.value


def test_redirect_to_a_log_in_page_is_a_wall_in_any_language() -> None:
    moved = "https://sso.example.org/login?next=/news"
    assert read("<p>Choose who you are.</p>", "Portal", final_url=moved).wall == WallKind.LOGIN.value
    assert not read(f"<h1>{TITLE}</h1>{STORY}", TITLE, final_url=moved).wall


@pytest.mark.parametrize(
    "around",
    [
        "<div class=banner><h2>We value your privacy</h2><p>We and our partners store information.</p></div>",
        "<header><a href=/login>Log in</a><form><input name=u><input type=password></form></header>",
        "<noscript>Please enable JavaScript.</noscript><script src=/a.js></script>",
        "<footer><p>Page not found? Tell us.</p></footer>",
    ],
)
@pytest.mark.parametrize("title", [TITLE, "Lamps that switch themselves on", "Weeknotes 12"])
def test_article_under_a_banner_stays(around: str, title: str) -> None:
    article = read(f"{around}<main><article><h1>{TITLE}</h1>{STORY}</article></main>", TITLE, post=title)
    assert not article.wall
    assert "forty new lights" in article.text


@pytest.mark.parametrize(
    ("title", "story"),
    [
        (
            "How we rewrote our cookie banner",
            "<p>Cookies are small files. Twelve people read ours.</p>",
        ),
        ("Sign in with one account", "<p>You can now sign in to every service with one account and one password.</p>"),
        ("What a good 404 page says", "<p>A page not found should say what to do. Ours does.</p>"),
        (
            "Why the form works without JavaScript",
            "<p>JavaScript fails more often than we thought.</p>",
        ),
    ],
)
def test_post_about_what_walls_are_about_stays(title: str, story: str) -> None:
    article = read(f"<main><article><h1>{title}</h1>{story}</article></main>", title, post=title)
    assert not article.wall
    assert article.text


def test_page_that_says_what_the_feed_says_is_no_wall() -> None:
    line = "Staff can log in to the new booking system from Monday morning."
    assert not read(f"<h1>Log in</h1><p>{line} Ask the desk for help.</p>", "Log in", feed=f"<p>{line}</p>").wall


LINES = st.text(alphabet=st.characters(codec="utf-8"), max_size=200)


@settings(max_examples=50)
@given(titles=st.lists(LINES, max_size=3), title=LINES, feed=LINES, text=LINES, url=LINES)
def test_any_text_is_read_and_a_page_that_repeats_the_feed_is_no_wall(
    titles: list[str], title: str, feed: str, text: str, url: str
) -> None:
    signs = PageSigns(titles=tuple(titles), text=text, url=URL, final_url="http://" + url)
    wall_of(signs, title=title, feed_text=feed, text=text)
    story = "The harbour office has put forty new lights along the eastern quay."
    assert wall_of(PageSigns(tuple(titles)), title=title, feed_text=story, text=f"{text}\n{story}") is None
