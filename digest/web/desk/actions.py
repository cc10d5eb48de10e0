"""The forms of the workbench. Each is checked, handed to a step, and answered with the page it came from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import ApprovalError, DigestError, UsageError
from digest.model import AuditEvent, Decision, EditionStatus
from digest.steps.editing import approve as approving
from digest.steps.editing import desk_data as beside
from digest.steps.editing import editor_changes
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.test_send import send_trial
from digest.steps.sending.deliveries import retry as retry_deliveries
from digest.steps.sending.send import send as send_edition
from digest.web.desk import link_check_job
from digest.web.desk.article_view import read_spans
from digest.web.desk.background_jobs import Job
from digest.web.desk.desk import Desk
from digest.web.desk.edit_conflicts import mark
from digest.web.desk.formatting import plural
from digest.web.desk.post_changes import Around, Form, change_for, place_of
from digest.web.desk.workbench import post_of, show, theme_titles

Handler = Callable[[Desk, Request, FormData], Response]


def routes(desk: Desk) -> list[BaseRoute]:
    return [
        Route("/editions/{week}/posts/{post}/{verb}", _form(desk, _change_post), methods=["POST"]),
        *(
            Route(f"/editions/{{week}}/{verb}", _form(desk, handler), methods=["POST"])
            for verb, handler in _ABOUT_EDITIONS.items()
        ),
    ]


def _form(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Takes a form that is ours; a refusal shows the workbench again, with the reason and what was typed."""

    async def take(request: Request) -> Response:
        form = await request.form(max_files=0)
        return await run_in_threadpool(_take, desk, handler, request, form)

    return take


def _take(desk: Desk, handler: Handler, request: Request, form: FormData) -> Response:
    week = request.path_params["week"]
    kept = {name: str(value) for name, value in form.items() if name in ("introduction", "subject", "to")}
    if not desk.forms.genuine(request, _said(form, "token")):
        stale = ApprovalError("That form was too old, or not from this desk: nothing was changed.", "Do it again here.")
        return show(desk, request, week, code=403, error=stale, **kept)
    try:
        return handler(desk, request, form)
    except DigestError as error:
        load_edition(desk.context, week)  # where there is no such edition, that is the answer
        return show(desk, request, week, code=409, error=error, opened=request.path_params.get("post", ""), **kept)


def _said(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _bench(request: Request, form: FormData, anchor: str = "") -> str:
    """The workbench's address, in the view that the form came from."""
    view, opened = _said(form, "view"), _said(form, "open")
    query = "&".join(
        f"{key}={value}" for key, value in (("view", view), ("post", opened)) if value.replace("-", "").isalnum()
    )
    return f"/editions/{request.path_params['week']}{'?' + query if query else ''}{'#' + anchor if anchor else ''}"


# --- About one post ---------------------------------------------------------------------------------------------------


def _change_post(desk: Desk, request: Request, form: FormData) -> Response:
    week, post, verb = (request.path_params[name] for name in ("week", "post", "verb"))
    _, edition = load_edition(desk.context, week)
    place, above, below = place_of(edition, post)
    shown, read = post_of(edition, post), beside.article(desk.context, post)
    around = Around(
        place=place,
        chosen=shown.offsets if shown else (),
        known=frozenset((sentence.start, sentence.end) for sentence in read.sentences) if read else frozenset(),
        at_most=desk.settings.summary.sentences,
        themes=theme_titles(desk),
    )
    known = {each.id for each in edition.posts} | {each.post for each in edition.left_out}
    if post not in known:
        raise UsageError("That post is not in this edition any more.", "Somebody else may have changed it.")
    sent = Form(_said(form, "theme"), _said(form, "reason"), _said(form, "title"), _spans(form))
    change = change_for(verb, sent, around)
    who = desk.who(request)
    editor_changes.change_decision(desk.context, week, post, by=who, change=change.apply, event=change.event)
    neighbour = {"up": above, "down": below}.get(verb, "")
    if neighbour:
        _make_room(desk, week, neighbour, place, by=who)
    gone = verb in ("drop", "hold")
    return desk.back(_bench(request, form, "posts" if gone else f"post-{post}"), change.said)


def _spans(form: FormData) -> tuple[tuple[int, int], ...]:
    return read_spans([value for value in form.getlist("sentence") if isinstance(value, str)])


def _make_room(desk: Desk, week: str, neighbour: str, place: int, *, by: str) -> None:
    """Where the neighbour was put in its place by hand, it must be told that it has changed places."""
    decided = beside.decisions(desk.context, week).get(neighbour, Decision(neighbour))
    if decided.position is not None:
        editor_changes.change_decision(
            desk.context,
            week,
            neighbour,
            by=by,
            change=lambda d: replace(d, position=place),
            event=AuditEvent.MADE_ROOM,
        )


# --- About the edition ------------------------------------------------------------------------------------------------


def _introduction(desk: Desk, request: Request, form: FormData) -> Response:
    text = _said(form, "introduction").replace("\r\n", "\n").strip()
    _not_overwriting(desk, request, form, "introduction", text)
    editor_changes.write_introduction(desk.context, request.path_params["week"], text, by=desk.who(request))
    return desk.back(_bench(request, form, "words"), "The introduction was saved." if text else "No introduction.")


def _subject(desk: Desk, request: Request, form: FormData) -> Response:
    text = " ".join(_said(form, "subject").split())
    _not_overwriting(desk, request, form, "subject", text)
    editor_changes.write_subject(desk.context, request.path_params["week"], text, by=desk.who(request))
    said = "The subject was saved." if text else "The template writes the subject again."
    return desk.back(_bench(request, form, "words"), said)


def _not_overwriting(desk: Desk, request: Request, form: FormData, field: str, text: str) -> None:
    _, edition = load_edition(desk.context, request.path_params["week"])
    stands = str(getattr(edition, field))
    if _said(form, "seen") != mark(stands) and text != stands:
        raise ApprovalError(
            f"Somebody else changed the {field} while you were writing.",
            f"It now says “{stands or 'nothing'}”. Your own text stands below; save it again to replace theirs.",
        )


def _approve(desk: Desk, request: Request, form: FormData) -> Response:
    week, revision = request.path_params["week"], _said(form, "revision")
    told: list[str] = []  # among it, whether Prefect was woken to send
    ticked, warned = _said(form, "seen") == "yes", _said(form, "warned").split()
    link_check_job.wait(desk, week)
    approval = approving.approve(
        replace(desk.context, report=told.append),
        week,
        by=desk.who(request),
        revision=int(revision) if revision.isascii() and revision.isdecimal() else -1,
        fingerprint=_said(form, "fingerprint"),
        # The tick is for the warnings that the page showed: one that a visit to the links brought since needs its own.
        despite=lambda warning: ticked and ("warned" not in form or mark(warning.message) in warned),
    )
    more = [line.removeprefix(f"{week}: ") for line in told if "Prefect" in line]
    return desk.back(_bench(request, form), " ".join([f"Revision {approval.revision} is approved.", *more]))


def _links(desk: Desk, request: Request, form: FormData) -> Response:
    link_check_job.begin(desk, request.path_params["week"], by=desk.who(request), again=True)
    return desk.back(_bench(request, form), "The links are being visited.")


def _hold(desk: Desk, request: Request, form: FormData) -> Response:
    approving.hold(desk.context, request.path_params["week"], by=desk.who(request))
    return desk.back(_bench(request, form), "The edition is held. Nothing is sent until it is approved again.")


def _skip(desk: Desk, request: Request, form: FormData) -> Response:
    approving.skip(desk.context, request.path_params["week"], by=desk.who(request))
    return desk.back(_bench(request, form), "There is no edition this week. Its posts stay accounted for.")


def _schedule(desk: Desk, request: Request, form: FormData) -> Response:
    week, said = request.path_params["week"], _said(form, "at")
    moment = None
    if said:
        try:
            moment = datetime.fromisoformat(said).replace(tzinfo=desk.settings.newsletter.zone)
        except ValueError:
            raise UsageError(f"{said!r} is not a date and time.", "Write it as 2026-11-23T09:00.") from None
    editor_changes.schedule(desk.context, week, moment, by=desk.who(request))
    note = f"It is sent at {moment:%A %H:%M, %d %B}, once it is approved." if moment else "No longer scheduled."
    return desk.back(_bench(request, form), note)


def _test(desk: Desk, request: Request, form: FormData) -> Response:
    to = _said(form, "to").strip()
    if "@" not in to:
        raise UsageError("Where shall the test go?", "Write one address.")
    reply = send_trial(desk.context, request.path_params["week"], to, by=desk.who(request))
    return desk.back(_bench(request, form), f"A test went to {to}; the mail server said {reply.code} {reply.text}.")


def _send(desk: Desk, request: Request, form: FormData) -> Response:
    week = request.path_params["week"]
    view = load(desk.context, week)
    if view.status not in (EditionStatus.APPROVED, EditionStatus.SENDING) or view.approval is None:
        why = f" {view.voided[:1].upper()}{view.voided[1:]}." if view.voided else ""
        raise ApprovalError(f"The edition is not approved.{why}", "Look at it again, and approve it.")

    def work(job: Job) -> None:
        context = replace(desk.context, report=job.say)
        if desk.send is not None:
            desk.send(context, week)
        else:
            send_edition(context, week, stopping=lambda: job.stopped)

    begun = desk.jobs.start(week, work)
    return desk.back(_bench(request, form), "Sending has begun." if begun else "It is being sent already.")


def _retry(desk: Desk, request: Request, form: FormData) -> Response:
    week = request.path_params["week"]
    number = retry_deliveries(desk.context, week, by=desk.who(request))
    said = f"{plural(number, 'delivery', 'deliveries')} queued again. “Go on sending” sends them."
    return desk.back(_bench(request, form), said if number else "Nothing was to be tried again.")


_ABOUT_EDITIONS: dict[str, Handler] = {
    "introduction": _introduction,
    "subject": _subject,
    "approve": _approve,
    "links": _links,
    "hold": _hold,
    "skip": _skip,
    "schedule": _schedule,
    "test": _test,
    "send": _send,
    "retry": _retry,
}
