"""The command line: `./perennial COMMAND`. A command parses, calls a step and prints; heavy imports wait until one needs them.

Exit codes: 0 done · 1 it did not work · 2 a wrong setting, protocol or argument · 3 done, but a source failed.
"""

from __future__ import annotations

import errno
import sys

import typer

from bot.cli import audit, exchange, keeping, keys, mail, medline, people, records, review, searches, site
from bot.cli.base import EXIT_FAILED, EXIT_USAGE
from bot.errors import InvalidInputError, PerennialError, ProtocolError, SchemaError, SettingsError

MENDS = {
    errno.ENOSPC: "Free some space (see it with:  df -h), then run the same again",
    errno.EDQUOT: "Your share of the disk is used up: free some of it, then run the same again",
    errno.EROFS: "The disk is mounted read-only; set PERENNIAL_HOME to a folder that can be written",
    errno.EACCES: "Run it as the user that the folder belongs to, or set PERENNIAL_HOME to a folder of yours",
}
cli = typer.Typer(
    name="perennial", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A living systematic review bot. First:  perennial demo   Tests:  perennial test   Benchmarks:  perennial bench",
)
for part in (site, review, records, people, exchange, keeping):
    cli.add_typer(part.cli)
cli.add_typer(searches.searches_cli, name="searches")
cli.add_typer(people.people_cli, name="people")
cli.add_typer(audit.audit_cli, name="audit")
cli.add_typer(keys.keys_cli, name="keys")
cli.add_typer(mail.mail_cli, name="mail")
cli.add_typer(medline.medline_cli, name="medline")


def main() -> None:
    """Run the command line; an error of ours is one sentence on stderr."""
    try:
        cli(prog_name="perennial")
    except (SettingsError, ProtocolError, SchemaError, InvalidInputError) as error:
        _fail(error, EXIT_USAGE)
    except PerennialError as error:
        _fail(error, EXIT_FAILED)
    except OSError as error:
        if error.errno not in MENDS:
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror}. {MENDS[error.errno]}", EXIT_FAILED)


def _fail(error: Exception | str, code: int) -> None:
    print(f"perennial: {error}", file=sys.stderr)
    raise SystemExit(code)
