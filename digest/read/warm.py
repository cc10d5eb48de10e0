"""Imported once by the server that worker processes are forked from, so that no worker loads these again."""

import gc

import nltk.tokenize.punkt  # noqa: F401 - imported for its effect on the forks
import trafilatura  # noqa: F401 - the same

import digest.read.extract
import digest.read.job  # noqa: F401 - the same
from digest.model import Article, Block, BlockKind
from digest.read.summarise import summarise
from digest.read.theme_model import shipped
from digest.read.words import tongue_of

shipped()
tongue_of("en")
# Sentences enough to be weighed: loads the weights, sumy's stemmer, the parameters of Punkt and the linear algebra.
_SAID = "Two towns met on St. John\u2019s Day in {} to share one register of all their streets and all their squares. "
summarise(
    Article((Block(BlockKind.PARAGRAPH, "".join(_SAID.format(year) for year in range(1990, 1999))),), "en"),
    title="A register",
)
# What is loaded here lives as long as the workers: their collector need not walk it, nor copy the pages it is on.
gc.collect()
gc.freeze()
