"""One verb a file: opens what it needs, calls the pure parts, commits, returns a report."""
