"""Commands that keep a site: doctor, backup and restore."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import BY, EXIT_FAILED, JsonOption, ready_application, say

cli = typer.Typer()


@cli.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask neither the mail server nor the sources.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look everything over (settings, disk, permissions, database, backup, mail server, sources, clock) and name the mend of what is wrong.

    Nothing is changed and no mail is sent. Exit code 1 if something is bad.

    Examples:  perennial doctor  ·  perennial doctor --offline --json
    """
    from bot import settings
    from bot.doctor import BAD, examine

    found = examine(settings.load(), offline=offline)
    for one in found:
        print(one.line)
    if as_json:
        print(json.dumps({"findings": [asdict(one) for one in found]}))
    if any(one.state == BAD for one in found):
        raise typer.Exit(EXIT_FAILED)


@cli.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; default: backups/perennial-<time>.tar in PERENNIAL_HOME. A folder: that "
                                                     "name in it.")] = None,
    keep: Annotated[int, typer.Option(min=0, help="Afterwards delete all but so many of the newest in that folder; 0: delete none.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --keep: name what would be deleted, and write and delete nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put the database, the link keys and people's own reviews into one file, while the site runs.

    It holds addresses and keys: keep it where only you read it. It does not hold .env.

    Examples:  perennial backup  ·  perennial backup /mnt/safe --keep 30
    """
    from bot.cli.progress import bar
    from bot.steps.keeping.backup import back_up
    from bot.steps.keeping.thin_out import NAME, thin_out

    app, settings = ready_application()
    folder = file if file and file.is_dir() else file.parent if file else settings.home / "backups"
    target = file if file and not file.is_dir() else folder / datetime.now(UTC).strftime(NAME)
    if dry_run:
        doomed = thin_out(folder=folder, keep=keep, dry_run=True)
        say(f"{target} would be written, and deleted: {', '.join(path.name for path in doomed) or 'nothing'}",
            {"file": str(target), "deleted": [str(path) for path in doomed]}, as_json=as_json, dry_run=True)
        return
    with bar("tables") as progress:
        made = back_up(database=app.database, home=settings.home, target=target, by=BY, now=app.clock(), progress=progress)
    deleted = thin_out(folder=folder, keep=keep, dry_run=False)
    say(f"{made.file}: {made.rows:,} rows, {made.files} files, {made.bytes:,} bytes" + (f"; {len(deleted)} older deleted" if deleted else ""),
        {"file": str(made.file), "rows": made.rows, "files": made.files, "bytes": made.bytes, "sha256": made.sha256,
         "deleted": [str(path) for path in deleted]}, as_json=as_json)


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that  perennial backup  wrote.")],
    as_json: JsonOption = False,
) -> None:
    """Make a site from a backup, where PERENNIAL_HOME and the database are empty. No mail goes out until  perennial mail release.

    A backup of SQLite may be restored into Postgres, and the other way round.

    Example:  PERENNIAL_HOME=/srv/new perennial restore perennial-20261101T030000Z.tar
    """
    from bot import paths, settings
    from bot.cli.progress import bar
    from bot.steps.keeping.restore import restore as restore_file
    from db.session import Database

    # Without the application: that would make new link keys where the old ones belong.
    chosen = settings.load()
    with bar("tables") as progress:
        came = restore_file(database=Database(chosen.database_url), home=chosen.home, migrations=paths.migrations(), file=file, by=BY,
                            now=datetime.now(UTC), progress=progress)
    say(f"{came.rows:,} rows and {came.files} files are here again, as of {came.made}; every sum agrees.\nMails are held back. {came.unsure} "
        "that waited then may have gone out since: settle them (perennial mail unsure), then let mails go:  perennial mail release",
        {"made": came.made, "revision": came.revision, "rows": came.rows, "files": came.files, "unsure": came.unsure}, as_json=as_json)
