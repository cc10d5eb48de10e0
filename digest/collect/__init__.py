"""Feeds in: fetched politely and safely, parsed, told apart.

fetch over guarded_transport ▶ parse_feed, entry_identity ▶ match_entries ▶ identify_posts ▶ Arrival ▶ duplicates
"""
