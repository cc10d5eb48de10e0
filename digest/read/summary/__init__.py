"""From an article to a few of its own sentences."""
