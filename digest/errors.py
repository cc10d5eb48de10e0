"""The errors Digest raises on purpose. Expected failures (a dead feed, a refused mail) are values, not errors.

DigestError                 exit 1: something a person has to look at
├── UsageError              exit 2: the command or its arguments are wrong
│   └── SettingsError       exit 2: digest.toml, a secret or the environment is wrong
├── TemplateError           exit 1: an e-mail template does not render; says file and line
├── StoreError              exit 1: the store cannot be opened, read or written
├── ApprovalError           exit 4: the edition is not approved, or what was approved has changed
├── ClashError              exit 1: somebody else changed the same thing meanwhile; has both values
├── StoppedError            exit 1: the program was asked to end, and this step ended between two of its parts
├── BusyError               exit 1: another run is at the same work
└── MailServerError         exit 3: the SMTP server cannot be reached or rejects us
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing that two editors changed."""

    key: str  # of the field
    what: str  # in words: "title of “How we …”"
    present: str  # the value that the other one set, in words
    new: str  # the value that this one wants
    by: str  # who changed it last; "" where that is not known
    at: datetime | None


class DigestError(Exception):
    """Something went wrong that a person must look at. `what` says what and where; `remedy` says what to do."""

    exit_code = 1

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}" if self.remedy else self.what


class UsageError(DigestError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class TemplateError(DigestError):
    pass


class StoreError(DigestError):
    pass


class ApprovalError(DigestError):
    exit_code = 4


class BusyError(DigestError):
    pass


class StoppedError(DigestError):
    pass


class MailServerError(DigestError):
    exit_code = 3


class ClashError(DigestError):
    """Somebody else changed the same thing meanwhile. Nothing was changed; the editor chooses between the two."""

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        first = clashes[0]
        who = f"{first.by or 'Somebody else'} changed the {first.what} while you were at it."
        super().__init__(who, f"It is now {first.present}. Yours is {first.new}. Keep theirs, or use yours.")
        self.clashes = clashes
