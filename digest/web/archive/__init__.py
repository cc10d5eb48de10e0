"""The archive: every edition as a web page, in static files that any host serves."""
