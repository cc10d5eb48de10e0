"""The command line. One file a group of commands; each is imported only when one of its commands is called."""

from digest.cli.main import main

__all__ = ["main"]
