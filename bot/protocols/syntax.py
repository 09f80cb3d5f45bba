"""Say what is wrong with a file that is no TOML or no UTF-8 at all: most often a word processor was at work."""

from __future__ import annotations

import re

from bot.errors import ProtocolError
from bot.protocols.findings import Finding, key_in_words
from bot.protocols.positions import positions

AT = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
QUOTES = "“”„«»‘’‚"
BLANKS = "\u00a0\u2007\u202f\u200b\u2028\ufeff"
DASHES = "–—−"
PLAIN_TEXT = "plain text: copy its text into an editor such as Notepad or nano, and save it as UTF-8"


def syntax_finding(file: str, text: str, error: Exception) -> Finding:
    """Return why tomllib refused a text, with the line, and what stands in the way."""
    if isinstance(error, RecursionError):
        return Finding(file, 1, "", "tables and lists lie too deep inside one another", "a few levels")
    if text.startswith("{\\rtf"):
        return Finding(file, 1, "", "this is rich text, as word processors save it (.rtf)", PLAIN_TEXT)
    found = AT.search(str(error))
    lines = text.split("\n")
    number = int(found.group(1)) if found and found.group(1) else len(lines)
    message = AT.sub("", str(error))
    if "overwrite" in message or "twice" in message or "mutate" in message:
        return _said_twice(file, lines, number, message)
    word_processor = _from_word_processor(lines[number - 1])
    if word_processor:
        return Finding(file, number, "", *word_processor)
    return Finding(file, number, "", f"this is no TOML: {_lower(message)}", "key = value, with text in straight quotes")


def unreadable_finding(file: str, raw: bytes, error: UnicodeDecodeError) -> Finding:
    """Return in which line the first byte stands that is no UTF-8, and what it may be."""
    if raw.startswith(b"PK\x03\x04"):
        return Finding(file, 1, "", "this is a packed file, as word processors and spreadsheets save them (.docx, .odt, .xlsx)",
                       PLAIN_TEXT)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Finding(file, 1, "", "the file is saved as UTF-16", "save it as UTF-8")
    line = raw[: error.start].count(b"\n") + 1
    byte = raw[error.start : error.start + 1]
    likely = byte.decode("cp1252", errors="replace")
    return Finding(file, line, "", f"byte 0x{byte.hex()} is no UTF-8 (in Windows-1252 it is {likely!r})", "save the file as UTF-8")


def _said_twice(file: str, lines: list[str], number: int, message: str) -> Finding:
    """Return which key stands twice, and where first."""
    try:
        again = positions("\n".join(lines[:number])).again
    except ProtocolError:
        again = ()
    if not again:
        return Finding(file, number, "", f"a key or table stands here for the second time ({_lower(message)})", "each once")
    path, first, second = again[-1]
    return Finding(file, second, key_in_words(path), f"stands here for the second time; first in line {first}", "each key once")


def _from_word_processor(line: str) -> tuple[str, str] | None:
    for marks, message, allowed in (
        (QUOTES, "is a typographic quote, as word processors make it", 'straight quotes " "'),
        (BLANKS, "is no ordinary blank", "a plain space"),
        (DASHES, "is a typographic dash", "the hyphen - for a minus"),
    ):
        found = next((mark for mark in line if mark in marks), None)
        if found:
            return f"{found if found in QUOTES + DASHES else f'U+{ord(found):04X}'} {message}", allowed
    return None


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
