"""Check before sending whether an edition's posts are still online."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from digest.edition.preflight.checks import LinkState
from digest.errors import ApprovalError
from digest.events import PostWithdrawn, WithdrawnPost
from digest.log import for_week
from digest.mail.rendering.safe_links import safe_url
from digest.model import Approval, Edition, EditionPost
from digest.steps.context import Context
from digest.steps.editing.check_links import RESULT_VALID_FOR, check_links
from digest.steps.editing.mails_by_language import is_month_read

LOG = logging.getLogger(__name__)


def look_again(context: Context, edition: Edition, *, moment: str) -> None:
    """Check the URLs of the edition's posts, unless they were checked lately; log those that are gone or do not answer.

    So are those of the month that goes with it, if somebody gets it. Emits one event for those that are gone.

    `moment` goes into the log: "before sending". Raises ApprovalError if posts of this week are gone and `[edition]
    hold_withdrawn` is set; posts of earlier editions hold nothing up, as nobody can drop them.
    """
    here, of_month = _titles(edition.posts), edition.for_monthly
    titles = here | _titles(of_month.posts if of_month and is_month_read(context, edition) else ())
    results = check_links(context, edition.week, titles).results
    phrases = {LinkState.GONE: "is no longer online", LinkState.UNREACHABLE: "did not answer"}
    for address, result in results.items():
        if result.state in phrases:
            for_week(LOG, edition.week).warning(
                "“%s” %s, %s: %s", titles[address], phrases[result.state], moment, result.reason
            )
    withdrawn = tuple(
        WithdrawnPost(titles[address], address, result.reason, monthly=address not in here)
        for address, result in results.items()
        if result.state is LinkState.GONE
    )
    if not withdrawn:
        return
    to_drop = [post.title for post in withdrawn if not post.monthly]
    on_hold = context.settings.edition.hold_withdrawn and bool(to_drop)
    context.emit(PostWithdrawn(edition.week, withdrawn, on_hold))
    if on_hold:
        are, them = ("are", "them") if len(to_drop) > 1 else ("is", "it")
        raise ApprovalError(
            f"{len(to_drop)} of the edition's posts {are} no longer online: {'; '.join(to_drop)}.",
            f"Drop {them} on the desk and approve again, or set [edition] hold_withdrawn = false.",
        )


def _titles(posts: Iterable[EditionPost]) -> dict[str, str]:
    """Return the titles of posts by their URL."""
    return {safe_url(post.url): post.title for post in posts if safe_url(post.url)}


def is_fresh(context: Context, approval: Approval) -> bool:
    """Whether the approval, and with it the link check, is recent enough."""
    return context.clock() - approval.at <= RESULT_VALID_FOR
