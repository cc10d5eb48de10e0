"""Load the settings file, `digest.toml`.

`digest.settings.tables` has the default and meaning of every setting; `digest.example.toml` shows them all. A wrong key
or value raises a SettingsError with the key, its line and, for an unknown key, the most similar known one.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tomllib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from pydantic import (
    BaseModel,
    ValidationError,
)

from digest.errors import SettingsError
from digest.model import Source, Theme
from digest.settings.environment_secrets import SecretName, Secrets
from digest.settings.secret_key import key_of, make_key_file, read_key_file
from digest.settings.slug import PrefectNames, slug_from
from digest.settings.tables import File


class Settings:
    """The settings of one newsletter: the tables of digest.toml, its folder, and the secrets."""

    def __init__(self, file: File, *, path: Path, secrets: Secrets | None = None) -> None:
        self.path = path
        self.folder = path.parent
        self.newsletter = file.newsletter
        self.schedule = file.schedule
        self.approval = file.approval
        self.desk = file.desk
        self.collect = file.collect
        self.summary = file.summary
        self.edition = file.edition
        self.store = file.store
        self.smtp = file.smtp
        self.dkim = file.dkim
        self.bounces = file.bounces
        self.design = file.design
        self.alerts = file.alerts
        self.log = file.log
        self.metrics = file.metrics
        self.scale = file.scale
        self.secrets = Secrets() if secrets is None else secrets
        self.themes = tuple(Theme(row.key, row.title, tuple(row.terms)) for row in file.themes)
        self.sources = tuple(
            Source(row.name, row.feed, row.site, row.theme, row.selector, row.active, row.short) for row in file.sources
        )

    @property
    def prefect(self) -> PrefectNames:
        """What this newsletter's things are called on a Prefect server."""
        slug = self.newsletter.slug
        return PrefectNames(slug or slug_from(self.newsletter.title), carried=bool(slug))

    @property
    def store_url(self) -> str:
        """The store's URL; a relative SQLite path is relative to the folder of digest.toml."""
        match = re.fullmatch(r"sqlite:///(?!/)(.+)", self.store.url)
        if match and match[1] != ":memory:" and not Path(match[1]).is_absolute():
            return f"sqlite:///{(self.folder / match[1]).resolve()}"
        return self.store.url

    def path_of(self, name: str) -> Path:
        """A path that the settings name; a relative one is relative to the folder of digest.toml."""
        return self.folder / name

    @property
    def ca_file(self) -> str:
        """The path of `[smtp] ca_file`; "" if there is none."""
        return str(self.path_of(self.smtp.ca_file)) if self.smtp.ca_file else ""

    @property
    def bounce_mailbox(self) -> str:
        """A Maildir's path, or imaps://name@host/INBOX; "" if there is none."""
        place = self.bounces.mailbox
        return place if not place or "://" in place else str(self.path_of(place))

    @property
    def state_folder(self) -> Path:
        """The folder of this newsletter's state: that of the SQLite store, else `var/` beside digest.toml."""
        match = re.fullmatch(r"sqlite:///(.+)", self.store_url)
        return Path(match[1]).parent if match and match[1] != ":memory:" else self.folder / "var"

    @property
    def has_pictures(self) -> bool:
        """Whether posts are shown with their pictures: these are served under `public_url`, or nowhere."""
        return self.design.images and bool(self.newsletter.public_url)

    @property
    def archive_folder(self) -> Path:
        """The folder of the archive that `digest public` serves."""
        return self.state_folder / "archive"

    @property
    def templates_folder(self) -> Path:
        """The folder of the operator's own templates, which are used if they exist."""
        return self.folder / "templates" / "email"

    @cached_property
    def secret_key(self) -> bytes:
        """The key that signs tokens and makes Message-IDs: from the environment, else from a file in the state folder.

        The file is made when the key is first needed. Raises SettingsError.
        """
        return self.find_secret_key() or make_key_file(self._key_file)

    def find_secret_key(self) -> bytes | None:
        """Return the secret key; None if there is none yet. Raises SettingsError if it cannot be read or is no key."""
        text = self.secrets.read("secret_key")
        return key_of(text, self.secret_key_place) if text else read_key_file(self._key_file)

    @property
    def secret_key_place(self) -> str:
        """Where the secret key is, for messages."""
        if self.secrets.secret_key_file:
            return f"{self.secrets.secret_key_file} (DIGEST_SECRET_KEY_FILE)"
        return "DIGEST_SECRET_KEY" if self.secrets.secret_key.get_secret_value() else str(self._key_file)

    @property
    def secret_key_path(self) -> Path | None:
        """The file that the secret key is read from; None if it comes from the environment."""
        if self.secrets.secret_key_file:
            return Path(self.secrets.secret_key_file)
        return None if self.secrets.secret_key.get_secret_value() else self._key_file

    @property
    def _key_file(self) -> Path:
        return self.state_folder / "secret.key"

    @cached_property
    def secret_keys(self) -> tuple[bytes, ...]:
        """The secret key and the previous ones, so that links and suppressions made with those go on working."""
        older = self.secrets.read("secret_key_previous").split()
        return (self.secret_key, *(hashlib.sha256(one.encode()).digest() for one in older))

    def known_secrets(self) -> tuple[str, ...]:
        """Return every secret of this installation as text, so that the log can mask them. Makes no key."""
        values = [self.alerts.webhook_url, self.alerts.heartbeat_url]
        for name in get_args(SecretName):
            with suppress(SettingsError):  # raised again where the secret is needed
                value = self.secrets.read(name)
                values += [value, *value.split()]
        with suppress(OSError, UnicodeDecodeError):
            values.append(self._key_file.read_text("utf-8").strip())
        return tuple(sorted({value for value in values if value}, key=len, reverse=True))

    @property
    def user_agent(self) -> str:
        contact = self.newsletter.public_url or f"mailto:{self.newsletter.from_address}"
        return self.collect.user_agent or f"Digest/0.1 (weekly digest; +{contact})"


def find_settings_file(option: Path | None = None) -> Path:
    """Return the path of the settings file: `--config`, else `$DIGEST_CONFIG`, else `./digest.toml`."""
    if option is not None:
        return option
    return Path(os.environ.get("DIGEST_CONFIG") or "digest.toml")


def load_settings(path: Path, secrets: Secrets | None = None) -> Settings:
    """Read and check `digest.toml`. Raises SettingsError."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no settings file {path}.",
            "Create one with `digest init`, or name yours with --config or DIGEST_CONFIG.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", "It must be a UTF-8 text file."
        ) from error
    return parse_settings(text, path=path.resolve(), display_name=str(path), secrets=secrets)


def parse_settings(
    text: str, *, path: Path, display_name: str = "digest.toml", secrets: Secrets | None = None
) -> Settings:
    """Check the text of a `digest.toml`; `display_name` is its name in messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{display_name} is not valid TOML: {error}.", "Correct that line.") from error
    try:
        file = File.model_validate(data)
    except ValidationError as error:
        lines = [_explain(problem, text, display_name) for problem in error.errors()]
        raise SettingsError("\n".join(lines), "See digest.example.toml for every setting.") from None
    return Settings(file, path=path, secrets=secrets)


_PLAIN = {  # pydantic's types of errors, in the words of somebody who edits a file
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "greater_than": "write a number above {gt}",
    "greater_than_equal": "write {ge} or more",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "less_than_equal": "write {le} or less",
    "list_type": "write a list in square brackets",
    "literal_error": "write {expected}",
    "string_too_long": "write at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "write a text in quotes",
}
_SHAPES = {  # what is allowed where a setting has a pattern
    "accent": "write a colour such as #1d4f91",
    "font": "write font names, separated by commas",
    "dask": "write a scheduler's address, such as tcp://10.0.0.5:8786",
    "header": "write the name of a header, such as X-Forwarded-User",
    "password": "write a hash made by `digest desk password`, not the password itself",
    "key": "write lower-case letters, digits and hyphens, such as civic-tech",
    "sns_topics": "write the topic's ARN, such as arn:aws:sns:eu-west-1:123456789012:bounces",
    "slug": "write lower-case letters, digits and single hyphens, such as comms-weekly",
    "language": "write a language tag such as en-GB",
}


def _explain(problem: Any, text: str, display_name: str) -> str:
    """Describe a validation problem in a sentence, with the key, its line and the most similar known key."""
    where = tuple(problem["loc"])
    line = line_of(text, where)
    place = f"{display_name}, line {line}" if line else display_name
    name = next((part for part in reversed(where) if isinstance(part, str)), "")
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in where)
    if problem["type"] == "extra_forbidden" and re.search("password|secret", str(where[-1])):
        return f"{place}: {key!r} is not allowed here: secrets come from the environment, such as DIGEST_SMTP_PASSWORD."
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _known_keys(where[:-1]), 1, 0.5)
        return f"{place}: there is no setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
    if problem["type"] == "missing":
        return f"{place}: {key!r} is missing."
    if problem["type"] in _PLAIN:
        message = _PLAIN[problem["type"]].format(**problem.get("ctx", {}))
        if problem["type"] == "literal_error":
            near = difflib.get_close_matches(str(problem["input"]), re.findall(r"'([^']*)'", message), 1, 0.5)
            message = f"did you mean {near[0]!r}? {message.capitalize()}" if near else message
    elif problem["type"] == "string_pattern_mismatch" and name in _SHAPES:
        message = _SHAPES[name]
    else:
        message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {key + ': ' if key else ''}{message}."


def _known_keys(table: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = File
    for part in table:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[part].annotation
        inner = getattr(annotation, "__args__", None)
        model = inner[0] if inner else annotation
    return [field.alias or name for name, field in model.model_fields.items()]


def line_of(text: str, where: tuple[str | int, ...]) -> int | None:
    """Return the 1-based line of a key such as `("sources", 2, "feed")` in TOML text, or of the table above it."""
    table, index = (str(where[0]) if where else ""), next((p for p in where if isinstance(p, int)), None)
    key = str(where[-1]) if len(where) > 1 and not isinstance(where[-1], int) else ""
    position, inside, header = -1, False, None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        match = re.match(r"\[\[?\s*[\"']?([^\]\"']+?)[\"']?\s*\]\]?", stripped)
        if match and stripped.startswith("["):
            inside = False
            if match[1].strip() == table:
                position += 1
                if index is None or position == index:
                    inside, header = True, number
        else:
            expected_key = key if inside else table if header is None and len(where) == 1 else ""
            if expected_key and re.match(rf"[\"']?{re.escape(expected_key)}[\"']?\s*=", stripped):
                return number
    return header
