"""One module a suite, each with `score(path) -> Scored`.

PATH is the .jsonl file, or the folder for extraction and feeds.
"""
