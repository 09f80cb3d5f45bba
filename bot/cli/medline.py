"""`perennial medline`: all of MEDLINE, from PubMed's own files."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import BY, EXIT_DEGRADED, JsonOption, chosen_protocol, ready_application

medline_cli = typer.Typer(no_args_is_help=True, help="All of MEDLINE, from PubMed's own files.")


@medline_cli.command("score")
def medline_score(
    folder: Annotated[Path, typer.Argument(help="Where PubMed's baseline and update files (.xml.gz) are.")],
    review: Annotated[list[str] | None, typer.Option("--review", help="This review alone; may be repeated. Default: every one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where scores go; default: medline/ in PERENNIAL_HOME.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="How many of the best records each review gets.")] = 10_000,
    workers: Annotated[int, typer.Option(min=0, help="Processes on this machine; 0: one for each core.")] = 0,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler, such as tcp://10.0.0.5:8786, in place of this machine.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Score all files for one or many reviews in a single pass. Run again, it goes on where it was; only new files are scored.

    Examples:  perennial medline score /srv/medline  ·  perennial medline score /srv/medline --review sleep-apps --workers 4
    """
    from bot.cli.progress import bar
    from bot.steps import cycle
    from bot.steps.medline.collect import collect
    from bot.steps.medline.models import feed_model
    from bot.steps.medline.score import score_folder

    app, settings = ready_application()
    protocols = [chosen_protocol(app, slug) for slug in dict.fromkeys(review)] if review else list(app.protocols.values())
    ids = {one.slug: cycle.state(app.database, protocol=one, by=BY, now=app.clock()).review_id for one in protocols}
    models = [feed_model(database=app.database, review_id=ids[one.slug], protocol=one) for one in protocols]
    target = out or settings.home / "medline"
    with bar("files") as progress:
        account, scored = score_folder(folder=folder, out=target, models=models, workers=workers or os.cpu_count() or 1, scheduler=scheduler,
                                       progress=progress)
    written = collect(scored=scored, names=[one.name for one in models], out=target, keep=keep)
    for sentence in account.failed:
        print(f"perennial: {sentence}", file=sys.stderr)
    words = {"warm": "from its decisions", "cold": "from the protocol alone"}
    for model in models:
        print(f"{written[model.name]}: the best {keep:,} at most, {words[model.basis]}")
    print(f"{account.files} files: {account.scored} scored now ({account.records:,} records), {account.known} before, {len(account.failed)} not")
    if as_json:
        print(json.dumps({"files": account.files, "scored": account.scored, "known": account.known, "records": account.records,
                          "failed": account.failed, "written": {name: str(path) for name, path in written.items()},
                          "models": {one.name: one.digest for one in models}}))
    if account.failed:
        raise typer.Exit(EXIT_DEGRADED)
