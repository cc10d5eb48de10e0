"""What happened before the week that the demo shows: the edition of the week before, made and sent by the real steps.

    subscribers join ─▶ Monday: collect, compose, two editors, approve, send ─▶ mail comes back, one leaves ─▶ collect

The steps are those of every newsletter, at moments of the demo's clock.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from importlib import resources
from pathlib import Path

from digest.demo.past import Past
from digest.demo.past_edits import APPROVER, edit
from digest.demo.returned_mail import complaint, not_delivered, put_into
from digest.model import Finding
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve
from digest.steps.sending.send import send
from digest.steps.subscribers.import_csv import import_file
from digest.steps.subscribers.operator_actions import add
from digest.steps.subscribers.read_bounces import read_bounces
from digest.steps.subscribers.self_service import unsubscribe

JOINED_LATER = (  # weeks before the week shown, day and time, who
    (4, "Tue 10:12", "nadia.petrova@council.example", "Nadia Petrova"),
    (3, "Thu 16:40", "oskar.lind@agency.example", "Oskar Lind"),
    (2, "Mon 11:05", "ruth.adeyemi@hospital.example", "Ruth Adeyemi"),
    (2, "Wed 08:31", "tom.hale@gone.example", "Tom Hale"),
    (1, "Fri 14:20", "yusra.khan@charity.example", "Yusra Khan"),
)
NEWCOMER = ("Wed 19:02", "will.archer@example.org", "Will Archer")
BOUNCES, COMPLAINS, LEAVES = "tom.hale@gone.example", "newsdesk@gazette.example", "ben.carrow@example.org"


def live_through(past: Past) -> None:
    """Subscribers join, last week's edition is sent and answered; then the clock is right again."""
    try:
        _join(past)
        _monday(past)
        _answers(past)
        past.go_to(past.week, "Thu 07:00")
        collect(past.context)
    finally:
        past.clock.catch_up()


def _join(past: Past) -> None:
    past.go_to(past.week.shift(-5), "Mon 09:30")
    with resources.as_file(resources.files("digest.demo").joinpath("subscribers.csv")) as path:
        import_file(past.context, path)
    for weeks, when, email, name in JOINED_LATER:
        past.go_to(past.week.shift(-weeks), when)
        add(past.context, email, name=name, by=APPROVER)


def _monday(past: Past) -> None:
    """The Monday job of the week before: it is the first Monday of the week that the demo shows."""
    before = past.week.shift(-1)
    past.go_to(past.week, "Mon 06:00")
    collect(past.context, week=before)
    compose(past.context, before)
    edit(past, before)
    past.go_to(past.week, "Mon 08:52")
    approve(past.context, before, by=APPROVER, despite=_despite_all, waking=False)
    past.go_to(past.week, "Mon 09:00")
    send(past.context, before)


def _despite_all(finding: Finding) -> bool:
    """The editor has looked at the warnings: that links lead to this computer is so in a demo."""
    del finding
    return True


def _answers(past: Past) -> None:
    """A mail bounces, a subscriber complains, another leaves by the link in the mail, a newcomer joins."""
    context, returned = past.context, Path(past.context.settings.bounce_mailbox)
    past.go_to(past.week, "Mon 09:20")
    now = past.clock()
    put_into(returned, not_delivered(_mail_to(past, BOUNCES), BOUNCES, now), now)
    put_into(returned, complaint(_mail_to(past, COMPLAINS), now), now)
    read_bounces(context)
    past.go_to(past.week, "Tue 18:45")
    token = _unsubscribe_token(_mail_to(past, LEAVES))
    unsubscribe(context, token, how="link")
    when, email, name = NEWCOMER
    past.go_to(past.week, when)
    add(context, email, name=name, by=APPROVER)


def _mail_to(past: Past, email: str) -> bytes:
    """The newest mail that a subscriber got."""
    newest = next(mail for mail in past.mailbox.messages() if email in mail.recipients)
    return past.mailbox.read(newest.id) or b""


def _unsubscribe_token(mail: bytes) -> str:
    """The token in the link that mail programs offer as "unsubscribe"."""
    header = str(message_from_bytes(mail)["List-Unsubscribe"])
    link: str = re.findall(r"<(https?://[^>]+)>", header)[0]
    return link.rpartition("/")[2]
