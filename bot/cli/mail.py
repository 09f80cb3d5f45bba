"""`perennial mail`: alerts that come in, mails of which nobody knows whether they went out."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from bot.cli.base import BY, DryRunOption, JsonOption, ready_application, say
from bot.errors import InvalidInputError

mail_cli = typer.Typer(no_args_is_help=True, help="Mails that are unsure or failed.")


@mail_cli.command("unsure")
def mail_unsure(as_json: JsonOption = False) -> None:
    """List the mails of which nobody knows whether they went out, and those that failed.

    Example:  perennial mail unsure --json
    """
    from db import outbox

    app, _ = ready_application()
    with app.database.reading() as session:
        rows = [*outbox.in_state(session, "unsure"), *outbox.in_state(session, "failed")]
    for row in rows:
        print(f"{row.id}\t{row.state}\t{row.template}\t{row.recipient_kind} {row.recipient_id}\t{row.error}")
    print(f"{len(rows)} mails" + ("; settle one with:  perennial mail settle ID --sent | --again" if rows else ""))
    if as_json:
        print(json.dumps({"mails": [{"id": row.id, "state": row.state, "template": row.template, "error": row.error} for row in rows]}))


@mail_cli.command("read")
def mail_read(as_json: JsonOption = False) -> None:
    """Look into the mailbox for alerts now, and take in what came; the worker does it every few minutes.

    Example:  perennial mail read
    """
    from bot.jobs import read_alerts

    app, _ = ready_application()
    account = read_alerts(app, by=BY)
    for sentence in account.not_understood:
        print(sentence, file=sys.stderr)
    print(account.sentence)
    if as_json:
        print(json.dumps({"mails": account.mails, "read": account.read, "new": account.new, "not_understood": list(account.not_understood)}))


@mail_cli.command("settle")
def mail_settle(
    number: Annotated[int, typer.Argument(help="The mail's number, as `perennial mail unsure` shows it.")],
    again: Annotated[bool | None, typer.Option("--again/--sent", help="Send it again, or take it as sent.")] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide about an unsure mail.

    Example:  perennial mail settle 17 --sent
    """
    from bot.steps.mail.settle import settle_unsure

    if again is None:
        raise InvalidInputError("say which:  --sent  (it arrived)  or  --again  (send it again)")
    app, _ = ready_application()
    if dry_run:
        app.database.rehearse()
    settle_unsure(database=app.database, mail_id=number, resend=again, by=BY, now=app.clock())
    say(f"mail {number} {'will be sent again' if again else 'is taken as sent'}", {"id": number, "again": again}, as_json=as_json,
        dry_run=dry_run)


@mail_cli.command("hold")
def mail_hold(
    why: Annotated[str, typer.Argument(help="Why, in a few words; status shows it.")],
    as_json: JsonOption = False,
) -> None:
    """Send no mail from now on; what is written waits.

    Example:  perennial mail hold "moving to another server"
    """
    from bot.steps.mail.hold import hold

    app, _ = ready_application()
    hold(database=app.database, why=why, by=BY, now=app.clock())
    say("mails are held back; let them go with:  perennial mail release", {"held": why}, as_json=as_json)


@mail_cli.command("release")
def mail_release(dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Let mails go out again, after a restore or a hold. The unsure ones wait for  perennial mail settle.

    Examples:  perennial mail release --dry-run  ·  perennial mail release
    """
    from bot.steps.mail.hold import release

    app, _ = ready_application()
    if dry_run:
        app.database.rehearse()
    waiting = release(database=app.database, by=BY, now=app.clock())
    say(f"mails go out again; {waiting} wait", {"waiting": waiting}, as_json=as_json, dry_run=dry_run)
