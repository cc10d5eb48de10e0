"""One domain is the same domain wherever it is written: in a mail, on the way to a server, in a URL, in DNS."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import idna
import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.guarded_transport import BadAddressError, ascii_host, request_for
from digest.collect.urls import host_of as host_of_post
from digest.collect.urls import identity, with_ascii_host
from digest.domain_names import DomainNameError, to_ascii
from digest.errors import SettingsError
from digest.mail.message.header_encoding import wire_address
from digest.mail.message.notice import Notice, notice_bytes
from digest.mail.rendering.safe_links import safe_url
from digest.mail.returned.imap import parse_place
from digest.settings import parse_settings
from digest.steps.editing.edition_view import sample_addressing
from digest.steps.mail_setup import Links
from digest.subscribers.email_addresses import Address, envelope_form, parse_address
from digest.week import Week

NOW = datetime(2019, 3, 25, 6, tzinfo=UTC)

# What the WHATWG's "domain to ASCII" (UTS #46, non-transitional) makes of them.
DOMAINS = [
    ("faß.de", "xn--fa-hia.de"),  # IDNA 2003: fass.de, which belongs to somebody else
    ("FAẞ.de", "xn--fa-hia.de"),
    ("straße.de", "xn--strae-oqa.de"),
    ("βόλος.com", "xn--nxasmm1c.com"),  # the final sigma, which IDNA 2003 loses
    ("Bücher.Example", "xn--bcher-kva.example"),
    ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
    ("bu\u0308cher.example", "xn--bcher-kva.example"),  # decomposed
    ("ｅｘａｍｐｌｅ.org", "example.org"),
    ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
    ("صحة.example", "xn--ogbhx.example"),
]
SYMBOLS = [
    ("i❤.ws", "xn--i-7iq.ws"),
    ("I❤️.ws", "xn--i-7iq.ws"),
    ("💩.la", "xn--ls8h.la"),
    ("☃.example", "xn--n3h.example"),
]
NO_DOMAINS = [
    "a..ü.example",
    ".ü.example",
    "ü" * 64 + ".example",
    ".".join(["ü" * 20] * 12),  # each part is short enough
    "-ü.example",
    "ü-.example",
    "ü ü.example",
    "ü＠evil.example",
    "ü／evil.example",
    "aא.example",  # left to right and right to left in one part
    "\u0301a.example",
    "👨\u200d👩.example",
]


@pytest.mark.parametrize(("spelling", "name"), DOMAINS + SYMBOLS)
def test_to_ascii_maps_as_browsers_do(spelling: str, name: str) -> None:
    assert to_ascii(spelling) == to_ascii(spelling + ".") == to_ascii(name) == to_ascii(name.upper()) == name


@pytest.mark.parametrize(
    "spelling", [*NO_DOMAINS, "", ".", "..", "a" * 64 + ".example", "a." * 127 + "example", "\ud800.example"]
)
def test_to_ascii_rejects_what_is_no_domain(spelling: str) -> None:
    with pytest.raises(DomainNameError):
        to_ascii(spelling)


@given(st.text(max_size=80))
def test_to_ascii_is_idempotent_and_makes_plain_names(text: str) -> None:
    try:
        name = to_ascii(text)
    except DomainNameError:
        return
    assert name.isascii()
    assert to_ascii(name) == name
    if not text.isascii():
        assert not set(name) & set("@/:?#[]\\ %")


@given(st.text(st.characters(categories=["Ll", "Lu", "Lo", "Nd"]), min_size=1, max_size=20))
def test_to_ascii_agrees_with_idna_2008(label: str) -> None:
    try:
        expected = idna.encode(f"{label}.example", uts46=True).decode("ascii")
    except idna.IDNAError:
        return
    assert to_ascii(f"{label}.example") == expected


@pytest.mark.parametrize(("spelling", "name"), DOMAINS + SYMBOLS)
def test_a_notice_and_its_envelope_go_to_the_same_domain(spelling: str, name: str) -> None:
    email = f"ada@{spelling}"
    raw = notice_bytes(
        Notice(email, "Hello", "Hello\n"), from_=f"Digest <d@{spelling}>", reply_to=email, message_id="<1@x>", date=NOW
    )
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert message["To"].addresses[0].addr_spec == message["Reply-To"].addresses[0].addr_spec == f"ada@{name}"
    assert message["From"].addresses[0].addr_spec == f"d@{name}"
    assert envelope_form(email)[0] == wire_address(email) == f"ada@{name}"


@pytest.mark.parametrize(("spelling", "name"), DOMAINS)
def test_a_subscriber_is_the_same_under_both_forms_of_the_domain(spelling: str, name: str) -> None:
    one, other = parse_address(f"ada@{spelling}"), parse_address(f"ada@{name}")
    assert isinstance(one, Address)
    assert one == other
    assert one.key == f"ada@{name}"
    assert envelope_form(one.email) == (f"ada@{name}", False)
    assert validate_email(one.email, check_deliverability=False).ascii_domain == name, "as the library has it"


@pytest.mark.parametrize(("spelling", "name"), DOMAINS + SYMBOLS)
def test_a_url_is_visited_shown_and_compared_under_the_same_domain(spelling: str, name: str) -> None:
    url = f"https://{spelling}:8443/päth?q=ü"
    assert ascii_host(request_for(url, httpx.Headers()).url) == name
    assert host_of_post(url) == urlsplit(safe_url(url)).hostname == name
    assert identity(url) == identity(url.replace(spelling, name))
    assert parse_place(f"imaps://ada@{spelling}/INBOX").host == name


@pytest.mark.parametrize("domain", NO_DOMAINS)
def test_an_invalid_domain_is_neither_fetched_nor_linked(domain: str) -> None:
    with pytest.raises(BadAddressError):
        request_for(f"https://{domain}/", httpx.Headers())
    assert safe_url(f"https://{domain}/") == ""
    assert not isinstance(parse_address(f"ada@{domain}"), Address)
    with pytest.raises(ValueError, match=r"no valid domain|not an e-mail address"):
        wire_address(f"ada@{domain}")


def test_with_ascii_host_changes_the_host_alone() -> None:
    assert with_ascii_host("https://Ada:ü@FAẞ.de:81/ß?ß#ß") == "https://Ada:ü@xn--fa-hia.de:81/ß?ß#ß"
    assert with_ascii_host("https://Example.org:81/ß") == "https://Example.org:81/ß"


def test_settings_hold_the_names_that_are_looked_up(tmp_path: Path) -> None:
    """`socket`, `ssl` and dnspython would make IDNA 2003 of them; a browser sends the public host in ASCII."""
    settings = parse_settings(
        """
        [newsletter]
        title = "A digest"
        from = "A digest <digest@faß.de>"
        public_url = "https://digest.faß.de:8443/mail"
        [smtp]
        host = "mail.FAẞ.de"
        fallbacks = ["backup.faß.de:587", "Backup.example.org:587", "[::1]:25"]
        [dkim]
        domain = "faß.de"
        selector = "s"
        key_file = "k.pem"
        """,
        path=tmp_path / "digest.toml",
    )
    assert settings.newsletter.public_url == "https://digest.xn--fa-hia.de:8443/mail"
    assert settings.smtp.host == "mail.xn--fa-hia.de"
    assert settings.smtp.fallbacks == ["backup.xn--fa-hia.de:587", "Backup.example.org:587", "[::1]:25"]
    assert settings.dkim.domain == "xn--fa-hia.de"
    links = Links(settings).of(7)
    assert links.return_path == "digest@xn--fa-hia.de"
    assert links.unsubscribe.isascii()
    assert links.unsubscribe_mailto.startswith("mailto:digest@xn--fa-hia.de?")
    sample = sample_addressing(settings, Week(2019, 12), datetime(2019, 3, 25, tzinfo=UTC))
    assert sample.message_id.endswith("@xn--fa-hia.de>")
    assert sample.unsubscribe_mailto.startswith("mailto:digest@xn--fa-hia.de?")


@pytest.mark.parametrize(
    "line", ['[smtp]\nhost = "ü..example"', '[smtp]\nfallbacks = ["ü..example:25"]', '[dkim]\ndomain = "ü ü.example"']
)
def test_settings_reject_a_host_that_is_no_domain(line: str) -> None:
    with pytest.raises(SettingsError, match=r"is not a domain name|empty or overlong"):
        parse_settings(f'[newsletter]\ntitle = "A"\nfrom = "d@example.org"\n{line}', path=Path("/nowhere/digest.toml"))
