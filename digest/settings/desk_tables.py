"""The tables `[desk]` and `[[desk.people]]` of `digest.toml`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from digest.settings.field_types import CONFIG, HttpUrl, Network, PublicUrl, is_safe_url

RoleName = Literal["viewer", "editor", "approver"]
_HASH = r"^$|^scrypt\$(16384|32768|65536)\$8\$[1-9]\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$"


def _issuer(value: str) -> str:
    if value and not is_safe_url(value):
        raise ValueError(f"{value!r} is not safe; an issuer's address starts with https://")
    return value


class _Table(BaseModel):
    model_config = CONFIG


class PersonRow(_Table):
    """Somebody who may use the desk."""

    name: str = Field(min_length=1, max_length=60)  # what the history says
    login: str = Field(min_length=1, max_length=80)  # what they type, or what proxy or provider calls them
    role: RoleName = "editor"
    password: str = Field("", pattern=_HASH)  # a hash, from `digest desk password`


class DeskRule(_Table):
    address: PublicUrl = ""  # where editors reach the desk: mails to them link to it
    cancel_seconds: int = Field(60, ge=0, le=3600)  # after an approval on the desk, for taking it back
    auth: Literal["token", "password", "header", "oidc"] = "token"
    default_role: Literal["none", "viewer", "editor", "approver"] = (
        "none"  # of those that [[desk.people]] does not list
    )
    header: str = Field("X-Forwarded-User", pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")
    proxies: list[Network] = []  # whose headers are believed
    oidc_issuer: Annotated[HttpUrl, AfterValidator(_issuer)] = ""
    oidc_client_id: str = ""
    oidc_claim: Literal["email", "preferred_username", "sub"] = "email"  # what is compared with `login`
    people: list[PersonRow] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what in ("name", "login"):
            values = [getattr(row, what).casefold() for row in self.people]
            twice = next((value for value in values if values.count(value) > 1), "")
            if twice:
                raise ValueError(f"two people have the {what} {twice!r}")
        if self.auth == "oidc" and not (self.oidc_issuer and self.oidc_client_id):
            raise ValueError('auth = "oidc" needs oidc_issuer and oidc_client_id')
        return self
