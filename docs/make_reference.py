"""Write docs/reference from the code itself: the tables, the open API, the commands. After a change: `python -P docs/make_reference.py`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
WRITTEN = "Written by `docs/make_reference.py` from the code; a test holds it to it."


def pages() -> dict[str, str]:
    """Return every page of the reference by its file name."""
    return {"data-dictionary.md": data_dictionary(), "api.md": api(), "commands.md": commands()}


def data_dictionary() -> str:
    """Return the tables of the database and of the files that a bulletin gives out, each with what it holds."""
    from bot.exchange import bulletin_files
    from db.base import Base

    importlib.import_module("db.tables")
    classes: dict[str, Any] = {one.__tablename__: one for one in Base.__subclasses__()}
    lines = ["# Data dictionary", "", WRITTEN, "", "## Files of a bulletin", "",
             "At `/reviews/<review>/bulletins/<number>/<file>`, and together in `everything.zip`.", ""]
    for name, columns in bulletin_files.TABLES.items():
        lines += [f"### {name}", "", "| Column | What it holds |", "|---|---|"]
        lines += [f"| `{column}` | {_cell(holds)} |" for column, holds in columns.items()] + [""]
    lines += ["## Tables of the database", "", "Times are UTC. `review_id` says to which review a row belongs; 0 is the whole site.", ""]
    for name in sorted(classes):
        lines += [f"### {name}", "", " ".join((classes[name].__doc__ or "").split()), "", "| Column | Type | May be empty | Points to |",
                  "|---|---|---|---|"]
        for column in Base.metadata.tables[name].columns:
            points = ", ".join(sorted(f"`{key.target_fullname}`" for key in column.foreign_keys))
            named = f"`{column.name}`{' (key)' if column.primary_key else ''}"
            lines.append(f"| {named} | {column.type} | {'yes' if column.nullable else 'no'} | {points} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def api() -> str:
    """Return the addresses of the open API."""
    from bot.rendering import Site
    from bot.web.api import DESCRIPTION, application

    # Nothing is asked of the site: its description alone is read.
    site: Any = SimpleNamespace(renderer=SimpleNamespace(site=Site("Perennial", "", False)))
    told = application(site).openapi()
    lines = ["# The open API", "", WRITTEN, "", DESCRIPTION, "Its description for programs (OpenAPI) is at `/api/v1/openapi.json`.", "",
             "```sh", "curl https://your.site/api/v1/reviews", "curl https://your.site/api/v1/reviews/my-review/bulletins/latest/results",
             "```", "",
             "| Address | What it gives |", "|---|---|"]
    lines += [f"| `/api/v1{path}` | {_cell(verbs['get']['summary'])} |" for path, verbs in told["paths"].items()]
    lines += ["", "A mistake is answered by 404 or 422 and `{\"error\": \"…\"}` with a sentence; 503 says that the database cannot be read now.",
              "Answers to another site's page carry `Access-Control-Allow-Origin: *`.", ""]
    for name, schema in sorted(told["components"]["schemas"].items()):
        lines += [f"## {name}", "", " ".join(str(schema.get("description", "")).split()), "", "| Field | Type |", "|---|---|"]
        lines += [f"| `{field}` | {_type(shape)} |" for field, shape in schema.get("properties", {}).items()] + [""]
    lines += ["## Besides the API", "", "Atom and JSON feeds at `/reviews/<review>/feed.atom` and `feed.json`; the newest bulletin at",
              "`/reviews/<review>/bulletins/latest`;", "tables, pictures, PDF and the whole as a ZIP beside each bulletin:",
              "[data dictionary](data-dictionary.md)."]
    return "\n".join(lines).rstrip() + "\n"


def commands() -> str:
    """Return every command with its arguments."""
    from typer.main import get_command

    from bot.cli import EXIT_CODES, cli

    lines = ["# Commands", "", WRITTEN, "",
             "Every command has `--help` with examples, and `--json`, whose object is the last line of standard output.", "",
             "| Exit code | Meaning |", "|---|---|", *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()), ""]
    for path, command in _walk(get_command(cli), "perennial"):
        lines += [f"## {path}", "", *_paragraphs(command.help or ""), ""]
        for parameter in command.params:
            if getattr(parameter, "hidden", False) or parameter.name == "help":
                continue
            names = ", ".join(f"`{one}`" for one in (*parameter.opts, *parameter.secondary_opts)) if parameter.param_type_name == "option" \
                else f"`{(parameter.name or '').upper()}`"
            lines.append(f"- {names}: {_cell(getattr(parameter, 'help', '') or 'see above')}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield path, command
        return
    for name, one in subcommands.items():
        if not one.hidden:
            yield from _walk(one, f"{path} {name}")


def _paragraphs(text: str) -> list[str]:
    """Return help text as Markdown; what stands after a mark that keeps lines as they are becomes code."""
    found: list[str] = []
    for block in text.replace("\f", "").strip().split("\n\n"):
        if block.startswith("\b"):
            found += ["```sh", *(line.strip() for line in block.removeprefix("\b").strip("\n").splitlines()), "```"]
        else:
            found.append(" ".join(block.split()))
        found.append("")
    return found[:-1]


def _type(shape: dict[str, Any]) -> str:
    return str(shape.get("type") or " or ".join(str(one.get("type", "object")) for one in shape.get("anyOf", ())) or "object")


def _cell(words: str) -> str:
    return " ".join(words.replace("\b", " ").split()).replace("|", "\\|")


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
