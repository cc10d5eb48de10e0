"""The pages for readers."""
