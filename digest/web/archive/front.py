"""How the page of an edition is set, as the mail: its lead, its top stories, and the rest by theme. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.mail.rendering.post_view import PostView
from digest.mail.rendering.template_view import SectionView, View


@dataclass(frozen=True, slots=True)
class Placed:
    """A post with the section that it belongs to, whose colour its label has."""

    post: PostView
    section: SectionView


@dataclass(frozen=True, slots=True)
class Front:
    """The page of an edition."""

    lead: Placed | None  # stands in none of the sections; None where the top stories begin with it
    top: tuple[Placed, ...]  # links to posts of the page; () where there are few posts
    sections: tuple[SectionView, ...]


def front_of(view: View) -> Front:
    """Return how the edition is set."""
    home = {post.id: section for section in view.sections for post in section.posts}
    top = tuple(Placed(post, home[post.id]) for post in view.top)
    lead = view.lead
    if lead is None or lead.id in {post.id for post in view.top}:
        return Front(None, top, view.sections)
    sections = (
        replace(section, posts=tuple(post for post in section.posts if post.id != lead.id)) for section in view.sections
    )
    own = home[lead.id].anchor
    # A section of which the lead was all has nothing more to say.
    rest = tuple(section for section in sections if section.posts or section.short or section.anchor != own)
    return Front(Placed(lead, home[lead.id]), top, rest)
