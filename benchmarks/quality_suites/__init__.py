"""One module a suite. Each has `score(path) -> Scored`: PATH is the .jsonl file, or the folder for extraction and feeds."""
