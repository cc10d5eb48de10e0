"""What collecting knows about posts: shared by the stage that decides, the store that keeps, and the selection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model.post import Credit, Entry, Post


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A post that the store already has."""

    id: str
    source: str
    title: str
    published: datetime
    dated: bool
    first_seen: datetime
    same_as: str = ""  # the post it is a copy of
    origin: Credit | None = None  # whom its source credits
    added_by: str = ""  # the editor who added it; "" where a feed brought it


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post as one source's feed showed it, under one id."""

    uid: str
    post: str
    url: str
    title: str
    published: datetime
    dated: bool
    text_hash: str  # of its words; "" where too few to tell


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is to be stored of one entry: a new post, a newer text of a known one, or only that it is still there."""

    entry: Entry
    uid: str  # the entry's id, unlike that of any other entry of its feed
    post: str  # id of the post it belongs to
    url: str  # address to show: absolute, without tracking parameters; "" where the feed gives none
    key: str  # the post's identity, from which its id is made
    content_hash: str  # of title and text
    published: datetime  # as published, else when first seen
    dated: bool
    new: bool  # the post was not known
    credited: bool  # this source speaks for the post: what it says is what is kept
    quarantine: str = ""  # for a new post: the reason it is kept out of editions
    same_as: str = ""  # for a new post: the post it is a copy of
    text_hash: str = ""  # of its words; "" where too few to tell
    sketch: bytes | None = None  # of its text, where one was made
    renamed: bool = False  # a known post that comes under a new id: the ids that the feed no longer shows are forgotten


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A stored post, and what bears on whether an edition may take it."""

    post: Post
    quarantine: str = ""
    same_as: str = ""
    backlog: bool = False  # it was there already when its source was first read
    added_by: str = ""  # the editor who added it; "" where a feed brought it
