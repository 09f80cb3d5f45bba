"""`perennial audit`: what was done, by whom, and whether anybody changed that record."""

from __future__ import annotations

import json

import typer

from bot.cli.base import EXIT_FAILED, JsonOption, ready_application

audit_cli = typer.Typer(no_args_is_help=True, help="The record of what was done, and by whom.")


@audit_cli.callback()
def _several() -> None:
    """Let `verify` stay a word of its own, though it is the only one yet."""


@audit_cli.command("verify")
def audit_verify(as_json: JsonOption = False) -> None:
    """Compute the chain of the audit again: name the first event that was altered, taken out or put in. Exit code 1 if there is one.

    Example:  perennial audit verify --json
    """
    from bot.steps.audit.verify import verify

    app, _ = ready_application()
    found = verify(database=app.database)
    checked = f"; {found.bulletins} bulletins name an end that it went through" if found.bulletins and not found.fault else ""
    print(f"NOT WHOLE, {found.fault}. The {found.events:,} events before are as they were" if found.fault
          else f"{found.events:,} events, none altered, missing or put in; the chain ends in {found.sha256}{checked}")
    if as_json:
        print(json.dumps({"events": found.events, "sha256": found.sha256, "bulletins": found.bulletins, "fault": found.fault}))
    if found.fault:
        raise typer.Exit(EXIT_FAILED)
