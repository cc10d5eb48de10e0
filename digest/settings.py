"""The one settings file, `digest.toml`, and the secrets from the environment.

Every setting has its default and its meaning here; `digest.example.toml` shows them all. A wrong key or value raises
`SettingsError` that names the key, its line and, for a key, the nearest right one.
"""

from __future__ import annotations

import difflib
import hashlib
import ipaddress
import math
import os
import re
import tomllib
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from digest.errors import SettingsError
from digest.model import ELSEWHERE, Source, Theme
from digest.week import Cutoff


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _address(value: str) -> str:
    _, address = parseaddr(value)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or "\n" in value or "\r" in value:
        raise ValueError(f'write an address, such as "The Digest <digest@example.org>", not {value!r}')
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'{value!r} is not a time zone; write one such as "Europe/London"') from None
    return value


def _cron(value: str) -> str:
    if value:
        from cronsim import CronSim, CronSimError

        try:
            CronSim(value, datetime(2024, 1, 1, tzinfo=UTC))
        except CronSimError:
            raise ValueError(f'{value!r} is not a cron line; write five fields, such as "0 6 * * MON"') from None
    return value


def _http_url(value: str) -> str:
    if value:
        try:
            parts = urlsplit(value)
            port_is_right = parts.port is None or parts.port > 0
        except ValueError:
            raise ValueError(f"{value!r} is not a web address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right or re.search(r"\s", value):
            raise ValueError(f"{value!r} is not a web address; it starts with https:// or http://")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(f'{value!r} is not a network; write one such as "10.0.0.0/8"') from None


def _cutoff(value: Any) -> Cutoff:
    if isinstance(value, Cutoff):
        return value
    return Cutoff.parse(str(value))


Address = Annotated[str, AfterValidator(_address)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Cron = Annotated[str, AfterValidator(_cron)]
Network = Annotated[str, AfterValidator(_network)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Newsletter(_Table):
    title: str = Field(min_length=1, max_length=120)
    from_: Address = Field(alias="from")
    reply_to: Address | None = None
    editors: list[Address] = []
    language: str = Field("en-GB", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    cutoff: Annotated[Cutoff, BeforeValidator(_cutoff)] = Cutoff.parse("MON 00:00")
    postal_address: str = ""
    public_url: HttpUrl = ""  # where `digest public` and the archive are reached from outside

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def from_address(self) -> str:
        return parseaddr(self.from_)[1]

    @property
    def from_domain(self) -> str:
        return self.from_address.rpartition("@")[2]


class Schedule(_Table):
    compose: Cron = "0 6 * * MON"
    send: Cron = ""  # "" sends as soon as the edition is approved
    latest_hours: int = Field(24, ge=1)  # an approved edition older than this is not sent without being asked


class ApprovalRule(_Table):
    mode: Literal["required", "automatic"] = "required"
    minimum_posts: int = Field(1, ge=0)  # a thinner edition is never approved automatically


class Collect(_Table):
    concurrency: int = Field(64, ge=1, le=256)
    per_host: int = Field(2, ge=1, le=32)
    timeout_seconds: float = Field(30.0, gt=0)  # for the whole fetch, not for each read
    max_bytes: int = Field(10_000_000, ge=1_000)  # after decompression
    max_age_days: int = Field(35, ge=1)  # an entry older than this when first seen is left out
    allow_networks: list[Network] = []
    robots: bool = True
    user_agent: str = ""  # "" builds an honest one with the newsletter's address
    retries: int = Field(2, ge=0, le=10)
    keep_pages_days: int = Field(90, ge=1)  # raw pages, so that an edition can be rebuilt offline


class SummaryRule(_Table):
    method: Literal["auto", "lead", "lexrank"] = "auto"
    sentences: int = Field(3, ge=1, le=10)
    max_words: int = Field(90, ge=20, le=500)


class EditionRule(_Table):
    per_theme: int = Field(8, ge=1)  # posts with a summary; the rest go under "Also this week"
    per_source: int = Field(4, ge=1)
    order: Literal["rank", "newest", "oldest"] = "rank"
    hold_withdrawn: bool = False  # hold the edition when a post has gone since it was composed


class StoreRule(_Table):
    url: str = "sqlite:///var/digest.db"
    retention_days: int = Field(28, ge=1)  # readers' addresses leave the delivery rows after this


class Smtp(_Table):
    host: str = "127.0.0.1"
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "opportunistic", "starttls", "tls"] = "none"  # "opportunistic": TLS where offered
    fallbacks: list[str] = []  # "host:port", tried in this order when the first lets nobody in; else the same settings
    username: str = ""
    auth: Literal["auto", "xoauth2"] = "auto"  # "xoauth2": the password is an access token
    connections: int = Field(4, ge=1, le=64)
    rate_per_second: float = Field(0.0, ge=0)  # 0: as fast as the server takes it
    per_domain: dict[str, float] = {}  # at most so many messages a second to readers of these domains
    messages_per_connection: int = Field(500, ge=1)
    redirect_to: Address | None = None  # rehearsal: every message goes here instead
    timeout_seconds: float = Field(60.0, gt=0)
    lease_seconds: float = Field(900.0, gt=0)  # a claim older than this belongs to a dead sender
    deadline_hours: int = Field(48, ge=1)  # a deferred delivery fails after this
    verify: bool = True  # check the server's certificate
    ca_file: str = ""  # trust this authority's certificate as well

    @field_validator("fallbacks")
    @classmethod
    def _host_and_port(cls, value: list[str]) -> list[str]:
        for one in value:
            if not re.fullmatch(r"[^\s:@/]+:\d{1,5}|\[[0-9a-fA-F:.]+\]:\d{1,5}", one):
                raise ValueError(f'write host and port, such as "mail2.example.org:587", not {one!r}')
        return value

    @field_validator("per_domain")
    @classmethod
    def _domains_and_rates(cls, value: dict[str, float]) -> dict[str, float]:
        for domain, rate in value.items():
            if not re.fullmatch(r"[^\s@%_/]+\.[^\s@%_/]+", domain):
                raise ValueError(f'write a domain and messages a second, such as "example.org" = 20, not {domain!r}')
            if not 0 < rate < math.inf:
                raise ValueError(f"{domain}: write how many messages a second, more than 0; not {rate:g}")
        return {domain.lower(): rate for domain, rate in value.items()}


class Dkim(_Table):
    domain: str = ""
    selector: str = ""
    key_file: str = ""

    @model_validator(mode="after")
    def _whole_or_absent(self) -> Self:
        given = [bool(self.domain), bool(self.selector), bool(self.key_file)]
        if any(given) and not all(given):
            raise ValueError("domain, selector and key_file belong together: give all three or none")
        return self

    @property
    def enabled(self) -> bool:
        return bool(self.key_file)


class Bounces(_Table):
    mailbox: str = ""  # a Maildir's path or imaps://name@host/INBOX
    return_path: str = ""  # "bounces+{token}@example.org": each reader's own return address
    soft_limit: int = Field(3, ge=1)  # soft bounces in a row before a reader is suppressed


class Design(_Table):
    """How the mail looks, without touching MJML."""

    accent: str = Field("#1d4f91", pattern=r"^#[0-9a-fA-F]{6}$")
    logo: HttpUrl = ""
    logo_alt: str = ""
    font: str = Field("", pattern=r"^[A-Za-z0-9 ,'\-]*$")
    images: bool = False  # show posts' images, from the newsletter's own address only


class ThemeRow(_Table):
    key: Key
    title: str = Field(min_length=1, max_length=80)
    terms: list[str] = []


class SourceRow(_Table):
    name: str = Field(min_length=1, max_length=200)
    feed: HttpUrl = Field(min_length=1)
    site: HttpUrl = ""
    theme: str = ""
    selector: str = ""
    active: bool = True


DEFAULT_THEMES = (
    ThemeRow(key="digital-government", title="Digital government"),
    ThemeRow(key="comms", title="Comms"),
    ThemeRow(key="civic-tech", title="Civic tech"),
    ThemeRow(key="recruitment", title="Recruitment"),
)


class _File(_Table):
    """The file's own shape."""

    newsletter: Newsletter
    schedule: Schedule = Schedule()
    approval: ApprovalRule = ApprovalRule()
    collect: Collect = Collect()
    summary: SummaryRule = SummaryRule()
    edition: EditionRule = EditionRule()
    store: StoreRule = StoreRule()
    smtp: Smtp = Smtp()
    dkim: Dkim = Dkim()
    bounces: Bounces = Bounces()
    design: Design = Design()
    themes: list[ThemeRow] = list(DEFAULT_THEMES)
    sources: list[SourceRow] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        keys = [theme.key for theme in self.themes]
        for row in self.sources:
            if row.theme and row.theme not in (*keys, ELSEWHERE):
                near = difflib.get_close_matches(row.theme, keys, 1)
                raise ValueError(
                    f"source {row.name!r} has the theme {row.theme!r}, which is none of {', '.join(keys)}"
                    + (f"; did you mean {near[0]!r}?" if near else "")
                )
        for what, values in (("themes have the key", keys), ("sources have the name", [s.name for s in self.sources])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two {what} {twice[0]!r}")
        if ELSEWHERE in keys:
            raise ValueError(f"the theme key {ELSEWHERE!r} is taken: it is where posts go that fit no theme")
        return self


class Secrets(BaseSettings):
    """From the environment (`DIGEST_…`) or from files named there (`DIGEST_…_FILE`); never from digest.toml."""

    model_config = SettingsConfigDict(env_prefix="DIGEST_", extra="ignore", frozen=True)

    smtp_password: SecretStr = SecretStr("")
    smtp_password_file: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_password_file: str = ""
    secret_key: SecretStr = SecretStr("")
    secret_key_file: str = ""
    secret_key_previous: SecretStr = SecretStr("")  # older keys, the newest first, separated by blanks
    secret_key_previous_file: str = ""
    desk_password: SecretStr = SecretStr("")
    desk_password_file: str = ""

    def read(
        self, name: Literal["smtp_password", "imap_password", "secret_key", "secret_key_previous", "desk_password"]
    ) -> str:
        """The secret, or "" where there is none. Raises SettingsError when its file cannot be read."""
        value: SecretStr = getattr(self, name)
        path: str = getattr(self, f"{name}_file")
        if not path:
            return value.get_secret_value()
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"The file {path}, named by DIGEST_{name.upper()}_FILE, cannot be read: {error}.",
                "Make it readable for the user that runs digest, or unset the variable.",
            ) from error


class Settings:
    """The settings of one newsletter: the tables of digest.toml, its folder, and the secrets."""

    def __init__(self, file: _File, *, path: Path, secrets: Secrets | None = None) -> None:
        self.path = path
        self.folder = path.parent
        self.newsletter = file.newsletter
        self.schedule = file.schedule
        self.approval = file.approval
        self.collect = file.collect
        self.summary = file.summary
        self.edition = file.edition
        self.store = file.store
        self.smtp = file.smtp
        self.dkim = file.dkim
        self.bounces = file.bounces
        self.design = file.design
        self.secrets = Secrets() if secrets is None else secrets
        self.themes = tuple(Theme(row.key, row.title, tuple(row.terms)) for row in file.themes)
        self.sources = tuple(
            Source(row.name, row.feed, row.site, row.theme, row.selector, row.active) for row in file.sources
        )

    @property
    def store_url(self) -> str:
        """The store's URL; a relative SQLite path is taken from the folder of digest.toml."""
        found = re.fullmatch(r"sqlite:///(?!/)(.+)", self.store.url)
        if found and found[1] != ":memory:" and not Path(found[1]).is_absolute():
            return f"sqlite:///{(self.folder / found[1]).resolve()}"
        return self.store.url

    @property
    def state_folder(self) -> Path:
        """Where this newsletter's state lies: beside the SQLite store, else `var/` beside digest.toml."""
        found = re.fullmatch(r"sqlite:///(.+)", self.store_url)
        return Path(found[1]).parent if found and found[1] != ":memory:" else self.folder / "var"

    @property
    def templates_folder(self) -> Path:
        """The operator's own templates; used where they exist."""
        return self.folder / "templates" / "email"

    @cached_property
    def secret_key(self) -> bytes:
        """Signs tokens and makes Message-IDs. From the environment, else made once and kept in the state folder."""
        given = self.secrets.read("secret_key")
        if given:
            return hashlib.sha256(given.encode()).digest()
        path = self.state_folder / "secret.key"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                pass
            else:
                with os.fdopen(handle, "w") as file:
                    file.write(os.urandom(32).hex())
            return hashlib.sha256(path.read_bytes().strip()).digest()
        except OSError as error:
            raise SettingsError(
                f"The secret key {path} can be neither read nor made: {error}.",
                "Set DIGEST_SECRET_KEY or DIGEST_SECRET_KEY_FILE, or make the folder writable.",
            ) from error

    @cached_property
    def secret_keys(self) -> tuple[bytes, ...]:
        """The secret key, and those before it: links and suppressions made with them go on working."""
        older = self.secrets.read("secret_key_previous").split()
        return (self.secret_key, *(hashlib.sha256(one.encode()).digest() for one in older))

    @property
    def user_agent(self) -> str:
        contact = self.newsletter.public_url or f"mailto:{self.newsletter.from_address}"
        return self.collect.user_agent or f"Digest/0.1 (weekly digest; +{contact})"


def find_settings_file(option: Path | None = None) -> Path:
    """`--config`, else `$DIGEST_CONFIG`, else `./digest.toml`."""
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
            "Write one with `digest init`, or name yours with --config or DIGEST_CONFIG.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", "It must be a UTF-8 text file."
        ) from error
    return parse_settings(text, path=path.resolve(), shown=str(path), secrets=secrets)


def parse_settings(text: str, *, path: Path, shown: str = "digest.toml", secrets: Secrets | None = None) -> Settings:
    """Check the text of a `digest.toml`; `shown` is what messages call it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{shown} is not valid TOML: {error}.", "Mend that line.") from error
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        lines = [_explain(problem, text, shown) for problem in error.errors()]
        raise SettingsError("\n".join(lines), "See digest.example.toml for every setting.") from None
    return Settings(file, path=path, secrets=secrets)


def _explain(problem: Any, text: str, shown: str) -> str:
    """One validation problem as a sentence that names key, line and nearest right key."""
    where = tuple(problem["loc"])
    line = line_of(text, where)
    place = f"{shown}, line {line}" if line else shown
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in where)
    if problem["type"] == "extra_forbidden" and re.search("password|secret", str(where[-1])):
        return f"{place}: {key!r} must not stand here: secrets come from the environment, as DIGEST_SMTP_PASSWORD does."
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _known_keys(where[:-1]), 1, 0.5)
        return f"{place}: there is no setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else ".")
    if problem["type"] == "missing":
        return f"{place}: {key!r} is missing."
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {key + ': ' if key else ''}{message}."


def _known_keys(table: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = _File
    for part in table:
        if isinstance(part, int):
            continue
        annotation: Any = model.model_fields[part].annotation
        inner = getattr(annotation, "__args__", None)
        model = inner[0] if inner else annotation
    return [field.alias or name for name, field in model.model_fields.items()]


def line_of(text: str, where: tuple[str | int, ...]) -> int | None:
    """The 1-based line of a key such as `("sources", 2, "feed")` in TOML text, or of the nearest table above it."""
    table, index = (str(where[0]) if where else ""), next((p for p in where if isinstance(p, int)), None)
    key = str(where[-1]) if len(where) > 1 and not isinstance(where[-1], int) else ""
    seen, inside, header = -1, False, None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        found = re.match(r"\[\[?\s*[\"']?([^\]\"']+?)[\"']?\s*\]\]?", stripped)
        if found and stripped.startswith("["):
            inside = False
            if found[1].strip() == table:
                seen += 1
                if index is None or seen == index:
                    inside, header = True, number
        else:
            wanted = key if inside else table if header is None and len(where) == 1 else ""
            if wanted and re.match(rf"[\"']?{re.escape(wanted)}[\"']?\s*=", stripped):
                return number
    return header
