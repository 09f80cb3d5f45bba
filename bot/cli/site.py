"""Commands that run the site and its worker."""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.base import (
    BY,
    EXIT_DEGRADED,
    DryRunOption,
    JsonOption,
    ReviewOption,
    application,
    chosen_protocol,
    logs,
    ready_application,
    say,
)

cli = typer.Typer()
JsonStartOption = Annotated[bool, typer.Option("--json", help="Print one JSON object once it runs.")]


@cli.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Go on showing the site in the end, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="Where --serve shows the site; 0: any free port.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where to put database and mails; default: a new folder.")] = None,
    database: Annotated[str, typer.Option(help="Another database than SQLite in that folder: postgresql://…")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON object alone, which else is the last line.")] = False,
) -> None:
    """Run two months of the first review, with scripted people and stand-ins for PubMed and the mail server.

    Examples:  perennial demo  ·  perennial demo --serve --port 8080
    """
    from bot.cli.progress import bar
    from bot.demo.run import run_demo
    from bot.telemetry import WARNINGS, configure

    # Where a person looks, a bar says how far it is; a log says it where nobody does.
    configure(least=WARNINGS) if sys.stderr.isatty() else logs()
    if as_json:
        with redirect_stdout(sys.stderr):
            account = run_demo(folder=folder, database=database, serve=serve, port=port, showing=bar)
    else:
        account = run_demo(folder=folder, database=database, serve=serve, port=port, showing=bar)
    print(json.dumps(account), flush=True)


@cli.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Another port than PERENNIAL_PORT.")] = None,
    web_only: Annotated[bool, typer.Option("--web-only", help="Without a worker in this process; run  perennial work  beside it.")] = False,
    as_json: JsonStartOption = False,
) -> None:
    """Run the web and the worker until Ctrl-C.

    Examples:  perennial serve  ·  perennial serve --port 8080  ·  perennial serve --web-only
    """
    from bot.jobs import work
    from bot.web.server import Server, listen

    app, settings = ready_application()
    server = Server(app, listen(settings.listen, settings.port if port is None else port), trusted_proxies=settings.trusted_proxies)
    end_work = (lambda: True) if web_only else work(app)
    print(f"Perennial shows {', '.join(app.protocols)} at {server.address} (public address: {settings.address}). Ctrl-C ends it.",
          file=sys.stderr)
    if as_json:
        print(json.dumps({"address": server.address, "public_address": settings.address, "reviews": list(app.protocols)}), flush=True)
    try:
        server.run()
    finally:
        if not end_work():
            print("perennial: ended in the middle of its work; the next start takes it up", file=sys.stderr, flush=True)
            os._exit(0)


@cli.command(name="work")
def work_(as_json: JsonStartOption = False) -> None:
    """Run the worker alone until Ctrl-C. Of several, one works at a time; the others stand by and take over when it ends.

    Example:  perennial work
    """
    import signal
    import threading

    from bot.jobs import work

    app, _ = ready_application()
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: told.set())
    end_work = work(app)
    print(f"Perennial works for {', '.join(app.protocols)}. Ctrl-C ends it.", file=sys.stderr, flush=True)
    if as_json:
        print(json.dumps({"process": os.getpid(), "reviews": list(app.protocols)}), flush=True)
    told.wait()
    if not end_work():
        print("perennial: ended in the middle of its work; the next start takes it up", file=sys.stderr, flush=True)
        os._exit(0)


@cli.command()
def run(review: ReviewOption = "", dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Do one cycle now: search, deduplicate, rank, invite, and send the mails. Run again, it takes up where it was.

    Examples:  perennial run  ·  perennial run --dry-run  ·  perennial run --review sleep --json
    """
    from bot.cli.progress import showing_the_search
    from bot.jobs import plan_now, run_now

    app, _ = ready_application()
    slug = chosen_protocol(app, review).slug
    if dry_run:
        _print_cycle(plan_now(app, slug, by=BY), as_json=as_json)
        return
    with showing_the_search(app, slug):
        outcome = run_now(app, slug, by=BY)
    _print_cycle(outcome, as_json=as_json)
    if outcome["failed"] or outcome["busy"]:
        raise typer.Exit(EXIT_DEGRADED)


@cli.command()
def status(as_json: JsonOption = False) -> None:
    """Say what is due, done, waiting and failing.

    Examples:  perennial status  ·  perennial status --json
    """
    from bot.jobs import overview

    app, _ = ready_application()
    found = overview(app)
    for line in found["lines"]:
        print(line)
    if as_json:
        print(json.dumps({key: value for key, value in found.items() if key != "lines"}))


@cli.command()
def migrate(
    to: Annotated[str, typer.Option(help="A revision; default: the newest.")] = "head",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say from where to where it would go, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the database to the schema of this version. A lower revision takes away what later ones added: make a backup first.

    Examples:  perennial migrate --dry-run  ·  perennial migrate
    """
    from bot import paths
    from db.schema import migrate as migrate_database
    from db.schema import planned

    app, _ = application()
    if dry_run:
        before, after = planned(app.database, paths.migrations(), to=to)
        say(f"the schema would go from {before or 'nothing'} to {after or 'nothing'}", {"before": before, "after": after}, as_json=as_json,
            dry_run=True)
        return
    before, after = migrate_database(app.database, paths.migrations(), to=to)
    say(f"the schema is at {after or 'nothing'}" + ("" if before == after else f" (was {before or 'nothing'})"),
        {"before": before, "after": after}, as_json=as_json)


def _print_cycle(outcome: dict[str, Any], *, as_json: bool) -> None:
    for line in outcome["lines"]:
        print(line)
    if as_json:
        print(json.dumps({key: value for key, value in outcome.items() if key != "lines"}))
