"""Certificates of SNS: strangers neither make us ask for many nor keep us from the right one."""

from __future__ import annotations

from digest.steps.subscribers.webhooks.sns_certificates import SnsCertificates

RIGHT = "https://sns.eu-west-1.amazonaws.com/right.pem"


class Amazon:
    """Has what is at a URL, and counts what is asked for. Its clock stands still until it is moved."""

    def __init__(self, *present: str) -> None:
        self.present, self.asked, self.now = set(present), list[str](), 1000.0

    def fetch(self, url: str) -> bytes | None:
        self.asked.append(url)
        return url.encode() if url in self.present else None


def test_what_a_stranger_names_does_not_delay_the_right_one() -> None:
    amazon = Amazon(RIGHT)
    certificates = SnsCertificates(amazon.fetch, lambda: amazon.now)
    assert certificates.get("https://sns.eu-west-1.amazonaws.com/wrong.pem") is None
    assert certificates.get(RIGHT) == RIGHT.encode()


def test_what_is_missing_is_not_asked_for_at_once_again() -> None:
    amazon = Amazon()
    certificates = SnsCertificates(amazon.fetch, lambda: amazon.now)
    assert [certificates.get(RIGHT) for _ in range(5)] == [None] * 5
    assert amazon.asked == [RIGHT]
    amazon.present.add(RIGHT)
    amazon.now += 61
    assert certificates.get(RIGHT) == RIGHT.encode()


def test_strangers_cannot_make_us_ask_for_many() -> None:
    amazon = Amazon(RIGHT)
    certificates = SnsCertificates(amazon.fetch, lambda: amazon.now)
    assert certificates.get(RIGHT) is not None
    for number in range(100):
        certificates.get(f"https://sns.eu-west-1.amazonaws.com/{number}.pem")
    assert len(amazon.asked) < 30
    assert certificates.get(RIGHT) is not None, "what is known needs nobody"


def test_the_certificate_in_use_is_the_last_to_be_forgotten() -> None:
    others = [f"https://sns.eu-west-1.amazonaws.com/{number}.pem" for number in range(50)]
    amazon = Amazon(RIGHT, *others)
    certificates = SnsCertificates(amazon.fetch, lambda: amazon.now)
    for url in others:
        certificates.get(RIGHT)
        certificates.get(url)
    assert amazon.asked.count(RIGHT) == 1
