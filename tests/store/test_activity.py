"""Who is active at a moment, and who of them gets a mailing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model import ConsentEvent, EffectiveStatus, Frequency, Mailing, SubscriberStatus
from digest.store import activity, deliveries, recipients, subscriber_list, subscribers
from digest.store.engine import Store
from digest.store.subscribers import NewSubscriber
from digest.week import Week

NOW = datetime(2019, 3, 25, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
MAILING = Mailing(Week(2019, 12))


def add(store: Store) -> None:
    def one(name: str, frequency: Frequency = Frequency.WEEKLY, *, until: datetime | None = None) -> NewSubscriber:
        status = SubscriberStatus.PAUSED if until else SubscriberStatus.ACTIVE
        return NewSubscriber(f"{name}@x.example", name, name, frequency=frequency, status=status, paused_until=until)

    monthly = Frequency.MONTHLY
    people = [one("ada"), one("bo", monthly), one("cy", until=LATER), one("di", monthly, until=NOW)]
    with store.writing() as connection:
        subscribers.add_many(connection, people, now=NOW)


def test_pause_ends_by_itself(store: Store) -> None:
    add(store)
    with store.writing() as connection:
        for moment, paused in ((NOW - timedelta(seconds=1), 2), (NOW, 1), (LATER, 0)):
            assert subscriber_list.counts(connection, moment)[EffectiveStatus.PAUSED] == paused
            rows = list(subscriber_list.stream(connection, EffectiveStatus.PAUSED, now=moment))
            assert [row.paused_until for row in rows if row.email[:2] == "cy"] == [LATER] * (paused > 0)
        assert activity.end_pauses(connection, NOW) == 1
        assert activity.end_pauses(connection, NOW) == 0
        di = subscribers.find_by_key(connection, "di")
        assert di is not None
        assert (di.status, di.paused_until, di.frequency) == (SubscriberStatus.ACTIVE, None, Frequency.MONTHLY)
        (line,) = subscribers.history(connection, ["di"])
        assert (line.what, line.at) == (ConsentEvent.RESUMED, NOW)


def test_languages_of_monthly_subscribers(store: Store) -> None:
    with store.reading() as connection:
        assert recipients.monthly_languages(connection, now=NOW) == {}
    add(store)
    with store.reading() as connection:
        assert recipients.monthly_languages(connection, now=NOW - timedelta(seconds=1)) == {"": 1}
        assert recipients.monthly_languages(connection, now=NOW) == {"": 2}, "a pause has ended"


def test_monthly_subscribers_get_only_what_has_the_month(store: Store) -> None:
    add(store)
    with store.writing() as connection:
        for moment, monthly, number in ((NOW, False, 1), (NOW, True, 3), (LATER, False, 2), (LATER, True, 4)):
            assert recipients.active(connection, now=moment, monthly=monthly) == number
            going = recipients.recipients(connection, MAILING, now=moment, monthly=monthly)
            assert (going.number, going.monthly) == (number, 2 if monthly else 0)
        assert deliveries.queue(connection, MAILING, now=NOW) == 1
        assert deliveries.queue(connection, MAILING, now=NOW, monthly=True) == 2
        claims = deliveries.audiences(connection, MAILING, now=NOW)
        assert sorted((claim.email[:2], claim.frequency) for claim in claims) == [
            ("ad", Frequency.WEEKLY),
            ("bo", Frequency.MONTHLY),
        ]


def test_only_who_gets_mail_can_pause(store: Store) -> None:
    add(store)
    with store.writing() as connection:
        ada = subscribers.find_by_key(connection, "ada")
        assert ada is not None
        assert activity.pause(connection, ada.id, until=LATER)
        assert activity.pause(connection, ada.id, until=None)
        assert subscribers.move(connection, ada.id, [SubscriberStatus.PAUSED], SubscriberStatus.LEFT)
        assert not activity.pause(connection, ada.id, until=LATER)
