"""Commands that move a review out to other programs and in from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import BY, JsonOption, ReviewOption, chosen_protocol, chosen_review
from bot.errors import InvalidInputError

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


@cli.command(name="move-in")
def move_in_(
    reason: Annotated[list[str] | None, typer.Option(help="A reason there and our criterion: 'Wrong population=population'.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Keep it; without this, only show what would be kept.")] = False,
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take over what people decided in Rayyan, Covidence, ASReview or EPPI-Reviewer, from exports that were imported before.

    First:  perennial import rayyan.csv --source NAME  ·  then look:  perennial move-in  ·  then:  perennial move-in --apply
    """
    from bot.steps.exchange.move_in import move_in, preview
    from bot.steps.records.deduplicate import deduplicate

    app, review_id = chosen_review(review)
    protocol, reasons = chosen_protocol(app, review), _pairs(reason or [])
    deduplicate(database=app.database, review_id=review_id, by=BY, now=app.clock())
    common = {"database": app.database, "review_id": review_id, "protocol": protocol, "reasons": reasons}
    account = move_in(**common, by=BY, now=app.clock()) if apply else preview(**common)
    done = "Moved in" if apply else "Would be moved in"
    print(f"{done}: {len(account.ready)} reports" + "".join(f"\n  {count} {words}" for words, count in account.counts.items()))
    print(f"Here already, left as they are: {account.known}\nNot moved, to be judged here: {len(account.left)}")
    for report_id, title, why in account.left:
        print(f"  report {report_id}, {' '.join(title.split())[:80]}: {why}")
    allowed = ", ".join(one.id for one in protocol.criteria)
    for words, count in account.reasons.items():
        print(f"  no criterion for {words!r} ({count} times): add  --reason '{words}=CRITERION'  ({allowed})")
    if as_json:
        print(json.dumps({"applied": apply, "ready": account.counts, "known": account.known, "left": [
            {"report": report_id, "title": title, "why": why} for report_id, title, why in account.left], "reasons": dict(account.reasons)}))


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        theirs, _, ours = one.rpartition("=")
        if not theirs.strip() or not ours.strip():
            raise InvalidInputError(f"--reason {one!r}: write the reason there, =, and our criterion, such as 'Wrong population=population'")
        found[theirs.strip()] = ours.strip()
    return found
