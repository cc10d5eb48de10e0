"""One module a suite. Each has `rows() -> list[Row]`, timed side by side with the peers it names, in one run."""
