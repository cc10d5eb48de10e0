"""The marks of a run are believed only where nothing speaks against them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from digest.boot_id import boot_id
from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.dot_marks import DotMarks, MarksError, path_of, read_ended, remove_ended
from digest.mail.smtp.sender_loop import OutgoingMessage, SenderLoop, pack
from digest.mail.smtp.transaction import Envelope
from digest.model import Claim
from tests.conftest import ROOT

RUN = "host/boot/pid:[1]|1|1|0123456789ab"
OTHER = "host/boot/pid:[1]|1|1|ba9876543210"
claims = st.tuples(st.integers(1, 2**40 - 1), st.integers(0, 255))


def marked(folder: Path, *ended: tuple[int, int], number: int = 4) -> None:
    """Leave the marks of a run that has ended."""
    marks = DotMarks.create(folder, RUN, number)
    for place, claim in enumerate(ended):
        marks.words[place] = marks.word(*claim)
    marks.close()


# --- The file ---------------------------------------------------------------------------------------------------------


@given(one=claims, other=claims)
def test_two_claims_have_different_marks(one: tuple[int, int], other: tuple[int, int]) -> None:
    marks = DotMarks.in_memory(1)
    marks.words[0] = marks.word(*one)
    assert marks.may_have_ended(*one)
    assert marks.may_have_ended(*other) == (one == other)


def test_only_the_claim_with_a_mark_may_have_ended(tmp_path: Path) -> None:
    marked(tmp_path, (7, 0), (9, 2))
    run = read_ended(tmp_path, RUN)
    assert run.may_have_ended(7, 0)
    assert run.may_have_ended(9, 2)
    assert not run.may_have_ended(7, 1), "a later claim of the same delivery"
    assert not run.may_have_ended(8, 0)


def test_a_mark_survives_kill_9(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal; from pathlib import Path; from digest.mail.smtp.dot_marks import DotMarks\n"
        "marks = DotMarks.create(Path(sys.argv[1]), sys.argv[2], 2); marks.words[1] = marks.word(5, 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path), RUN], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    run = read_ended(tmp_path, RUN)
    assert run.may_have_ended(5, 1)
    assert not run.may_have_ended(5, 0)


def test_a_run_of_which_a_process_lives_is_not_read(tmp_path: Path) -> None:
    owner = DotMarks.create(tmp_path, RUN, 3)
    assert owner.path is not None
    part = DotMarks.attach(owner.path, slice(1, None, 2))
    part.words[0] = part.word(3, 0)
    assert owner.words[1] == part.words[0], "one memory"
    owner.close()
    with pytest.raises(MarksError, match="holds"):
        read_ended(tmp_path, RUN, patience=0.05)
    part.release_lock()
    assert read_ended(tmp_path, RUN).may_have_ended(3, 0)
    part.close()


def test_reading_waits_for_a_process_that_is_ending(tmp_path: Path) -> None:
    owner = DotMarks.create(tmp_path, RUN, 1)
    timer = threading.Timer(0.1, owner.close)
    timer.start()
    assert not read_ended(tmp_path, RUN, patience=10).may_have_ended(1, 0)
    timer.join()


@given(place=st.integers(0, 1024 + 4 * 8 - 1), byte=st.integers(0, 255))
def test_a_damaged_file_is_not_believed(tmp_path_factory: pytest.TempPathFactory, place: int, byte: int) -> None:
    folder = tmp_path_factory.mktemp("marks")
    marked(folder, (7, 0))
    path = path_of(folder, RUN)
    raw = bytearray(path.read_bytes())
    before, raw[place] = raw[place], byte
    with path.open("r+b") as file:  # the same inode
        file.write(raw)
    try:
        run = read_ended(folder, RUN)
    except MarksError:
        assert byte != before
    else:  # one kind of white space for another
        assert byte == before or chr(byte).isspace()
        assert run.may_have_ended(7, 0)


@pytest.mark.parametrize("length", [0, 10, 1024, 1024 + 31, 1024 + 40])
def test_a_file_of_another_length_is_not_believed(tmp_path: Path, length: int) -> None:
    marked(tmp_path, (7, 0))
    os.truncate(path_of(tmp_path, RUN), length)
    with pytest.raises(MarksError):
        read_ended(tmp_path, RUN)


def test_marks_that_were_overwritten_with_zeros_are_not_believed(tmp_path: Path) -> None:
    marked(tmp_path, (7, 0))
    with path_of(tmp_path, RUN).open("r+b") as file:
        file.seek(1024)
        file.write(b"\0" * 8)
    with pytest.raises(MarksError, match="damaged"):
        read_ended(tmp_path, RUN)


def test_marks_from_before_a_restart_of_the_machine_are_not_believed(tmp_path: Path) -> None:
    marked(tmp_path)
    path = path_of(tmp_path, RUN)
    raw = path.read_bytes()
    assert boot_id().encode() in raw
    with path.open("r+b") as file:
        file.write(raw.replace(boot_id().encode(), boot_id()[::-1].encode()))
    with pytest.raises(MarksError, match="started again"):
        read_ended(tmp_path, RUN)


def test_a_copy_of_the_file_is_not_believed(tmp_path: Path) -> None:
    marked(tmp_path)
    path = path_of(tmp_path, RUN)
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").rename(path)
    with pytest.raises(MarksError, match="copy"):
        read_ended(tmp_path, RUN)


def test_the_file_of_another_run_is_not_believed(tmp_path: Path) -> None:
    marked(tmp_path)
    path_of(tmp_path, RUN).rename(path_of(tmp_path, OTHER))
    with pytest.raises(MarksError, match="another run"):
        read_ended(tmp_path, OTHER)


def test_a_missing_file_and_a_link_are_not_believed(tmp_path: Path) -> None:
    with pytest.raises(MarksError, match="cannot be opened"):
        read_ended(tmp_path, RUN)
    (tmp_path / "elsewhere").touch()
    path_of(tmp_path, RUN).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MarksError, match="cannot be opened"):
        read_ended(tmp_path, RUN)


def test_where_no_file_can_be_made_there_are_no_marks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "nowhere"):
        with pytest.raises(MarksError):
            DotMarks.create(folder, RUN, 4)
    with pytest.raises(MarksError, match="too long"):
        DotMarks.create(tmp_path, "x" * 2000 + "|1|1|1", 4)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))


def test_on_a_full_disk_there_are_no_marks(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from digest.mail.smtp.dot_marks import DotMarks, MarksError\n"
        "try: DotMarks.create(Path(sys.argv[1]), sys.argv[2], 2)\n"
        "except MarksError as error: print(error)"
    )
    command = [sys.executable, "-B", "-c", script, str(tmp_path), RUN]
    done = subprocess.run(command, cwd=ROOT, check=True, preexec_fn=full_disk, capture_output=True, text=True)
    assert "does not take them" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_files_that_nobody_needs_are_removed(tmp_path: Path) -> None:
    marked(tmp_path)
    living = DotMarks.create(tmp_path, OTHER, 1)
    for name, age in ((".sending-old", 7200), (".sending-new", 0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    remove_ended(tmp_path, frozenset({RUN}))
    assert path_of(tmp_path, RUN).exists(), "it has claims"
    remove_ended(tmp_path, frozenset())
    assert sorted(path.name for path in tmp_path.iterdir()) == [".sending-new", path_of(tmp_path, OTHER).name]
    living.close()


# --- When the mark is set ---------------------------------------------------------------------------------------------

BODY = b"x" * 76 + b"\r\n"
CLAIM = Claim(7, 1, "r@test.example", "", (), "", 1, datetime(2019, 3, 25, tzinfo=UTC), "")


LONG = to_smtp_data(b"Subject: hello\r\n\r\n" + BODY * 160_000)  # more than the buffers of the system hold


def long_message(claim: Claim) -> OutgoingMessage:
    return OutgoingMessage(Envelope("digest@test.example", claim.email), LONG)


class Listener:
    """A server that takes one connection, and reads and answers as the test asks."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.tls = tls
        self.read = b""

    def greet(self) -> None:
        self.connection, _ = self.socket.accept()
        if self.tls is not None:
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.connection.settimeout(20)
        self.answer("220 test.example")
        for reply in ("250 test.example", "250 ok", "250 ok", "354 go ahead"):
            self.read_until(b"\r\n")
            self.answer(reply)

    def answer(self, reply: str) -> None:
        self.connection.sendall(reply.encode() + b"\r\n")

    def read_until(self, end: bytes) -> None:
        self.read = b""
        while not self.read.endswith(end):
            block = self.connection.recv(1 if end == b"\r\n" else 1 << 20)
            assert block
            self.read = self.read[-8:] + block


@contextmanager
def sending(listener: Listener, server: MailServer, marks: Path) -> Iterator[multiprocessing.connection.Connection]:
    """Send the long message from a loop with marks; the outbox's end of its channel."""
    ours, theirs = multiprocessing.Pipe()
    loop = SenderLoop([server], long_message, theirs, lines=1, messages=10, marks=DotMarks.attach(marks))
    thread = threading.Thread(target=loop.run)
    thread.start()
    ours.recv_bytes()  # the line is ready
    ours.send_bytes(pickle.dumps([(0, pack(CLAIM), False)]))
    listener.greet()
    yield ours
    ours.close()
    thread.join(20)
    assert not thread.is_alive()
    listener.socket.close()


@pytest.fixture(params=["plain", pytest.param("tls", marks=pytest.mark.thorough)])
def security(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def listening(security: str, tmp_path: Path) -> tuple[Listener, MailServer]:
    if security == "plain":
        listener = Listener(None)
        return listener, MailServer("127.0.0.1", listener.socket.getsockname()[1], timeout=20)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    listener = Listener(context)
    port = listener.socket.getsockname()[1]
    server = MailServer("127.0.0.1", port, "tls", timeout=20, ca_file=str(tmp_path / "authority.pem"))
    return listener, server


def test_the_mark_is_set_before_the_final_dot_and_not_long_before(
    tmp_path: Path, listening: tuple[Listener, MailServer]
) -> None:
    listener, server = listening
    marks = DotMarks.create(tmp_path, RUN, 1)
    assert marks.path is not None
    with sending(listener, server, marks.path) as channel:
        time.sleep(0.3)  # the buffers of the system are full by then
        assert not marks.may_have_ended(CLAIM.id, CLAIM.attempts), "the server has read nothing of the message yet"
        listener.read_until(b"\r\n.\r\n")
        assert marks.may_have_ended(CLAIM.id, CLAIM.attempts)
        listener.answer("250 ok")
        channel.recv_bytes()
        assert not marks.may_have_ended(CLAIM.id, CLAIM.attempts + 1)
        listener.connection.close()  # else the loop waits for an answer to QUIT
    marks.close()


def test_a_message_that_broke_off_has_no_mark(tmp_path: Path, listening: tuple[Listener, MailServer]) -> None:
    listener, server = listening
    marks = DotMarks.create(tmp_path, RUN, 1)
    assert marks.path is not None
    with sending(listener, replace(server, timeout=5), marks.path) as channel:
        listener.connection.recv(1000)
        listener.connection.close()
        channel.recv_bytes()
        assert not marks.may_have_ended(CLAIM.id, CLAIM.attempts)
    marks.close()


@pytest.mark.thorough
def test_a_message_that_the_server_refuses_has_no_mark(tmp_path: Path, listening: tuple[Listener, MailServer]) -> None:
    listener, server = listening
    marks = DotMarks.create(tmp_path, RUN, 1)
    assert marks.path is not None
    with sending(listener, server, marks.path) as channel:
        listener.read_until(b"\r\n.\r\n")
        listener.answer("451 4.3.0 later")
        channel.recv_bytes()
        assert not marks.may_have_ended(CLAIM.id, CLAIM.attempts)
    marks.close()


def test_when_the_outbox_dies_no_other_message_ends(tmp_path: Path, listening: tuple[Listener, MailServer]) -> None:
    listener, server = listening
    owner = DotMarks.create(tmp_path, RUN, 1)
    assert owner.path is not None
    with sending(listener, server, owner.path) as channel:
        owner.close()
        channel.close()
        assert not read_ended(tmp_path, RUN, patience=5).may_have_ended(CLAIM.id, CLAIM.attempts)
        with pytest.raises((AssertionError, OSError)):
            listener.read_until(b"\r\n.\r\n")


@pytest.mark.thorough
def test_when_the_outbox_dies_a_message_that_has_ended_waits_for_its_reply(
    tmp_path: Path, listening: tuple[Listener, MailServer]
) -> None:
    listener, server = listening
    owner = DotMarks.create(tmp_path, RUN, 1)
    assert owner.path is not None
    with sending(listener, server, owner.path) as channel:
        listener.read_until(b"\r\n.\r\n")
        owner.close()
        channel.close()
        assert read_ended(tmp_path, RUN, patience=5).may_have_ended(CLAIM.id, CLAIM.attempts)
        listener.answer("250 ok")
        listener.read_until(b"QUIT\r\n")
