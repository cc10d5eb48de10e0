from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import SettingsError
from digest.settings import Secrets, Settings, line_of, load_settings, parse_settings

ROOT = Path(__file__).parent.parent
LEAST = '[newsletter]\ntitle = "A digest"\nfrom = "A digest <digest@example.org>"\n'
TWO_SOURCES = "[[sources]]\nname='a'\nfeed='http://a/'\n[[sources]]\nname='b'\nfeed='http://b/'\n"


def parsed(text: str, folder: Path = Path("/nowhere")) -> Settings:
    return parse_settings(text, path=folder / "digest.toml")


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        parsed(text)
    assert raised.value.exit_code == 2
    return str(raised.value)


def test_the_smallest_file_has_the_four_themes_and_every_default() -> None:
    settings = parsed(LEAST)
    assert [theme.key for theme in settings.themes] == ["digital-government", "comms", "civic-tech", "recruitment"]
    assert settings.newsletter.timezone == "Europe/London"
    assert settings.approval.mode == "required"
    assert settings.collect.allow_networks == []


def test_the_example_shows_every_setting_with_its_default() -> None:
    text = (ROOT / "digest.example.toml").read_text("utf-8")
    example, least = parsed(text), parsed(LEAST)
    for table in (
        "schedule",
        "approval",
        "collect",
        "summary",
        "edition",
        "store",
        "smtp",
        "dkim",
        "bounces",
        "design",
    ):
        example_table, default = getattr(example, table), getattr(least, table)
        assert example_table == default, table
        for name in type(default).model_fields:
            assert f"\n{name} = " in text or f"\n# {name} = " in text, f"[{table}] {name} is not in the example"
    for name, field in type(least.newsletter).model_fields.items():
        assert f"\n{field.alias or name} = " in text
    assert example.themes == least.themes
    assert len(example.sources) >= 8


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[smpt]\nhost = 'x'\n", "digest.toml, line 4: there is no setting 'smpt'; did you mean 'smtp'?"),
        ("[collect]\nretrys = 3\n", "line 5: there is no setting 'collect.retrys'; did you mean 'retries'?"),
        ("[collect]\n\nconcurrency = 'many'\n", "line 6: collect.concurrency: write a whole number."),
        ("[collect]\nconcurrency = 257\n", "collect.concurrency: write 256 or less."),
        ("[collect]\nconcurrency = 0\n", "collect.concurrency: write 1 or more."),
        ("[collect]\ntimeout_seconds = 0\n", "collect.timeout_seconds: write a number above 0"),
        ("[collect]\nrobots = 'perhaps'\n", "collect.robots: write true or false."),
        ("[summary]\nmethod = 'textrang'\n", "summary.method: did you mean 'textrank'? Write 'auto', 'lead', "),
        ("[approval]\nmode = 'maybe'\n", "approval.mode: write 'required' or 'automatic'."),
        ("[store]\nurl = 3\n", "store.url: write a text in quotes."),
        ("[design]\naccent = 'blue'\n", "design.accent: write a colour such as #1d4f91."),
        ("[[themes]]\nkey='Comms!'\ntitle='C'\n", "themes.1.key: write lower-case letters, digits and hyphens"),
        ("[[themes]]\nkey='comms'\ntitle=''\n", "themes.1.title: must not be empty."),
        (TWO_SOURCES.replace("http://b/", "gopher://b"), "line 9: sources.2.feed: "),
        ("[[sources]]\nname='a'\n", "line 4: 'sources.1.feed' is missing."),
        ("[[sources]]\nname='a'\nfeed='http://a.example/'\ntheme='coms'\n", "did you mean 'comms'?"),
        (TWO_SOURCES.replace("'b'", "'a'"), "two sources have the name 'a'"),
        ("[[themes]]\nkey='elsewhere'\ntitle='E'\n", "'elsewhere' is reserved"),
        ("[schedule]\ncompose = 'every monday'\n", "is not a cron line"),
        ("[schedule]\ncompose = '99 * * * *'\n", "is not a cron line"),
        ("[collect]\nallow_networks = ['10.0.0.0/33']\n", "is not a network"),
        ("[dkim]\ndomain = 'example.org'\n", "belong together"),
        ("[smtp]\npassword = 'secret'\n", "DIGEST_SMTP_PASSWORD"),
        ("[smtp]\nper_domain = { 'a@b.example' = 2 }\n", "line 5: smtp.per_domain: write a domain"),
        ("[smtp]\nper_domain = { 'b.example' = 0 }\n", "b.example: write how many messages a second"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_the_nearest_right_key(text: str, says: str) -> None:
    assert says in refusal(LEAST + text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"A digest <digest@example.org>"', '"nobody"', "write an address"),
        ('"A digest <digest@example.org>"', '"a@b\\nBcc: c@d"', "write an address"),
        ('title = "A digest"', "", "'newsletter.title' is missing"),
        ('title = "A digest"', 'title = "A digest"\ntimezone = "Mars/Olympus"', "is not a time zone"),
        ('title = "A digest"', 'title = "A digest"\ncutoff = "someday"', 'write a day and a time, such as "MON 00:00"'),
        ('title = "A digest"', 'title = "A digest"\ncutoff = 3', 'write a day and a time, such as "MON 00:00"'),
    ],
)
def test_a_wrong_newsletter_is_refused(old: str, new: str, says: str) -> None:
    assert says in refusal(LEAST.replace(old, new))


def test_invalid_toml_is_reported_with_its_line() -> None:
    assert "line 2" in refusal("[newsletter]\ntitle = \n")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="digest init"):
        load_settings(tmp_path / "digest.toml")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "digest.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LEAST.encode())
    assert load_settings(path).newsletter.title == "A digest"


def test_a_relative_store_lies_beside_the_file(tmp_path: Path) -> None:
    settings = parsed(LEAST, tmp_path)
    assert settings.store_url == f"sqlite:///{tmp_path}/var/digest.db"
    assert settings.state_folder == tmp_path / "var"


def test_relative_paths_start_at_the_file(tmp_path: Path) -> None:
    text = '[newsletter]\ntitle = "T"\nfrom = "d@e.org"\n[smtp]\nca_file = "ca.pem"\n[bounces]\nmailbox = "Maildir"\n'
    settings = parse_settings(text, path=tmp_path / "digest.toml")
    assert (settings.ca_file, settings.bounce_mailbox) == (f"{tmp_path}/ca.pem", f"{tmp_path}/Maildir")
    others = text.replace("ca.pem", "/etc/ca.pem").replace("Maildir", "imaps://b@e.org/INBOX")
    settings = parse_settings(others, path=tmp_path / "digest.toml")
    assert (settings.ca_file, settings.bounce_mailbox) == ("/etc/ca.pem", "imaps://b@e.org/INBOX")
    assert parse_settings(text.partition("[smtp]")[0], path=tmp_path / "digest.toml").ca_file == ""


def test_secrets_come_from_files_and_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("s3cret\n")
    assert Secrets(smtp_password_file=str(path)).read("smtp_password") == "s3cret"
    with pytest.raises(SettingsError, match="DIGEST_SMTP_PASSWORD_FILE"):
        Secrets(smtp_password_file=str(tmp_path / "nowhere")).read("smtp_password")


def test_no_secret_is_shown() -> None:
    assert "s3cret" not in repr(Secrets.model_validate({"smtp_password": "s3cret"}))


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = parsed(LEAST, tmp_path).secret_key, parsed(LEAST, tmp_path).secret_key
    assert first == second
    assert len(first) == 32
    assert (tmp_path / "var" / "secret.key").stat().st_mode & 0o077 == 0


def test_lines_are_found_in_arrays_of_tables() -> None:
    text = "[a]\nx = 1\n[[b]]\nx = 1\n[[b]]\ny = 1\nx = 2\n"
    assert line_of(text, ("b", 1, "x")) == 7
    assert line_of(text, ("b", 0, "x")) == 4
    assert line_of(text, ("b", 1, "missing")) == 5
    assert line_of(text, ("c",)) is None


def test_pictures_need_public_pages() -> None:
    on = "[design]\nimages = true\n"
    assert not parsed(LEAST).design.images
    assert not parsed(LEAST + on).has_pictures
    public = LEAST.replace("[newsletter]\n", '[newsletter]\npublic_url = "https://digest.example"\n')
    assert parsed(public + on).has_pictures
    assert not parsed(public).has_pictures
    assert "there is no setting 'design.image'" in refusal(f"{LEAST}[design]\nimage = true\n")


def test_several_shares_need_postgresql() -> None:
    shares = '[newsletter]\ntitle="T"\nfrom="a@example.org"\n[scale]\nshares = 3\n'
    with pytest.raises(
        SettingsError, match=r"shares = 3 needs a store that several machines reach: write \[store\] url"
    ):
        parse_settings(shares, path=Path("digest.toml"))
    on_postgresql = parse_settings(shares + '[store]\nurl = "postgresql://db/digest"\n', path=Path("digest.toml"))
    assert on_postgresql.scale.shares == 3
