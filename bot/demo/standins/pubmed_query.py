"""Understand a PubMed query and hold records against it: Boolean operators from left to right, brackets, phrases, truncation, field tags.

Simplified where the records at hand give no more: no explosion of MeSH, no automatic term mapping. Source of the rules: PubMed's
own help (Boolean operators in capitals, evaluated from left to right; `*` cuts a word or a phrase short; a field that is not known
is named in the error list, and the word searched everywhere).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r'\s*(?:(\()|(\))|(AND|OR|NOT)\b|("[^"]*"|[^\s()\[\]":]+(?:\s+(?!AND\b|OR\b|NOT\b)[^\s()\[\]":]+)*)\s*(\[[^\]]*\])?\s*(:)?)')
WORDS = re.compile(r"[a-z0-9]+")
# Field tags in small letters → how PubMed calls the field when it says what it understood.
NAMES = {
    "tiab": "Title/Abstract", "title/abstract": "Title/Abstract", "ti": "Title", "title": "Title", "tw": "Text Word", "text word": "Text Word",
    "ab": "Abstract", "mesh": "MeSH Terms", "mh": "MeSH Terms", "mesh terms": "MeSH Terms", "mesh:noexp": "MeSH Terms:noexp",
    "mh:noexp": "MeSH Terms:noexp", "majr": "MeSH Major Topic", "sh": "MeSH Subheading", "subheading": "MeSH Subheading",
    "pt": "Publication Type", "publication type": "Publication Type", "ptyp": "Publication Type", "edat": "Date - Entry",
    "date - entry": "Date - Entry", "crdt": "Date - Create", "mhda": "Date - MeSH", "lr": "Date - Modification", "dp": "Date - Publication",
    "pdat": "Date - Publication", "la": "Language", "lang": "Language", "sb": "Filter", "filter": "Filter", "pmid": "UID", "uid": "UID",
    "au": "Author", "author": "Author", "1au": "Author - First", "journal": "Journal", "ta": "Journal", "all fields": "All Fields",
    "": "All Fields",
}
DATES = {"Date - Entry": "entered", "Date - Create": "entered", "Date - MeSH": "indexed", "Date - Modification": "revised",
         "Date - Publication": "published"}
# Words that are a filter of their own when they stand without a field: what NLM calls the comment or correction type.
NOTICES = {"hasretractionin": "retraction_in", "hasexpressionofconcernin": "concern_in", "haserratumin": "erratum_in",
           "hascorrectedrepublishedin": "republished_in", "hasretractedandrepublishedin": "republished_in"}

Test = Callable[["Entry"], bool]


class QueryError(ValueError):
    """A query that PubMed would not understand."""


@dataclass(frozen=True)
class Entry:
    """A record as the index sees it. Dates: YYYY/MM/DD; texts: words with a blank around each; kinds: notices about it, and filters."""

    pmid: str
    entered: str
    indexed: str
    revised: str
    published: str
    title: str
    abstract: str
    journal: str
    authors: tuple[str, ...]
    mesh: tuple[str, ...]
    publication_types: tuple[str, ...]
    languages: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True)
class Query:
    """A query as it was understood. translation: how PubMed would say it; unknown: fields that there are not."""

    test: Test
    translation: str
    unknown: tuple[str, ...]


@dataclass
class _Reader:
    """What stands in a query, and how far it was read."""

    tokens: list[tuple[str, str, str]]
    at: int = 0
    unknown: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.at >= len(self.tokens)

    def take(self) -> tuple[str, str, str]:
        if self.ended:
            raise QueryError("the query ends where a word should follow")
        self.at += 1
        return self.tokens[self.at - 1]


def entry(record: dict[str, Any]) -> Entry:
    """Return how a record stands in the index."""
    entered = record["entered"].replace("-", "/")
    language: str = record.get("language") or "eng"
    kinds = {word for word, kind in NOTICES.items() if any(one["kind"] == kind for one in record.get("relations", ()))}
    kinds |= {"hasabstract"} if record.get("abstract") else set()
    kinds |= {"medline[sb]"} if record.get("mesh") else set()
    return Entry(
        pmid=record["pmid"], entered=entered, indexed=record.get("indexed", record["entered"]).replace("-", "/"),
        revised=record.get("revised", record["entered"]).replace("-", "/"), published=str(record.get("year", "")),
        title=_flat(record["title"]), abstract=_flat(record.get("abstract", "")), journal=_flat(record.get("journal", "")),
        authors=tuple(_flat(one) for one in record.get("authors", ())),
        mesh=tuple(_flat(one.split("/")[0].strip("*")) for one in record.get("mesh", ())),
        publication_types=tuple(_flat(one) for one in record.get("publication_types", ())),
        languages=(_flat(LANGUAGES.get(language, language)),), kinds=frozenset(kinds))


LANGUAGES = {"eng": "english", "ger": "german", "fre": "french", "spa": "spanish", "chi": "chinese"}


def parse(query: str) -> Query:
    """Return what a query asks. Raises QueryError for brackets that do not close and the like."""
    reader = _Reader(_tokens(query))
    test, translation = _expression(reader)
    if not reader.ended:
        raise QueryError(f"the brackets of the query do not fit: {query[:80]}")
    return Query(test, translation, tuple(dict.fromkeys(reader.unknown)))


def _tokens(query: str) -> list[tuple[str, str, str]]:
    found, position = [], 0
    query = query.rstrip()
    while position < len(query):
        match = TOKEN.match(query, position)
        if match is None or match.end() == position:
            raise QueryError(f"cannot read the query at: {query[position:position + 40]}")
        opening, closing, operator, term, tag, colon = match.groups()
        kind = "(" if opening else ")" if closing else "op" if operator else "range" if colon else "term"
        found.append((kind, operator or term or "", (tag or "").strip("[]").strip().lower()))
        position = match.end()
    return found


def _expression(reader: _Reader) -> tuple[Test, str]:
    test, said = _operand(reader)
    while not reader.ended and reader.tokens[reader.at][0] != ")":
        operator = reader.take()[1] if reader.tokens[reader.at][0] == "op" else "AND"
        other, said_too = _operand(reader)
        test, said = _joined(operator, test, other), f"{said} {operator} {said_too}"
    return test, said


def _operand(reader: _Reader) -> tuple[Test, str]:
    kind, term, tag = reader.take()
    if kind == "(":
        test, said = _expression(reader)
        if reader.ended:
            raise QueryError("a bracket of the query does not close")
        reader.take()
        return test, f"({said})"
    if kind == "range":
        _, last, last_tag = reader.take()
        name = NAMES.get(last_tag or tag, "Date - Publication")
        low, high = term.strip('"'), last.strip('"')
        return _between(low, high, DATES.get(name, "entered")), f"{low}:{high}[{name}]"
    if kind != "term":
        raise QueryError("two operators stand together in the query")
    if tag not in NAMES:
        reader.unknown.append(f"[{tag}]")
    name = NAMES.get(tag, "All Fields")
    return _term(term, name), f"{term}[{name}]"


def _joined(operator: str, left: Test, right: Test) -> Test:
    if operator == "AND":
        return lambda one: left(one) and right(one)
    if operator == "OR":
        return lambda one: left(one) or right(one)
    return lambda one: left(one) and not right(one)


def _between(low: str, high: str, which: str) -> Test:
    # A year or a month alone stands for all its days.
    def test(one: Entry) -> bool:
        day = getattr(one, which)
        return low[:len(day)] <= day and day[:len(high)] <= high
    return test


def _term(term: str, name: str) -> Test:
    plain = term.strip('"').lower()
    if name in DATES:
        return _between(plain, plain, DATES[name])
    if name == "UID":
        return lambda one: one.pmid == plain
    if name == "All Fields" and (plain in NOTICES or plain == "hasabstract"):
        return lambda one: plain in one.kinds
    if name == "Filter":
        return lambda one: f"{plain}[sb]" in one.kinds
    wanted = _pattern(term)
    if name.startswith("MeSH Terms") or name == "MeSH Major Topic":
        return lambda one: any(wanted.fullmatch(heading) for heading in one.mesh)
    if name in LISTS:
        return lambda one: any(wanted.fullmatch(words) for words in getattr(one, LISTS[name]))
    if name == "MeSH Subheading":
        return lambda one: False
    places = PLACES.get(name, ("title", "abstract"))
    return lambda one: any(wanted.search(getattr(one, place)) for place in places)


LISTS = {"Publication Type": "publication_types", "Language": "languages", "Author": "authors", "Author - First": "authors"}
PLACES = {"Title": ("title",), "Abstract": ("abstract",), "Journal": ("journal",), "All Fields": ("title", "abstract", "journal")}


def _pattern(term: str) -> re.Pattern[str]:
    truncated = term.strip('"').endswith("*")
    words = WORDS.findall(term.lower())
    if not words:
        raise QueryError(f"a word of the query says nothing: {term}")
    # A blank stands before and behind every word of a text.
    return re.compile(" " + " ".join(re.escape(word) for word in words) + ("[a-z0-9]*" if truncated else "") + " ")


def _flat(text: str) -> str:
    return f" {' '.join(WORDS.findall(text.lower()))} "
