"""A real mail system on loopback: Postfix takes, delivers and bounces; Dovecot lets mailboxes be read over IMAP.

Needs root and Debian's packages `postfix` and `dovecot-imapd`; nothing of the machine's own configuration is touched.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import trustme

DOMAIN = "reader.example"
PASSWORD = "a-tests-password"


@dataclass(frozen=True)
class MailSystem:
    smtp_port: int
    imap_port: int
    maildirs: Path
    log: Path

    def mailbox(self, user: str, expected: int, *, seconds: float = 20.0) -> list[bytes]:
        """The mails of a user, read over IMAP, once there are as many as expected."""
        deadline = time.monotonic() + seconds
        while True:
            mails = self._read(user)
            if len(mails) >= expected or time.monotonic() > deadline:
                return mails
            time.sleep(0.2)

    def _read(self, user: str) -> list[bytes]:
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=10) as client:
            client.login(user, PASSWORD)
            client.select("INBOX", readonly=True)
            _, numbers = client.search(None, "ALL")
            mails = []
            for number in numbers[0].split():
                _, answer = client.fetch(number, "(BODY.PEEK[])")
                mails.append(next(part[1] for part in answer if isinstance(part, tuple)))
            return mails


def missing(*names: str) -> str:
    """Why there can be no mail system here; "" where there can."""
    if os.geteuid() != 0:
        return "a mail system of our own needs root"
    lacking = [name for name in names or ("postfix", "dovecot") if not shutil.which(name, path="/usr/sbin:/usr/bin")]
    return f"not installed: {', '.join(lacking)} (apt-get install postfix dovecot-imapd)" if lacking else ""


@contextmanager
def mail_system(folder: Path, users: dict[str, str]) -> Iterator[MailSystem]:
    """`users` are local parts of `DOMAIN` and the names of their mailboxes. Skips the test where there can be none."""
    if why := missing():
        pytest.skip(why)
    smtp_port, imap_port = _free_port(), _free_port()
    mail = folder / "mail"
    owner = pwd.getpwnam("nobody")
    for one in (folder, mail):
        one.mkdir(exist_ok=True)
        one.chmod(0o755)
    for box in users.values():
        (mail / box).mkdir()
        os.chown(mail / box, owner.pw_uid, owner.pw_gid)
    os.chown(mail, owner.pw_uid, owner.pw_gid)
    system = MailSystem(smtp_port, imap_port, mail, folder / "postfix.log")
    config = _configure_postfix(folder, smtp_port, users, owner)
    dovecot = _configure_dovecot(folder, imap_port, owner)
    _open_the_way_to(folder)
    process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(dovecot)], stderr=subprocess.DEVNULL)
    try:
        subprocess.run(["/usr/sbin/postfix", "-c", str(config), "start"], check=True, capture_output=True, timeout=30)
        for port in (smtp_port, imap_port):
            _wait_for(port)
        yield system
    finally:
        subprocess.run(["/usr/sbin/postfix", "-c", str(config), "stop"], check=False, capture_output=True, timeout=30)
        process.terminate()
        process.wait(timeout=20)


@dataclass(frozen=True)
class ImapServer:
    """Dovecot alone. Any user may log in with `PASSWORD`; their mailbox begins empty."""

    port: int  # STARTTLS
    tls_port: int
    ca_file: Path

    @contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with imaplib.IMAP4_SSL("127.0.0.1", self.tls_port, ssl_context=context, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client

    def put(self, user: str, raw: bytes, *, flags: str = "", folder: str = "INBOX", at: datetime | None = None) -> None:
        with self.client(user) as client:
            client.create(folder)
            when = imaplib.Time2Internaldate(at.timestamp()) if at else None
            assert client.append(folder, flags, when, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))[0] == "OK"

    def flags(self, user: str, folder: str = "INBOX") -> list[set[str]]:
        """The flags of each mail in the folder."""
        with self.client(user) as client:
            client.select(folder, readonly=True)
            _, answer = client.fetch("1:*", "(FLAGS)")
            lines = [line for line in answer if isinstance(line, bytes)]
        return [{flag.decode() for flag in imaplib.ParseFlags(line)} - {"\\Recent"} for line in lines]


@contextmanager
def imap_server(folder: Path) -> Iterator[ImapServer]:
    """Skips the test where there can be none."""
    if why := missing("dovecot"):
        pytest.skip(why)
    port, tls_port = _free_port(), _free_port()
    owner = pwd.getpwnam("nobody")
    (folder / "mail").mkdir(parents=True)
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)
    _open_the_way_to(folder)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    config = _configure_dovecot(folder, port, owner, tls_port=tls_port)
    process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        for one in (port, tls_port):
            _wait_for(one)
        yield ImapServer(port, tls_port, folder / "ca.pem")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _open_the_way_to(folder: Path) -> None:
    """The servers drop root, and pytest's folders are for their owner alone."""
    for one in folder.parents:
        with suppress(OSError):
            one.chmod(one.stat().st_mode | 0o011)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


def _configure_postfix(folder: Path, port: int, users: dict[str, str], owner: pwd.struct_passwd) -> Path:
    config, queue, data = folder / "postfix", folder / "queue", folder / "data"
    for one in (config, queue, data):
        one.mkdir()
    shutil.copy("/usr/share/postfix/master.cf.dist", config / "master.cf")
    lines = (config / "master.cf").read_text("utf-8").splitlines()
    # Our own port in place of 25; nothing runs in a chroot; the log goes to a file of ours.
    services = []
    for line in lines:
        words = line.split()
        if line.startswith("smtp ") and words[1] == "inet":
            words[0] = f"127.0.0.1:{port}"
        if line and line[0] not in " \t#" and len(words) >= 8:
            words[4] = "n"
            line = "  ".join(words)
        services.append(line)
    if not any(line.startswith("postlog") for line in services):
        services.append("postlog  unix-dgram  n  -  n  -  1  postlogd")
    (config / "master.cf").write_text("\n".join(services) + "\n", "utf-8")
    boxes = "\n".join(f"{user}@{DOMAIN} {box}/" for user, box in users.items())
    (config / "boxes").write_text(boxes + "\n", "utf-8")
    postfix = pwd.getpwnam("postfix")
    os.chown(data, postfix.pw_uid, postfix.pw_gid)
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": queue,
        "data_directory": data,
        "maillog_file": folder / "postfix.log",
        "maillog_file_prefixes": folder,
        "myhostname": f"mx.{DOMAIN}",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "mydestination": "",
        "virtual_mailbox_domains": f"{DOMAIN} example.org",
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": f"texthash:{config / 'boxes'}",
        "virtual_alias_maps": f"inline:{{ {{bounces@example.org=bounces@{DOMAIN}}} }}",
        "virtual_uid_maps": f"static:{owner.pw_uid}",
        "virtual_gid_maps": f"static:{owner.pw_gid}",
        "virtual_minimum_uid": "1",
        "recipient_delimiter": "+",
        # Like a server behind a relay, it accepts the mail first and bounces it later.
        "smtpd_reject_unlisted_recipient": "no",
        "smtpd_recipient_restrictions": "permit_mynetworks,reject",
        "biff": "no",
        "alias_maps": "",
        "smtputf8_enable": "yes",
    }
    text = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (config / "main.cf").write_text(text, "utf-8")
    return config


def _configure_dovecot(folder: Path, port: int, owner: pwd.struct_passwd, *, tls_port: int = 0) -> Path:
    run = folder / "dovecot"
    run.mkdir()
    path = run / "dovecot.conf"
    tls = f"ssl = yes\nssl_cert = <{folder}/server.pem\nssl_key = <{folder}/server.pem" if tls_port else "ssl = no"
    path.write_text(
        f"""\
base_dir = {run}/run
state_dir = {run}/state
log_path = {run}/log
protocols = imap
{tls}
disable_plaintext_auth = no
listen = 127.0.0.1
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%n
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%n
}}
""",
        "utf-8",
    )
    return path
