"""Decisions about an edition: its posts, their order, its checks, its fingerprint. Pure."""
