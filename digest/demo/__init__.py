"""The demo: sample blogs written for this project, and their server."""
