"""Who gets mail after an import: nobody who left, wherever that is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from digest.errors import UsageError
from digest.model import EffectiveStatus, Frequency, RowVerdict, SubscriberStatus, Suppression, SuppressionReason
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.init import init
from digest.steps.subscribers import import_csv, operator_actions
from digest.steps.subscribers.restore import restore
from digest.store import activity, subscriber_list
from digest.store import subscribers as store_subscribers
from digest.store.engine import Store, open_store
from digest.store.schema import metadata
from digest.subscribers.csv_columns import Readings
from digest.subscribers.csv_file import write_csv
from digest.subscribers.csv_questions import inspect
from digest.subscribers.pause_dates import pause_end
from digest.subscribers.standing import BY_STATUS

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
THEMES = ("digital-government", "comms", "civic-tech", "recruitment")


def context_of(folder: Path, store: Store) -> Context:
    toml = '[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n'
    return Context(parse_settings(toml, path=folder / "digest.toml"), store, lambda: NOW)


@pytest.fixture
def context(tmp_path: Path, store: Store) -> Context:
    return context_of(tmp_path, store)


def bring_in(
    context: Context, folder: Path, text: str, readings: Readings | None = None, **options: bool | int
) -> list[RowVerdict]:
    path = folder / "list.csv"
    path.write_text(text, "utf-8", newline="")
    verdicts: list[RowVerdict] = []
    inspection = inspect(path, readings or Readings())
    import_csv.import_file(context, path, inspection=inspection, on_verdict=verdicts.append, **options)  # type: ignore[arg-type]
    return verdicts


def short(verdicts: list[RowVerdict]) -> list[str]:
    return [f"{one.verdict}: {one.reason}" if one.reason else one.verdict for one in verdicts]


def statuses(context: Context) -> dict[str, str]:
    """Return each subscriber's status, and the reason if they are suppressed."""
    return {
        one.email.partition("@")[0]: f"{one.status} ({one.reason})" if one.reason else one.status.value
        for one in operator_actions.everyone(context)
    }


@pytest.mark.parametrize("batch", [2, 20_000])
def test_rows_become_what_they_say(context: Context, tmp_path: Path, batch: int) -> None:
    text = (
        "email,status\nada@x.example,active\nbo@x.example,unsubscribed\ncy@x.example,bounced\ndi@x.example,paused\n"
        "ed@x.example,pending\nfi@x.example,spam complaint\ngu@x.example,blocked\n"
    )
    dry = bring_in(context, tmp_path, text, dry_run=True, batch=batch)
    assert statuses(context) == {}
    verdicts = bring_in(context, tmp_path, text, batch=batch)
    assert verdicts == dry
    assert short(verdicts) == [
        "added",
        "suppressed: left, says the file",
        "suppressed: bounce, says the file",
        "added: paused",
        "added: pending",
        "suppressed: complaint, says the file",
        "suppressed: status: blocked, says the file",
    ]
    assert statuses(context) == {
        "ada": "active",
        "bo": "left (left)",
        "cy": "suppressed (bounce)",
        "di": "paused",
        "ed": "pending",
        "fi": "suppressed (complaint)",
        "gu": "suppressed (status: blocked)",
    }
    again = bring_in(context, tmp_path, "email\n" + "".join(f"{name}@x.example\n" for name in statuses(context)))
    assert [one.verdict for one in again] == ["unchanged", *["suppressed"] * 2, *["unchanged"] * 2, *["suppressed"] * 2]


def test_the_history_says_where_it_stands_written(context: Context, tmp_path: Path) -> None:
    bring_in(context, tmp_path, "email,status\nada@x.example,left\nbo@x.example,bounced\ncy@x.example,pending\n")
    lines = {name: operator_actions.history(context, f"{name}@x.example") for name in ("ada", "bo", "cy")}
    assert [(line.what, line.how, line.origin) for line in lines["ada"]] == [
        ("unsubscribed", "import list.csv", "list.csv, line 2")
    ]
    assert [(line.what, line.wording) for line in lines["bo"]] == [("suppressed", "bounce")]
    assert [line.what for line in lines["cy"]] == ["asked"]


def test_subscribers_become_what_the_file_says(context: Context, tmp_path: Path) -> None:
    for name in ("ada", "bo", "cy", "di"):
        operator_actions.add(context, f"{name}@x.example", name=name.title())
    text = "email,status\nada@x.example,unsubscribed\nbo@x.example,bounced\ncy@x.example,paused\ndi@x.example,pending\n"
    assert bring_in(context, tmp_path, text, dry_run=True) == bring_in(context, tmp_path, text)
    assert statuses(context) == {
        "ada": "left (left)",
        "bo": "suppressed (bounce)",
        "cy": "paused",
        "di": "active",  # they have confirmed here, or an operator added them
    }
    assert short(bring_in(context, tmp_path, "email,status\ncy@x.example,active\n")) == ["unchanged: paused"]


@pytest.mark.parametrize("reason", [SuppressionReason.BOUNCE, SuppressionReason.OPERATOR])
def test_leaving_adds_to_a_suppression_that_could_be_lifted(
    context: Context, tmp_path: Path, reason: SuppressionReason
) -> None:
    operator_actions.add(context, "ada@x.example")
    operator_actions.suppress(context, "ada@x.example", reason=reason, detail="asked by phone")
    assert short(bring_in(context, tmp_path, "email,status\nada@x.example,left\n")) == [
        "suppressed: left, says the file"
    ]
    assert statuses(context) == {"ada": "left (left)"}
    assert not restore(context, "ada@x.example").restored
    again = "email,status\nada@x.example,bounced\nada@x.example,left\n"
    assert [one.verdict for one in bring_in(context, tmp_path, again)] == ["suppressed", "suppressed"]
    assert statuses(context) == {"ada": "left (left)"}


def test_a_complaint_after_a_bounce_outlives_an_export(context: Context, tmp_path: Path) -> None:
    operator_actions.add(context, "ada@x.example")
    bring_in(context, tmp_path, "email,status\nada@x.example,bounced\n")
    bring_in(context, tmp_path, "email,status\nada@x.example,complained\n")
    assert statuses(context) == {"ada": "suppressed (complaint)"}


@pytest.mark.parametrize("batch", [1, 2, 20_000])
@pytest.mark.parametrize("first", ["active", "left"])
def test_whoever_left_in_one_row_of_a_file_has_left(context: Context, tmp_path: Path, batch: int, first: str) -> None:
    second = "left" if first == "active" else "active"
    text = f"email,status\nada@x.example,{first}\nbo@x.example,active\nADA@x.example,{second}\nada@x.example,active\n"
    dry = bring_in(context, tmp_path, text, dry_run=True, batch=batch)
    verdicts = bring_in(context, tmp_path, text, batch=batch)
    assert [one.verdict for one in verdicts] == [
        "added" if first == "active" else "suppressed", "added", "suppressed", "suppressed",
    ]  # fmt: skip
    assert verdicts == dry
    assert statuses(context) == {"ada": "left (left)", "bo": "active"}


def test_nothing_is_written_while_something_is_unclear(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,opt out level\nada@x.example,\nbo@x.example,3\n", "utf-8")
    with pytest.raises(UsageError, match="it is unclear who may get mail, so nothing was imported") as refusal:
        import_csv.import_file(context, path)
    assert "--read 'opt out level=…'" in str(refusal.value)
    assert refusal.value.exit_code == 2
    assert statuses(context) == {}


def test_a_whole_file_of_people_who_left(context: Context, tmp_path: Path) -> None:
    operator_actions.add(context, "ada@x.example")
    readings = Readings(everybody=BY_STATUS[EffectiveStatus.LEFT])
    bring_in(context, tmp_path, "email\nada@x.example\nbo@x.example\n", readings)
    assert statuses(context) == {"ada": "left (left)", "bo": "left (left)"}


def test_columns_are_named(context: Context, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,Shoe size,status,\nada@x.example,42,active,\n", "utf-8")
    counts = import_csv.import_file(context, path)
    assert (counts.status_columns, counts.not_read) == (("status",), ("Shoe size",))


def test_likely_typing_mistakes_are_not_added(context: Context, tmp_path: Path) -> None:
    text = "email,status\nada@gmail.con,active\nbo@hotmial.com,active\ncy@gmail.com,active\ndi@gmail.con,left\n"
    assert bring_in(context, tmp_path, text, dry_run=True) == (verdicts := bring_in(context, tmp_path, text))
    assert short(verdicts) == [
        "doubtful: did you mean ada@gmail.com?",
        "doubtful: did you mean bo@hotmail.com?",
        "added",
        "suppressed: left, says the file",  # nothing is sent there anyway
    ]
    assert statuses(context) == {"cy": "active", "di": "left (left)"}
    assert short(bring_in(context, tmp_path, text, accept_doubtful=True))[:2] == ["added", "added"]
    assert short(bring_in(context, tmp_path, "email,name\nada@gmail.con,Ada\n")) == ["updated: name"], "it is known"
    assert operator_actions.add(context, "ed@gmial.com").verdict == "doubtful"
    assert operator_actions.add(context, "ed@gmial.com", accept_doubtful=True).verdict == "added"


def test_the_samples_of_init_are_nobodys_addresses(context: Context, tmp_path: Path) -> None:
    init(tmp_path / "new")
    verdicts: list[RowVerdict] = []
    import_csv.import_file(context, tmp_path / "new" / "subscribers.csv", on_verdict=verdicts.append)
    assert [one.verdict for one in verdicts] == ["invalid"] * 3
    assert "only a sample" in verdicts[0].reason
    assert operator_actions.add(context, verdicts[0].email, accept_doubtful=True).verdict == "invalid"
    assert statuses(context) == {}


# --- Export, and import into another store ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """A subscriber as somebody may find them in a store."""

    name: str
    themes: tuple[str, ...]
    language: str
    status: SubscriberStatus
    suppression: Suppression | None
    frequency: Frequency
    pause: int  # days; 0 for until they resume


_names = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12).map(lambda text: " ".join(text.split()))
_suppressions = st.builds(
    Suppression,
    st.sampled_from([SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.OPERATOR]),
    st.sampled_from(["", "5.1.1", "asked by phone", "left the parish", "=1+1"]),
)
people = st.lists(
    st.builds(
        Person,
        _names,
        st.lists(st.sampled_from(THEMES), unique=True).map(tuple),
        st.sampled_from(["", "cy", "de-AT"]),
        st.sampled_from(list(SubscriberStatus)),
        st.none() | _suppressions,
        st.sampled_from(list(Frequency)),
        st.integers(0, 3),
    ),
    max_size=8,
)


def fill(context: Context, crowd: list[Person]) -> None:
    for number, one in enumerate(crowd):
        email = f"r{number}@x.example"
        operator_actions.add(context, email, name=one.name, themes=one.themes, language=one.language)
        if one.status is SubscriberStatus.LEFT:
            operator_actions.remove(context, email)
        else:
            with context.store.writing() as connection:
                found = next(
                    row for row in subscriber_list.stream(connection, now=context.clock()) if row.email == email
                )
                store_subscribers.move(connection, found.id, [SubscriberStatus.ACTIVE], one.status)
                store_subscribers.change(connection, found.id, frequency=one.frequency.value)
                if one.status is SubscriberStatus.PAUSED and one.pause:
                    day = context.clock().date() + timedelta(days=one.pause)
                    activity.pause(connection, found.id, until=pause_end(day, context.settings.newsletter.zone))
        if one.suppression:
            operator_actions.suppress(
                context, email, reason=one.suppression.reason, detail=one.suppression.detail, by="tester"
            )


@pytest.fixture
def two_stores(tmp_path: Path) -> Iterator[list[Store]]:
    stores = [open_store(f"sqlite:///{tmp_path / name}.db") for name in ("old", "new")]
    yield stores
    for store in stores:
        store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(crowd=people, separator=st.sampled_from([",", ";"]), bom=st.booleans())
@pytest.mark.thorough
def test_export_and_import_into_a_new_store_mail_the_same_people(
    tmp_path: Path, crowd: list[Person], separator: str, bom: bool, two_stores: list[Store]
) -> None:
    old, new = (context_of(tmp_path, store) for store in two_stores)
    for store in two_stores:
        with store.writing() as connection:
            for table in ("subscribers", "suppressions", "consent"):
                connection.execute(delete(metadata.tables[table]))
    fill(old, crowd)
    file = io.StringIO(newline="")
    write_csv(file, operator_actions.everyone(old), old.settings.newsletter.zone)
    saved = io.StringIO(newline="")  # by a spreadsheet, which may have separators of its own
    csv.writer(saved, delimiter=separator).writerows(csv.reader(io.StringIO(file.getvalue(), newline="")))
    bring_in(new, tmp_path, ("\ufeff" if bom else "") + saved.getvalue())
    before, after = ([replace(one, id=0) for one in operator_actions.everyone(context)] for context in (old, new))
    assert after == before, "their themes, languages, frequencies, pauses, and why somebody gets nothing, too"


OWN_HEADER = "email,name,themes,language,status,reason,frequency,paused_until\n"


def test_who_paused_until_a_day_that_has_passed_can_be_paused_by_a_file(context: Context, tmp_path: Path) -> None:
    operator_actions.add(context, "ada@x.example")
    with context.store.writing() as connection:
        ada = store_subscribers.find_by_key(connection, "ada@x.example")
        assert ada is not None
        activity.pause(connection, ada.id, until=context.clock() - timedelta(days=1))
    verdicts = bring_in(context, tmp_path, f"{OWN_HEADER}ada@x.example,,,,paused,,weekly,\n")
    assert short(verdicts) == ["updated: paused"]
    (row,) = operator_actions.everyone(context)
    assert (row.status, row.paused_until) == (EffectiveStatus.PAUSED, None)


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ("monthly,", "updated: frequency"),
        (",", "unchanged"),
        ("daily,", "invalid: there is no frequency 'daily'; write weekly or monthly"),
        ("weekly,May", "invalid: 'May' is not a date; write one such as 2027-05-01"),
        ("weekly,0001-01-01", "invalid: '0001-01-01' is not a date; write one such as 2027-05-01"),
    ],
)
def test_frequency_of_our_own_export(context: Context, tmp_path: Path, cells: str, verdict: str) -> None:
    operator_actions.add(context, "ada@x.example")
    assert short(bring_in(context, tmp_path, f"{OWN_HEADER}ada@x.example,,,,active,,{cells}\n")) == [verdict]


def test_frequency_in_a_list_from_elsewhere(context: Context, tmp_path: Path) -> None:
    words = [
        "Monthly",
        "once a month",
        "misol",
        "monatlich",
        "MENSUEL",
        "mensual",
        "maandelijks",
        "شهريًا",
        "weekly",
        "",
        "x",
    ]
    rows = [f"reader{place}@x.example,{word}" for place, word in enumerate(words)]
    verdicts = bring_in(context, tmp_path, "\n".join(["email,Häufigkeit", *rows]) + "\n")
    assert short(verdicts) == ["added"] * 10 + ["invalid: there is no frequency 'x'; write weekly or monthly"]
    assert [one.frequency for one in operator_actions.everyone(context)] == [Frequency.MONTHLY] * 8 + [
        Frequency.WEEKLY
    ] * 2
    assert short(bring_in(context, tmp_path, "email,frequency\nreader0@x.example,\n")) == ["unchanged"]
