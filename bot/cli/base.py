"""What every command needs: options of one meaning, the application, the review that is meant. Commands: the other files beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import InvalidInputError

if TYPE_CHECKING:
    from bot.app import App
    from bot.domain.protocols import Protocol

BY = "system:cli"
EXIT_FAILED, EXIT_USAGE, EXIT_DEGRADED, EXIT_INTERRUPTED = 1, 2, 3, 130

ReviewOption = Annotated[str, typer.Option("--review", help="Which review, where there are several.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would come of it, and keep and send nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="End with one JSON object.")]


def say(line: str, values: Any, *, as_json: bool, dry_run: bool = False) -> None:
    """Print what came of a command: a line to read and, where asked for, its values as one JSON object."""
    print(f"(dry run, nothing was kept or sent) {line}" if dry_run else line)
    if as_json:
        print(json.dumps(values | {"dry_run": dry_run}))


def application() -> tuple[App, Any]:
    """Return the application and its settings, whatever the schema of its database."""
    from bot import app as root
    from bot import settings

    logs()
    chosen = settings.load()
    return root.build(chosen), chosen


def ready_application() -> tuple[App, Any]:
    """Return the application with a database that has this version's schema; an empty one gets it now."""
    from bot import paths
    from db.schema import ready

    app, chosen = application()
    ready(app.database, paths.migrations())
    return app, chosen


def home() -> Path:
    """Return PERENNIAL_HOME."""
    from bot import settings

    return settings.load().home


def chosen_protocol(app: App, slug: str) -> Protocol:
    """Return the protocol that is meant; without a name, the only one. Raises InvalidInputError."""
    if slug in app.protocols:
        return app.protocol(slug)
    if slug:
        raise InvalidInputError(f"there is no review called {slug!r} here; allowed: {', '.join(app.protocols) or 'none'}")
    if len(app.protocols) != 1:
        raise InvalidInputError(f"which review? Add  --review SLUG ; there are: {', '.join(app.protocols) or 'none'}")
    return next(iter(app.protocols.values()))


def chosen_review(slug: str) -> tuple[App, int]:
    """Return the application and the row id of the review that is meant."""
    from bot.steps import cycle

    app, _ = ready_application()
    return app, cycle.state(app.database, protocol=chosen_protocol(app, slug), by=BY, now=app.clock()).review_id


def logs() -> None:
    """Send logs to stderr."""
    from bot.telemetry import configure

    configure()
