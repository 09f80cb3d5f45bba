"""The command line: `./perennial COMMAND`. It parses, calls a step and prints; heavy imports wait until a command needs them.

Exit codes: 0 done · 1 it did not work · 2 a wrong setting, protocol or argument · 3 done, but a source failed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import InvalidInputError, PerennialError, ProtocolError, SchemaError, SettingsError

if TYPE_CHECKING:
    from bot.app import App
    from bot.domain.protocols import Protocol

BY = "system:cli"
EXIT_FAILED, EXIT_USAGE, EXIT_DEGRADED = 1, 2, 3

cli = typer.Typer(
    name="perennial", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A living systematic review bot. First:  perennial demo   Tests:  perennial test   Benchmarks:  perennial bench",
)
people_cli = typer.Typer(no_args_is_help=True, help="The people who run a review.")
mail_cli = typer.Typer(no_args_is_help=True, help="Mails that are unsure or failed.")
searches_cli = typer.Typer(no_args_is_help=True, help="Strategies and how sources read them.")
medline_cli = typer.Typer(no_args_is_help=True, help="All of MEDLINE, from PubMed's own files.")
cli.add_typer(searches_cli, name="searches")
cli.add_typer(medline_cli, name="medline")
cli.add_typer(people_cli, name="people")
cli.add_typer(mail_cli, name="mail")

ReviewOption = Annotated[str, typer.Option("--review", help="Which review, where there are several.")]
JsonOption = Annotated[bool, typer.Option("--json", help="End with one JSON object.")]


def main() -> None:
    """Run the command line; an error of ours is one sentence on stderr."""
    try:
        cli()
    except (SettingsError, ProtocolError, SchemaError, InvalidInputError) as error:
        _fail(error, EXIT_USAGE)
    except PerennialError as error:
        _fail(error, EXIT_FAILED)


@cli.command()
def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Go on showing the site in the end, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(help="Where --serve shows the site; 0: any free port.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where to put database and mails; default: a new folder.")] = None,
    database: Annotated[str, typer.Option(help="Another database than SQLite in that folder: postgresql://…")] = "",
) -> None:
    """Run two months of the first review, with scripted people and stand-ins for PubMed and the mail server."""
    from bot.demo.run import run_demo

    _logs(verbose=False)
    account = run_demo(folder=folder, database=database, serve=serve, port=port)
    print(json.dumps(account), flush=True)


@cli.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Another port than PERENNIAL_PORT.")] = None,
    web_only: Annotated[bool, typer.Option("--web-only", help="Without a worker in this process; run  perennial work  beside it.")] = False,
) -> None:
    """Run the web and the worker until Ctrl-C."""
    from bot.jobs import work
    from bot.web.server import Server, listen

    app, settings = _ready_app()
    server = Server(app, listen(settings.listen, settings.port if port is None else port))
    end_work = (lambda: True) if web_only else work(app)
    print(f"Perennial shows {', '.join(app.protocols)} at {server.address} (public address: {settings.address}). Ctrl-C ends it.",
          file=sys.stderr)
    try:
        server.run()
    finally:
        if not end_work():
            print("perennial: ended in the middle of its work; the next start takes it up", file=sys.stderr, flush=True)
            os._exit(0)


@cli.command(name="work")
def work_() -> None:
    """Run the worker alone until Ctrl-C. Of several, one works at a time; the others stand by and take over when it ends."""
    import signal
    import threading

    from bot.jobs import work

    app, _ = _ready_app()
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: told.set())
    end_work = work(app)
    print(f"Perennial works for {', '.join(app.protocols)}. Ctrl-C ends it.", file=sys.stderr, flush=True)
    told.wait()
    if not end_work():
        print("perennial: ended in the middle of its work; the next start takes it up", file=sys.stderr, flush=True)
        os._exit(0)


@cli.command()
def run(review: ReviewOption = "", as_json: JsonOption = False) -> None:
    """Do one cycle now: search, deduplicate, rank, invite, and send the mails. Run again, it takes up where it was."""
    from bot.jobs import run_now

    app, _ = _ready_app()
    outcome = run_now(app, _protocol(app, review).slug, by=BY)
    _print_cycle(outcome, as_json=as_json)
    if outcome["failed"] or outcome["busy"]:
        raise typer.Exit(EXIT_DEGRADED)


@cli.command()
def init(
    answers: Annotated[Path | None, typer.Option("--answers", help="A TOML file with the answers, in place of the questions.")] = None,
    abstract: Annotated[Path | None, typer.Option(help="A published review to start from: its record as RIS, .nbib or PubMed XML.")] = None,
    example: Annotated[str, typer.Option(help="Copy a review that is shipped as an example, such as bcg-vaccine.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a review of your own: twelve questions, a protocol that passes check, and a list of what is still to be done.

    Examples:  perennial init  ·  perennial init --abstract croke2026.nbib  ·  perennial init --answers sleep.toml --json
    """
    from bot import new_review

    made = new_review.from_example(example, home=_home()) if example else new_review.from_answers(answers, abstract, home=_home())
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
    """Read a review's protocol and name what is wrong: file, line, key and what is allowed."""
    from bot import paths
    from bot.protocols.check import check as check_review

    folders = [folder] if folder else list(paths.review_folders(_home()).values())
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
def schema() -> None:
    """Print the JSON Schema of a protocol."""
    from bot.protocols.schema import json_schemas

    print(json.dumps(json_schemas(), indent=2))


@cli.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="RIS, .nbib, PubMed XML …: the format is told from the content.")],
    source: Annotated[str, typer.Option(help="The source they were exported from, as the protocol names it.")],
    review: ReviewOption = "",
    as_json: JsonOption = False,
    dump: Annotated[bool, typer.Option("--dump", help="Print the records as JSON lines and store nothing.")] = False,
) -> None:
    """Take in the files that a source's own site exported. One that cannot be read keeps no other from its turn; then the exit code is 2."""
    from bot.steps.records.import_files import import_files, show_files

    if dump:
        account = show_files(files=files, source=source, show=print)
    else:
        app, review_id = _review(review)
        account = import_files(database=app.database, review_id=review_id, files=files, source=source, by=BY, now=app.clock())
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
    """Print the ledger of searches (PRISMA-S): what was sent where and when, how it was read, what came."""
    from bot.bulletin import search_appendix
    from bot.steps.records.ledger import ledger as rows_of

    app, review_id = _review(review)
    rows = rows_of(database=app.database, review_id=review_id, protocol=_protocol(app, review))
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


@cli.command()
def migrate(to: Annotated[str, typer.Option(help="A revision; default: the newest.")] = "head") -> None:
    """Bring the database to the schema of this version."""
    from bot import paths
    from db.schema import migrate as migrate_database

    app, _ = _app()
    before, after = migrate_database(app.database, paths.migrations(), to=to)
    print(f"the schema is at {after or 'nothing'}" + ("" if before == after else f" (was {before or 'nothing'})"))


@searches_cli.command("check")
def searches_check(
    path: Annotated[Path | None, typer.Argument(help="The folder of a review, or one strategy with --syntax; default: every review.")] = None,
    syntax: Annotated[str, typer.Option(help="pubmed, ovid or cochrane: how a single file is written.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Read strategies and name what is wrong with them, and what differs between the sources' versions. Nothing is run."""
    from bot import paths
    from bot.protocols.strategy_files import single_file, strategy_files
    from bot.protocols.strategy_report import lines, report

    if path is not None and path.is_file():
        found = {path.name: report([single_file(path, syntax)])}
    else:
        folders = [path] if path else list(paths.review_folders(_home()).values())
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
) -> None:
    """Accept how a source read its strategy in the latest cycle; the next search goes on."""
    from bot.steps.records.accept_reading import accept_reading
    from db import people, reviews

    app, review_id = _review(review)
    with app.database.reading() as session:
        person = people.by_email(session, review_id, who)
        cycle = reviews.latest_cycle(session, review_id)
    if cycle is None:
        raise InvalidInputError("this review has had no cycle yet; there is no reading to accept")
    reading = accept_reading(database=app.database, review_id=review_id, cycle_id=cycle.id, source=source, by=people.by(person), now=app.clock())
    print(f"{person.name} accepts how {source} reads its strategy:\n{reading}")


@searches_cli.command("ask")
def searches_ask(
    source: Annotated[str, typer.Argument(help="A source that is searched by hand, as the protocol names it.")] = "",
    review: ReviewOption = "",
) -> None:
    """Write to the team about overdue sources, or about this one now: strategy, dates, and a link to bring the file."""
    from bot.steps.records.ask_for_search import ask_for_search

    app, review_id = _review(review)
    asked = ask_for_search(database=app.database, review_id=review_id, protocol=_protocol(app, review), keys=app.keys, by=BY, now=app.clock(),
                           source=source)
    print(f"{asked} mails will go out")


@people_cli.command("add")
def people_add(
    email: str,
    role: Annotated[str, typer.Option(help="reviewer, third_reviewer, extractor or editor")],
    name: Annotated[str, typer.Option()],
    review: ReviewOption = "",
) -> None:
    """Make somebody a member of a review's team."""
    from bot.steps.people.join import join

    app, review_id = _review(review)
    person = join(database=app.database, review_id=review_id, name=name, email=email, role=role, by=BY, now=app.clock())
    print(f"{person.name} is {role.replace('_', ' ')} now; a mail asks for a declaration of interests, and no other link is sent before it")


@cli.command()
def invite(
    editor: Annotated[str, typer.Option("--editor", help="The mail address of the first editor.")],
    name: Annotated[str, typer.Option(help="The editor's name; default: what stands before the @.")] = "",
    review: ReviewOption = "",
) -> None:
    """Make somebody an editor, who signs in by a mailed link; where no mail is set, the link is printed."""
    from bot.steps.people.join import join
    from bot.steps.people.sign_in import ask_to_sign_in, invitation

    app, settings = _ready_app()
    review_id = _review(review)[1]
    person = join(database=app.database, review_id=review_id, name=name or editor.partition("@")[0], email=editor, role="editor", by=BY,
                  now=app.clock())
    if settings.smtp_host:
        ask_to_sign_in(database=app.database, email=editor, keys=app.keys, by=BY, now=app.clock())
        print(f"{person.name} is editor now; a mail with a link to sign in goes out when the worker runs")
        return
    path = invitation(database=app.database, review_id=review_id, person=person, keys=app.keys, by=BY, now=app.clock())
    print(f"{person.name} is editor now. No mail is set, so here is the link that signs in, once, within a week:")
    print(settings.address + path)


@people_cli.command("list")
def people_list(review: ReviewOption = "") -> None:
    """Show who is what in a review."""
    from db import people

    app, review_id = _review(review)
    with app.database.reading() as session:
        for role in people.ROLES:
            for person in people.members(session, review_id, role):
                print(f"{role}\t{person.name}\t{person.email}")


@mail_cli.command("unsure")
def mail_unsure() -> None:
    """List the mails of which nobody knows whether they went out, and those that failed."""
    from db import outbox

    app, _ = _ready_app()
    with app.database.reading() as session:
        rows = [*outbox.in_state(session, "unsure"), *outbox.in_state(session, "failed")]
    for row in rows:
        print(f"{row.id}\t{row.state}\t{row.template}\t{row.recipient_kind} {row.recipient_id}\t{row.error}")
    print(f"{len(rows)} mails" + ("; settle one with:  perennial mail settle ID --sent | --again" if rows else ""))


@mail_cli.command("read")
def mail_read(as_json: JsonOption = False) -> None:
    """Look into the mailbox for alerts now, and take in what came; the worker does it every few minutes."""
    from bot.jobs import read_alerts

    app, _ = _ready_app()
    account = read_alerts(app, by=BY)
    for sentence in account.not_understood:
        print(sentence, file=sys.stderr)
    print(account.sentence)
    if as_json:
        print(json.dumps({"mails": account.mails, "read": account.read, "new": account.new, "not_understood": list(account.not_understood)}))


@mail_cli.command("settle")
def mail_settle(
    number: Annotated[int, typer.Argument(help="The mail's number, as `perennial mail unsure` shows it.")],
    again: Annotated[bool | None, typer.Option("--again/--sent", help="Send it again, or take it as sent.")] = None,
) -> None:
    """Decide about an unsure mail."""
    from bot.steps.mail.settle import settle_unsure

    if again is None:
        raise InvalidInputError("say which:  --sent  (it arrived)  or  --again  (send it again)")
    app, _ = _ready_app()
    settle_unsure(database=app.database, mail_id=number, resend=again, by=BY, now=app.clock())
    print(f"mail {number} {'will be sent again' if again else 'is taken as sent'}")


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
    """Score all files for one or many reviews in a single pass. Run again, it goes on where it was; only new files are scored."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from bot.steps import cycle
    from bot.steps.medline.collect import collect
    from bot.steps.medline.models import feed_model
    from bot.steps.medline.score import score_folder

    app, settings = _ready_app()
    protocols = [_protocol(app, slug) for slug in dict.fromkeys(review)] if review else list(app.protocols.values())
    ids = {one.slug: cycle.state(app.database, protocol=one, by=BY, now=app.clock()).review_id for one in protocols}
    models = [feed_model(database=app.database, review_id=ids[one.slug], protocol=one) for one in protocols]
    target = out or settings.home / "medline"
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("files"), TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("files")
        account, scored = score_folder(folder=folder, out=target, models=models, workers=workers or os.cpu_count() or 1, scheduler=scheduler,
                                       progress=lambda done, of: bar.update(task, completed=done, total=of))
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


@cli.command()
def status(as_json: JsonOption = False) -> None:
    """Say what is due, done, waiting and failing."""
    from bot.jobs import overview

    app, _ = _ready_app()
    found = overview(app)
    for line in found["lines"]:
        print(line)
    if as_json:
        print(json.dumps({key: value for key, value in found.items() if key != "lines"}))


@cli.command()
def reproduce(
    numbers: Annotated[list[int] | None, typer.Argument(help="Bulletins by number; default: every cycle.")] = None,
    review: ReviewOption = "",
    as_json: JsonOption = False,
) -> None:
    """Compute every kept estimate and analysis again from its frozen inputs, and compare: to the last digit, or 1e-9 under other versions."""
    from bot.steps.estimates.reproduce import reproduce as compute_again

    app, review_id = _review(review)
    found = compute_again(database=app.database, review_id=review_id, numbers=tuple(numbers or ()))
    for difference in found.differences:
        print(difference.sentence, file=sys.stderr)
    how = f", {found.other_software} of them made by other versions and compared to 1e-9" if found.other_software else ", to the last digit"
    print(f"{found.results} results computed again{how}: {len(found.differences)} numbers differ")
    if as_json:
        print(json.dumps({"results": found.results, "other_software": found.other_software,
                          "differences": [difference.sentence for difference in found.differences]}))
    if found.differences:
        raise typer.Exit(EXIT_FAILED)


def _app() -> tuple[App, Any]:
    from bot import app as root
    from bot import settings

    _logs(verbose=False)
    chosen = settings.load()
    return root.build(chosen), chosen


def _ready_app() -> tuple[App, Any]:
    """Return the application with a database that has this version's schema; an empty one gets it now."""
    from bot import paths
    from db.schema import ready

    app, chosen = _app()
    ready(app.database, paths.migrations())
    return app, chosen


def _home() -> Path:
    from bot import settings

    return settings.load().home


def _protocol(app: App, slug: str) -> Protocol:
    if slug in app.protocols:
        return app.protocol(slug)
    if slug:
        raise InvalidInputError(f"there is no review called {slug!r} here; allowed: {', '.join(app.protocols) or 'none'}")
    if len(app.protocols) != 1:
        raise InvalidInputError(f"which review? Add  --review SLUG ; there are: {', '.join(app.protocols) or 'none'}")
    return next(iter(app.protocols.values()))


def _review(slug: str) -> tuple[App, int]:
    """Return the application and the row id of the review that is meant."""
    from bot.steps import cycle

    app, _ = _ready_app()
    return app, cycle.state(app.database, protocol=_protocol(app, slug), by=BY, now=app.clock()).review_id


def _print_cycle(outcome: dict[str, Any], *, as_json: bool) -> None:
    for line in outcome["lines"]:
        print(line)
    if as_json:
        print(json.dumps({key: value for key, value in outcome.items() if key != "lines"}))


def _logs(*, verbose: bool) -> None:
    from bot.telemetry import configure

    configure(verbose=verbose)


def _fail(error: Exception, code: int) -> None:
    print(f"perennial: {error}", file=sys.stderr)
    raise SystemExit(code)
