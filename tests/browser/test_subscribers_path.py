"""A subscriber's whole path, in a real browser: ask, confirm, choose, move, pause, leave, be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digest.model import EffectiveStatus, Frequency, SuppressionReason
from digest.steps.mail_setup import Links
from digest.steps.subscribers import operator_actions
from digest.web.desk.share import subscribe_form
from digest.web.public.request_pace import PaceLimits, RequestPace
from digest.web.public.serve import PublicServer
from digest.words.catalogues import page_catalogue
from tests.browser.axe import ALL, OF_LOOKS, axe_source, violations
from tests.web.public.sent_editions import write_sent_editions
from tests.web.public_server import ServedPages, serve_pages, serving_pages

NewPage = Callable[..., Any]
ADA, NEW = "ada@reader.example", "ada@elsewhere.example"
LOOKS = ((390, "dark"), (1300, "light"))  # a phone at night, a desk by day


@pytest.fixture(scope="module")
def composed_week() -> None:
    """These pages need no edition; without this, `browser` would wait for one to be composed."""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[ServedPages]:
    with serve_pages(tmp_path, pace=RequestPace(PaceLimits(most=8))) as served_pages:
        yield served_pages


class Walk:
    """A subscriber on the pages. Each page they stop at is checked, by axe where its source is given."""

    def __init__(self, page: Any, pages: ServedPages, *, axe: str = "", looks: int = 1) -> None:
        self.page, self.pages, self._axe = page, pages, bool(axe)
        self._pages = 0  # that axe has judged
        self._looks = looks  # that axe judges a page in
        if axe:
            page.add_init_script(axe)
        self.wrong: list[str] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._on_request(request.url))

    def _on_console(self, message: Any) -> None:
        # Chromium also reports the status of intended error pages.
        on_purpose = "server responded with a status of" in message.text and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not on_purpose:
            self.wrong.append(f"{self.page.url}: {message.text}")

    def _on_request(self, url: str) -> None:
        if not url.startswith(self.pages.url + "/"):
            self.wrong.append(f"asked elsewhere: {url}")

    def open(self, place: str) -> None:
        self.page.goto(place if place.startswith("http") else self.pages.url + place)

    def open_link_to(self, address: str, page: str = "/") -> None:
        """The link to this page in a mail that this address got."""
        match = re.search(rf"{re.escape(self.pages.url)}{page}\S+", self.pages.mail_to(address, page))
        assert match
        self.open(match[0])

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def arrive(self, heading: str, text: str = "") -> None:
        self.page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()
        self.page.get_by_text(text).first.wait_for()
        self.page.wait_for_load_state("load")  # the text may be there before the style sheet
        for width, scheme in LOOKS:
            self.page.set_viewport_size({"width": width, "height": 1000})
            self.page.emulate_media(color_scheme=scheme)
            violations = self._judged((width, scheme)) if self._axe else []
            if self.page.evaluate("document.documentElement.scrollWidth") > width:
                violations.append("scrolls sideways")
            self.wrong += [f"{heading}, {width}, {scheme}: {one}" for one in violations]

    def _judged(self, look: tuple[int, str]) -> list[str]:
        """By all rules in one look, the looks taking turns from page to page; by those of looks in the other."""
        if look == LOOKS[0]:
            self._pages += 1
        if look == LOOKS[self._pages % 2]:
            return violations(self.page, ALL)
        return violations(self.page, OF_LOOKS) if self._looks > 1 else []

    @property
    def subscriber(self) -> Any:
        (one,) = operator_actions.everyone(self.pages.context)
        return one


def whole_path(walk: Walk) -> None:
    """Every page that a subscriber can come to, the ways back included."""
    walk.open("/")
    walk.arrive("The Test Digest", "A free weekly email.")
    write_sent_editions(walk.pages.context, 3)
    walk.open("/")
    walk.arrive("The Test Digest", "A free email every Monday. About 10 posts, 3 minutes to read.")
    walk.open("/subscribe?themes=civic-tech,comms")
    walk.arrive("Subscribe to The Test Digest", "You’ll get: Comms, Civic tech.")
    walk.page.get_by_text("Change", exact=True).click()
    walk.page.get_by_label("Recruitment").check()
    walk.arrive("Subscribe to The Test Digest", "What do you want to get?")
    assert not walk.page.get_by_text("You’ll get").is_visible(), "it is no longer true"
    walk.open("/")
    walk.fill("Your email address", "ada at home")
    walk.press("Subscribe")
    walk.arrive("Subscribe to The Test Digest", "Enter an email address in the correct format")
    walk.fill("Your email address", "ada@gmail.con")
    walk.press("Subscribe")
    walk.arrive("Subscribe to The Test Digest", "Did you mean ada@gmail.com?")
    walk.fill("Your email address", ADA)
    walk.press("Subscribe")
    walk.arrive("Check your email", ADA)
    walk.press("Change it")
    walk.arrive("Subscribe to The Test Digest")
    assert walk.page.get_by_label("Your email address").input_value() == ADA
    walk.open_link_to(ADA)
    walk.arrive("Confirm your subscription", "Next: Monday 1 April.")
    assert walk.subscriber.status is EffectiveStatus.PENDING
    walk.press("Yes, subscribe me")
    walk.arrive("You are subscribed", "The next edition comes on Monday 1 April.")
    assert walk.subscriber.status is EffectiveStatus.ACTIVE
    walk.page.get_by_role("link", name="Choose themes").click()
    walk.arrive("Your preferences")

    links = Links(walk.pages.context.settings).of(walk.subscriber.id)
    preferences, unsubscribe = links.preferences, links.unsubscribe
    walk.open(preferences)
    walk.arrive("Your preferences")
    walk.page.get_by_role("radio", name="Only these themes").check()
    walk.fill("Your name", "Ada")
    walk.press("Save")
    walk.arrive("Your preferences", "Select at least one theme")
    walk.page.get_by_label("Civic tech").check()
    walk.press("Save")
    walk.arrive("Your preferences", "Your choices are saved.")
    assert walk.page.locator(".done:focus").count() == 1
    assert walk.page.title() == "Your choices are saved – Your preferences – The Test Digest"
    assert (walk.subscriber.name, walk.subscriber.themes) == ("Ada", ("civic-tech",))
    walk.page.evaluate("document.querySelector('#theme-comms').value = 'gone-since-the-page-was-opened'")
    walk.page.get_by_label("Comms").check()
    walk.press("Save")
    walk.arrive("Your preferences", "This theme is no longer available.")
    assert walk.subscriber.themes == ("civic-tech",)
    walk.fill("Pause until", "2019-03-01")
    walk.press("Pause")
    walk.arrive("Your preferences", "Enter a date after today.")
    walk.fill("Pause until", "2019-05-01")
    walk.press("Pause")
    walk.arrive("Your preferences", "are paused until 1 May 2019.")
    assert walk.subscriber.status is EffectiveStatus.PAUSED
    walk.press("Resume")
    walk.arrive("Your preferences", "Your emails start again with the next edition.")
    walk.press("Email me a link to my data")
    walk.arrive("Your preferences", "We’ve sent a link to")
    walk.open_link_to(ADA, "/data/")
    walk.arrive("Your data", "a•••@r•••.example")
    walk.open(preferences)
    walk.fill("New email address", "nowhere")
    walk.press("Change address")
    walk.arrive("Your preferences", "Enter an email address in the correct format")
    walk.fill("New email address", "ada@hotmial.com")
    walk.press("Change address")
    walk.arrive("Your preferences", "Did you mean ada@hotmail.com?")
    walk.fill("New email address", NEW)
    walk.press("Change address")
    walk.arrive("Your preferences", "We’ve sent a link to")
    walk.open_link_to(ADA, "/change/")
    walk.arrive("Change your email address?", NEW)
    walk.press("Yes, change my address")
    walk.arrive("Check your email", NEW)
    walk.open_link_to(NEW)
    walk.arrive("Confirm your new email address")
    assert walk.subscriber.email == ADA
    walk.press("Yes, use this address")
    walk.arrive("Your email address has changed")
    assert walk.subscriber.email == NEW

    walk.open(unsubscribe)
    walk.arrive("This link is no longer used")
    links = Links(walk.pages.context.settings).of(walk.subscriber.id)
    preferences, unsubscribe = links.preferences, links.unsubscribe
    walk.open(unsubscribe)
    walk.arrive("Unsubscribe from The Test Digest?", "a•••@e•••.example")
    walk.page.get_by_text("Choose fewer themes", exact=True).click()
    walk.page.get_by_text("Pause the emails", exact=True).click()
    walk.arrive("Unsubscribe from The Test Digest?", "Pause until")
    walk.press("Get it once a month")
    walk.arrive("You are still subscribed", "once a month")
    walk.open("/preferences")
    walk.arrive("Get a link to change what you get")
    walk.press("Email me the link")
    walk.arrive("Get a link to change what you get", "Enter an email address.")
    walk.fill("email address", "nobody@elsewhere.example")
    walk.press("Email me the link")
    walk.arrive("Check your email", "If nobody@elsewhere.example is subscribed")
    walk.open(preferences)
    walk.arrive("Your preferences", "once a month")
    walk.open(unsubscribe)
    walk.press("Unsubscribe")
    walk.arrive("You are unsubscribed")
    assert walk.subscriber.status is EffectiveStatus.LEFT
    walk.press("Subscribe again")
    walk.arrive("You are subscribed again")
    walk.open(preferences)
    walk.page.get_by_role("link", name="Unsubscribe").click()
    walk.press("Unsubscribe")
    walk.arrive("You are unsubscribed")
    walk.open(preferences)
    walk.arrive("Your preferences", "is unsubscribed.")
    walk.press("Subscribe again")
    walk.arrive("You are subscribed again")
    operator_actions.suppress(walk.pages.context, NEW, reason=SuppressionReason.BOUNCE, detail="5.1.1")
    walk.open(preferences)
    walk.arrive("Your preferences", "have stopped: they came back to us.")
    walk.press("Subscribe again")
    walk.arrive("Check your email", "@")
    assert walk.subscriber.status is EffectiveStatus.SUPPRESSED
    walk.open(preferences)
    walk.press("Delete my data")
    walk.arrive("Your preferences", "We’ve sent a link to")
    walk.open_link_to(NEW, "/erase/")
    walk.arrive("Delete your data?", "a•••@e•••.example")
    walk.press("Delete my data")
    walk.arrive("Your data is deleted")
    assert list(operator_actions.everyone(walk.pages.context)) == []


def visit_error_pages(walk: Walk) -> None:
    walk.open("/preferences/x")
    walk.arrive("This link does not work")
    walk.open("/nowhere")
    walk.arrive("Page not found")
    for number in range(9):
        walk.open("/subscribe")
        walk.fill("Your email address", f"r{number}@gmail.com")
        walk.press("Subscribe")
        if walk.page.get_by_text("You cannot subscribe here").count():
            break
    walk.arrive("Subscribe to The Test Digest", "You cannot subscribe here for the next hour.")
    broken = PublicServer(replace(walk.pages.context, clock=lambda: 1 / 0), port=0)  # type: ignore[arg-type, return-value]  # it fails
    with serving_pages(broken):
        walk.pages = replace(walk.pages, url=broken.url.rstrip("/"))
        walk.open("/confirm/x")
        walk.arrive("Something went wrong", "It is our fault, not yours.")


def test_from_a_forwarded_mail_to_subscribed_in_five_steps(pages: ServedPages, new_page: NewPage) -> None:
    """On a phone without scripts: to the mail's foot, its link, the form, the mail's link, the button."""
    walk = Walk(new_page(width=375, scripts=False), pages)
    write_sent_editions(pages.context, 2)
    for place in ("/", "/subscribe"):
        walk.page.set_viewport_size({"width": 375, "height": 667})
        walk.open(place)
        button = walk.page.get_by_role("button", name="Subscribe").bounding_box()
        assert button["y"] + button["height"] <= 667, "no scrolling to the button"
    walk.fill("Your email address", ADA)
    walk.press("Subscribe")
    walk.arrive("Check your email", ADA)
    walk.open_link_to(ADA)
    walk.press("Yes, subscribe me")
    walk.arrive("You are subscribed")
    assert walk.subscriber.status is EffectiveStatus.ACTIVE
    walk.page.goto("about:blank")
    walk.page.set_content(subscribe_form(pages.context.settings))
    walk.fill("Your email address", NEW)
    walk.press("Subscribe")
    walk.arrive("Check your email", NEW)
    assert "/confirm/" in pages.mail_to(NEW, "/confirm/")
    assert walk.wrong == []


@pytest.mark.thorough
def test_from_subscribing_to_unsubscribing_without_scripts(pages: ServedPages, new_page: NewPage) -> None:
    walk = Walk(new_page(scripts=False), pages)
    whole_path(walk)
    assert walk.wrong == []


@pytest.mark.thorough
@pytest.mark.parametrize("looks", [1, 2])
def test_every_public_page_is_accessible(pages: ServedPages, new_page: NewPage, looks: int) -> None:
    """axe needs scripts; the pages have none of their own, and their policy stays in force."""
    walk = Walk(new_page(), pages, axe=axe_source(), looks=looks)
    whole_path(walk)
    visit_error_pages(walk)
    assert walk.wrong == []


def path_in(walk: Walk, language: str) -> None:
    """A newcomer's way in another language, from the link to it on the English page to the last one."""
    words = page_catalogue(walk.pages.context.settings).translations(language)
    title = walk.pages.context.settings.newsletter.title

    def at(heading: str, **values: str) -> None:
        walk.arrive(words.text(heading, **values))
        direction = walk.page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]")
        if direction != [language, words.direction]:
            walk.wrong.append(f"{heading}: {direction}")

    def press(name: str) -> None:
        walk.press(words.text(name))

    walk.open("/subscribe")
    walk.page.locator(".languages summary").click()
    walk.page.get_by_role("link", name="Cymraeg" if language == "cy" else "العربية", exact=True).click()
    at("subscribe_to", title=title)
    walk.fill(words.text("your_address"), "ada at home")
    press("subscribe")
    at("subscribe_to", title=title)
    walk.fill(words.text("your_address"), ADA)
    press("subscribe")
    at("asked")
    walk.open_link_to(ADA)
    at("confirm_title")
    press("confirm_button")
    at("confirmed")
    links = Links(walk.pages.context.settings).of(walk.subscriber.id)
    walk.open(links.preferences)
    at("preferences")
    walk.page.get_by_label(words.text("language"), exact=True).select_option(label="English")
    press("save")
    walk.arrive("Your preferences", "Your choices are saved.")
    walk.page.get_by_label("Language", exact=True).select_option(language)
    walk.press("Save")
    at("preferences")
    press("pause")
    at("preferences")
    press("erase")
    at("preferences")
    walk.open_link_to(ADA, "/erase/")
    at("sure")
    walk.open(links.preferences)
    walk.page.get_by_role("link", name=words.text("unsubscribe")).click()
    at("unsubscribe_from", title=title)
    press("unsubscribe")
    at("left")
    press("subscribe_again")
    at("back")
    walk.open(f"/nowhere?lang={language}")
    at("missing_page")
    walk.open(f"/preferences/x?lang={language}")
    at("stale")


@pytest.mark.thorough
@pytest.mark.parametrize("language", ["cy", "ar"])
def test_public_pages_are_accessible_in_every_language(pages: ServedPages, new_page: NewPage, language: str) -> None:
    walk = Walk(new_page(), pages, axe=axe_source(), looks=2)
    path_in(walk, language)
    assert walk.wrong == []


def test_from_mail_to_only_civic_tech_and_monthly_in_four_steps(pages: ServedPages, new_page: NewPage) -> None:
    operator_actions.add(pages.context, ADA)
    walk = Walk(new_page(scripts=False), pages)
    walk.open(Links(pages.context.settings).of(walk.subscriber.id).preferences)  # the first step, in the mail
    walk.arrive("Your preferences")
    steps = (
        lambda: walk.page.get_by_label("Civic tech").check(),
        lambda: walk.page.get_by_label("Monthly").check(),
        lambda: walk.press("Save"),
    )
    for step in steps:
        step()
    walk.arrive("Your preferences", "Your choices are saved.")
    assert (walk.subscriber.themes, walk.subscriber.frequency) == (("civic-tech",), Frequency.MONTHLY)
    assert 1 + len(steps) <= 4
    assert walk.wrong == []
