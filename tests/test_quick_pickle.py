"""Values that are pickled by their values come back as they were."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest

from digest.collect.entry_identity import identify
from digest.model import Credit, Entry, Media, MediaKind

WHOLE = Entry(
    "uid",
    "https://x.org/1",
    "Title",
    "<p>Text</p>",
    author="Ann",
    published=datetime(2019, 3, 25, 7, 30, tzinfo=UTC),
    language="cy",
    image="https://x.org/1.png",
    origin=Credit("Y", "https://y.org/"),
    media=Media(MediaKind.PODCAST, 10, 20),
)


@pytest.mark.parametrize("entry", [WHOLE, Entry("uid", "", "Title", "")])
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert pickle.loads(pickle.dumps(entry)) == copy.deepcopy(entry) == entry
    (identified,) = identify([entry], "https://x.org/feed", sketched_since=datetime(2019, 1, 1, tzinfo=UTC))
    assert pickle.loads(pickle.dumps(identified)) == identified
