"""Commands about a review as a whole: begin it, check it, compute it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import EXIT_FAILED, EXIT_USAGE, JsonOption, ReviewOption, chosen_review, home
from bot.errors import InvalidInputError

cli = typer.Typer()


@cli.command()
def init(
    answers: Annotated[Path | None, typer.Option("--answers", help="A TOML file with the answers, in place of the questions.")] = None,
    abstract: Annotated[Path | None, typer.Option(help="A published review to start from: its record as RIS, .nbib or PubMed XML.")] = None,
    prospero: Annotated[str, typer.Option(help="A registration to start from: its number, or a file with the text of its record.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask PubMed for a review published under that number.")] = False,
    example: Annotated[str, typer.Option(help="Copy a review that is shipped as an example, such as bcg-vaccine.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a review of your own: twelve questions, a protocol that passes check, and a list of what is still to be done.

    Examples:  perennial init  ·  perennial init --abstract croke2026.nbib  ·  perennial init --prospero CRD42020123456
    ·  perennial init --answers sleep.toml --json
    """
    from bot import app, new_review, settings

    try:
        pubmed = app.the_pubmed(settings.load()) if prospero and not offline else None
        made = new_review.from_example(example, home=home()) if example else new_review.from_answers(
            answers, abstract, home=home(), prospero=prospero, pubmed=pubmed)
    except typer.Abort as error:
        raise InvalidInputError("the questions ended before the last answer, and nothing was written. Begin again, or answer in a file:  "
                                "perennial init --answers FILE  (docs/guide/first-hour.md shows one)") from error
    print(f"The review is in {made.folder}")
    for number, sentence in enumerate(made.to_do, start=1):
        print(f"  {number}. {sentence}")
    if as_json:
        print(json.dumps({"folder": str(made.folder), "slug": made.folder.name, "to_do": list(made.to_do)}))


@cli.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="The folder of a review; default: every review there is.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a review's protocol and name what is wrong: file, line, key and what is allowed.

    Examples:  perennial check  ·  perennial check data/reviews/sleep-apps --json
    """
    from bot import paths
    from bot.protocols.check import check as check_review

    folders = [folder] if folder else list(paths.review_folders(home()).values())
    found = [(one, finding) for one in folders for finding in check_review(one)]
    for _, finding in found:
        print(finding, file=sys.stderr)
    names = ", ".join(one.name for one in folders)
    print(f"{names}: {len(found)} to mend" if found else f"{names}: nothing to mend")
    if as_json:
        print(json.dumps({"checked": [one.name for one in folders], "findings": [finding.as_dict() for _, finding in found]}))
    if found:
        raise typer.Exit(EXIT_USAGE)


@cli.command()
def schema(as_json: Annotated[bool, typer.Option("--json", help="On one line.")] = False) -> None:
    """Print the JSON Schema of a protocol.

    Example:  perennial schema > protocol.schema.json
    """
    from bot.protocols.schema import json_schemas

    print(json.dumps(json_schemas(), indent=None if as_json else 2))


@cli.command()
def reproduce(
    numbers: Annotated[list[int] | None, typer.Argument(help="Bulletins by number; default: every cycle.")] = None,
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compute every kept estimate and analysis again from its frozen inputs, and make every file of the bulletins again from their contents.

    Numbers are compared to the last digit, or to 1e-9 under other versions; files byte for byte. Exit code 1 if something differs.

    Examples:  perennial reproduce  ·  perennial reproduce 2 --json
    """
    from bot import paths
    from bot.cli.progress import bar
    from bot.steps.bulletins.rebuild import rebuild
    from bot.steps.estimates.reproduce import reproduce as compute_again

    app, review_id = chosen_review(review)
    with bar("results") as progress:
        found = compute_again(database=app.database, review_id=review_id, numbers=tuple(numbers or ()), progress=progress)
    for difference in found.differences:
        print(difference.sentence, file=sys.stderr)
    how = f", {found.other_software} of them made by other versions and compared to 1e-9" if found.other_software else ", to the last digit"
    print(f"{found.results} results computed again{how}: {len(found.differences)} numbers differ")
    made = rebuild(database=app.database, review_id=review_id, templates=paths.templates(), site=app.renderer.site, numbers=tuple(numbers or ()))
    for one in made:
        print(one.sentence)
    if as_json:
        print(json.dumps({
            "results": found.results, "other_software": found.other_software,
            "differences": [difference.sentence for difference in found.differences],
            "bulletins": [{"number": one.number, "files": one.files, "other": list(one.other), "as_signed": one.is_signed} for one in made]}))
    if found.differences or not all(one.is_signed for one in made):
        raise typer.Exit(EXIT_FAILED)
