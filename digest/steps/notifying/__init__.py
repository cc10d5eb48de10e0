"""Mails to editors: what they say, whom they have reached, and their links."""
