"""Sites whose pages do not name their feeds: from address to address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.known_sites import feed_of_page, known_feed

CHANNEL = "UC" + "aB3_-xyz" * 2 + "123456"
YOUTUBE = "https://www.youtube.com/feeds/videos.xml"


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://medium.com/@ann", "https://medium.com/feed/@ann"),
        ("https://medium.com/@ann/a-post-1a2b3c?source=x", "https://medium.com/feed/@ann"),
        ("https://medium.com/design-team", "https://medium.com/feed/design-team"),
        ("https://medium.com/tag/policy", "https://medium.com/feed/tag/policy"),
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", f"{YOUTUBE}?channel_id={CHANNEL}"),
        ("https://m.youtube.com/playlist?list=PL0123456789abcdef", f"{YOUTUBE}?playlist_id=PL0123456789abcdef"),
        ("https://www.youtube.com/user/council", f"{YOUTUBE}?user=council"),
        ("https://mastodon.example/@ann/", "https://mastodon.example/@ann.rss"),
        ("https://social.example/users/ann", "https://social.example/@ann.rss"),
        ("https://bsky.app/profile/ann.example.org", "https://bsky.app/profile/ann.example.org/rss"),
        ("https://bsky.app/profile/did:plc:abc123", "https://bsky.app/profile/did:plc:abc123/rss"),
        ("https://github.com/ann/tool", "https://github.com/ann/tool/releases.atom"),
        ("https://github.com/ann/tool/releases/", "https://github.com/ann/tool/releases.atom"),
        ("https://github.com/ann/tool/tags", "https://github.com/ann/tool/tags.atom"),
        ("https://ann.substack.com/p/a-post", "https://ann.substack.com/feed"),
        ("https://substack.com/@Ann", "https://ann.substack.com/feed"),
        (
            "https://www.gov.uk/government/organisations/home-office",
            "https://www.gov.uk/government/organisations/home-office.atom",
        ),
        (
            "https://www.gov.uk/search/news-and-communications?organisations[]=dwp",
            "https://www.gov.uk/search/news-and-communications.atom?organisations[]=dwp",
        ),
        ("https://www.reddit.com/r/localgov/", "https://www.reddit.com/r/localgov/.rss"),
        ("https://www.gov.uk/foreign-travel-advice/france", "https://www.gov.uk/foreign-travel-advice/france.atom"),
        ("https://ann.medium.com/a-post-1a2b3c", "https://ann.medium.com/feed"),
        ("https://github.com/ann", "https://github.com/ann.atom"),
        ("https://gitlab.com/ann/tool", "https://gitlab.com/ann/tool/-/tags?format=atom"),
        ("https://codeberg.org/ann/tool/src/branch/main", "https://codeberg.org/ann/tool/releases.rss"),
        ("https://vimeo.com/council", "https://vimeo.com/council/videos/rss"),
        ("https://vimeo.com/123456", ""),
        ("https://social.example/@ann@Other.example", "https://other.example/@ann.rss"),
        ("https://blog.example.org/2024/a-post", ""),
        ("https://github.com/topics/feeds", ""),
        ("https://www.gov.uk/", ""),
        ("http://[::1", ""),
    ],
)
def test_feed_of_a_known_site(url: str, feed: str) -> None:
    assert known_feed(url) == feed


@given(st.text(), st.sampled_from(["youtube.com", "medium.com", "github.com", "bsky.app", "x.org"]))
def test_any_address_never_raises(text: str, host: str) -> None:
    assert isinstance(known_feed(f"https://{host}/{text}"), str)
    assert isinstance(known_feed(text), str)


def test_channel_behind_a_handle_is_in_its_page() -> None:
    page = f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">'
    assert feed_of_page(page, "https://www.youtube.com/@council") == f"{YOUTUBE}?channel_id={CHANNEL}"
    assert feed_of_page(page, "https://blog.example.org/") == ""
    assert feed_of_page("", "https://www.youtube.com/@council") == ""
