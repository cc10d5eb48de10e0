"""Give a subscriber a new number with a new address: all links and return paths of mails to the old one carry the old
number, and from then on nobody has it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from digest.model import DeliveryState
from digest.store.schema import deliveries, subscribers

_UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def give_new_number(connection: Connection, number: int, *, email: str, key: str, new_hash: str) -> int:
    """Return the new number. Deliveries keep their subscriber, and those that may still be sent go to the new address;
    bounces of the old address and unconfirmed choices are forgotten."""
    row = connection.execute(select(subscribers).where(subscribers.c.id == number)).mappings().one()
    values = {name: value for name, value in row.items() if name != "id"}
    connection.execute(delete(subscribers).where(subscribers.c.id == number))
    values |= {"email": email, "email_key": key, "hash": new_hash, "new_email": ""}
    statement = insert(subscribers).values(values).returning(subscribers.c.id)
    new_number = int(connection.execute(statement).scalar_one())
    own = deliveries.c.subscriber == number
    unsettled = deliveries.c.state.in_([state.value for state in _UNSETTLED])
    connection.execute(update(deliveries).where(own, unsettled).values(email=email))
    connection.execute(update(deliveries).where(own).values(subscriber=new_number))
    return new_number
