"""From the feeds to posts in the store."""
