"""The tables of `digest.toml`: every setting with its default, its meaning and its valid values."""

from __future__ import annotations

import difflib
import math
import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator, model_validator

from digest.mailbox_syntax import split_mailbox
from digest.model import ELSEWHERE
from digest.settings.alert_tables import AlertRule
from digest.settings.desk_tables import DeskRule
from digest.settings.field_types import (
    CONFIG,
    Address,
    Cron,
    CutoffTime,
    Host,
    HttpUrl,
    Key,
    LanguageTag,
    Network,
    Place,
    PublicUrl,
    Slug,
    Zone,
)
from digest.settings.field_types import host as host_in_ascii
from digest.settings.metrics_table import MetricsRule
from digest.settings.scale_table import ScaleRule
from digest.week import Cutoff


class _Table(BaseModel):
    model_config = CONFIG


class Newsletter(_Table):
    title: str = Field(min_length=1, max_length=120)
    purpose: str = Field("", max_length=160)  # one line below the title: what readers get, and for whom it is
    slug: Slug = ""  # "" makes one from the title, for what may be renamed with it
    from_: Address = Field(alias="from")
    reply_to: Address | None = None
    editors: list[Address] = []
    language: LanguageTag = "en-GB"
    languages: list[LanguageTag] = []  # that readers can choose besides its own; [] for all that have translations
    timezone: Zone = "Europe/London"
    cutoff: CutoffTime = Cutoff.parse("MON 00:00")
    postal_address: str = ""
    public_url: PublicUrl = ""  # where `digest public` and the archive are reached from outside

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def from_address(self) -> str:
        return split_mailbox(self.from_)[1]

    @property
    def from_domain(self) -> str:
        return self.from_address.rpartition("@")[2]


class Schedule(_Table):
    compose: Cron = "0 6 * * MON"
    send: Cron = ""  # "" sends as soon as the edition is approved
    holidays: Place = ""  # whose public holidays count, such as "GB-ENG"; "" for none
    on_holiday: Literal["next-working-day", "skip", "run"] = "next-working-day"
    latest_hours: int = Field(24, ge=1)  # an edition that is overdue for longer is only sent by a person's command


class ApprovalRule(_Table):
    mode: Literal["required", "automatic"] = "required"
    minimum_posts: int = Field(1, ge=0)  # an edition with fewer posts is never approved automatically
    second: bool = False  # another person must approve, too
    deadline_hours: float = Field(0.0, ge=0, le=24 * 30)  # how long a draft waits for an answer; 0: for ever
    remind_hours: float = Field(3.0, ge=0)  # so long before the deadline, editors are reminded
    no_answer: Literal["hold", "send"] = "hold"  # what happens at the deadline if nobody has answered

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.no_answer == "send" and not self.deadline_hours:
            raise ValueError('no_answer = "send" needs deadline_hours: how long does the draft wait for an answer?')
        if self.second and (self.no_answer == "send" or self.mode == "automatic"):
            other = 'no_answer = "send"' if self.no_answer == "send" else 'mode = "automatic"'
            raise ValueError(f"second = true asks for two persons, but {other} sends without any: choose one of them")
        return self


class Collect(_Table):
    concurrency: int = Field(64, ge=1, le=256)
    per_host: int = Field(2, ge=1, le=32)
    timeout_seconds: float = Field(30.0, gt=0)  # for the whole fetch, not for each read
    max_bytes: int = Field(10_000_000, ge=1_000)  # after decompression
    max_age_days: int = Field(35, ge=1)  # an entry older than this when first seen is left out
    allow_networks: list[Network] = []
    robots: bool = True
    user_agent: str = ""  # "" builds one with the newsletter's URL or address
    retries: int = Field(2, ge=0, le=10)
    keep_pages_days: int = Field(90, ge=1)  # raw pages, so that an edition can be rebuilt offline


class SummaryRule(_Table):
    method: Literal["auto", "lead", "lexrank", "lsa", "textrank", "luhn", "edmundson", "reduction", "kl"] = "auto"
    sentences: int = Field(3, ge=1, le=10)
    max_words: int = Field(90, ge=20, le=500)


class EditionRule(_Table):
    per_theme: int = Field(8, ge=1)  # posts with a summary; the rest go under "Also this week"
    per_source: int = Field(4, ge=1)
    order: Literal["rank", "newest", "oldest"] = "rank"
    hold_withdrawn: bool = False  # hold the edition if the page of one of its posts is gone


class StoreRule(_Table):
    url: str = "sqlite:///var/digest.db"
    retention_days: int = Field(28, ge=1)  # addresses are removed from deliveries after this


class Smtp(_Table):
    host: Host = "127.0.0.1"
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "opportunistic", "starttls", "tls"] = "none"  # "opportunistic": TLS where offered
    fallbacks: list[str] = []  # "host:port", tried in this order if `host` cannot be reached; same settings otherwise
    username: str = ""
    auth: Literal["auto", "xoauth2"] = "auto"  # "xoauth2": the password is an access token
    connections: int = Field(4, ge=1, le=64)
    rate_per_second: float = Field(0.0, ge=0)  # 0: as fast as the server accepts messages
    per_domain: dict[str, float] = {}  # at most so many messages a second to subscribers of these domains
    messages_per_connection: int = Field(500, ge=1)
    redirect_to: Address | None = None  # for rehearsals: every message goes to this address
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
        return [f"{host_in_ascii(host)}:{port}" for host, _, port in (one.rpartition(":") for one in value)]

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
    domain: Host = ""
    selector: str = ""
    key_file: str = ""

    @model_validator(mode="after")
    def _whole_or_absent(self) -> Self:
        parts = [bool(self.domain), bool(self.selector), bool(self.key_file)]
        if any(parts) and not all(parts):
            raise ValueError("domain, selector and key_file belong together: give all three or none")
        return self

    @property
    def enabled(self) -> bool:
        return bool(self.key_file)


WebhookProvider = Literal["ses", "postmark", "sendgrid", "mailgun", "brevo", "json"]


class Bounces(_Table):
    mailbox: str = ""  # a Maildir's path or imaps://name@host/INBOX
    return_path: str = ""  # "bounces+{token}@example.org": each subscriber's own return address
    soft_limit: int = Field(3, ge=1)  # soft bounces in a row before a subscriber is suppressed
    rejected_limit: int = Field(2, ge=1)  # editions in a row that a server rejects (550 5.1.1); 1: at once
    hold_share: float = Field(0.05, gt=0, le=1)  # if more of the list bounces at once, nobody is suppressed
    webhooks: list[WebhookProvider] = []  # whose `POST /bounces/PROVIDER` is answered
    sns_topics: list[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$")]] = []

    @field_validator("return_path")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            raise ValueError(f'write an address, such as "bounces+{{token}}@example.org", not {value!r}')
        return value

    @model_validator(mode="after")
    def _names_its_topics(self) -> Self:
        if "ses" in self.webhooks and not self.sns_topics:
            raise ValueError(
                "webhooks names ses: name your topic in sns_topics, or anybody with an AWS account is believed"
            )
        return self


LookName = Literal["masthead", "letter", "compact", "plain"]


class Design(_Table):
    """The look of the mail, without changing templates."""

    look: LookName = "masthead"
    accent: str = Field("#1d4f91", pattern=r"^#[0-9a-fA-F]{6}$")
    logo: HttpUrl = ""
    logo_alt: str = ""
    font: str = Field("", pattern=r"^[A-Za-z0-9 ,'\-]*$")
    images: bool = False  # show pictures of posts, fetched and served by Digest itself; needs public_url


LogLevel = Literal["debug", "info", "warning", "error"]


class LogRule(_Table):
    level: LogLevel = "info"
    format: Literal["text", "json"] = "text"
    loggers: dict[Annotated[str, Field(pattern=r"^digest(\.[a-z_]+)*$")], LogLevel] = {}  # levels of single loggers


class ThemeRow(_Table):
    key: Key
    title: str = Field(min_length=1, max_length=80)
    terms: list[str] = []


class SourceRow(_Table):
    name: str = Field(min_length=1, max_length=200)
    short: str = Field("", max_length=40)  # what the mail calls it beside each post; "" shortens the name by rule
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


class File(_Table):
    """The whole file."""

    newsletter: Newsletter
    schedule: Schedule = Schedule()
    approval: ApprovalRule = ApprovalRule()
    desk: DeskRule = DeskRule()
    collect: Collect = Collect()
    summary: SummaryRule = SummaryRule()
    edition: EditionRule = EditionRule()
    store: StoreRule = StoreRule()
    smtp: Smtp = Smtp()
    dkim: Dkim = Dkim()
    bounces: Bounces = Bounces()
    design: Design = Design()
    alerts: AlertRule = AlertRule()
    log: LogRule = LogRule()
    metrics: MetricsRule = MetricsRule()
    scale: ScaleRule = ScaleRule()
    themes: list[ThemeRow] = list(DEFAULT_THEMES)
    sources: list[SourceRow] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        keys = [theme.key for theme in self.themes]
        for row in self.sources:
            if row.theme and row.theme not in (*keys, ELSEWHERE):
                near = difflib.get_close_matches(row.theme, keys, 1)
                raise ValueError(
                    f"source {row.name!r} has the theme {row.theme!r}, but the themes are {', '.join(keys)}"
                    + (f"; did you mean {near[0]!r}?" if near else "")
                )
        for what, values in (("themes have the key", keys), ("sources have the name", [s.name for s in self.sources])):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"two {what} {twice[0]!r}")
        if refusal := self.scale.refusal(self.store.url):
            raise ValueError(refusal)
        if ELSEWHERE in keys:
            raise ValueError(f"the theme key {ELSEWHERE!r} is reserved for posts that fit no theme")
        return self
