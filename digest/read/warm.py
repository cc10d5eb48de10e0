"""Imported once by the server that worker processes are forked from: the heavy libraries of reading."""

import nltk.tokenize.punkt  # noqa: F401 - imported for its effect on the forks
import trafilatura  # noqa: F401 - the same
