"""What an editor's moves change: 50 wrongly placed posts are moved where they belong, others placed again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from benchmarks.quality_suites.themes_models import Case, in_some_order, place
from benchmarks.train_themes import LABELS
from digest.model import Evidence, Placement

CORRECTIONS = 50
MOVES_A_SOURCE = 5
OTHERS = 300
DRAWS = 3


def corrections(
    cases: Sequence[Case], measure: Callable[[Sequence[Case], Sequence[Placement]], float]
) -> dict[str, float]:
    """The mean over draws, of the moved sources' other posts and of 300 of other sources."""
    before = place(cases)
    sums: dict[str, float] = defaultdict(float)
    for draw in range(DRAWS):
        moved = _moved(cases, before, draw)
        rows = [cases[n].row for n in moved]
        evidence = tuple(Evidence(row["title"], row["text"], row["source_name"], LABELS[row["theme"]]) for row in rows)
        sources = {row["source_name"] for row in rows}
        rest = [n for n in range(len(cases)) if n not in moved]
        elsewhere = [n for n in rest if cases[n].row["source_name"] not in sources]
        for name, part in (
            ("moved_sources", [n for n in rest if cases[n].row["source_name"] in sources]),
            ("other_sources", in_some_order(elsewhere, cases, draw)[:OTHERS]),
        ):
            chosen, placed = [cases[n] for n in part], set(part)
            others = [case for n, case in enumerate(cases) if n not in placed]
            for when, results in (
                ("before", [before[n] for n in part]),
                ("after", place(chosen, evidence, earlier=others)),
            ):
                sums[f"{name}_{when}"] += measure(chosen, results)
    return {"moved": CORRECTIONS} | {key: round(value / DRAWS, 4) for key, value in sorted(sums.items())}


def _moved(cases: Sequence[Case], before: Sequence[Placement], draw: int) -> dict[int, None]:
    """Up to 5 posts of a source after another that stand under a theme which their row does not accept."""
    wrong: dict[str, list[int]] = defaultdict(list)
    for n in in_some_order(range(len(cases)), cases, draw):
        row = cases[n].row
        if before[n].theme not in {LABELS[theme] for theme in row["themes"]}:
            wrong[row["source_name"]].append(n)
    return dict.fromkeys([n for numbers in wrong.values() for n in numbers[:MOVES_A_SOURCE]][:CORRECTIONS])
