"""Feeds in: fetched politely and safely, parsed, told apart.

http (httpx) over wire (h11, guarded) ▶ parsing ▶ feeds ▶ arrivals ▶ duplicates
"""
