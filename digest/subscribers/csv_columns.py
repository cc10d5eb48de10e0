"""What the columns of a file of subscribers mean: by their names, and by how the operator says to read them. Pure.

    header ─▶ Columns: address, name, themes, language, frequency; what says who gets mail; what is not read

Known are our own export and those of Brevo, Buttondown, Campaign Monitor, Ghost, Google Groups, GOV.UK Notify,
listmonk, Mailchimp, MailPoet, Outlook and Substack, and others that use the same names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from digest.subscribers.csv_column_names import (
    ABOUT_LEAVING,
    ABOUT_SUBSCRIBING,
    BESIDE_THE_POINT,
    CONFIRMED_COLUMNS,
    FIELDS,
    MAYBE_WORDS,
    NO_COLUMNS,
    PREFERENCE_COLUMNS,
    WORD_COLUMNS,
    YES_COLUMNS,
)
from digest.subscribers.standing import (
    ACTIVE,
    LEFT,
    PENDING,
    Standing,
    by_preference,
    by_word,
    is_yes,
    normal_word,
)

COLUMNS = ("email", "name", "themes", "language", "status", "reason", "frequency", "paused_until")
"""The columns of our own export, and of a file without a header."""

_OWN = COLUMNS[:6]
"""How our own exports begin; earlier ones have no more columns."""

_SIGNS = re.compile(r"[^\w]+|_")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

Reader = Callable[[str], Standing | None]
"""Reads a cell; None where it is not understood."""


class Meaning(StrEnum):
    """How the operator says to read a column."""

    STATUS = "status"  # its words are statuses
    SUBSCRIBED = "subscribed"  # "no" or nothing: they left
    LEFT = "left"  # "yes", a date or any other entry: they left
    IGNORE = "ignore"
    EMAIL = "email"
    NAME = "name"
    THEMES = "themes"
    LANGUAGE = "language"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True)
class Readings:
    """How to read a file where it does not speak for itself."""

    columns: Mapping[str, Meaning] = field(default_factory=dict)  # by `squeezed` name
    values: Mapping[tuple[str, str], Standing] = field(default_factory=dict)  # by `squeezed` name and `normal_word`
    everybody: Standing | None = None  # what all rows of the file are


@dataclass(frozen=True, slots=True)
class StatusColumn:
    position: int
    name: str
    read: Reader


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file has what; positions from 0, -1 for what it does not have."""

    names: tuple[str, ...]  # as in the header; () for a file without one
    email: int
    name: tuple[int, ...]  # a first and a last name make one
    themes: int
    language: int
    frequency: int
    reason: int  # of our own export, as the next one
    paused_until: int
    statuses: tuple[StatusColumn, ...]
    not_frequencies: frozenset[str]  # words in the column of frequencies that the operator reads as statuses
    unread: tuple[int, ...]
    beside_the_point: frozenset[int]  # of the unread ones: those that nobody has to be asked about
    everybody: Standing

    def name_at(self, position: int) -> str:
        """Return by which name `--read` knows a column; without a header, those of our own export have theirs."""
        names = self.names or COLUMNS
        return (names[position] if position < len(names) else "") or f"column {position + 1}"

    @property
    def unread_names(self) -> tuple[str, ...]:
        return tuple(self.name_at(position) for position in self.unread if self.names[position])


def squeezed(name: str) -> str:
    """Return a column's name as it is compared: in lower case, without blanks and signs."""
    return _SIGNS.sub("", name.casefold())


def is_header(cells: Sequence[str], readings: Readings) -> bool:
    """Whether these cells name columns, one of them that of the addresses."""
    keys = set(map(squeezed, cells))
    return bool(keys & set(FIELDS["email"].split())) or any(readings.columns.get(key) is Meaning.EMAIL for key in keys)


def without_header(readings: Readings) -> Columns:
    """Return the columns of a file without a header: those of our own export, in its order."""
    return columns_of(COLUMNS, readings, has_header=False)


def columns_of(names: Sequence[str], readings: Readings, *, email: int = -1, has_header: bool = True) -> Columns:
    """Return what the columns with these names mean. `email` is where an address is, if no name says it better."""
    keys = [squeezed(name) or f"column{position + 1}" for position, name in enumerate(names)]
    places = {what: _first(keys, group.split(), readings) for what, group in FIELDS.items()}
    for position, key in enumerate(keys):
        meaning = readings.columns.get(key)
        if meaning is not None and meaning.value in places:
            places[meaning.value] = position
    if places["email"] < 0 or (keys[places["email"]] == "address" and email >= 0):  # of a house, maybe
        places["email"] = email
    name = (places["name"],) if places["name"] >= 0 else (places["first_name"], places["last_name"])
    is_own = tuple(keys[: len(_OWN)]) == _OWN
    fields = {places["email"], *name, places["themes"], places["language"]}
    statuses = [
        StatusColumn(position, names[position] or f"column {position + 1}", reader)
        for position, key in enumerate(keys)
        if position not in fields and (reader := _reader(key, keys, readings))
    ]
    reason, paused_until = (
        COLUMNS.index(name) if is_own and keys[COLUMNS.index(name) :][:1] == [squeezed(name)] else -1
        for name in ("reason", "paused_until")
    )
    frequency = places["frequency"]
    used = {*fields, reason, frequency, paused_until, *(one.position for one in statuses)}
    return Columns(
        names=tuple(names) if has_header else (),
        email=places["email"],
        name=tuple(position for position in name if position >= 0),
        themes=places["themes"],
        language=places["language"],
        frequency=frequency,
        reason=reason,
        paused_until=paused_until,
        statuses=tuple(statuses),
        not_frequencies=frozenset(
            value for column, value in readings.values if frequency >= 0 and column == keys[frequency]
        ),
        unread=tuple(position for position in range(len(names)) if position not in used) if has_header else (),
        beside_the_point=frozenset(
            position for position, key in enumerate(keys) if _is_beside_the_point(key, keys, readings)
        ),
        everybody=readings.everybody or ACTIVE,
    )


def may_be_words(name: str) -> bool:
    """Whether a column with this name holds statuses if its values are such."""
    return squeezed(name) in MAYBE_WORDS


def smells_of_leaving(name: str) -> bool:
    """Whether the name of a column or a file has to do with leaving."""
    return bool(ABOUT_LEAVING.search(_spaced(name)))


def smells_of_subscribing(name: str) -> bool:
    """Whether a "no" in a column with this name may mean that somebody left."""
    return bool(ABOUT_SUBSCRIBING.search(_spaced(name)))


def _spaced(name: str) -> str:
    return _SIGNS.sub(" ", _CAMEL.sub(" ", name)).casefold()


def _first(keys: list[str], names: list[str], readings: Readings) -> int:
    """Return the position of the column with the best of these names; -1 if there is none."""
    return next((keys.index(name) for name in names if name in keys and name not in readings.columns), -1)


def _reader(key: str, keys: list[str], readings: Readings) -> Reader | None:
    """Return what reads the cells of a column that says who gets mail; None for any other column."""
    reader = _reader_of(key, keys, readings.columns.get(key))
    values = {value: standing for (column, value), standing in readings.values.items() if column == key}
    if not values:
        return reader
    return lambda cell: values.get(normal_word(cell)) or (reader(cell) if reader else ACTIVE)


def _reader_of(key: str, keys: list[str], meaning: Meaning | None) -> Reader | None:
    match meaning:
        case Meaning.STATUS:
            return by_word
        case Meaning.SUBSCRIBED:
            return lambda cell: LEFT if is_yes(cell) is False or not cell else ACTIVE
        case Meaning.LEFT:
            return lambda cell: ACTIVE if is_yes(cell) is False or not cell else LEFT
        case None:
            return _known_reader(key, keys)
    return None


def _is_beside_the_point(key: str, keys: list[str], readings: Readings) -> bool:
    if key in readings.columns:
        return readings.columns[key] is Meaning.IGNORE
    # Substack's "active_subscription" is about payment.
    return key in BESIDE_THE_POINT or (key == "activesubscription" and "emaildisabled" in keys)


def _known_reader(key: str, keys: list[str]) -> Reader | None:
    if key == "subscribed" and "unsubscribed" in keys:
        return None  # then both hold dates
    if key in WORD_COLUMNS:
        return by_word
    if key in PREFERENCE_COLUMNS:
        return by_preference
    if key in YES_COLUMNS:
        return _yes_no(ACTIVE, LEFT, empty=None)
    if key in CONFIRMED_COLUMNS:
        return _yes_no(ACTIVE, PENDING, empty=None)
    if key in NO_COLUMNS:
        return _yes_no(NO_COLUMNS[key], ACTIVE, empty=ACTIVE)
    return None


def _yes_no(yes: Standing, no: Standing, *, empty: Standing | None) -> Reader:
    meanings = {True: yes, False: no, None: None}
    return lambda cell: meanings[is_yes(cell)] if cell else empty
