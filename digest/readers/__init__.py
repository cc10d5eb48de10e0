"""Readers: their addresses, consent, preferences and tokens."""
