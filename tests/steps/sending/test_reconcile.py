"""Settling the uncertain by logs as logrotate leaves them, on both databases."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.model import DeliveryCounts, Mailing
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.sending.deliveries import ReconcileReport, reconcile
from digest.steps.subscribers import operator_actions
from digest.store import deliveries
from digest.store.engine import Store
from digest.week import Week
from tests.mail.returned.maillogs import RFC_3339, conversation

NOW = datetime(2019, 3, 26, 7, tzinfo=UTC)
WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)
SENT = "dsn=2.0.0, status=sent (250 2.0.0 Ok)"
BOUNCED = "dsn=5.1.1, status=bounced (said: 550 5.1.1 no such user)"


@pytest.fixture
def context(tmp_path: Path, store: Store) -> Context:
    """Three subscribers whose deliveries `<1@x>`, `<2@x>` and `<3@x>` are uncertain."""
    toml = f'[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n[store]\nurl = "sqlite:///{tmp_path}/x.db"\n'
    context_ = Context(parse_settings(toml, path=tmp_path / "digest.toml"), store, lambda: NOW)
    for name in ("ada", "bo", "cy"):
        operator_actions.add(context_, f"{name}@reader.example")
    with store.writing() as connection:
        deliveries.queue(connection, MAILING, now=NOW)
        connection.exec_driver_sql(
            "UPDATE deliveries SET state = 'uncertain', message_id = '<' || CAST(subscriber AS TEXT) || '@x>'"
        )
    return context_


def counts(context: Context) -> DeliveryCounts:
    with context.store.reading() as connection:
        return deliveries.counts(connection, MAILING)


def test_rotated_logs_in_any_order(context: Context, tmp_path: Path) -> None:
    """A message that came in just before midnight and bounced after it: its lines lie in two logs."""
    late = conversation("<2@x>", "4ABCDEF2", form="Mar 25 23:59:{:02} mx", answer=BOUNCED)
    with gzip.open(tmp_path / "mail.log.2.gz", "wt", encoding="utf-8") as packed:
        packed.writelines(conversation("<1@x>", "4ABCDEF1", form="Mar 24 07:00:{:02} mx", answer=SENT))
    (tmp_path / "mail.log.1").write_text("".join(late[:3]), "utf-8")
    (tmp_path / "mail.log").write_text(late[3].replace("Mar 25 23:59", "Mar 26 00:00"), "utf-8")
    (tmp_path / "renamed").write_bytes((tmp_path / "mail.log.2.gz").read_bytes())
    (tmp_path / "empty.log").write_bytes(b"")
    logs = [tmp_path / name for name in ("empty.log", "mail.log", "mail.log.1", "renamed")]
    assert reconcile(context, *logs) == ReconcileReport(sent=1, failed=1, unknown=1)
    assert counts(context) == DeliveryCounts(sent=1, failed=1, uncertain=1)
    assert reconcile(context, *logs) == ReconcileReport(sent=0, failed=0, unknown=1)


def packed_log() -> bytes:
    lines = [line for number in range(2000) for line in conversation(f"<{number}@x>", f"4ABCD{number:04}", answer=SENT)]
    return gzip.compress("".join(lines).encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed_log()[:-2000], "ended before"),
        (packed_log()[:6], "ended before"),
        (packed_log()[:3000] + bytes(64) + packed_log()[3064:], "cannot be read"),  # damaged in its middle
        (packed_log()[:-8] + bytes(8), "CRC check failed"),
        (b"\x1f\x8b\xff" + bytes(30), "cannot be read"),
        (b"\xfd7zXZ\x00" + random.Random(1).randbytes(3000), "is about a delivery"),  # packed by something else
        (b"x" * 10_000_000, "is about a delivery"),
        (b"", "is about a delivery"),
    ],
    ids=["cut", "begun", "damaged", "wrong sum", "no gzip", "xz", "long", "empty"],
)
def test_an_unclear_log_settles_no_delivery(context: Context, tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "mail.log.1.gz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=why) as failure:
        reconcile(context, path)
    assert "mail.log.1.gz" in failure.value.what
    assert counts(context).uncertain == 3


def test_a_missing_file_and_a_folder_are_errors(context: Context, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere.log", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            reconcile(context, place)


def test_the_log_may_come_from_a_pipe(context: Context, tmp_path: Path) -> None:
    """As with `--maillog <(journalctl -u postfix -o short-iso)`: it can be opened only once and cannot seek."""
    lines = "".join(conversation("<3@x>", "4ABCDEF3", form=RFC_3339, answer=SENT)).encode()
    reading, writing = os.pipe()
    os.write(writing, lines)
    os.close(writing)
    try:
        assert reconcile(context, Path(f"/dev/fd/{reading}")).sent == 1
    finally:
        os.close(reading)


def test_a_large_log_takes_little_memory(tmp_path: Path) -> None:
    """60 MB unpacked, with one line of 30 MB, read with 30 MB of memory to spare."""
    with gzip.open(tmp_path / "mail.log.gz", "wb", compresslevel=1) as packed:
        packed.write(b"x" * 30_000_000 + b"\n")
        some = "".join(conversation("<other@x>", "4ABCDEF1", answer=SENT)).encode() * 1000
        for _ in range(30_000_000 // len(some)):
            packed.write(some)
        packed.write("".join(conversation("<1@x>", "4ABCDEF1", answer=BOUNCED)).encode())
    code = (
        "import resource, sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from digest.mail.returned.postfix_log import read_maillog\n"
        "from digest.steps.sending.open_maillogs import mail_logs\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0])\n"
        "limit = pages * resource.getpagesize() + 30_000_000\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "with mail_logs([Path(sys.argv[1])], datetime.now(UTC)) as lines:\n"
        "    print(read_maillog(lines, {'<1@x>'}).verdicts['<1@x>'][0])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "mail.log.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert (done.stdout, done.stderr) == ("failed\n", "")
