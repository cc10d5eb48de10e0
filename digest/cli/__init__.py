"""The command line. Each file has a group of commands and is imported only when one of them is called."""

from digest.cli.main import main

__all__ = ["main"]
