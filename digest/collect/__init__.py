"""Feeds in: fetched politely and safely, parsed, told apart.

fetch (httpx) over transport (h11, guarded) ▶ parse_feed ▶ ParsedFeed ▶ identify_posts ▶ Arrival ▶ duplicates
"""
