"""People with passwords of their own, the limits on wrong ones, and which settings a desk refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomlkit
from pydantic import SecretStr
from typer.testing import CliRunner

from digest.cli.desk import app as desk_command
from digest.errors import SettingsError
from digest.settings import Secrets, parse_settings
from digest.settings.desk_tables import DeskRule
from digest.steps.editing.desk_data import trail
from digest.web.desk.who.login_limits import FREE_PER_NETWORK, FREE_PER_PERSON, LoginLimits, attempt_keys, network_of
from digest.web.desk.who.passwords import hash_password, is_password
from digest.web.desk.who.people import People, Role
from digest.web.desk.who.proxies import Proxies
from digest.web.desk.who.who import check_settings
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"
PASSWORD = "correct horse battery"
HASH = "scrypt$32768$8$3$To5xLVejt7IC+B9/rhFB7w==$8lw560sXpWwLT8vCJbaWBzaW0F90olbl8oudVxOkSgc="
HASH_OF_BO = "scrypt$32768$8$3$Dkugvrezx8T9CpV/pK3d1w==$riKx6LMdbJwtrSrvzkX397i0q8XMi2l+vb+/5o10npg="
ADA = {"name": "Ada Lovelace", "login": "ada", "role": "approver", "password": HASH}
BO = {"name": "Bo", "login": "bo", "role": "editor", "password": HASH_OF_BO}


@pytest.fixture
def desk(composed_week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    rule = {"auth": "password", "people": [ADA, BO]}
    with serve_desk(composed_week, tmp_path / "desk", secrets=secrets, tables={"desk": rule}) as desk:
        yield desk


@contextmanager
def log_in(desk: ServedDesk, name: str, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=desk.url, follow_redirects=True, timeout=30, verify=NO_CERTIFICATES) as client:
        form = {"token": token_of(client.get("/login").text), "name": name, "password": password}
        client.post("/login", data=form)
        yield client


def test_people_prove_their_names(desk: ServedDesk) -> None:
    post = desk.edition.posts[0].id
    for name, password, by in (
        ("Ada", PASSWORD, "Ada Lovelace"),
        ("bo", "another long one", "Bo"),
        ("Cy", "open sesame", "Cy (typed)"),
    ):
        with log_in(desk, name, password) as client:
            token = token_of(client.get(BENCH).text)
            client.post(f"{BENCH}/posts/{post}/note", data={"token": token, "note": by})
            assert trail(desk.context, WEEK)[0].by == by


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "open sesame"), ("Ada Lovelace", "open sesame"), ("ada", "another long one"), ("bo", ""), ("", PASSWORD)],
)
def test_nobody_passes_for_another(desk: ServedDesk, name: str, password: str) -> None:
    with log_in(desk, name, password) as client:
        assert client.get(BENCH, follow_redirects=False).status_code == 303


def test_whoever_is_taken_out_of_the_file_is_out_at_once(desk: ServedDesk) -> None:
    with log_in(desk, "ada", PASSWORD) as ada, log_in(desk, "bo", "another long one") as bo:
        assert (ada.get("/").url.path, bo.get("/").url.path) == ("/", "/")
        path = desk.context.settings.path
        document = tomlkit.parse(path.read_text("utf-8"))
        document["desk"]["people"] = [{**ADA, "role": "viewer", "password": hash_password("a new password")}]  # type: ignore[index]
        path.write_text(tomlkit.dumps(document), "utf-8")
        assert bo.get("/").url.path == "/login"
        assert ada.get("/").url.path == "/login", "her password is another one"
    with log_in(desk, "ada", "a new password") as ada:
        assert "Ada Lovelace (viewer)" in ada.get("/").text


def test_wrong_passwords_wait_longer_each_time_and_are_forgotten() -> None:
    now = [0.0]
    limits = LoginLimits(lambda: now[0])
    ada, bo = attempt_keys("ada", "192.0.2.1", ""), attempt_keys("bo", "192.0.2.1", "")
    waits = []
    for _ in range(FREE_PER_PERSON + 8):
        limits.count(ada)
        waits.append(limits.seconds_to_wait(ada))
        now[0] += waits[-1]
    assert waits == [0] * (FREE_PER_PERSON - 1) + [5, 10, 20, 40, 80, 160, 300, 300, 300]
    limits.count(ada)
    assert limits.seconds_to_wait(ada) == 300
    for others in (bo, attempt_keys("ada", "192.0.2.2", ""), attempt_keys("ada", "192.0.2.1", "her browser")):
        assert limits.seconds_to_wait(others) == 0
    for number in range(FREE_PER_NETWORK):
        limits.count(attempt_keys(f"guess {number}", "192.0.2.1", ""))
    assert limits.seconds_to_wait(bo) > 0, "the network has guessed at many names"
    now[0] += 3_600
    limits.count(bo)
    assert limits.seconds_to_wait(bo) == 0


def test_networks_of_visitors() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    proxies = Proxies(["10.0.0.0/8"])

    def ip(peer: str, *forwarded: str) -> str:
        headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
        return proxies.ip({"type": "http", "client": (peer, 1), "headers": headers})

    assert ip("10.1.1.1", "192.0.2.9, 192.0.2.1, 10.2.2.2") == "192.0.2.1"
    assert ip("192.0.2.7", "192.0.2.1") == "192.0.2.7", "only a proxy is believed"
    assert ip("10.1.1.1") == "10.1.1.1"
    assert ip("::ffff:10.1.1.1", "192.0.2.1") == "192.0.2.1"


def test_hashes() -> None:
    assert is_password(PASSWORD, ADA["password"])
    assert not is_password(PASSWORD + " ", ADA["password"])
    assert not is_password("", "")
    assert hash_password(PASSWORD) != ADA["password"], "another salt"


def test_the_command_prints_a_line_for_the_settings() -> None:
    result = CliRunner().invoke(desk_command, ["password"], input=f"{PASSWORD}\n")
    line = tomlkit.parse(result.output)
    assert is_password(PASSWORD, str(line["password"]))
    short = CliRunner().invoke(desk_command, ["password"], input="short\n")
    assert "too short" in str(short.exception)


def test_names_of_people_who_are_not_listed() -> None:
    people = People(DeskRule.model_validate({"default_role": "viewer", "people": [ADA]}))
    assert people.proven("ADA") == people.proven("ada")
    eve = people.proven("Ada Lovelace")
    assert eve is not None
    assert (eve.name, eve.role) == ("Ada Lovelace (not listed)", Role.VIEWER)
    assert people.proven("x" * 81) is people.proven("a\nb") is people.proven("") is None
    assert People(DeskRule()).proven("eve") is None
    cy = people.typed("Cy")
    assert cy is not None
    assert not cy.proven


@pytest.mark.parametrize(
    ("desk", "problem"),
    [
        ({"auth": "passwort"}, "did you mean 'password'"),
        ({"auth": "oidc"}, "needs oidc_issuer"),
        ({"oidc_issuer": "http://127.0.0.1.evil.example"}, "starts with https://"),
        ({"proxies": ["everywhere"]}, "not a network"),
        ({"header": "X User"}, "name of a header"),
        ({"people": [{"name": "A", "login": "a", "password": "plain"}]}, "hash made by `digest desk password`"),
        ({"people": [{"name": "A", "login": "a", "password": "scrypt$1048576$8$9$x$y"}]}, "hash made by"),
        ({"people": [{"name": "A", "login": "a"}, {"name": "B", "login": "A"}]}, "two people have the login"),
        ({"people": [{"name": "A", "login": "a", "role": "boss"}]}, "write 'viewer', 'editor' or 'approver'"),
    ],
)
def test_wrong_settings_are_explained(desk: dict[str, Any], problem: str) -> None:
    text = tomlkit.dumps({"newsletter": {"title": "T", "from": "t@example.org"}, "desk": desk})
    with pytest.raises(SettingsError) as error:
        parse_settings(text, path=Path("digest.toml"))
    assert problem in error.value.what


@pytest.mark.parametrize(
    ("desk", "beyond", "problem"),
    [
        ({}, "0.0.0.0", "open to everybody"),
        ({"auth": "password"}, "", "Nobody can log in"),
        ({"auth": "header", "people": [ADA]}, "", "proxies is empty"),
        ({"auth": "header", "proxies": ["10.0.0.0/8"]}, "", "no one is let in"),
        (
            {"auth": "oidc", "oidc_issuer": "https://i.example", "oidc_client_id": "d", "people": [ADA]},
            "0.0.0.0",
            "address is empty",
        ),
    ],
)
def test_a_desk_that_is_open_or_closed_to_all_does_not_start(desk: dict[str, Any], beyond: str, problem: str) -> None:
    text = tomlkit.dumps({"newsletter": {"title": "T", "from": "t@example.org"}, "desk": desk})
    settings = parse_settings(text, path=Path("digest.toml"), secrets=Secrets(_env_file=None))
    with pytest.raises(SettingsError) as error:
        check_settings(settings, beyond_loopback=beyond)
    assert problem in error.value.what
