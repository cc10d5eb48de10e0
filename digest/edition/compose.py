"""Compose an edition from the week's posts. Pure. The editor's decisions win over everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.edition.rank import RankedPost, RankInput, rank_posts
from digest.model import (
    ELSEWHERE,
    Arrangement,
    Article,
    Decision,
    Edition,
    EditionPost,
    LeftOut,
    Media,
    Picture,
    Placement,
    Post,
    Section,
    Sentence,
    SourceReport,
    Summary,
    Theme,
)
from digest.week import Window

_FILE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)$|^\w+[-_]\w+[-_\w]*$", re.IGNORECASE)
"""What some pages give as the text of a picture."""
ELSEWHERE_TITLE = "Elsewhere"
BY_EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chosen post with its article, summary and theme."""

    post: Post
    article: Article
    summary: Summary
    sentences: tuple[Sentence, ...]  # all of the article's, for the editor to choose from
    placement: Placement
    problem: str = ""  # why there is no text, or less than there should be; for the editor
    media: Media | None = None  # what it links to, or encloses, that is no web page
    picture: Picture | None = None
    no_picture: str = ""  # why the picture that it has is not shown; for the editor


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
    preheader: str = "",
    arrangement: Arrangement | None = None,
    overruled: Mapping[str, str] | None = None,
) -> Edition:
    """Return the week's edition as revision 0; the store numbers it.

    `overruled` says of posts that an editor brought in what spoke against them.

    Every candidate is in a section. A post without text is in the short list, with the reason.
    """
    titles = {theme.key: theme.title for theme in rules.themes} | {ELSEWHERE: ELSEWHERE_TITLE}
    placements = {
        candidate.post.id: _final_placement(candidate, decisions.get(candidate.post.id), titles)
        for candidate in candidates
    }
    by_id = {candidate.post.id: candidate for candidate in candidates}
    arrangement = arrangement or Arrangement()
    lead = arrangement.lead if arrangement.lead in by_id else ""
    inputs = [_rank_input(candidate, placements[candidate.post.id], decisions, lead) for candidate in candidates]
    ranked = rank_posts(
        inputs,
        per_theme=rules.per_theme,
        per_source=rules.per_source,
        order=rules.order,
        by_hand=arrangement.posts,
    )
    sections = []
    for key in _theme_order(titles, arrangement.themes, placements[lead].theme if lead else ""):
        in_section = sorted((place for place in ranked if place.theme == key), key=lambda place: place.order)
        posts = tuple(
            _edition_post(
                by_id[place.id],
                placements[place.id],
                place,
                decisions.get(place.id),
                (overruled or {}).get(place.id, ""),
            )
            for place in in_section
        )
        if posts:
            sections.append(Section(key, titles[key], posts))
    return Edition(
        week=window.week,
        revision=0,
        title=rules.title,
        starts=window.starts,
        ends=window.ends,
        sections=tuple(sections),
        left_out=tuple(left_out),
        sources=tuple(sources),
        introduction=introduction,
        subject=subject,
        preheader=preheader,
        lead=lead,
    )


def _theme_order(titles: Mapping[str, str], by_editor: Sequence[str], first: str) -> list[str]:
    """Return the keys of the themes: the lead's first, then those that the editor put in order, then the others."""
    places = {key: place for place, key in enumerate(by_editor)}
    return sorted(titles, key=lambda key: (key != first, places.get(key, len(places))))


def _final_placement(candidate: Candidate, decision: Decision | None, titles: Mapping[str, str]) -> Placement:
    """Return the editor's theme, else the placement's; elsewhere where the settings no longer have that theme."""
    if decision and decision.theme in titles:
        moved = ("the editor moved it here",)
        return replace(candidate.placement, theme=decision.theme, because=moved, between=(), sure=True)
    if candidate.placement.theme in titles:
        return candidate.placement
    return replace(candidate.placement, theme=ELSEWHERE)


def _rank_input(candidate: Candidate, placement: Placement, decisions: Mapping[str, Decision], lead: str) -> RankInput:
    post = candidate.post
    decision = decisions.get(post.id, Decision(post.id))
    return RankInput(
        id=post.id,
        theme=placement.theme,
        source=post.source,
        published=post.published,
        words=candidate.article.words,
        fit=dict(placement.scores).get(placement.theme, 0.0),
        also_on=len(post.also_on),
        pinned=decision.pinned,
        full=decision.full,
        brought_in=bool(decision.brought_in),
        leads=post.id == lead,
    )


def _final_summary(candidate: Candidate, decision: Decision | None) -> Summary:
    """Return the editor's sentences if the article still has every one of them, else the summariser's."""
    if decision and decision.sentences:
        current = {(sentence.start, sentence.end): sentence for sentence in candidate.sentences}
        if all(offsets in current for offsets in decision.sentences):
            return Summary(tuple(current[offsets] for offsets in sorted(decision.sentences)), BY_EDITOR)
    return candidate.summary


def _edition_post(
    candidate: Candidate, placement: Placement, place: RankedPost, decided: Decision | None, overruled: str
) -> EditionPost:
    post, summary = candidate.post, _final_summary(candidate, decided)
    decision, image = decided or Decision(post.id), candidate.article.image
    short = place.short or not summary.sentences
    because = [*placement.because, *place.because]
    if decision.brought_in:
        because.append(f"brought in by {decision.brought_in}" + (f", although: {overruled}" if overruled else ""))
    if post.late:
        because.append("late: first seen after its own week was composed")
    if candidate.problem:
        because.append(candidate.problem)
    if candidate.no_picture:
        because.append(f"without its picture: {candidate.no_picture}")
    return EditionPost(
        id=post.id,
        title=decision.title or post.title,
        url=post.url,
        source=post.source,
        author=post.author,
        published=post.published,
        summary=() if short else tuple(sentence.text for sentence in summary.sentences),
        summary_method=summary.method,
        because=tuple(because),
        between=placement.between,
        sure=placement.sure,
        also_on=post.also_on,
        words=candidate.article.words,
        image=replace(image, alt=decision.alt) if image and decision.alt else image,
        language=candidate.article.language or post.language,
        origin=post.origin,
        offsets=() if short else tuple((sentence.start, sentence.end) for sentence in summary.sentences),
        short=short,
        lead=place.lead and not short,
        pinned=decision.pinned,
        late=post.late,
        media=candidate.media,
        note=decision.note,
        own_title=post.title if decision.title else "",
        picture=_final_picture(candidate, decision),
    )


def _final_picture(candidate: Candidate, decision: Decision) -> Picture | None:
    """Return the picture with the editor's words, else the page's, if these say what the title does not."""
    picture = candidate.picture
    if picture is None or decision.no_picture:
        return None
    says_nothing = _FILE_NAME.search(picture.alt) or picture.alt.casefold() == candidate.post.title.casefold()
    return replace(picture, alt=decision.alt or ("" if says_nothing else picture.alt))
