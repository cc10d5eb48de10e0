"""Rebuild Punkt's parameters for English from texts: python -m benchmarks.train_sentences FILE.jsonl… OUT.json

Unsupervised: no boundary is looked at. What is kept are single words: which begin sentences, which are written with a
capital or without. The abbreviations are set by hand, below; those that Punkt finds by itself in a few million
characters ("jam.", "pig.") are more often wrong than right.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEVER_LAST = """
mr mrs ms mx dr prof rev revd hon st sgt capt cllr col gen lt maj cmdr gov sen rep supt pres insp fr messrs mme mlle
mt cf vs v viz ca e.g i.e eg ie c.f n.b attn a.k.a f.o.b incl excl arr arrv lv op cit illus chap ft voc
"""
"""Something follows these in the same sentence, always."""
BEFORE_NUMBERS = """
no nos vol vols p pp fig figs eq eqs sec secs sc ch para paras art cl pt approx est tel ext pop n° nr
"""
"""A number follows these; before anything else they are words with a full stop."""
MAY_BE_LAST = """
ph.d m.d d.phil m.p m.sc b.sc b.a m.a m.b.a d.c u.k u.s u.s.a e.u u.n u.a.e n.y l.a n.m s.c n.c s.d n.d n.h n.j ltd
plc llc llp assoc assn bros blvd sq bldg dept depts govt univ inst ctr natl intl al etc a.m p.m yr yrs hr hrs cm km
kg lb lbs oz mph eds dist appt approx
"""
"""These end a sentence when what follows begins one; Punkt decides by the word that follows."""
CAPITAL = """
jr sr inc co corp ave rd ed jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat
sun ala ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ont ore pa
penn tenn tex va vt wash wis wyo que alta
"""
"""The same, and only with a capital: "sat.", "miss." and "ill." are words."""
SURE_STARTERS = """
i it he she we they you who what which when where why how this that these those there here the a an and but or so if
as in on at by for from with to of my our your his her its their not no yes maybe let please is are was do does did
can could will would should have has had
however therefore meanwhile although while since because after before then also some many most all each both another
other others such until unless once now today yesterday tomorrow recently instead despite during without finally
"""
"""Words that begin sentences wherever they have a capital; counting misses those that are names or acronyms as well."""
MINIMUM_COUNT = 4
"""A word has to stand in the texts this often for its spelling to mean anything."""


def _word_list(words: str) -> list[str]:
    return sorted(set(words.split()))


def texts(paths: list[Path]) -> Iterator[str]:
    """The `text` of each row."""
    for path in paths:
        for line in path.read_text("utf-8").split("\n"):
            if line.strip() and isinstance(text := json.loads(line).get("text"), str):
                yield text


def trained(source: str) -> dict[str, Any]:
    """Punkt's parameters as the data file keeps them."""
    from nltk.tokenize.punkt import PunktTrainer

    trainer = PunktTrainer()
    trainer.train(source, finalize=True)
    parameters = trainer.get_params()
    counts = Counter(word.strip(".,;:!?\"'()[]“”‘’").lower() for word in source.split())
    orthography: dict[int, list[str]] = {}
    for word, flags in parameters.ortho_context.items():
        if counts[word] >= MINIMUM_COUNT and word.isalpha():
            orthography.setdefault(flags, []).append(word)
    return {
        "never_last": _word_list(NEVER_LAST),
        "before_numbers": _word_list(BEFORE_NUMBERS),
        "may_be_last": _word_list(MAY_BE_LAST),
        "capital": _word_list(CAPITAL),
        "sentence_starters": sorted(starters(source) | set(SURE_STARTERS.split())),
        "orthography": {str(flags): sorted(words) for flags, words in sorted(orthography.items())},
    }


def starters(source: str) -> set[str]:
    """Words that begin sentences and are otherwise in lower case: a capital on them means a beginning."""
    beginning: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    previous = "."
    for raw in source.split():
        word = raw.strip(".,;:!?\"'()[]“”‘’")
        if word.isalpha():
            if previous[-1] in ".!?":
                beginning[word.lower()] += word[0].isupper()
            elif word[0].isupper():
                capital[word.lower()] += 1
            else:
                lower[word] += 1
        previous = raw
    return {
        word
        for word, count in beginning.items()
        if count >= 8 and lower[word] >= 8 and capital[word] <= 0.05 * (lower[word] + capital[word])
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_sentences", description=__doc__)
    parser.add_argument("source", type=Path, nargs="+", help=".jsonl files whose rows have a `text`")
    parser.add_argument("out", type=Path, help="the data file to write")
    options = parser.parse_args()
    model_text = trained("\n\n".join(texts(options.source)))
    options.out.write_text(json.dumps(model_text, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print({name: len(value) for name, value in model_text.items()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
