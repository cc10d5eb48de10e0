"""Deciding about editions: what they take, say, and may not say. Pure."""
