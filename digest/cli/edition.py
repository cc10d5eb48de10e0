"""`digest show | test | approve | hold | skip`."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.common import WAITING, AsJson, Early, WeekArgument, context_from, emit, parse_week, plain, remark, who
from digest.cli.showing import edition_json, edition_text
from digest.errors import MailServerError, UsageError
from digest.steps.editing import approve, edition_view
from digest.steps.editing.revisions_sent import already_sent
from digest.steps.unfinished import waiting, week_to_approve
from digest.steps.weeks import edition_week

app = typer.Typer()
_FORMATS = ("text", "html", "mjml", "eml")
Language = Annotated[str, typer.Option("--language", metavar="TAG", help="The mail in this language, such as cy.")]
Monthly = Annotated[bool, typer.Option("--monthly", help="The mail of monthly subscribers that goes with the edition.")]


@app.command(help="Show an edition and what was left out of it.")
def show(
    ctx: typer.Context,
    week: WeekArgument = None,
    format_: Annotated[
        str, typer.Option("--format", help="Print the mail itself: text, html, mjml or eml.", metavar="FORMAT")
    ] = "",
    language: Language = "",
    monthly: Monthly = False,
    why: Annotated[bool, typer.Option("--why", help="Show the reasons of each post.")] = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    if format_:
        if format_ not in _FORMATS:
            raise UsageError(f"There is no format {format_!r}.", f"Choose one of {', '.join(_FORMATS)}.")
        typer.echo(edition_view.exact(context, name, format_, language, monthly=monthly).decode(), nl=False)
        return
    if language or monthly:
        option = "--language" if language else "--monthly"
        raise UsageError(f"{option} needs --format.", f"Add one, such as --format {_FORMATS[0]}.")
    view = edition_view.load(context, name)
    emit(edition_json(view), as_json, "" if as_json else edition_text(view, why=why))


@app.command("test", help="Send the edition's mail to some addresses as a test; that is no delivery.")
def send_test_mail(
    ctx: typer.Context,
    to: Annotated[list[str], typer.Option("--to", metavar="ADDRESS", help="Where to; repeat it for several.")],
    week: WeekArgument = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="A note above the mail, in the test only.")] = "",
    as_email: Annotated[
        str, typer.Option("--as", metavar="ADDRESS", help="As this subscriber gets it: themes, language, name.")
    ] = "",
    language: Language = "",
    monthly: Monthly = False,
    as_json: AsJson = False,
) -> None:
    from digest.steps.editing.test_send import send_tests

    if language and as_email:
        raise UsageError("--language and --as exclude each other.", "A subscriber has a language.")
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    sent = send_tests(context, name, to, by=who(), language=language, note=note, as_email=as_email, monthly=monthly)
    lines = [
        f"Sent {name} to {each.to}: {each.reply.code} {each.reply.text}"
        if each.reply
        else f"Not sent to {each.to}: {each.problem}"
        for each in sent
    ]
    emit({"week": name, "tests": sent}, as_json, "\n".join(lines))
    if any(each.problem for each in sent):
        raise typer.Exit(MailServerError.exit_code)


@app.command("approve", help="Approve the edition, exactly as it is now.")
def approve_edition(
    ctx: typer.Context,
    week: WeekArgument = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="The revision you looked at; fails if there is a newer one.")
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Who approves (default: the user who is logged in).")
    ] = "",
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    name = parse_week(week) or week_to_approve(context)
    person = f"{' '.join(by.split())[:80]} (by {who()} on the command line)" if by.strip() else who()
    approval = approve.approve(context, name, by=person, revision=revision, early=early)
    if approval.waits:
        text = (
            f"{approval.by} has approved revision {approval.revision} of {name}. Another person must approve it, too."
        )
        emit(approval, as_json, text)
        raise typer.Exit(WAITING)
    counts = approve.sent_before(context, approval)
    already = already_sent(counts, approval.revision, approval.fingerprint)
    rest = (
        f"{already} `digest send {name}` sends this one to the others."
        if already
        else f"`digest send {name}` sends it."
    )
    text = f"Approved {name}, revision {approval.revision}, by {approval.by}. {rest}"
    emit({**plain(approval), "already_sent": counts}, as_json, text)
    for each in waiting(context):
        remark(ctx, f"{each.sentence}.")


@app.command(help="Stop an edition until it is approved again.")
def hold(ctx: typer.Context, week: WeekArgument = None, as_json: AsJson = False) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    approve.hold(context, name, by=who())
    emit({"week": name, "status": "held"}, as_json, f"Held {name}: nothing is sent until it is approved again.")


@app.command(help="Skip the week: no edition is sent.")
def skip(
    ctx: typer.Context,
    week: WeekArgument = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the history.", metavar="TEXT")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="Take the skipping back: the draft returns.")] = False,
    early: Early = False,
    as_json: AsJson = False,
) -> None:
    context = context_from(ctx)
    name = edition_week(context, parse_week(week))
    if take_back:
        approve.resume(context, name, by=who())
        emit({"week": name, "status": "draft"}, as_json, f"{name} is a draft again.")
        return
    approve.skip(context, name, by=who(), reason=reason, early=early)
    emit({"week": name, "status": "skipped"}, as_json, f"Skipped {name}.")
