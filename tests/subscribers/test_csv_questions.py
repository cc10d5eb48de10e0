"""Files in which it is unclear who left: somebody has to say how to read them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from digest.model import EffectiveStatus
from digest.subscribers.csv_columns import Meaning, Readings, squeezed
from digest.subscribers.csv_file import read_csv
from digest.subscribers.csv_questions import inspect
from digest.subscribers.standing import LEFT, PAUSED


def questions(folder: Path, text: str, readings: Readings | None = None, *, name: str = "list.csv") -> list[str]:
    (folder / name).write_text(text, "utf-8")
    return [one.text for one in inspect(folder / name, readings or Readings()).questions]


def statuses(folder: Path, readings: Readings, *, name: str = "list.csv") -> list[EffectiveStatus]:
    return [row.standing.status for row in read_csv(folder / name, inspect(folder / name, readings).readings)]


@pytest.mark.parametrize(
    "column",
    [
        "Opt-out level",
        "optOutLevel",
        "unsub campaign",
        "Blocked by",
        "do-not-mail code",
        "Removed?",
        "bounce count",
        "Left the list",
        "Cancelled on",
        "Abgemeldet am",
        "Désabonné le",
        "Uitgeschreven op",
        "Fecha de baja",
    ],
)
def test_a_column_whose_name_is_about_leaving_is_asked_about(column: str, tmp_path: Path) -> None:
    text = f"email,{column}\nada@x.example,\nbo@x.example,3\n"
    assert questions(tmp_path, text) == [f"The column {column!r} may say who left"]
    assert questions(tmp_path, f"email,{column}\nada@x.example,\n") == [], "an empty column says nothing"
    for meaning, expected in {
        Meaning.IGNORE: [EffectiveStatus.ACTIVE, EffectiveStatus.ACTIVE],
        Meaning.LEFT: [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT],
        Meaning.SUBSCRIBED: [EffectiveStatus.LEFT, EffectiveStatus.ACTIVE],
    }.items():
        readings = Readings({squeezed(column): meaning})
        assert questions(tmp_path, text, readings) == []
        assert statuses(tmp_path, readings) == expected


@pytest.mark.parametrize(
    "column",
    ["Home state", "Subscribed on", "Consent given at", "Notes", "Member since", "SMS blocklisted"],
)
def test_other_columns_are_not_asked_about(column: str, tmp_path: Path) -> None:
    assert questions(tmp_path, f"email,{column}\nada@x.example,2024-01-01\n") == []


def test_a_word_about_leaving_in_any_column_is_asked_about(tmp_path: Path) -> None:
    text = "email,Remarks\nada@x.example,nice\nbo@x.example,Unsubscribed\n"
    assert questions(tmp_path, text) == ["The column 'Remarks' has 'Unsubscribed' in some rows"]
    text = "email,Delivery\nada@x.example,post\nbo@x.example,on hold\n"
    assert questions(tmp_path, text) == ["The column 'Delivery' has 'on hold' in some rows"]


def test_a_no_is_asked_about_where_the_name_is_about_subscribing(tmp_path: Path) -> None:
    assert questions(tmp_path, "email,Consent to mailing\nada@x.example,Yes\n") == []
    text = "email,Consent to mailing\nada@x.example,Yes\nbo@x.example,No\n"
    assert questions(tmp_path, text) == ["The column 'Consent to mailing' may say who gets mail"]
    assert statuses(tmp_path, Readings({"consenttomailing": Meaning.SUBSCRIBED})) == [
        EffectiveStatus.ACTIVE,
        EffectiveStatus.LEFT,
    ]
    assert questions(tmp_path, "email,Has a dog\nada@x.example,No\n") == []


def test_a_status_that_is_not_understood_is_asked_about(tmp_path: Path) -> None:
    text = "email,status\nada@x.example,active\nbo@x.example,Zombie\ncy@x.example,on leave\n"
    assert questions(tmp_path, text) == [
        "The column 'status' is 'Zombie' in some rows",
        "The column 'status' is 'on leave' in some rows",
    ]
    readings = Readings(values={("status", "zombie"): LEFT, ("status", "on leave"): PAUSED})
    assert questions(tmp_path, text, readings) == []
    assert statuses(tmp_path, readings) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT, EffectiveStatus.PAUSED]


def test_a_yes_or_no_that_is_neither_is_asked_about(tmp_path: Path) -> None:
    text = "email,subscribed\nada@x.example,yes\nbo@x.example,\ncy@x.example,maybe\n"
    assert questions(tmp_path, text) == [
        "The column 'subscribed' is empty in some rows",
        "The column 'subscribed' is 'maybe' in some rows",
    ]
    readings = Readings(values={("subscribed", ""): LEFT, ("subscribed", "maybe"): LEFT})
    assert statuses(tmp_path, readings) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT, EffectiveStatus.LEFT]


def test_rows_that_are_not_understood_are_problems_for_whoever_does_not_ask(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,status\nada@x.example,Zombie\n", "utf-8")
    (row,) = read_csv(path)
    assert row.problem == "status is 'Zombie', which is not understood"


@pytest.mark.parametrize("name", ["unsubscribed.csv", "2024-bounces.csv", "optOuts.csv", "people who left.csv"])
def test_a_file_whose_name_is_about_leaving_is_asked_about(name: str, tmp_path: Path) -> None:
    text = "email\nada@x.example\n"
    assert questions(tmp_path, text, name=name) == [
        f"The name of the file {name!r} says that these people left, and no column does"
    ]
    readings = Readings(everybody=LEFT)
    assert questions(tmp_path, text, readings, name=name) == []
    assert statuses(tmp_path, readings, name=name) == [EffectiveStatus.LEFT]
    assert questions(tmp_path, "email,status\nada@x.example,left\n", name=name) == [], "its rows say so"


def test_the_most_restrictive_column_counts(tmp_path: Path) -> None:
    text = (
        "email,status,subscribed,bounced\nada@x.example,active,yes,no\nbo@x.example,active,no,no\n"
        "cy@x.example,active,yes,yes\ndi@x.example,paused,yes,\n"
    )
    assert questions(tmp_path, text) == []
    assert statuses(tmp_path, Readings()) == [
        EffectiveStatus.ACTIVE,
        EffectiveStatus.LEFT,
        EffectiveStatus.SUPPRESSED,
        EffectiveStatus.PAUSED,
    ]


def test_a_column_such_as_type_counts_only_if_it_holds_statuses(tmp_path: Path) -> None:
    assert questions(tmp_path, "email,type\nada@x.example,resident\nbo@x.example,staff\n") == []
    assert questions(tmp_path, "email,type\nada@x.example,resident\nbo@x.example,unsubscribed\n") == [
        "The column 'type' has 'unsubscribed' in some rows"
    ]
    assert questions(tmp_path, "email,type\nada@x.example,regular\nbo@x.example,unsubscribed\n") == []
    assert statuses(tmp_path, Readings()) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT]


def test_columns_are_read_as_the_operator_says(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Wer,Adresse 2,Interessen,email\nAda,ada@x.example,comms,\n", "utf-8")
    meanings = {"wer": Meaning.NAME, "adresse2": Meaning.EMAIL, "interessen": Meaning.THEMES}
    (row,) = read_csv(path, Readings(meanings))
    assert (row.email, row.name, row.themes) == ("ada@x.example", "Ada", ("comms",))


def test_a_row_with_too_many_cells_is_a_problem(tmp_path: Path) -> None:
    """A separator within a name moves the status to another column."""
    assert questions(tmp_path, "email;name;status\nada@x.example;Ada;active\nbo@x.example;Li; Bo;left\n") == []
    problems = [row.problem for row in read_csv(tmp_path / "list.csv")]
    assert problems == ["", "it has more cells than the header, so it is unclear which one is the status"]


def test_long_cells_are_not_kept(tmp_path: Path) -> None:
    """Thousands of them would fill the memory."""
    path = tmp_path / "list.csv"
    long = "comms " * 10_000
    path.write_text(
        "email,themes,type,notes\n" + "".join(f"r{n}@x.example,{n} {long},{n}{long},{n}{long}\n" for n in range(60)),
        "utf-8",
    )
    tracemalloc.start()
    try:
        inspect(path, Readings())
        assert sum(1 for _ in read_csv(path)) == 60
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000


def test_without_a_header_a_word_about_leaving_is_no_name(tmp_path: Path) -> None:
    text = "ada@x.example,Ada\nbo@x.example,unsubscribed\n"
    assert questions(tmp_path, text) == ["The file has no header, and column 2 has 'unsubscribed' in some rows"]
    (one,) = inspect(tmp_path / "list.csv", Readings()).questions
    assert one.option == "--read 'name=…'"
    assert questions(tmp_path, text, Readings({"name": Meaning.NAME})) == [], "somebody is called so"
    (tmp_path / "list.csv").write_text("ada@x.example,subscribed\nbo@x.example,unsubscribed\n", "utf-8")
    assert statuses(tmp_path, Readings({"name": Meaning.STATUS})) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT]


def test_a_column_without_a_name_is_asked_about_by_its_number(tmp_path: Path) -> None:
    text = "email,,name\nada@x.example,subscribed,Ada\nbo@x.example,unsubscribed,Bo\n"
    assert questions(tmp_path, text) == ["The column 'column 2' has 'unsubscribed' in some rows"]
    (one,) = inspect(tmp_path / "list.csv", Readings()).questions
    assert one.option == "--read 'column 2=…'"
    readings = Readings({squeezed("column 2"): Meaning.STATUS})
    assert questions(tmp_path, text, readings) == []
    assert statuses(tmp_path, readings) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("tags", "vip, unsubscribed"),
        ("labels", "unsubscribed;2019"),
        ("notes", "Unsubscribed by phone on 3 May"),
        ("notes", "Hat sich am 3. Mai abgemeldet"),
        ("name", "Ada (unsubscribed)"),
        ("GDPR", "No"),
        ("Wants our mail?", "n"),
        ("Abo aktiv", "nein"),
        ("Abonné", "non"),
        ("Tanysgrifiwyd", "na"),
        ("frequency", "never"),
    ],
)
def test_what_says_between_other_words_that_somebody_left_is_asked_about(
    column: str, cell: str, tmp_path: Path
) -> None:
    assert len(questions(tmp_path, f'email,{column}\nada@x.example,"{cell}"\n')) == 1


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("name", "Bo Left"),
        ("last name", "Junk"),
        ("notes", "asked how to unsubscribe"),
        ("company", "Banned Books Ltd"),
    ],
)
def test_words_with_another_meaning_are_no_question(column: str, cell: str, tmp_path: Path) -> None:
    assert questions(tmp_path, f'email,{column}\nada@x.example,"{cell}"\n') == []


def test_a_frequency_that_says_no_is_asked_about_until_it_is_a_status(tmp_path: Path) -> None:
    text = "email,Email frequency\nada@x.example,Once a month\nbo@x.example,never\ncy@x.example,daily\n"
    assert questions(tmp_path, text) == ["The column 'Email frequency' is 'never' in some rows"]
    (one,) = inspect(tmp_path / "list.csv", Readings()).questions
    assert one.option == "--read 'Email frequency:never=…'"
    readings = Readings(values={("emailfrequency", "never"): LEFT})
    assert questions(tmp_path, text, readings) == []
    assert statuses(tmp_path, readings) == [EffectiveStatus.ACTIVE, EffectiveStatus.LEFT, EffectiveStatus.ACTIVE]
    rows = [*read_csv(tmp_path / "list.csv", readings)]
    assert [row.frequency for row in rows] == ["monthly", "", "daily"], "daily is no frequency: its row is invalid"
    ignored = Readings({"emailfrequency": Meaning.IGNORE})
    assert questions(tmp_path, text, ignored) == []
    assert {row.frequency for row in read_csv(tmp_path / "list.csv", ignored)} == {""}


def test_a_title_about_leaving_is_asked_about(tmp_path: Path) -> None:
    text = "Liste der Abmeldungen,\nEmail,Datum\nada@x.example,2020-01-01\n"
    assert questions(tmp_path, text) == ["The title 'Liste der Abmeldungen,' may say that these people left"]
    assert questions(tmp_path, text, Readings(everybody=LEFT)) == []
    assert questions(tmp_path, text.replace("Abmeldungen", "Kunden")) == []
    assert questions(tmp_path, "sep=,\nEmail,Datum\nada@x.example,2020-01-01\n") == []
