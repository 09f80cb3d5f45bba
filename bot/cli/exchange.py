"""Commands that move a review out to other programs and in from them, and a bulletin into an archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.base import BY, DryRunOption, JsonOption, ReviewOption, chosen_protocol, chosen_review, say
from bot.errors import InvalidInputError, SettingsError

if TYPE_CHECKING:
    from bot.app import App
    from bot.domain.protocols import Protocol

cli = typer.Typer()
NOT_SET = "; PERENNIAL_ZENODO_TOKEN is not set: make a token with the scopes deposit:write and deposit:actions in your account there"


@cli.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Where to write the files; made if it is not there.")],
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write all that a review holds for other programs: CSV (metafor), RIS, RevMan, JSON. Votes of open rounds are left out.

    Example:  perennial export ./moved-out --review sleep-apps
    """
    from bot.steps.exchange.move_out import move_out

    app, review_id = chosen_review(review)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        raise InvalidInputError(f"{folder} is no folder and cannot be made one; name another") from error
    written = move_out(database=app.database, review_id=review_id, protocol=chosen_protocol(app, review), now=app.clock())
    for name, content in written.items():
        (folder / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")
    if as_json:
        print(json.dumps({"folder": str(folder), "files": {name: len(content) for name, content in written.items()}}))


@cli.command(name="move-in")
def move_in_(
    reason: Annotated[list[str] | None, typer.Option(help="A reason there and our criterion: 'Wrong population=population'.")] = None,
    numbers: Annotated[Path | None, typer.Option(help="A table of results (CSV, Excel) to take in as candidates.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Keep it; without this, only show what would be kept.")] = False,
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take over what people decided in Rayyan, Covidence, ASReview or EPPI-Reviewer, from exports that were imported before.

    Examples, in this order:  perennial import rayyan.csv --source NAME  ·  perennial move-in  ·  perennial move-in --apply
    Results:  perennial move-in --numbers results.xlsx  ·  perennial move-in --numbers results.xlsx --apply
    """
    from bot.steps.exchange.move_in import move_in, preview
    from bot.steps.records.deduplicate import deduplicate

    app, review_id = chosen_review(review)
    protocol, reasons = chosen_protocol(app, review), _pairs(reason or [])
    if numbers is not None:
        _move_in_numbers(app, review_id, protocol, numbers, apply=apply, as_json=as_json)
        return
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


@cli.command()
def deposit(
    bulletin: Annotated[int, typer.Option(help="The number of the published bulletin.", min=1)],
    publish: Annotated[bool, typer.Option("--publish", help="Publish it there for good; without this it stays a draft to look at.")] = False,
    review: ReviewOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Deposit everything of a bulletin in Zenodo (PERENNIAL_ZENODO_TOKEN). Run again it goes on where it was, and never deposits twice.

    Examples:  perennial deposit --bulletin 3 --dry-run  ·  perennial deposit --bulletin 3  ·  perennial deposit --bulletin 3 --publish
    """
    from bot.steps.bulletins.deposit import deposit as step
    from bot.steps.bulletins.deposit import parcel

    app, review_id = chosen_review(review)
    given = parcel(database=app.database, review_id=review_id, number=bulletin)
    if dry_run:
        say(f"Bulletin {bulletin}: {given.name}, {len(given.content):,} bytes, would be deposited{'' if app.archive else NOT_SET}",
            {"file": given.name, "bytes": len(given.content), "metadata": dict(given.metadata)}, as_json=as_json, dry_run=True)
        return
    if app.archive is None:
        raise SettingsError(f"Nothing was deposited{NOT_SET}")
    done = step(database=app.database, archive=app.archive, given=given, publish=publish, by=BY, clock=app.clock)
    line = (f"Bulletin {bulletin} is published as https://doi.org/{done.doi}" if done.state == "published" else
            f"Bulletin {bulletin} is a draft at {done.page}, with {done.doi} reserved. Look at it; to publish it for good, add  --publish")
    say(line, {"state": done.state, "deposition": done.number, "doi": done.doi, "page": done.page}, as_json=as_json)


def _move_in_numbers(app: App, review_id: int, protocol: Protocol, path: Path, *, apply: bool, as_json: bool) -> None:
    from bot.steps.exchange.move_in_numbers import move_in_numbers, preview_numbers

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read ({error.strerror}); name a table as CSV or .xlsx") from error
    common: dict[str, Any] = {"database": app.database, "review_id": review_id, "protocol": protocol, "name": path.name, "content": content,
                              "now": app.clock()}
    account = move_in_numbers(**common, by=BY) if apply else preview_numbers(**common)
    print(f"{'Taken in as candidates' if apply else 'Would be taken in'}: {account.new} results\nHere already: {account.known}"
          f"\nNot taken: {len(account.left)}")
    for line, study, why in account.left:
        print(f"  row {line}, {study or 'no study'}: {why}")
    if account.unused:
        print(f"Headings that mean nothing here: {', '.join(account.unused)}")
    if as_json:
        print(json.dumps({"applied": apply, "new": account.new, "known": account.known, "unused": list(account.unused), "gone": account.gone,
                          "left": [{"row": line, "study": study, "why": why} for line, study, why in account.left]}))


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        theirs, _, ours = one.rpartition("=")
        if not theirs.strip() or not ours.strip():
            raise InvalidInputError(f"--reason {one!r}: write the reason there, =, and our criterion, such as 'Wrong population=population'")
        found[theirs.strip()] = ours.strip()
    return found
