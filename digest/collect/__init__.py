"""Feeds in: fetched politely and safely, parsed, told apart."""
