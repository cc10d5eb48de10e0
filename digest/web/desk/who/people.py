"""People and their roles: who is let in, under which name, and with which rights."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.settings.desk_tables import DeskRule, PersonRow

LONGEST_NAME = 80  # characters: what drafts are kept under


class Role(StrEnum):
    """What somebody may do. Each role includes the ones before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    APPROVER = "approver"

    def includes(self, other: Role) -> bool:
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the desk. `name` is what the audit trail says."""

    login: str
    name: str
    role: Role
    proven: bool = True  # False where the name was typed beside a password that several people know


class People:
    """The people of `[[desk.people]]`, and the rule for all others."""

    def __init__(self, rule: DeskRule) -> None:
        self.rule = rule
        self._others = None if rule.default_role == "none" else Role(rule.default_role)
        self._by_login = {row.login.casefold(): row for row in rule.people}
        self.have_passwords = any(row.password for row in rule.people)
        self._names = {row.name.casefold() for row in rule.people}

    def row(self, login: str) -> PersonRow | None:
        return self._by_login.get(login.casefold())

    def row_named(self, name: str) -> PersonRow | None:
        """Return whose name this is, for people who type it at the log-in: it proves nothing."""
        return next((row for row in self.rule.people if row.name.casefold() == name.casefold()), None)

    def is_taken(self, name: str) -> bool:
        """Whether somebody on the list has this name or log-in."""
        return name.casefold() in self._names or name.casefold() in self._by_login

    def proven(self, login: str) -> Person | None:
        """Return who has proven to be `login`; None if they are not let in."""
        row = self.row(login)
        if row is not None:
            return Person(row.login, row.name, Role(row.role))
        if self._others is None or not login or len(login) > LONGEST_NAME or not login.isprintable():
            return None
        # A log-in that reads like the name of somebody on the list must not pass for them in the audit trail.
        name = f"{login[:60]} (not listed)" if self.is_taken(login) else login
        return Person(login, name, self._others)

    def typed(self, name: str) -> Person | None:
        """Return who types this name beside the shared password; None if the name is somebody's who has to prove it."""
        if self.is_taken(name):
            return None
        return Person(name, f"{name[: LONGEST_NAME - 8]} (typed)", self._others or Role.APPROVER, proven=False)
