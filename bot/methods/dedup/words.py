"""The words of a citation as every platform would write them: no accents, markup, case. What they mean: kinds.py, names.py, places.py."""

from __future__ import annotations

import html
import re
import unicodedata

GREEK_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
GREEK_NAMES = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
SPELT_OUT = str.maketrans(
    dict(zip(GREEK_LETTERS, GREEK_NAMES, strict=True))
    | {
        "ς": "sigma",
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "þ": "th",
        "ð": "d",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "&": " and ",
    }
)
# Only elements that platforms put into titles: "p<0.05 and q>3" is no markup.
MARKUP = re.compile(
    r"</?(?:i|b|u|em|strong|sub|sup|scp|sc|italic|bold|p|br|span|title|(?:mml|jats):[a-z]+)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Return a text in small letters without accents, markup and entities; punctuation and spaces stay."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = MARKUP.sub("", text)
    text = text.casefold()
    if text.isascii():
        return text.replace("&", " and ")
    text = unicodedata.normalize("NFKD", text.translate(SPELT_OUT)).casefold().translate(SPELT_OUT)
    return "".join(sign for sign in text if not unicodedata.combining(sign))


def words(text: str) -> list[str]:
    """Return the words of a text; letters and digits of every script count, an apostrophe parts no word."""
    return WORD.findall(folded(text).replace("'", ""))


def plain(text: str) -> str:
    """Return the words of a text run together: what survives every platform's hyphens, spaces and line ends."""
    return "".join(words(text))
