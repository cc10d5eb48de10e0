"""Composing: from the week's read and placed posts to an edition. Pure; the editor's decisions win over everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.edition.rank import Arranged, Ranked, arrange
from digest.model import (
    ELSEWHERE,
    Article,
    Decision,
    Edition,
    EditionPost,
    LeftOut,
    Placement,
    Post,
    Section,
    Sentence,
    SourceReport,
    Summary,
    Theme,
)
from digest.week import Window

ELSEWHERE_TITLE = "Elsewhere"
BY_EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chosen post, read, summarised and placed."""

    post: Post
    article: Article
    summary: Summary
    sentences: tuple[Sentence, ...]  # all of the article's, for the editor's choice
    placement: Placement
    problem: str = ""  # why there is no text, or less of it; for people


@dataclass(frozen=True, slots=True)
class CompositionRules:
    """The settings that shape an edition."""

    title: str
    themes: tuple[Theme, ...]
    per_theme: int
    per_source: int
    order: str


def compose(
    window: Window,
    candidates: Sequence[Candidate],
    *,
    rules: CompositionRules,
    decisions: Mapping[str, Decision],
    left_out: Sequence[LeftOut] = (),
    sources: Sequence[SourceReport] = (),
    introduction: str = "",
    subject: str = "",
) -> Edition:
    """The week's edition, as revision 0: the store numbers it.

    Every candidate stands in a section; a post without text stands in the short list, with the reason why.
    """
    titles = {theme.key: theme.title for theme in rules.themes} | {ELSEWHERE: ELSEWHERE_TITLE}
    placed = {
        candidate.post.id: _placed(candidate, decisions.get(candidate.post.id), titles) for candidate in candidates
    }
    by_id = {candidate.post.id: candidate for candidate in candidates}
    ranked = [_ranked(candidate, placed[candidate.post.id], decisions) for candidate in candidates]
    arranged = arrange(ranked, per_theme=rules.per_theme, per_source=rules.per_source, order=rules.order)
    sections = []
    for key, title in titles.items():
        line = sorted((place for place in arranged if place.theme == key), key=lambda place: place.order)
        posts = tuple(
            _edition_post(by_id[place.id], placed[place.id], place, decisions.get(place.id)) for place in line
        )
        if posts:
            sections.append(Section(key, title, posts))
    return Edition(
        week=str(window.week),
        revision=0,
        title=rules.title,
        starts=window.starts,
        ends=window.ends,
        sections=tuple(sections),
        left_out=tuple(left_out),
        sources=tuple(sources),
        introduction=introduction,
        subject=subject,
    )


def _placed(candidate: Candidate, decision: Decision | None, titles: Mapping[str, str]) -> Placement:
    """The editor's theme, else the placement's; a theme that the settings no longer have leads elsewhere."""
    if decision and decision.theme in titles:
        return replace(candidate.placement, theme=decision.theme, because=("the editor moved it here",))
    if candidate.placement.theme in titles:
        return candidate.placement
    return replace(candidate.placement, theme=ELSEWHERE)


def _ranked(candidate: Candidate, placement: Placement, decisions: Mapping[str, Decision]) -> Ranked:
    post, decision = candidate.post, decisions.get(candidate.post.id)
    return Ranked(
        id=post.id,
        theme=placement.theme,
        source=post.source,
        published=post.published,
        words=candidate.article.words,
        fit=dict(placement.scores).get(placement.theme, 0.0),
        also_on=len(post.also_on),
        pinned=bool(decision and decision.pinned),
        position=decision.position if decision else None,
    )


def _chosen(candidate: Candidate, decision: Decision | None) -> Summary:
    """The editor's sentences where they still stand in the article word for word, else the summariser's."""
    if decision and decision.sentences:
        standing = {(sentence.start, sentence.end): sentence for sentence in candidate.sentences}
        if all(offsets in standing for offsets in decision.sentences):
            return Summary(tuple(standing[offsets] for offsets in sorted(decision.sentences)), BY_EDITOR)
    return candidate.summary


def _edition_post(
    candidate: Candidate, placement: Placement, place: Arranged, decision: Decision | None
) -> EditionPost:
    post, summary = candidate.post, _chosen(candidate, decision)
    short = place.short or not summary.sentences
    because = [*placement.because, *place.because]
    if post.late:
        because.append("late: first seen after its own week was composed")
    if candidate.problem:
        because.append(candidate.problem)
    return EditionPost(
        id=post.id,
        title=(decision.title if decision else "") or post.title,
        url=post.url,
        source=post.source,
        author=post.author,
        published=post.published,
        summary=() if short else tuple(sentence.text for sentence in summary.sentences),
        summary_method=summary.method,
        because=tuple(because),
        also_on=post.also_on,
        words=candidate.article.words,
        image=candidate.article.image,
        language=candidate.article.language or post.language,
        origin=post.origin,
        offsets=() if short else tuple((sentence.start, sentence.end) for sentence in summary.sentences),
        short=short,
        lead=place.lead and not short,
        pinned=bool(decision and decision.pinned),
        late=post.late,
    )
