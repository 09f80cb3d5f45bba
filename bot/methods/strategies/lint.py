"""What is wrong with a strategy: brackets, field tags, references, NOT, wildcards, signs of a word processor. Nothing is run or changed here.

What differs between the versions of one review for several sources: compare.py. Why not search-query or polyglot: docs/adr/0503.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.methods.strategies import syntaxes
from bot.methods.strategies.lines import Line, lines_of, references, resolved, unbalanced, unquoted

SYNTAXES = ("pubmed", "ovid", "cochrane")
CURLY = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": "a blank", "\u2009": "a blank",
         "\u200b": "nothing"}
WILDCARD = re.compile(r"(?<![\w$*?#-])([\w-]*?)([*$?#])")
ANIMALS = r"(?:animals?|animal experiment|animal experimentation|nonhuman|rats?|mice|mouse|rodents?|dogs?|cats?)"
NOT = re.compile(r"\bNOT\b", re.IGNORECASE)
HUMANS = re.compile(r"\bhumans?\b", re.IGNORECASE)
ONLY_HUMANS = re.compile(
    r"\bAND\s+\(?\"?humans?\"?\s*(?:\[(?:mh|mesh|mesh terms|filter)[^\]]*\]|/|\.sh\.)|^limit \d+ to .*\bhumans?\b", re.IGNORECASE)
GROUPS = r"(?:child\w*|adolescen\w*|review\w*|letter|editorial|comment|case report\w*|protocol\w*|conference\w*)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a strategy. at: the line of the file, from 1; number: of the strategy's line.

    kind: one of KINDS; level: `error` or `warning`.
    """

    number: int
    at: int
    kind: str
    level: str
    text: str


# Errors change what is found, or are refused by the platform; warnings are for a person to look at.
KINDS = {
    "brackets": "error", "field": "error", "reference": "error", "unused": "error", "not": "error", "wildcard": "error", "quotes": "error",
    "operator": "error", "mixed": "warning", "not-look": "warning", "humans": "warning", "case": "warning", "missing-operator": "warning",
}


def check(text: str, syntax: str) -> list[Finding]:
    """Return what is wrong with a strategy, in the order of its lines. Raises KeyError for a syntax that is not in SYNTAXES."""
    lines = lines_of(text, syntax)
    found = [*_whole(lines, syntax)]
    known: dict[int, str] = {}
    for line in lines:
        said = [one for look in LOOKS for one in look(line, syntax)] + list(_nots(line, syntax, known))
        found += [Finding(line.number, line.at, kind, KINDS[kind], says) for kind, says in said]
        known[line.number] = resolved(line.text, known, syntax)
    return sorted(found, key=lambda one: (one.at, one.kind, one.text))


def _whole(lines: Sequence[Line], syntax: str) -> Iterator[Finding]:
    """Find lines that nothing uses, that refer to what is not there or stands later, and numbers given twice."""
    known: set[int] = set()
    used: set[int] = set()
    for line in lines:
        asked = references(line, syntax)
        used |= asked
        if line.number in known:
            yield Finding(line.number, line.at, "reference", "error", f"number {line.number} is given twice")
        for one in sorted(asked - known):
            what = "itself" if one == line.number else f"line {one}, which is not before it"
            yield Finding(line.number, line.at, "reference", "error", f"refers to {what}")
        known.add(line.number)
    for line in lines[:-1]:
        if line.number not in used:
            yield Finding(line.number, line.at, "unused", "error", "nothing uses this line; join it to a later one, or take it out")


def _brackets(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    if says := unbalanced(line.text):
        yield "brackets", says


def _quotes(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    for sign, instead in CURLY.items():
        if sign in line.text:
            at = line.text.index(sign)
            yield "quotes", f"“{line.text[max(0, at - 12):at + 12]}” holds {sign!r} of a word processor; write {instead}"


def _fields(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    text = unquoted(line.text)
    if syntax == "pubmed":
        for tag in dict.fromkeys(syntaxes.pubmed_tags(text)):
            if not syntaxes.is_pubmed_tag(tag):
                yield "field", f"[{tag}] is no field of PubMed; it would search all fields"
    elif syntax == "ovid":
        for tag in dict.fromkeys(syntaxes.ovid_tags(text)):
            if tag not in syntaxes.OVID_TAGS:
                yield "field", f".{tag}. is no field of Ovid"
        if re.search(r"\.[a-z]{2}(?:,[a-z]{2})*\s+(?:or|and|not)\b", text):
            yield "field", "a field label lacks its last full stop"
    else:
        for tag in dict.fromkeys(syntaxes.cochrane_tags(text)):
            if tag not in syntaxes.COCHRANE_TAGS:
                yield "field", f":{tag} is no field of the Cochrane Library"


def _foreign(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    text = unquoted(line.text)
    for one in syntaxes.FOREIGN[syntax]:
        if found := one.pattern.search(text):
            yield "operator", f"“{found.group(0)}”: {one.says}"


def _wildcards(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    text = line.text if syntax == "pubmed" else unquoted(line.text)
    text = re.sub(r"#\d+", " ", text) if syntax != "ovid" else text
    if syntax == "ovid":
        text = re.sub(r"\$\d+", "$", text)
    for stem, sign in WILDCARD.findall(text):
        letters = len(stem.rpartition("-")[2]) if syntax == "pubmed" else len(re.sub(r"\W", "", stem))
        if sign in "*$" and letters < syntaxes.SHORTEST[syntax] and not (syntax == "cochrane" and not stem):
            least = syntaxes.SHORTEST[syntax]
            yield "wildcard", f"“{stem}{sign}”: at least {least} letters stand before a wildcard" + (
                "; PubMed does not search fewer" if syntax == "pubmed" else "; fewer find far too much")


def _nots(line: Line, syntax: str, known: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Find a NOT that takes away studies of people: of animals without sparing those that are of both; and others for a look.

    known: the lines before this one, by number, for what a NOT takes away may stand in one of them.
    """
    plain = line.text
    for found in NOT.finditer(unquoted(plain)):
        behind = resolved(_operand(plain[found.end():]), known, syntax)
        if re.search(rf"\b{ANIMALS}\b", behind, re.IGNORECASE):
            spares = NOT.search(behind) and HUMANS.search(behind[NOT.search(behind).end():])  # type: ignore[union-attr]
            if not spares:
                yield "not", (f"NOT {behind[:60].strip()} drops studies of people that are indexed with animals too, or name one; write "
                              + {"pubmed": "NOT (animals[mh] NOT humans[mh])", "ovid": "not (exp animals/ not humans.sh.)",
                                 "cochrane": "no such line: CENTRAL holds trials in people"}[syntax])
        elif HUMANS.search(behind) and not re.search(rf"\b{ANIMALS}\b", resolved(plain[:found.start()], known, syntax), re.IGNORECASE):
            yield "not", f"NOT {behind[:60].strip()} drops studies of people"
        elif re.search(rf"\b{GROUPS}", behind, re.IGNORECASE):
            yield "not-look", f"NOT {behind[:60].strip()} drops studies that mention it beside what is wanted; is that meant?"
    if ONLY_HUMANS.search(plain):
        yield "humans", "records that are not indexed yet, the newest, have no heading for humans: this drops them"


def _operand(behind: str) -> str:
    """Return what a NOT applies to: a bracket with all in it, or what follows up to the end."""
    stripped = behind.lstrip()
    if not stripped.startswith("("):
        return re.split(r"\b(?:AND|OR)\b", stripped, maxsplit=1, flags=re.IGNORECASE)[0]
    depth = 0
    for at, sign in enumerate(unquoted(stripped)):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return stripped[:at + 1]
    return stripped


def _mixed(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    """Find AND beside OR on one level: platforms read it from left to right, or AND first."""
    text, levels = unquoted(line.text), [set[str]()]
    for found in re.finditer(r"\(|\)|\b(?:AND|OR|NOT)\b(?!/)", text, re.IGNORECASE):
        word = found.group(0).upper()
        if word == "(":
            levels.append(set())
        elif word == ")":
            level = levels.pop() if len(levels) > 1 else levels[0]
            if {"AND", "OR"} <= level:
                yield "mixed", "AND and OR stand side by side without brackets; platforms differ in which they read first"
                return
        else:
            levels[-1].add(word)
    if any({"AND", "OR"} <= level for level in levels):
        yield "mixed", "AND and OR stand side by side without brackets; platforms differ in which they read first"


def _operators(line: Line, syntax: str) -> Iterator[tuple[str, str]]:
    if syntax == "pubmed":
        small = re.search(r"(?<=[\])\"\d] )(and|or|not)(?= [\"(#\w])", line.text)
        if small:
            yield "case", f"“{small.group(1)}” in small letters: write it in capitals, else PubMed may take it for a word"
        if re.search(r"\]\s+(?!AND\b|OR\b|NOT\b|and\b|or\b|not\b)[\"(\w]", line.text):
            yield "missing-operator", "two terms stand side by side without an operator: PubMed joins them by AND"
    for found in re.finditer(r"\b(AND|OR|NOT)\s+(AND|OR)\b|\(\s*(AND|OR)\b|\b(AND|OR|NOT)\s*(\)|$)", unquoted(line.text), re.IGNORECASE):
        if not re.match(r"\((?:or|and)/", found.group(0), re.IGNORECASE) and "{" not in line.text:
            yield "operator", f"“{found.group(0).strip()}”: an operator lacks what it joins"


LOOKS: tuple[Callable[[Line, str], Iterator[tuple[str, str]]], ...] = (
    _brackets, _quotes, _fields, _foreign, _wildcards, _mixed, _operators)
