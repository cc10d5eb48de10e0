"""Check before sending whether an edition's posts are still online."""

from __future__ import annotations

import logging

from digest.edition.preflight.checks import LinkState
from digest.errors import ApprovalError
from digest.events import PostWithdrawn, WithdrawnPost
from digest.log import for_week
from digest.mail.rendering.safe_links import safe_url
from digest.model import Approval, Edition
from digest.steps.context import Context
from digest.steps.editing.check_links import RESULT_VALID_FOR, check_links

LOG = logging.getLogger(__name__)


def look_again(context: Context, edition: Edition, *, moment: str) -> None:
    """Check the URLs of the edition's posts, unless they were checked lately; log those that are gone or do not answer.

    Emits one event for those that are gone.

    `moment` goes into the log: "before sending". Raises ApprovalError if posts are gone and `[edition] hold_withdrawn`
    is set.
    """
    titles = {safe_url(post.url): post.title for post in edition.posts if safe_url(post.url)}
    results = check_links(context, edition.week, titles).results
    phrases = {LinkState.GONE: "is no longer online", LinkState.UNREACHABLE: "did not answer"}
    for address, result in results.items():
        if result.state in phrases:
            for_week(LOG, edition.week).warning(
                "“%s” %s, %s: %s", titles[address], phrases[result.state], moment, result.reason
            )
    withdrawn = tuple(
        WithdrawnPost(titles[address], address, result.reason)
        for address, result in results.items()
        if result.state is LinkState.GONE
    )
    if not withdrawn:
        return
    on_hold = context.settings.edition.hold_withdrawn
    context.emit(PostWithdrawn(edition.week, withdrawn, on_hold))
    if on_hold:
        raise ApprovalError(
            f"{len(withdrawn)} of the edition's posts {'are' if len(withdrawn) > 1 else 'is'} no longer online: "
            + "; ".join(post.title for post in withdrawn)
            + ".",
            "Drop them on the desk and approve again, or set [edition] hold_withdrawn = false.",
        )


def is_fresh(context: Context, approval: Approval) -> bool:
    """Whether the approval, and with it the link check, is recent enough."""
    return context.clock() - approval.at <= RESULT_VALID_FOR
