from __future__ import annotations

import pytest

from digest.mail.message.spf_dkim_dmarc import Records, advice, aligned

GOOD = Records(
    spf=["v=spf1 mx -all"],
    dmarc=["v=DMARC1; p=quarantine; rua=mailto:d@example.org"],
    dkim=["v=DKIM1; k=rsa; p=AB CD"],
)


def verdicts(records: Records, **changes: str) -> dict[str, tuple[bool, str]]:
    options = {"from_domain": "example.org", "sender_domain": "example.org", "dkim_domain": "example.org",
             "dkim_record": "v=DKIM1; k=rsa; p=ABCD"} | changes  # fmt: skip
    return {line.what: (line.good, line.message + line.remedy) for line in advice(records, **options)}


def test_a_correct_domain_passes() -> None:
    assert {what: good for what, (good, _) in verdicts(GOOD).items()} == {"SPF": True, "DKIM": True, "DMARC": True}


@pytest.mark.parametrize(
    ("records", "changes", "what", "says"),
    [
        (Records(), {}, "SPF", "no SPF"),
        (Records(spf=["v=spf1 -all", "v=spf1 mx -all"]), {}, "SPF", "2 SPF records"),
        (Records(spf=["v=spf1 +all"]), {}, "SPF", "everybody"),
        (Records(spf=["v=spf1 mx all"]), {}, "SPF", "everybody"),
        (GOOD, {"sender_domain": "mailer.example"}, "SPF", "not aligned"),
        (Records(), {}, "DKIM", "not in DNS"),
        (Records(dkim=["v=DKIM1; p=WXYZ"]), {}, "DKIM", "another key"),
        (GOOD, {"dkim_domain": "mailer.example"}, "DKIM", "not aligned"),
        (Records(), {}, "DMARC", "no DMARC"),
        (Records(dmarc=["v=DMARC1; rua=mailto:x@example.org"]), {}, "DMARC", "no policy"),
    ],
)
def test_each_fault_has_its_remedy(records: Records, changes: dict[str, str], what: str, says: str) -> None:
    good, message = verdicts(records, **changes)[what]
    assert not good
    assert says in message


def test_dkim_is_not_mentioned_without_signing() -> None:
    assert "DKIM" not in verdicts(GOOD, dkim_domain="")


def test_subdomains_are_aligned_and_lookalikes_are_not() -> None:
    assert aligned("news.example.org", "example.org")
    assert aligned("Example.ORG", "news.example.org.")
    assert not aligned("badexample.org", "example.org")
