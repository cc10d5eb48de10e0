"""Feeds in: fetched politely and safely, parsed, told apart.

fetch (httpx) over guarded_transport (h11) ▶ parse_feed ▶ match_entries ▶ identify_posts ▶ Arrival ▶ duplicates
"""
