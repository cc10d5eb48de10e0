"""Backups: one file with all that a newsletter needs on another machine, and back from it.

store ─copy▶ file ┐                                                      ┌▶ examined, moved to the newest schema,
key, sent.json,   ├─pack▶ FILE.partial ─open, compare▶ FILE ─open, compare▶ staging    stopped ─▶ store
settings, …       ┘                                                      └▶ key, sent.json, settings, templates, …
"""
