"""What `digest init` writes is safe to put under version control."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.commands import digest

SECRETS = (
    "var/secret.key",
    "var/digest.db",
    "var/digest.db-wal",
    "var/sent.json",
    "var/mailbox/new/1.eml",
    "subscribers.csv",
    "subscribers-2026.xlsx",
    "dkim.pem",
    "keys/dkim.private",
    ".env",
    "smtp_password",
    "secrets/imap",
    "backup",
    "backups/2026-11-30.tar",
    "digest.db",
    "digest.toml.old",
)


def staged(folder: Path) -> set[str]:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=30
        ).stdout

    git("init", "--quiet")
    git("add", "--all")
    return set(git("ls-files").splitlines())


def test_git_takes_settings_and_templates_and_nothing_secret(tmp_path: Path) -> None:
    folder = tmp_path / "newsletter"
    digest("init", str(folder))
    for name in SECRETS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret", "utf-8")
    templates = {str(path.relative_to(folder)) for path in (folder / "templates").rglob("*") if path.is_file()}
    assert templates
    assert staged(folder) == {".gitignore", "digest.toml", *templates}


def test_a_gitignore_that_lets_addresses_in_is_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.pyc\n", "utf-8")
    done = digest("init", str(tmp_path))
    assert f"{tmp_path / '.gitignore'} does not keep keys and addresses out of git" in done.stdout
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*.pyc\n"
    assert "subscribers.csv" in staged(tmp_path)
