"""Imported once by the server that worker processes are forked from, so that no worker loads these again."""

import nltk.tokenize.punkt  # noqa: F401 - imported for its effect on the forks
import trafilatura  # noqa: F401 - the same

import digest.read.extract
import digest.read.sentences  # noqa: F401 - the same
