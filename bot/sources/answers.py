"""Ask an interface that answers in JSON, and never take something else for an answer. Who is asked for what: the sources' own files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import SourceError
from bot.http import Answer, Http

# Says what is wrong with an object that came, "" for nothing.
Check = Callable[[Mapping[str, Any]], str]


def get(http: Http, name: str, address: str, params: Mapping[str, str], *, check: Check, interval: float = 0.0,
        headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """Return the object that a GET brings. Asked again while it is none, or `check` complains; then SourceUnavailableError is raised."""
    return loads(http.get(address, params, interval=interval, complaint=complaint(check), headers=headers), name)


def post(http: Http, name: str, address: str, form: Mapping[str, str], *, check: Check, interval: float = 0.0) -> Mapping[str, Any]:
    """Return the object that a posted form brings; otherwise as `get`."""
    return loads(http.post(address, form, interval=interval, complaint=complaint(check)), name)


def complaint(check: Check) -> Callable[[Answer], str]:
    """Return what Http asks about each answer."""
    def complain(answer: Answer) -> str:
        try:
            found = json.loads(answer.content)
        except ValueError:
            return f"answered with {kind_of(answer.content)} where JSON was asked for"
        return check(found) if isinstance(found, dict) else "answered with something that is no object"
    return complain


def loads(answer: Answer, name: str) -> Mapping[str, Any]:
    """Return the object in an answer. Raises SourceError if there is none."""
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise SourceError(f"{name} answered with {kind_of(answer.content)} where JSON was asked for") from error
    if not isinstance(found, dict):
        raise SourceError(f"{name} answered with something that is no object")
    return found


def kind_of(content: bytes) -> str:
    """Return in words what an answer is that is not what was asked for."""
    head = content.lstrip()[:200].lower()
    if not head:
        return "nothing"
    if head.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    return "something that is cut off" if head.startswith((b"{", b"[")) else "something else"


def listed(name: str, *, total: int, seen: int, page: int, is_last: bool) -> None:
    """Raise SourceError unless a page of results can be true: as many as are counted by the last one, and never more.

    total: what the source counts; seen: how many came before; page: how many came now.
    """
    if seen + page > total:
        raise SourceError(f"{name} counts {total:,} hits and lists more of them; nothing is known about what is new")
    if is_last and seen + page < total:
        raise SourceError(f"{name} counts {total:,} hits and lists {seen + page:,} of them; nothing is known about the others. Search again")
    if not page and not is_last:
        raise SourceError(f"{name} gave an empty page in the middle of {total:,} hits; nothing is known about the others. Search again")
