"""Who asks for many mails waits, and is refused late: an office gets in, a script does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import EffectiveStatus
from digest.store.engine import Store
from digest.web.public.request_pace import PaceLimits, RequestPace
from tests.loopback import NO_CERTIFICATES
from tests.mail.smtp.smtp_server import serving
from tests.web.public.public_pages import PACE, PublicPages
from tests.web.public_server import serve_pages

OFFICE = "198.51.100.0/24"


# --- Counting ---------------------------------------------------------------------------------------------------------


def test_an_office_waits_for_nothing_and_a_script_longer_each_time() -> None:
    pace = RequestPace()
    waits = [pace.count(OFFICE, f"r{number}@x.example", 0.0) for number in range(201)]
    assert waits[:20] == [0.0] * 20
    assert waits[20:23] == [0.5, 1.0, 1.5]
    assert waits[60] == waits[199] == 10.0, "no request waits longer"
    assert waits[200] is None
    assert pace.count("203.0.113.0/24", "ada@x.example", 0.0) == 0.0, "another network"
    assert pace.count(OFFICE, "late@x.example", 3600.0) == 0.0, "an hour later"


def test_confirmed_requests_do_not_count() -> None:
    pace = RequestPace(PaceLimits(free=2, most=3))
    for number in range(50):
        address = f"r{number}@x.example"
        assert pace.count(OFFICE, address, 0.0) == 0.0
        pace.confirmed(address)
    assert [pace.count(OFFICE, "ada@x.example", 0.0) for _ in range(4)] == [0.0, 0.0, 0.5, None]
    pace.confirmed("ada@x.example")
    assert pace.count(OFFICE, "ada@x.example", 0.0) == 0.0, "all of hers"


def test_many_networks_together_are_slowed_down_and_never_refused() -> None:
    pace = RequestPace()
    waits = [pace.count(f"network {number}", f"r{number}@x.example", 0.0) for number in range(3000)]
    assert waits[499:502] == [0.0, 0.02, 0.04]
    assert waits[-1] == 10.0


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz"), st.floats(0, 40), st.booleans())),
)
def test_memory_is_bounded_and_no_network_exceeds_its_most(requests: list[tuple[str, str, float, bool]]) -> None:
    limits = PaceLimits(seconds=60, free=1, most=4, remembered=8)
    pace, now = RequestPace(limits), 0.0
    for network, about, later, is_confirmed in requests:
        now += later
        wait = pace.count(network, about, now)
        assert wait is None or 0 <= wait <= limits.longest
        if is_confirmed:
            pace.confirmed(about)
        assert len(pace._requests) <= limits.remembered
        assert all(0 < number <= limits.most for number in pace._by_network.values())
        assert sum(pace._by_network.values()) == len(pace._requests) == sum(map(len, pace._by_subject.values()))


# --- On the pages -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, store: Store) -> Iterator[PublicPages]:
    with serving() as server:
        yield PublicPages(tmp_path, store, server, reply_to="Editors <editors@example.org>")


def test_a_refused_subscription_says_what_to_do_and_keeps_what_was_typed(site: PublicPages) -> None:
    forms = [
        {"email": f"r{number}@example.org", "name": "Ada <b>", "which": "some", "themes": "comms"}
        for number in range(7)
    ]
    pages = [site.browser.post("/subscribe", data=form) for form in forms]
    assert [page.status_code for page in pages] == [200] * PACE.most + [429] * 2
    assert "You cannot subscribe here for the next hour. Email <a href=" in pages[-1].text
    assert (
        '<a href="mailto:editors@example.org"><bdi>editors@example.org</bdi></a> and we’ll add you.' in pages[-1].text
    )
    assert 'value="r6@example.org"' in pages[-1].text
    assert 'value="Ada &lt;b&gt;"' in pages[-1].text
    assert 'id="theme-comms" name="themes" value="comms" checked' in pages[-1].text
    assert pages[-1].headers["Retry-After"] == "3600"
    assert len(site.mails()) == PACE.most
    assert site.browser.get("/subscribe").status_code == 200


def test_colleagues_who_confirm_make_room_for_others(site: PublicPages) -> None:
    for number in range(3 * PACE.most):
        email = f"r{number}@gmail.com"
        assert site.browser.post("/subscribe", data={"email": email}).status_code == 200
        site.browser.post(site.path_in(site.mails()[-1]))
        assert site.status(email) is EffectiveStatus.ACTIVE


def test_a_refused_new_address_is_kept(site: PublicPages) -> None:
    path, _ = site.links(site.add("ada@example.org"))
    pages = [site.browser.post(path, data={"act": "move", "email": f"r{number}@x.example"}) for number in range(6)]
    assert [page.status_code for page in pages] == [200] * PACE.most + [429]
    assert "You cannot do this here for the next hour." in pages[-1].text
    assert 'value="r5@x.example"' in pages[-1].text
    assert site.browser.post(path, data={"act": "export"}).status_code == 429


def test_requests_that_wait_hinder_no_others(tmp_path: Path) -> None:
    """They bind no thread: more of them wait than the server has threads. Further ones are told to come back."""
    waiting = 60
    pace = RequestPace(PaceLimits(free=0, delay=2.0, longest=2.0, waiting=waiting))
    with (
        serve_pages(tmp_path, pace=pace) as pages,
        httpx.Client(timeout=30, limits=httpx.Limits(max_connections=100), verify=NO_CERTIFICATES) as client,
        ThreadPoolExecutor(waiting + 10) as pool,
    ):
        began = time.monotonic()

        def ask(number: int) -> int:
            return client.post(f"{pages.url}/subscribe", data={"email": f"r{number}@x.example"}).status_code

        asking = [pool.submit(ask, number) for number in range(waiting + 10)]
        while pace.count("other", "other", 0.0) is not None and len(pace._requests) < waiting + 11:
            time.sleep(0.02)
        reading = time.monotonic()
        assert client.get(f"{pages.url}/subscribe").status_code == 200
        assert time.monotonic() - reading < 1.5, "reading does not wait for those who ask"
        codes = sorted(one.result() for one in asking)
        assert codes == [200] * waiting + [503] * 10
        assert time.monotonic() - began >= 2.0
