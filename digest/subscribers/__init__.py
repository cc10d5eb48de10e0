"""Subscribers: their addresses, consent, preferences and link tokens."""
