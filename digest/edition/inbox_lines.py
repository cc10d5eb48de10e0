"""What inboxes show before a mail is opened: subject and preheader, how long they may be, and suggestions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.model import Edition, EditionPost


@dataclass(frozen=True, slots=True)
class LineRule:
    """How long a line may be, in characters."""

    most: int  # what inboxes show; the rest is cut
    fewest: int = 0  # with fewer, inboxes fill up with the mail's first words

    def problem(self, text: str) -> str:
        """Say what an inbox does to this text; "" where it is shown as it is."""
        length = len(text)
        if length > self.most:
            return f"{length} characters: inboxes cut it after about {self.most}, at “…{_end_of(text, self.most)}”."
        if text and length < self.fewest:
            return f"{length} characters: inboxes fill the rest of the line with the mail’s first words."
        return ""


SUBJECT = LineRule(most=60)  # about what inboxes on computers show; phones a third less
PREHEADER = LineRule(most=140, fewest=40)
SUGGESTIONS = 3


def subjects(edition: Edition) -> tuple[str, ...]:
    """Return subjects that fit, best first: the leading post's title, two leading titles, the themes."""
    leads = _leads(edition)
    themes = [" ".join(section.title.split()) for section in edition.sections if section.posts]
    candidates = _each(
        (_whole(leads[0].title) for _ in leads[:1]),
        (f"{_whole(a.title)}; {_lower_first(_whole(b.title))}" for a in leads for b in leads if a is not b),
        (_listed(themes[:number]) for number in (4, 3, 2)),
        (f"{_whole(lead.title)}, and {_number(len(edition.posts) - 1)} more" for lead in leads),
        (_whole(lead.title) for lead in leads[1:]),
        (f"{_cut(lead.title, SUBJECT.most)}" for lead in leads),
    )
    return _fitting(candidates, SUBJECT)


def preheaders(edition: Edition, subject: str = "") -> tuple[str, ...]:
    """Return preheaders that fit and do not repeat the subject: further titles, sources, themes."""
    leads = [post for post in _leads(edition) if _whole(post.title).casefold() not in subject.casefold()]
    names = list(dict.fromkeys(" ".join(post.source.split()) for post in edition.posts))
    titles = [_whole(post.title) for post in leads]
    themes = [" ".join(section.title.split()) for section in edition.sections if section.posts]
    posts = f"{_number(len(edition.posts)).capitalize()} post{'' if len(edition.posts) == 1 else 's'}"
    candidates = _each(
        (" · ".join(titles[:number]) for number in (4, 3, 2, 1)),
        (
            f"{posts} on {_listed(themes[:number])}, such as “{title}”"
            for number in (4, 3, 2, 1)
            for title in titles[1:]
        ),
        (f"{posts}, from {_listed(names[:number])}" for number in (5, 4, 3, 2, 1)),
        (_cut(" · ".join(titles), PREHEADER.most) for _ in titles[:1]),
    )
    return _fitting(candidates, PREHEADER)


def _leads(edition: Edition) -> list[EditionPost]:
    """Return the posts that matter most: each section's lead, pinned ones first, then the seconds.

    A title of nothing but dots is no line of an inbox.
    """
    firsts = [section.posts[0] for section in edition.sections if section.posts]
    seconds = [section.posts[1] for section in edition.sections if len(section.posts) > 1]
    return sorted(filter(lambda post: _whole(post.title), firsts + seconds), key=lambda post: not post.pinned)


def _each(*groups: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Give each way to write a line in turn, with its variants."""
    for group in groups:
        yield tuple(group)


def _fitting(groups: Iterable[tuple[str, ...]], rule: LineRule) -> tuple[str, ...]:
    """Return the first fitting variant of each way, then further variants until there are enough."""
    fitting = [[line for line in group if line and not rule.problem(line)] for group in groups]
    ordered = [group[0] for group in fitting if group] + [line for group in fitting for line in group[1:]]
    distinct = {line.casefold(): line for line in reversed(ordered)}
    return tuple(dict.fromkeys(distinct[line.casefold()] for line in ordered))[:SUGGESTIONS]


def _whole(title: str) -> str:
    return " ".join(title.split()).rstrip(" .;,:")


def _lower_first(title: str) -> str:
    """Return the title for the middle of a line: only a first word that is no name or acronym loses its capital."""
    return title[0].lower() + title[1:] if title[:2].istitle() and title.split()[0].lower() in _SMALL else title


_SMALL = frozenset(
    ("a", "an", "the", "how", "what", "why", "when", "where", "who", "our", "we", "it", "this", "that", "these")
)


def _cut(text: str, most: int) -> str:
    """Return the text, shortened to whole words and an ellipsis where it is too long."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    start = line[: most - 1]
    return (start.rpartition(" ")[0] or start).rstrip(" .,;:·–-") + "…"


def _end_of(text: str, most: int) -> str:
    return text[max(0, most - 12) : most].strip()


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _number(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[count] if 0 <= count < len(words) else f"{count:,}"
