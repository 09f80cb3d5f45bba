"""Understand a PubMed query and hold records against it: Boolean operators from left to right, brackets, phrases, truncation, field tags.

Simplified where the records at hand give no more: no explosion of MeSH, no automatic term mapping. Source of the rules: PubMed's
own help (Boolean operators in capitals, evaluated from left to right; `*` cuts a word or a phrase short).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r'\s*(?:(\()|(\))|(AND|OR|NOT)\b|("[^"]*"|[^\s()\[\]":]+(?:\s+(?!AND\b|OR\b|NOT\b)[^\s()\[\]":]+)*)\s*(\[[^\]]*\])?\s*(:)?)')
WORDS = re.compile(r"[a-z0-9]+")

Test = Callable[["Entry"], bool]


class QueryError(ValueError):
    """A query that PubMed would not understand."""


@dataclass(frozen=True)
class Entry:
    """A record as the index sees it. entered: YYYY/MM/DD; texts: field → words with a blank around each."""

    pmid: str
    entered: str
    title: str
    title_abstract: str
    mesh: tuple[str, ...]
    publication_types: tuple[str, ...]


def entry(record: dict[str, Any]) -> Entry:
    """Return how a record stands in the index."""
    title = _flat(record["title"])
    return Entry(
        pmid=record["pmid"], entered=record["entered"].replace("-", "/"), title=title,
        title_abstract=f"{title}{_flat(record.get('abstract', ''))}",
        mesh=tuple(_flat(one.split("/")[0].strip("*")) for one in record.get("mesh", ())),
        publication_types=tuple(_flat(one) for one in record.get("publication_types", ())))


def parse(query: str) -> Test:
    """Return the test that a query puts to an entry. Raises QueryError for brackets that do not close and the like."""
    tokens = _tokens(query)
    test, rest = _expression(tokens, 0)
    if rest != len(tokens):
        raise QueryError(f"the brackets of the query do not fit: {query[:80]}")
    return test


def _tokens(query: str) -> list[tuple[str, str, str]]:
    found, position = [], 0
    query = query.rstrip()
    while position < len(query):
        match = TOKEN.match(query, position)
        if match is None or match.end() == position:
            raise QueryError(f"cannot read the query at: {query[position:position + 40]}")
        opening, closing, operator, term, field, colon = match.groups()
        kind = "(" if opening else ")" if closing else "op" if operator else "range" if colon else "term"
        found.append((kind, operator or term or "", (field or "").strip("[]").lower()))
        position = match.end()
    return found


def _expression(tokens: list[tuple[str, str, str]], at: int) -> tuple[Test, int]:
    test, at = _operand(tokens, at)
    while at < len(tokens) and tokens[at][0] != ")":
        operator = tokens[at][1] if tokens[at][0] == "op" else "AND"
        at += tokens[at][0] == "op"
        other, at = _operand(tokens, at)
        test = _joined(operator, test, other)
    return test, at


def _operand(tokens: list[tuple[str, str, str]], at: int) -> tuple[Test, int]:
    if at >= len(tokens):
        raise QueryError("the query ends where a word should follow")
    kind, term, field = tokens[at]
    if kind == "(":
        test, at = _expression(tokens, at + 1)
        if at >= len(tokens):
            raise QueryError("a bracket of the query does not close")
        return test, at + 1
    if kind == "range":
        return _between(term, tokens[at + 1][1]), at + 2
    if kind != "term":
        raise QueryError("two operators stand together in the query")
    return _term(term, field), at + 1


def _joined(operator: str, left: Test, right: Test) -> Test:
    if operator == "AND":
        return lambda one: left(one) and right(one)
    if operator == "OR":
        return lambda one: left(one) or right(one)
    return lambda one: left(one) and not right(one)


def _between(first: str, last: str) -> Test:
    low, high = first.strip('"'), last.strip('"')
    # A year or a month alone stands for all its days.
    return lambda one: low <= one.entered and one.entered[:len(high)] <= high


def _term(term: str, field: str) -> Test:
    wanted = _pattern(term)
    if field.startswith(("mesh", "mh")):
        return lambda one: any(wanted.fullmatch(heading) for heading in one.mesh)
    if field in ("pt", "publication type"):
        return lambda one: any(wanted.fullmatch(kind) for kind in one.publication_types)
    if field in ("ti", "title"):
        return lambda one: wanted.search(one.title) is not None
    if field in ("edat", "crdt", "date - entry"):
        return _between(term, term)
    if field in ("sh", "subheading"):
        return lambda one: False
    if field in ("pmid", "uid"):
        return lambda one: one.pmid == term.strip('"')
    return lambda one: wanted.search(one.title_abstract) is not None


def _pattern(term: str) -> re.Pattern[str]:
    truncated = term.strip('"').endswith("*")
    words = WORDS.findall(term.lower())
    if not words:
        raise QueryError(f"a word of the query says nothing: {term}")
    # A blank stands before and behind every word of a text, two between the parts of it.
    return re.compile(" " + " ".join(re.escape(word) for word in words) + ("[a-z0-9]*" if truncated else "") + " ")


def _flat(text: str) -> str:
    return f" {' '.join(WORDS.findall(text.lower()))} "
