"""Send a notice, by the same servers and signed with the same key as the editions."""

from __future__ import annotations

import logging
import secrets

import stamina

from digest.errors import MailServerError, TemplateError
from digest.log import without_recipient
from digest.mail.message.notice import Notice, notice_bytes
from digest.mail.rendering.design import design_of
from digest.mail.rendering.notice_html import notice_html
from digest.steps.context import Context
from digest.steps.mail_setup import Links
from digest.steps.send_now import REMEDY, accepted, may_try_again, reason_of, send_now
from digest.subscribers.email_addresses import envelope_form
from digest.template_folders import default_folders
from digest.words.catalogues import PAGES

LOG = logging.getLogger(__name__)

_ATTEMPTS = 3
_FIRST_WAIT = 2.0  # seconds before the second attempt; the third waits twice as long


class NoticeError(MailServerError):
    """No server accepted the notice."""

    def __init__(self, what: str, remedy: str, *, try_again: bool) -> None:
        super().__init__(what, remedy)
        self.try_again = try_again  # a later attempt may succeed, and cannot make the notice arrive twice


def send_notice(context: Context, notice: Notice) -> None:
    """Send the notice. Raises NoticeError if no server accepts it."""
    newsletter = context.settings.newsletter
    sender = envelope_form(newsletter.from_address)[0]
    # A bounce is known by the token: in the envelope sender, or where that has no place for one, in the Message-ID.
    parts = ["note", *([notice.return_token] if notice.return_token else []), secrets.token_hex(8)]
    message = notice_bytes(
        notice,
        from_=newsletter.from_,
        reply_to=newsletter.reply_to,
        message_id=f"<{'.'.join(parts)}@{sender.rpartition('@')[2]}>",
        date=context.clock(),
        html=_html(context, notice),
    )
    if notice.return_token:
        sender = Links(context.settings).return_path(notice.return_token)
    to = context.settings.smtp.redirect_to or notice.to
    outcome = send_now(context, message, to, sender=sender)
    if accepted(outcome) is None:
        reason = without_recipient(reason_of(outcome), notice.to).rstrip(".")
        remedy = getattr(outcome, "remedy", "") or REMEDY
        raise NoticeError(f"A notice was not sent: {reason}.", remedy, try_again=may_try_again(outcome))


def _html(context: Context, notice: Notice) -> str:
    """The HTML part; "" for a notice without one. What an operator's template spoils goes out as text."""
    if notice.page is None:
        return ""
    settings = context.settings
    try:
        return notice_html(notice.page, design_of(settings), notice.language, default_folders(settings, PAGES))
    except TemplateError as error:
        LOG.warning("A notice goes out without its HTML part: %s %s", error.what, error.remedy)
        return ""


def send_notice_or_log(context: Context, notice: Notice, *, first_wait: float = _FIRST_WAIT) -> None:
    """Send the notice, with a few attempts where another one may help. A failure is logged, not raised."""
    retrying = stamina.retry_context(
        on=lambda error: isinstance(error, NoticeError) and error.try_again,
        attempts=_ATTEMPTS,
        timeout=None,
        wait_initial=first_wait,
        wait_jitter=0,
    )
    try:
        for attempt in retrying:
            with attempt:
                try:
                    send_notice(context, notice)
                except MailServerError as error:
                    LOG.warning("%s (attempt %d of %d)", error.what, attempt.num, _ATTEMPTS)
                    raise
    except MailServerError:
        return
