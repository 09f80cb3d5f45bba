"""`perennial searches`: strategies and how sources read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import BY, EXIT_USAGE, DryRunOption, JsonOption, ReviewOption, chosen_protocol, chosen_review, home, say
from bot.errors import InvalidInputError

searches_cli = typer.Typer(no_args_is_help=True, help="Strategies and how sources read them.")


@searches_cli.command("check")
def searches_check(
    path: Annotated[Path | None, typer.Argument(help="The folder of a review, or one strategy with --syntax; default: every review.")] = None,
    syntax: Annotated[str, typer.Option(help="pubmed, ovid or cochrane: how a single file is written.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Read strategies and name what is wrong with them, and what differs between the sources' versions. Nothing is run.

    Examples:  perennial searches check  ·  perennial searches check embase.txt --syntax ovid
    """
    from bot import paths
    from bot.protocols.strategy_files import single_file, strategy_files
    from bot.protocols.strategy_report import lines, report

    if path is not None and path.is_file():
        found = {path.name: report([single_file(path, syntax)])}
    else:
        folders = [path] if path else list(paths.review_folders(home()).values())
        found = {folder.name: report(strategy_files(folder)) for folder in folders}
    for name, one in found.items():
        print("\n".join([name, *(f"  {line}" for line in lines(one))]))
    errors = sum(one["errors"] for one in found.values())
    print(f"{errors} to mend" if errors else "nothing to mend")
    if as_json:
        print(json.dumps(found | {"errors": errors}))
    if errors:
        raise typer.Exit(EXIT_USAGE)


@searches_cli.command("accept")
def searches_accept(
    source: Annotated[str, typer.Argument(help="The source that reads its strategy otherwise than before, as the protocol names it.")],
    who: Annotated[str, typer.Option("--by", help="The address of the member of the team who looked at both readings.")],
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Accept how a source read its strategy in the latest cycle; the next search goes on.

    Example:  perennial searches accept pubmed --by edda@example.org
    """
    from bot.steps.records.accept_reading import accept_reading
    from db import people, reviews

    app, review_id = chosen_review(review)
    with app.database.reading() as session:
        person = people.by_email(session, review_id, who)
        cycle = reviews.latest_cycle(session, review_id)
    if cycle is None:
        raise InvalidInputError("this review has had no cycle yet; there is no reading to accept")
    reading = accept_reading(database=app.database, review_id=review_id, cycle_id=cycle.id, source=source, by=people.by(person), now=app.clock())
    say(f"{person.name} accepts how {source} reads its strategy:\n{reading}", {"source": source, "by": person.name, "reading": reading},
        as_json=as_json)


@searches_cli.command("ask")
def searches_ask(
    source: Annotated[str, typer.Argument(help="A source that is searched by hand, as the protocol names it.")] = "",
    review: ReviewOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write to the team about overdue sources, or about this one now: strategy, dates, and a link to bring the file.

    Examples:  perennial searches ask  ·  perennial searches ask embase --dry-run
    """
    from bot.steps.records.ask_for_search import ask_for_search

    app, review_id = chosen_review(review)
    if dry_run:
        app.database.rehearse()
    asked = ask_for_search(database=app.database, review_id=review_id, protocol=chosen_protocol(app, review), keys=app.keys, by=BY,
                           now=app.clock(), source=source)
    say(f"{asked} mails will go out", {"mails": asked}, as_json=as_json, dry_run=dry_run)
