"""State: the one place that writes SQL."""
