"""The command line: `./perennial COMMAND`. A command parses, calls a step and prints; heavy imports wait until one needs them.

Exit codes: EXIT_CODES below.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback

import typer

from bot.cli import audit, exchange, keeping, keys, mail, medline, people, records, review, searches, shells, site
from bot.cli.base import EXIT_DEGRADED, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE
from bot.errors import InvalidInputError, PerennialError, ProtocolError, SchemaError, SettingsError

MENDS = {
    errno.ENOSPC: "Free some space (see it with:  df -h), then run the same again",
    errno.EDQUOT: "Your share of the disk is used up: free some of it, then run the same again",
    errno.EROFS: "The disk is mounted read-only; set PERENNIAL_HOME to a folder that can be written",
    errno.EACCES: "Run it as the user that the folder belongs to, or set PERENNIAL_HOME to a folder of yours",
}
# Set by the shells' completion (shells.py), which wants words to choose from.
COMPLETION = "_PERENNIAL_COMPLETE"
ANY_MEND = "Look at that path or device, then run the same again"
EXIT_CODES = {
    0: "done", EXIT_FAILED: "it did not work, and a sentence says why", EXIT_USAGE: "a wrong setting, protocol or argument",
    EXIT_DEGRADED: "done, but a source failed", EXIT_INTERRUPTED: "ended by Ctrl-C",
}
cli = typer.Typer(
    name="perennial", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A living systematic review bot.\n\nExamples:  perennial demo  ·  perennial init  ·  perennial run --help\n\n"
         "Of the launcher besides:  perennial test  ·  perennial bench",
    epilog="Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) + ".",
)
for part in (site, review, records, people, exchange, keeping, shells):
    cli.add_typer(part.cli)
cli.add_typer(searches.searches_cli, name="searches")
cli.add_typer(people.people_cli, name="people")
cli.add_typer(audit.audit_cli, name="audit")
cli.add_typer(keys.keys_cli, name="keys")
cli.add_typer(mail.mail_cli, name="mail")
cli.add_typer(medline.medline_cli, name="medline")


def main() -> None:
    """Run the command line; an error of ours is one sentence on stderr."""
    if COMPLETION in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        cli(prog_name="perennial")
    except (SettingsError, ProtocolError, SchemaError, InvalidInputError) as error:
        _fail(error, EXIT_USAGE)
    except PerennialError as error:
        _fail(error, EXIT_FAILED)
    except OSError as error:
        if error.errno is None:
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror}. {MENDS.get(error.errno, ANY_MEND)}", EXIT_FAILED)
    except MemoryError:
        _fail("this machine has too little memory for that; close other programs, or give fewer files at a time", EXIT_FAILED)
    except Exception as error:
        traceback.print_exc()
        _fail(f"a fault of Perennial itself ({type(error).__name__}). Please report what stands above; how: SECURITY.md, CONTRIBUTING.md",
              EXIT_FAILED)


def _fail(error: Exception | str, code: int) -> None:
    print(f"perennial: {error}", file=sys.stderr)
    raise SystemExit(code)
