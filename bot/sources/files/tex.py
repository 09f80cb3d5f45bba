"""TeX in exported text: accents on their letters, commands as the signs they stand for; words inside commands stay, markup goes."""

from __future__ import annotations

import re
import unicodedata

ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "c": "\u0327", "v": "\u030c", "u": "\u0306",
           "=": "\u0304", ".": "\u0307", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331"}
SIGNS = {
    "textless": "<", "textgreater": ">", "textbar": "|", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
    "textunderscore": "_", "textbraceleft": "{", "textbraceright": "}", "textdollar": "$", "textquotedbl": '"', "textquotesingle": "'",
    "textasteriskcentered": "*",
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“", "textquotedblright": "”",
    "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›", "quotedblbase": "„", "quotesinglbase": "‚",
    "textellipsis": "…", "ldots": "…", "dots": "…", "textbullet": "•", "textperiodcentered": "·", "cdot": "·", "textdegree": "°", "degree": "°",
    "textregistered": "®", "texttrademark": "™", "textcopyright": "©", "textparagraph": "¶", "textsection": "§", "S": "§", "textmu": "µ",
    "textpm": "±", "pm": "±", "textmultiply": "×", "texttimes": "×", "times": "×", "div": "÷", "textdiv": "÷", "textonehalf": "½",
    "textonequarter": "¼", "textthreequarters": "¾", "textonesuperior": "¹", "texttwosuperior": "²", "textthreesuperior": "³", "texteuro": "€",
    "euro": "€", "textsterling": "£", "pounds": "£", "textyen": "¥", "textcent": "¢", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠",
    "approx": "≈", "sim": "~", "simeq": "≃", "equiv": "≡", "infty": "∞", "sqrt": "√", "sum": "∑", "prime": "′", "circ": "°", "rightarrow": "→",
    "leftarrow": "←", "uparrow": "↑", "downarrow": "↓", "to": "→", "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    "par": "\n", "newline": "\n",
}
# An accent by a sign (\'e, \'{e}, \'\i); one by a letter, which needs a brace or a blank (\c{c}, \v s); a command; an
# escaped sign; quotes; braces.
TEX = re.compile(
    r"""\\([`'^"~=.])\s*(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))|\\([uvHcdbkr])(?:\s*\{\s*\\?([A-Za-z])\s*\}|\s+\\?([A-Za-z])(?![A-Za-z]))"""
    r"""|\\([A-Za-z]+)[ \t]*(\{\})?|\\(.)|(``|\'\'|[{}])""", re.DOTALL)
ESCAPED = {"-": "", "/": "", ",": " ", " ": " ", "\n": " ", "\\": " ", "(": "", ")": "", "[": "", "]": "", "!": "", ";": " ", ":": " "}
QUOTES = {"``": "“", "''": "”", "{": "", "}": ""}
# Dollars mean mathematics only where something between them does.
MATHEMATICS = re.compile(r"(?<!\\)\$([^$\n]{0,300}?[\\^_{][^$\n]{0,300}?)(?<!\\)\$")
RAISED = re.compile(r"[\^_](?=[{\w\\])")
TIE = re.compile(r"(?<=[^\s\\])~(?=\S)")


def plain(value: str) -> str:
    """Return a value without TeX."""
    if "$" in value:
        value = MATHEMATICS.sub(lambda found: RAISED.sub("", found.group(1)), value)
    if "~" in value:
        value = TIE.sub(" ", value)
    return TEX.sub(_sign, value)


def _sign(found: re.Match[str]) -> str:
    accent, in_braces, alone, letter_accent, letter_in_braces, letter_alone, command, _, escaped, quote = found.groups()
    if accent or letter_accent:
        letter = in_braces or alone or letter_in_braces or letter_alone
        return unicodedata.normalize("NFC", letter + ACCENTS[accent or letter_accent])
    if command:
        # What stands before a brace holds words, which stay; what is unknown and stands alone may be a word itself.
        unknown = "" if found.string[found.end():found.end() + 1] == "{" else command
        return SIGNS.get(command, unknown)
    return QUOTES[quote] if quote else ESCAPED.get(escaped, escaped)
