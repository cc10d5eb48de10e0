"""Dates as people and programs write them, read whole or not at all.

    text ─fold▶ a form of `read_date.FORMS` ─months, zones▶ datetime in UTC, or None

Nothing is filled from today: the result depends neither on the machine's clock nor on its zone.
"""
