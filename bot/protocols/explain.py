"""Say in a sentence what a form refused, and what it would take. Faults between files: bot/protocols/rules.py."""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.protocols.findings import Fault
from bot.protocols.positions import KeyPath

A_DAY = "a day without quotes, such as 2026-02-25"
KINDS = {
    "string_type": ("must be text", 'text in straight quotes, such as "text"'),
    "int_type": ("must be a whole number", "a whole number without quotes, such as 3"),
    "int_from_float": ("must be a whole number", "a whole number, such as 3"),
    "int_parsing": ("must be a whole number", "a whole number, such as 3"),
    "float_type": ("must be a number", "a number without quotes, such as 0.5"),
    "float_parsing": ("must be a number", "a number with a point, such as 0.5"),
    "finite_number": ("must be a finite number", "a number, neither inf nor nan"),
    "bool_type": ("must be true or false", "true or false, without quotes"),
    "list_type": ("must be a list", "a list in square brackets, such as [1, 2] or [\"a\", \"b\"]; [[…]] for tables"),
    "model_type": ("must be a table", "a table: [name] above its keys, or { key = value }"),
    "model_attributes_type": ("must be a table", "a table: [name] above its keys, or { key = value }"),
    "dict_type": ("must be a table", "a table: [name] above its keys, or { key = value }"),
    "date_type": ("must be a day", A_DAY),
    "date_parsing": ("is no day of the calendar", A_DAY),
    "date_from_datetime_parsing": ("is no day of the calendar", A_DAY),
    "date_from_datetime_inexact": ("must be a day without a time", A_DAY),
}
PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "small letters a-z, digits and _, beginning with a letter",
    r"^searches/[a-z0-9_]+\.txt$": "searches/<name>.txt with small letters, digits and _",
    r"^\d+(\.\d+)*$": 'numbers with points, in quotes, such as "1.0"',
    r"^10\.\d{4,9}/\S+$": "a DOI without an address in front, such as 10.1136/bmjment-2025-302275",
}


def explain(error: ValidationError, form: type[BaseModel], file: str) -> list[Fault]:
    """Return one Fault per thing that the form refused. form: the form of the whole file.

    A key that is misspelt is one fault: that the right one is missing is not said as well.
    """
    details = error.errors(include_url=False)
    unknown = [tuple(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*path[:-1], _meant(str(path[-1]), keys_at(form, path[:-1]))) for path in unknown}
    wanted = [detail for detail in details if detail["type"] != "missing" or tuple(detail["loc"]) not in meant]
    return [_fault(detail, form, file) for detail in wanted]


def _fault(detail: ErrorDetails, form: type[BaseModel], file: str) -> Fault:
    path: KeyPath = tuple(detail["loc"])
    message, allowed = _sentence(detail, form, path)
    return Fault(file, path, message, allowed)


def _meant(key: str, known: list[str]) -> str:
    return next(iter(get_close_matches(key, known, n=1)), "")


def _sentence(detail: ErrorDetails, form: type[BaseModel], path: KeyPath) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(str(path[-1]), keys_at(form, path[:-1]))
    if kind == "missing":
        return "is missing", _meaning(form, path)
    if kind == "literal_error":
        return f"{_shown(detail['input'])} is not known", str(context["expected"]).replace("'", '"')
    if kind in KINDS:
        message, allowed = KINDS[kind]
        return f"{message}, not {_shown(detail['input'])}", allowed
    if kind == "string_pattern_mismatch":
        return f"{_shown(detail['input'])} is not of the right form", PATTERNS.get(context["pattern"], f"text like {context['pattern']}")
    if kind == "value_error":
        return f"{_shown(detail['input'])}: {context['error']}", ""
    return _bound(kind, detail, context)


def _unknown(key: str, known: list[str]) -> tuple[str, str]:
    meant = _meant(key, known)
    return f'unknown key; perhaps "{meant}" is meant' if meant else "unknown key", ", ".join(known)


BOUNDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda context: f"more than {context['gt']:g}",
    "greater_than_equal": lambda context: f"{context['ge']:g} or more",
    "less_than": lambda context: f"less than {context['lt']:g}",
    "less_than_equal": lambda context: f"{context['le']:g} or less",
    "too_short": lambda context: f"at least {context['min_length']}",
    "too_long": lambda context: f"at most {context['max_length']}",
}


def _bound(kind: str, detail: ErrorDetails, context: dict[str, Any]) -> tuple[str, str]:
    if kind not in BOUNDS:
        return detail["msg"], ""
    if kind == "too_short" and isinstance(detail["input"], str):
        return "is empty", "text that is not empty"
    if kind in {"too_short", "too_long"}:
        few_or_many = "too few" if kind == "too_short" else "too many"
        return f"has {few_or_many} entries ({context['actual_length']})", BOUNDS[kind](context)
    return f"{_shown(detail['input'])} is out of range", BOUNDS[kind](context)


def _shown(value: Any) -> str:
    """Return a value as the file has it, cut short."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


def keys_at(form: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that a form knows at a path, [] where the path leads to no table."""
    inside = form_at(form, path)
    return list(inside.model_fields) if inside else []


def form_at(form: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    """Return the form that a path leads to, or None."""
    inside: type[BaseModel] | None = form
    for part in path:
        if isinstance(part, int):
            continue
        field = inside.model_fields.get(part) if inside else None
        inside = _form_in(field.annotation) if field else None
    return inside


def _form_in(annotation: Any) -> type[BaseModel] | None:
    """Return the form inside list[Form] or Form | None, or None."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, BaseModel):
        return annotation
    found = (_form_in(argument) for argument in get_args(annotation)) if get_origin(annotation) else iter(())
    return next((form for form in found if form), None)


def _meaning(form: type[BaseModel], path: KeyPath) -> str:
    """Return what a missing key wants: its description, the keys of the table that is missing, or the kind of value."""
    inside = form_at(form, path[:-1])
    field = inside.model_fields.get(str(path[-1])) if inside else None
    if field is None:
        return ""
    table = _form_in(field.annotation)
    kind = f"a table with {', '.join(table.model_fields)}" if table else _kind(field.annotation)
    return ": ".join(part for part in (kind, field.description) if part)


def _kind(annotation: Any) -> str:
    """Return what kind of value an annotation takes, in words."""
    if get_origin(annotation) is Literal:
        return " or ".join(f'"{choice}"' for choice in get_args(annotation))
    if get_origin(annotation) is list:
        return KINDS["list_type"][1]
    kinds = {str: "string_type", int: "int_type", float: "float_type", bool: "bool_type", date: "date_type"}
    return KINDS[kinds[annotation]][1] if annotation in kinds else ""
