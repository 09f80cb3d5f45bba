"""How old a reader of English must be for a text: the Flesch-Kincaid grade (Kincaid 1975, NTIS AD-A006655) plus five years.

Syllables are counted by their vowels, as programs for reading ages do where no dictionary is at hand: within a tenth of what a dictionary
gives over a text, not for each word. textstat, the well-kept library, needs a corpus that is fetched over the net when it first counts.
"""

from __future__ import annotations

import re

AIM, MOST = 13.0, 14.0
SCHOOL_BEGINS = 5
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)|\n+")


def reading_age(text: str) -> float:
    """Return the age in years, at least 5; a text without words is for any age. A list's points and headings count as sentences."""
    sentences = [one for one in (_WORD.findall(part) for part in _SENTENCE_END.split(text)) if one]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return float(SCHOOL_BEGINS)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return round(max(float(SCHOOL_BEGINS), grade + SCHOOL_BEGINS), 1)


def syllables(word: str) -> int:
    """Return how many syllables an English word has, at least one."""
    plain = re.sub(r"[^a-z]", "", word.lower())
    if len(plain) <= 3:
        return 1
    # An e at the end, in -es and in -ed is silent, but for -le, -ted and -ded, and after s, x, z, ch, sh, c and g in -es.
    plain = re.sub(r"(?<![td])ed$", "", plain)
    plain = re.sub(r"(?<![sxzcg])(?<!sh)(?<!ch)es$", "", plain)
    plain = re.sub(r"(?<=[^aeiouyl])e$|(?<=[aeiouyl]l)e$|(?<=[aeiou])e$", "", plain)
    groups = re.findall(r"[aeiouy]+", plain)
    # Two vowels that are spoken apart.
    apart = len(re.findall(r"(?<![tscgx])i[ao]|(?<!p)eo|(?<!q)ua(?!r)|ie[tn]|yi", plain))
    return max(1, len(groups) + apart)
