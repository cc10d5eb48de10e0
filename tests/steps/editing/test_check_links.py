"""Visiting an edition's links: real servers on loopback that answer, refuse, lie, hang, and lead inside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.edition.preflight.checks import LinkState
from digest.log import listening
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.editing.check_links import RESULT_VALID_FOR, LinkCheck, check_links, known_links
from digest.steps.editing.desk_data import trail
from digest.store.engine import Store, open_store
from digest.week import Week
from tests.web_of_feeds import Reply, Visit, Web, Writer, hang_up, redirect, silence, write_reply

WEEK = Week(2019, 12)


@dataclass
class Desk:
    """A store, a web, and a clock that the test moves."""

    store: Store
    web: Web
    folder: Path
    now: datetime
    said: list[str] = field(default_factory=list)
    networks: str = '"127.0.0.0/8"'
    more: str = ""  # of [collect]

    @property
    def context(self) -> Context:
        collect = f"[collect]\nallow_networks = [{self.networks}]\n{self.more}"
        text = f'[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n{collect}'
        settings = parse_settings(text, path=self.folder / "digest.toml")
        return Context(settings, self.store, lambda: self.now)

    def check(self, *addresses: str, again: bool = False) -> LinkCheck:
        with listening(self.said.append):
            return check_links(self.context, WEEK, addresses, again=again)

    def state(self, address: str) -> LinkState:
        return self.check(address, again=True).results[address].state


@pytest.fixture
def desk(tmp_path: Path, now: datetime) -> Iterator[Desk]:
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    with Web() as web:
        yield Desk(store, web, tmp_path, now)
    store.close()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, LinkState.REACHED),
        (204, LinkState.REACHED),
        (304, LinkState.REACHED),
        (404, LinkState.GONE),
        (410, LinkState.GONE),
        (401, LinkState.UNKNOWN),
        (403, LinkState.UNKNOWN),
        (429, LinkState.UNKNOWN),
        (999, LinkState.UNKNOWN),
        (500, LinkState.UNREACHABLE),
        (503, LinkState.UNREACHABLE),
    ],
)
def test_each_response_becomes_a_link_result(desk: Desk, status: int, state: LinkState) -> None:
    result = desk.check(desk.web.say("/x", Reply("", status))).results[desk.web.url("/x")]
    assert result.state is state
    assert bool(result.reason) == (state is not LinkState.REACHED)


def test_a_link_that_does_not_answer(desk: Desk) -> None:
    assert desk.state(desk.web.say("/x", hang_up)) is LinkState.UNREACHABLE
    assert desk.state("http://127.0.0.1:1/closed") is LinkState.UNREACHABLE
    assert desk.state(f"http://nowhere.invalid:{desk.web.port}/") is LinkState.UNREACHABLE
    desk.web.say("/old", redirect("/new"))
    desk.web.say("/new", "here")
    assert desk.state(desk.web.url("/old")) is LinkState.REACHED
    assert desk.state(desk.web.say("/round", redirect("/round"))) is LinkState.UNKNOWN, "it may want a cookie"


def test_head_is_enough_and_get_follows_a_failed_head(desk: Desk) -> None:
    async def knows_no_head(visit: Visit, writer: Writer) -> None:
        write_reply(writer, Reply("", 404 if visit.method == "HEAD" else 200), visit)

    good, odd = desk.web.say("/good", "here"), desk.web.say("/odd", knows_no_head)
    assert desk.check(good, odd).reached == 2
    assert [visit.method for visit in desk.web.visits("/good")] == ["HEAD"]
    assert [visit.method for visit in desk.web.visits("/odd")] == ["HEAD", "GET"]
    assert "Digest" in desk.web.visits("/good")[0].headers["user-agent"]


def test_a_throttling_server_gets_no_second_request(desk: Desk) -> None:
    desk.check(desk.web.say("/x", Reply("", 429)))
    assert len(desk.web.visits()) == 1


def test_results_are_reused_for_a_quarter_of_an_hour(desk: Desk) -> None:
    one, two = desk.web.say("/one", "1"), desk.web.say("/two", "2")
    assert known_links(desk.context, WEEK, [one]).at is None
    assert desk.check(one).fresh
    assert desk.check(one, two).reached == 2, "only the new one is visited"
    assert [visit.path for visit in desk.web.visits()] == ["/one", "/two"]

    kept = known_links(desk.context, WEEK, [one, two])
    assert (kept.fresh, kept.reached, kept.at) == (True, 2, desk.now)
    assert not known_links(desk.context, WEEK, [one, "https://new.example/"]).fresh

    desk.now += RESULT_VALID_FOR + timedelta(seconds=1)
    stale = known_links(desk.context, WEEK, [one, two])
    assert (stale.fresh, stale.reached) == (False, 2)
    desk.web.say("/two", Reply("", 410))
    assert desk.check(one, two).results[two].state is LinkState.GONE
    assert len(desk.web.visits("/one")) == 2
    desk.check(one, again=True)
    assert len(desk.web.visits("/one")) == 3
    assert [row.detail["summary"] for row in trail(desk.context, WEEK)][:2] == [
        "1 of 1 answer",
        "1 of 2 answer, 1 not there",
    ]


def test_links_into_private_networks_are_not_checked(desk: Desk) -> None:
    inside = desk.web.say("/inside", "secret")
    outside = desk.web.say("/outside", redirect(f"http://localhost:{desk.web.port}/inside"))
    desk.networks = ""
    found = desk.check(
        inside, outside, f"http://localhost:{desk.web.port}/inside", f"http://[::ffff:127.0.0.1]:{desk.web.port}/"
    )
    assert {result.state for result in found.results.values()} == {LinkState.UNREACHABLE}
    assert all("not on the public internet" in result.reason for result in found.results.values())
    assert desk.web.visits() == []


def test_many_dead_servers_end_at_the_common_deadline(desk: Desk) -> None:
    desk.more = "timeout_seconds = 0.3\n"
    slow = [desk.web.say(f"/{number}", silence) for number in range(12)]
    good = desk.web.say("/good", "here")
    started = time.monotonic()
    found = check_links(desk.context, WEEK, [good, *slow], seconds=1.0)
    assert time.monotonic() - started < 3
    assert found.results[good].state is LinkState.REACHED
    states = {found.results[address].state for address in slow}
    assert states == {LinkState.UNREACHABLE, LinkState.UNKNOWN}, "some were asked in vain, for some there was no time"
    assert any("the time for all links" in result.reason for result in found.results.values())
    assert found.fresh, "it is not tried again at once"


def test_a_stopped_check_stores_nothing(desk: Desk) -> None:
    slow = desk.web.say("/slow", silence)
    started = time.monotonic()
    found = check_links(desk.context, WEEK, [slow], stop=lambda: bool(desk.web.visits()))
    assert time.monotonic() - started < 5
    assert not found.results
    assert trail(desk.context, WEEK) == []


def test_simultaneous_requests_to_one_host_are_limited(desk: Desk) -> None:
    addresses = [desk.web.say(f"/{number}", "here") for number in range(20)]
    assert desk.check(*addresses).reached == 20
    assert desk.web.most_at_once <= desk.context.settings.collect.per_host
