"""The words that Digest itself says to subscribers, in every language it knows."""
