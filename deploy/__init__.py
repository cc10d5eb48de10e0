"""Making the files of `deploy/`."""
