"""A year of a newsletter, played in minutes."""
