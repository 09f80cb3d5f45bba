"""Commands that move a review out to other programs and in from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import JsonOption, ReviewOption, chosen_protocol, chosen_review

cli = typer.Typer()


@cli.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write the files; made if it is not there.")],
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write all that a review holds for other programs: CSV (metafor), RIS, RevMan, JSON. Votes of open rounds are left out."""
    from bot.steps.exchange.move_out import move_out

    app, review_id = chosen_review(review)
    folder.mkdir(parents=True, exist_ok=True)
    written = move_out(database=app.database, review_id=review_id, protocol=chosen_protocol(app, review), now=app.clock())
    for name, content in written.items():
        (folder / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    if as_json:
        print(json.dumps({"folder": str(folder), "files": {name: len(content) for name, content in written.items()}}))
