"""`perennial mail`: alerts that come in, mails of which nobody knows whether they went out."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from bot.cli.base import BY, JsonOption, ready_application
from bot.errors import InvalidInputError

mail_cli = typer.Typer(no_args_is_help=True, help="Mails that are unsure or failed.")


@mail_cli.command("unsure")
def mail_unsure() -> None:
    """List the mails of which nobody knows whether they went out, and those that failed."""
    from db import outbox

    app, _ = ready_application()
    with app.database.reading() as session:
        rows = [*outbox.in_state(session, "unsure"), *outbox.in_state(session, "failed")]
    for row in rows:
        print(f"{row.id}\t{row.state}\t{row.template}\t{row.recipient_kind} {row.recipient_id}\t{row.error}")
    print(f"{len(rows)} mails" + ("; settle one with:  perennial mail settle ID --sent | --again" if rows else ""))


@mail_cli.command("read")
def mail_read(as_json: JsonOption = False) -> None:
    """Look into the mailbox for alerts now, and take in what came; the worker does it every few minutes."""
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
) -> None:
    """Decide about an unsure mail."""
    from bot.steps.mail.settle import settle_unsure

    if again is None:
        raise InvalidInputError("say which:  --sent  (it arrived)  or  --again  (send it again)")
    app, _ = ready_application()
    settle_unsure(database=app.database, mail_id=number, resend=again, by=BY, now=app.clock())
    print(f"mail {number} {'will be sent again' if again else 'is taken as sent'}")
