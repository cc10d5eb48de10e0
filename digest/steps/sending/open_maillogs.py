"""Open the mail server's logs, plain or gzipped, in the order in which they were written."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from digest.errors import UsageError
from digest.mail.returned.postfix_log import moment_of

_LONGEST = 8_192  # characters; a longer line is not from a mail log, and is read in pieces
_UNDATED = 100  # first lines among which a log's date is looked for
_OLDEST = datetime.min.replace(tzinfo=UTC)
Result = TypeVar("Result")


@contextmanager
def mail_logs(paths: Sequence[Path], now: datetime) -> Iterator[Iterator[str]]:
    """Give the lines of all logs, streamed: the oldest log first, by its first date.

    Each file is opened only once, so it may be a pipe. Raises UsageError if one cannot be read, also while its lines
    are used.
    """
    with ExitStack() as stack:
        logs = [_begun(path, _lines(stack, path), now) for path in paths]
        yield (line for _, lines in sorted(logs, key=lambda log: log[0]) for line in lines)


def _begun(path: Path, lines: Iterator[str], now: datetime) -> tuple[datetime, Iterator[str]]:
    """Return the first date in the log, and its lines."""
    first = _explained(path, lambda: list(islice(lines, _UNDATED)))
    dates = (moment_of(line, now) for line in first)

    def all_lines() -> Iterator[str]:
        yield from first
        while some := _explained(path, lambda: list(islice(lines, 1000))):
            yield from some

    return next((date for date in dates if date), _OLDEST), all_lines()


def _lines(stack: ExitStack, path: Path) -> Iterator[str]:
    """Yield the lines of one log. Its content, not its name, says whether it is gzipped."""
    plain = _explained(path, lambda: stack.enter_context(path.open("rb")))
    packed = _explained(path, lambda: plain.peek(2)[:2] == b"\x1f\x8b")
    content = stack.enter_context(gzip.GzipFile(fileobj=plain)) if packed else plain
    text = io.TextIOWrapper(content, "utf-8", "replace", newline="\n")
    return iter(lambda: text.readline(_LONGEST), "")


def _explained(path: Path, action: Callable[[], Result]) -> Result:
    try:
        return action()
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UsageError(
            f"{path} cannot be read: {why}. Nothing was settled.", "Give Postfix's log file, plain or gzipped."
        ) from error
