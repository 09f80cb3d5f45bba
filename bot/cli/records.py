"""Commands that bring records in and say where they came from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import BY, EXIT_USAGE, JsonOption, ReviewOption, chosen_protocol, chosen_review

cli = typer.Typer()


@cli.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="RIS, .nbib, PubMed XML …: the format is told from the content.")],
    source: Annotated[str, typer.Option(help="The source they were exported from, as the protocol names it.")],
    review: ReviewOption = "",
    as_json: JsonOption = False,
    dump: Annotated[bool, typer.Option("--dump", help="Print the records as JSON lines and store nothing.")] = False,
) -> None:
    """Take in the files that a source's own site exported. One that cannot be read keeps no other from its turn; then the exit code is 2.

    Examples:  perennial import embase.ris --source embase  ·  perennial import *.nbib --source pubmed --dump
    """
    from bot.cli.progress import bar
    from bot.steps.records.import_files import import_files, show_files

    if dump:
        account = show_files(files=files, source=source, show=print)
    else:
        app, review_id = chosen_review(review)
        with bar("files") as progress:
            account = import_files(database=app.database, review_id=review_id, files=files, source=source, by=BY, now=app.clock(),
                                   progress=progress)
        if account.files:
            print(account.summary)
    for line in account.lines:
        print(line if account.files else f"perennial: {line}", file=sys.stderr)
    if as_json or (dump and account.files):
        print(json.dumps(account.as_dict()))
    if account.unreadable:
        raise typer.Exit(EXIT_USAGE)


@cli.command()
def ledger(
    review: ReviewOption = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="One row for each source and run, as CSV.")] = False,
    methods: Annotated[bool, typer.Option("--methods", help="The paragraph of methods, and every strategy as it was run.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the ledger of searches (PRISMA-S): what was sent where and when, how it was read, what came.

    Examples:  perennial ledger  ·  perennial ledger --csv > searches.csv  ·  perennial ledger --methods
    """
    from bot.bulletin import search_appendix
    from bot.steps.records.ledger import ledger as rows_of

    app, review_id = chosen_review(review)
    rows = rows_of(database=app.database, review_id=review_id, protocol=chosen_protocol(app, review))
    if as_csv:
        sys.stdout.write(search_appendix.as_csv(rows))
    elif methods:
        print(search_appendix.paragraph(rows), search_appendix.appendix(rows), sep="\n\n")
    elif not as_json:
        for row in rows:
            hits = f"{row.hits} hits, " if row.hits is not None else ""
            print(f"{row.time}  {row.source}  {row.window_from or '…'} to {row.window_to}  {row.state}: {hits}{row.fetched} records, "
                  f"{row.new} new{f'  {row.error}' if row.error else ''}")
        print(f"{len(rows)} rows; --csv, --methods or --json gives all of each")
    if as_json:
        print(json.dumps([row.as_dict() for row in rows]))
