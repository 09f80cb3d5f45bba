"""`perennial keys`: the keys that links in mails are made with."""

from __future__ import annotations

import typer

from bot.cli.base import BY, DryRunOption, JsonOption, ready_application, say

keys_cli = typer.Typer(no_args_is_help=True, help="The keys that links in mails are made with.")


@keys_cli.callback()
def _several() -> None:
    """Let `rotate` stay a word of its own, though it is the only one yet."""


@keys_cli.command("rotate")
def keys_rotate(dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Make a new key for new links. Old links go on working: each row knows its key. Start web and worker again afterwards.

    Example:  perennial keys rotate
    """
    from db import events

    app, settings = ready_application()
    before = app.keys.current
    if dry_run:
        say(f"a new key would follow {before}", {"before": before}, as_json=as_json, dry_run=True)
        return
    made = settings.new_link_key()
    with app.database.writing(by=BY) as session:
        events.note(session, review_id=None, kind="keys.rotated", subject=made, data={"before": before}, at=app.clock())
    say(f"{made} is the key of new links once web and worker were started again; links made with {before} and older ones stay alive. "
        "Back it up:  perennial backup", {"before": before, "current": made}, as_json=as_json)
