"""Measuring Digest: quality on labelled data, speed side by side with peers. See docs/benchmarks.md."""
