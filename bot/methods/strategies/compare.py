"""What differs between the versions of one review's strategy for several sources: words and headings that one has and another lacks.

Words are compared as stems: support* of one version covers supported in another. Who is right is for a person to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.methods.strategies.lines import lines_of

# In front of a heading that is not quoted an operator may stand.
LEADING = re.compile(r"^(?:(?:and|or|not|exp)\s+)+")
HEADINGS = {
    "pubmed": re.compile(r'(?:"([^"\[\]]+)"|\b([A-Za-z][\w ,-]*?))\s*\[(?:mesh|mh|mesh terms|majr)[^\]]*\]', re.IGNORECASE),
    "ovid": re.compile(r"(?:^|\bor\b|\band\b|\(|\bnot\b)\s*(?:exp\s+)?\*?([A-Za-z][\w ,'-]*?)/(?!\d)", re.IGNORECASE | re.MULTILINE),
    "cochrane": re.compile(r'\[mh\s+\^?"?([^"\]]+?)"?\s*\]', re.IGNORECASE),
}
# What is neither word nor heading: field tags, references, operators with a distance.
NO_WORD = re.compile(r"\[[^\]]*\]|\.[A-Za-z]{2}(?:,[A-Za-z]{2})*\.|:[a-z]{2}(?:,[a-z]{2})*\b|#\d+(?:-#?\d+)?"
                     r"|\b(?:or|and)/[\d,-]+|\b(?:near|next)/\d+|\badj\d*\b", re.IGNORECASE)
OPERATORS = frozenset({"and", "or", "not", "near", "next", "adj", "limit", "exp", "to", "by", "in", "of", "the", "as", "a", "for", "on"})
WORD = re.compile(r"[a-z][a-z0-9]*[*$?#]?(?:[a-z0-9]+[*$?#]?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A word or heading. kind: `word` or `heading`; has, lacks: sources, in the order they were given."""

    kind: str
    term: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]


def differences(strategies: Mapping[str, tuple[str, str]], *, mesh: frozenset[str]) -> list[Difference]:
    """Return what some strategies have and others lack: those that most have come first, for these are the likeliest slips.

    strategies: source → (text, syntax). mesh: the sources whose headings are MeSH, which are compared with each other.
    """
    words = {name: _words(text, syntax) for name, (text, syntax) in strategies.items()}
    headings = {name: _headings(text, syntax) for name, (text, syntax) in strategies.items() if name in mesh}
    found = [*_apart("word", words, _covered), *_apart("heading", headings, lambda term, those: term in those)]
    return sorted(found, key=lambda one: (one.kind, len(one.lacks), one.term))


def _apart(kind: str, terms: Mapping[str, set[str]], has: Callable[[str, set[str]], bool]) -> list[Difference]:
    every = sorted({term for those in terms.values() for term in those})
    found: list[Difference] = []
    for term in every:
        having = tuple(name for name, those in terms.items() if has(term, those))
        lacking = tuple(name for name in terms if name not in having)
        # A shorter stem that covers this one is told of itself.
        if lacking and not any(other != term and _stem(term).startswith(_stem(other)) and other[-1] in "*$" for other in every):
            found.append(Difference(kind, term, having, lacking))
    return found


def _words(text: str, syntax: str) -> set[str]:
    whole = " \n".join(line.text for line in lines_of(text, syntax))
    whole = HEADINGS[syntax].sub(" ", whole)
    whole = re.sub(r"\$\d", "*", NO_WORD.sub(" ", whole).lower())
    return {word.replace("$", "*") for word in WORD.findall(whole) if word.rstrip("*$?#") not in OPERATORS and len(word.rstrip("*$?#")) > 1}


def _headings(text: str, syntax: str) -> set[str]:
    whole = " \n".join(line.text for line in lines_of(text, syntax))
    found = ("".join(one if isinstance(one, tuple) else (one,)).lower() for one in HEADINGS[syntax].findall(whole))
    return {LEADING.sub("", " ".join(one.split())) for one in found} - OPERATORS


def _stem(word: str) -> str:
    return word.rstrip("*$")


@lru_cache(4096)
def _pattern(word: str) -> re.Pattern[str]:
    """Return what a word with wildcards matches: # one letter, ? one or none."""
    return re.compile(re.escape(_stem(word)).replace(r"\#", r"\w").replace(r"\?", r"\w?") + (r"\w*" if word[-1] in "*$" else ""))


def _covered(term: str, those: set[str]) -> bool:
    """Return whether a version finds what this word finds, or most of it: the same word, or a stem of it."""
    stem = _stem(term)
    return any(one == term or _pattern(one).fullmatch(stem) or _pattern(term).fullmatch(_stem(one)) for one in those)
