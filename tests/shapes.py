"""Compare the shape of a stand-in's reply with real ones: every key and type that it gives, a real reply has. Not a test itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def shape(value: Any, at: str = "") -> set[tuple[str, str]]:
    """Return (path, type) of everything in a JSON value; the members of a list share one path."""
    if isinstance(value, dict):
        return {(at, "object")}.union(*(shape(one, f"{at}.{name}") for name, one in value.items()))
    if isinstance(value, list):
        return {(at, "list")}.union(*(shape(one, f"{at}[]") for one in value))
    kind = {str: "text", bool: "truth", int: "number", float: "number", type(None): "null"}[type(value)]
    return {(at, kind)}


def not_in_real_ones(given: Any, real: Iterable[Any]) -> set[tuple[str, str]]:
    """Return what a reply has and no real one does."""
    return shape(given) - set().union(*(shape(one) for one in real))
