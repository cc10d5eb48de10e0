"""`/healthz`, `/readyz` and `/metrics` of the desk and of the public pages, from real servers."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import tomlkit
from prometheus_client.parser import text_string_to_metric_families

from digest.model import Mailing, Outcome
from digest.settings import Secrets, load_settings
from digest.settings.secret_key import fingerprint
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.steps.subscribers.operator_actions import add
from digest.store import deliveries, identity, sources
from digest.store.engine import open_store
from digest.store.last_backup import LastBackup, set_last_backup
from digest.web.desk.serve import DeskServer
from digest.web.metrics import Metrics
from digest.web.metrics_access import PASSED_ON, may_read
from digest.web.public.serve import PublicServer
from digest.web.web_server import WebServer
from digest.week import Week

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
TOKEN = "a token of enough length"
WEEK = Week(2019, 12)


@dataclass(frozen=True)
class Monitored:
    url: str
    context: Context

    def get(self, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(f"{self.url}{path}", headers=named, trust_env=False, verify=False)

    def samples(self) -> dict[str, float]:
        families = text_string_to_metric_families(self.get("/metrics").raise_for_status().text)
        return {
            f"{one.name}{''.join(f' {value}' for value in one.labels.values())}": one.value
            for family in families
            for one in family.samples
        }


def desk(context: Context) -> WebServer:
    return DeskServer(context, port=0)


def pages(context: Context) -> WebServer:
    return PublicServer(context, port=0, proxies="127.0.0.1")


@contextmanager
def monitored(folder: Path, migrated: Path, server: Callable[[Context], WebServer]) -> Iterator[Monitored]:
    document = {
        "newsletter": {
            "title": "T", "from": "t@example.org", "public_url": "https://digest.example.org/news"
        },
        "sources": [
            {"name": name, "feed": f"https://example.org/{name}", "active": name != "paused"}
            for name in ("good", "failing", "paused", "new")
        ],
    }  # fmt: skip
    (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
    settings = load_settings(folder / "digest.toml", Secrets(metrics_token=TOKEN))
    settings.state_folder.mkdir()
    shutil.copy(migrated, settings.state_folder / "digest.db")
    with ExitStack() as stack:
        store = open_store(settings.store_url)
        stack.callback(store.close)
        context = Context(settings, store, lambda: NOW)
        register_store(context)
        check_key(context)
        running = server(context)
        thread = threading.Thread(target=running.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(running.stop)
        yield Monitored(running.url.rstrip("/"), context)  # type: ignore[attr-defined]


@pytest.fixture(params=[desk, pages])
def server(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Monitored]:
    with monitored(tmp_path, migrated_sqlite, request.param) as running:
        yield running


def test_a_process_that_lives_says_so_to_any_name(server: Monitored) -> None:
    for host in ("127.0.0.1", "10.1.2.3:8026", "desk"):
        assert server.get("/healthz", host=host).text == "ok\n"
        assert server.get("/readyz", host=host).text == "ready\n"
    assert server.get("/", host="desk").status_code == 421


def test_it_is_not_ready_with_another_key(server: Monitored) -> None:
    with server.context.store.writing() as connection:
        identity.set_key_fingerprint(connection, fingerprint(b"another"))
    answer = server.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the secret key is not the store's\n")
    assert server.samples()["digest_ready"] == 0
    assert server.get("/healthz").status_code == 200


def test_it_is_not_ready_without_its_key(server: Monitored) -> None:
    path = server.context.settings.secret_key_path
    assert path is not None
    path.unlink()
    assert server.get("/readyz").text == "the secret key is missing\n"


def test_it_is_not_ready_while_the_store_has_another_schema(server: Monitored) -> None:
    with server.context.store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    answer = server.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("the store has schema 0003, this version of Digest needs ")


def test_it_is_not_ready_if_the_store_is_damaged_and_says_so_without_its_place(server: Monitored) -> None:
    database = server.context.settings.state_folder / "digest.db"
    database.with_name("digest.db-wal").unlink(missing_ok=True)
    database.write_bytes(b"no database" * 1000)
    answer = server.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("the store does not answer")
    assert str(database.parent) not in answer.text
    assert server.samples() == {"digest_info 0.1.0": 1.0, "digest_ready": 0.0}


def test_metrics_count_what_is_in_the_store(server: Monitored) -> None:
    context = server.context
    for name in ("ada", "bo"):
        add(context, f"{name}@example.org")
    mailing = Mailing(WEEK)
    with context.store.writing() as connection:
        sources.save(
            connection,
            [
                sources.SourceState(
                    "good", "https://example.org/good", outcome=Outcome.OK, checked_at=NOW, good_at=NOW
                ),
                sources.SourceState("failing", "https://example.org/failing", outcome=Outcome.ERROR, checked_at=NOW),
            ],
        )
        deliveries.queue(connection, mailing, now=NOW - timedelta(minutes=10))
        identity.set_run_number(connection, mailing, 1)
        set_last_backup(connection, LastBackup(NOW, Path("b"), 1))
    samples = server.samples()
    assert {name: samples[f"digest_sources {name}"] for name in ("good", "failing", "paused", "new", "gone")} == {
        "good": 1, "failing": 1, "paused": 1, "new": 1, "gone": 0,
    }  # fmt: skip
    assert samples["digest_deliveries queued"] == 2
    assert samples["digest_queue_age_seconds"] == 600
    assert samples["digest_queue_idle_seconds"] == 600
    assert samples["digest_subscribers active"] == 2
    assert samples["digest_last_success_timestamp_seconds collect"] == NOW.timestamp()
    assert samples["digest_last_success_timestamp_seconds backup"] == NOW.timestamp()
    assert "digest_last_success_timestamp_seconds send" not in samples
    assert samples["digest_ready"] == 1
    text = server.get("/metrics").text
    assert not re.search(r"ada|example\.org|2019-W12|failing\W+example", text)


def test_metrics_are_for_this_machine_asking_directly_and_for_the_token(server: Monitored) -> None:
    assert server.get("/metrics").status_code == 200
    assert server.get("/metrics", host="localhost").status_code == 200
    for host in ("digest.example.org", "evil.example"):
        assert server.get("/metrics", host=host).status_code == 403, host
    for header in PASSED_ON:
        for value in ("127.0.0.1", "203.0.113.9"):
            refused = server.get("/metrics", **{header: value})
            assert refused.status_code == 403, header
            assert "digest_" not in refused.text
    passed_on = server.get("/metrics", authorization=f"Bearer {TOKEN}", x_forwarded_for="203.0.113.9", host="evil")
    assert passed_on.status_code == 200


def test_the_prefix_of_the_public_pages_has_the_same_paths(tmp_path: Path, migrated_sqlite: Path) -> None:
    with monitored(tmp_path, migrated_sqlite, pages) as server:
        assert server.get("/news/healthz", host="digest.example.org").text == "ok\n"
        assert server.get("/news/metrics", host="digest.example.org").status_code == 403


def scope(ip: str, *headers: tuple[str, str]) -> dict[str, object]:
    return {
        "type": "http",
        "client": (ip, 1),
        "headers": [(name.encode(), value.encode()) for name, value in (("host", "127.0.0.1"), *headers)],
    }


@pytest.mark.parametrize(
    ("ip", "allow", "headers", "allowed"),
    [
        ("10.0.5.7", ["10.0.5.0/24"], [], True),
        ("10.0.6.7", ["10.0.5.0/24"], [], False),
        ("::ffff:10.0.5.7", ["10.0.5.0/24"], [], True),
        ("10.0.5.7", ["10.0.5.0/24"], [("x-forwarded-for", "10.0.5.7")], False),
        ("203.0.113.9", ["10.0.5.0/24"], [], False),
        ("::1", [], [], True),
        ("::ffff:127.0.0.1", [], [], True),
        ("127.8.8.8", [], [("via", "1.1 proxy")], False),
        ("203.0.113.9", [], [("authorization", f"Bearer {TOKEN}")], True),
        ("203.0.113.9", [], [("authorization", f"Basic {TOKEN}")], False),
        ("203.0.113.9", [], [("authorization", "Bearer x"), ("authorization", f"Bearer {TOKEN}")], False),
        ("127.0.0.1", [], [("host", "evil.example")], False),
        ("no address", ["0.0.0.0/0"], [], False),
    ],
)
def test_who_may_read_metrics(ip: str, allow: list[str], headers: list[tuple[str, str]], allowed: bool) -> None:
    assert may_read(scope(ip, *headers), allow=allow, token=TOKEN) is allowed


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", ""])
def test_without_a_token_none_is_right(header: str) -> None:
    assert not may_read(scope("203.0.113.9", ("authorization", header)), allow=[], token="")


def test_figures_are_read_once_for_all_who_ask(tmp_path: Path, migrated_sqlite: Path) -> None:
    with monitored(tmp_path, migrated_sqlite, pages) as server:
        moment = [100.0]
        asked: list[int] = []

        def context() -> Context:
            asked.append(1)
            return server.context

        metrics = Metrics(context, monotonic=lambda: moment[0])
        for _ in range(20):
            assert b"digest_ready 1.0" in metrics.exposition("")[0]
        assert len(asked) == 1
        moment[0] += 5.1
        body, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0")
        assert len(asked) == 2
        assert body.endswith(b"# EOF\n")
        assert content_type.startswith("application/openmetrics-text")


def test_the_rate_is_what_was_sent_between_two_readings(tmp_path: Path, migrated_sqlite: Path) -> None:
    with monitored(tmp_path, migrated_sqlite, pages) as server:
        for name in ("ada", "bo", "cy"):
            add(server.context, f"{name}@example.org")
        with server.context.store.writing() as connection:
            deliveries.queue(connection, Mailing(WEEK), now=NOW)
            identity.set_run_number(connection, Mailing(WEEK), 1)
        moment = [100.0]
        metrics = Metrics(lambda: server.context, monotonic=lambda: moment[0])
        assert b"digest_send_rate 0.0" in metrics.exposition("")[0]
        with server.context.store.writing() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'sent'")
        moment[0] += 6
        assert b"digest_send_rate 0.5" in metrics.exposition("")[0]
