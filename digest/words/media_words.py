"""What a post links to or encloses, in words: "PDF, 2 MB", "podcast, 31 min". Pure."""

from __future__ import annotations

from digest.model import Media, MediaKind
from digest.words.translations import Translations

_KEYS = {
    MediaKind.PODCAST: "media_podcast",
    MediaKind.AUDIO: "media_audio",
    MediaKind.VIDEO: "media_video",
    MediaKind.PDF: "media_pdf",
    MediaKind.IMAGE: "media_image",
    MediaKind.DOCUMENT: "media_document",
    MediaKind.TEXT: "media_text",
    MediaKind.DATA: "media_data",
    MediaKind.FILE: "media_file",
}
_IN_ENGLISH = {MediaKind.IMAGE: "picture", MediaKind.AUDIO: "sound file", MediaKind.TEXT: "plain text"}
_UNITS = {"kilobytes": "kB", "megabytes": "MB", "playing_time": "min"}
_PLAYED = (MediaKind.PODCAST, MediaKind.AUDIO, MediaKind.VIDEO)


def media_line(media: Media | None, words: Translations) -> str:
    """Return the line in the language of `words`; "" for no media."""
    if media is None:
        return ""
    amount = _amount(media)
    parts = [words.text(_KEYS[media.kind])]
    if amount is not None:
        parts.append(words.text(amount[0], count=amount[1]))
    return words.text("separator").join(parts)


def media_in_english(media: Media | None) -> str:
    """Return the line for editors; "" for no media."""
    if media is None:
        return ""
    amount = _amount(media)
    name = _IN_ENGLISH.get(media.kind, media.kind.value)
    return f"{name}, {amount[1]:,} {_UNITS[amount[0]]}" if amount else name


def _amount(media: Media) -> tuple[str, int] | None:
    """Return how long it plays, else how large it is: the key of the phrase, and the number."""
    if media.kind in _PLAYED and media.seconds:
        return "playing_time", max(1, round(media.seconds / 60))
    if media.size >= 1_000_000:
        return "megabytes", round(media.size / 1_000_000)
    return ("kilobytes", max(1, round(media.size / 1000))) if media.size else None
