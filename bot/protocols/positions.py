"""Say in which line of a TOML file a key stands, since tomllib does not. It trusts what tomllib accepted and checks no values.

What is wrong with a key: bot/protocols/explain.py.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from bot.errors import ProtocolError

KeyPath = tuple[str | int, ...]

BLANK = re.compile(r"[ \t]*")
BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
BASIC_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
LITERAL_STRING = re.compile(r"'[^'\n]*'")
LONG_BASIC_STRING = re.compile(r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""(?:"{1,2}(?!"))?')
LONG_LITERAL_STRING = re.compile(r"'''(?:[^']|'(?!''))*'''(?:'{1,2}(?!'))?")
PLAIN_VALUE = re.compile(r"""[^,\]}#\n"']+""")


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the keys of one file stand. again: path, first line and second line of what is said twice."""

    lines: dict[KeyPath, int]
    again: tuple[tuple[KeyPath, int, int], ...] = ()

    def line_of(self, path: KeyPath) -> int:
        """Return the line of a key; of the nearest table around it if it is not there; 1 if none is."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


def positions(text: str) -> Positions:
    """Return the line (from 1) of every table, array element and key.

    A path is made of keys and, inside arrays and arrays of tables, of indices from 0: ("sources", 2, "strategy", "file").
    Raises ProtocolError where the text is no TOML; bot/protocols/check.py asks tomllib first, whose message is better.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return Positions(scanner.lines, tuple(scanner.again))


@dataclass
class _Scanner:
    text: str
    at: int = 0
    line: int = 1
    lines: dict[KeyPath, int] = field(default_factory=dict)
    again: list[tuple[KeyPath, int, int]] = field(default_factory=list)
    tables_in_array: dict[KeyPath, int] = field(default_factory=dict)

    def document(self) -> None:
        table: KeyPath = ()
        self.skip(BETWEEN)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self.array_table()
            elif self.text.startswith("[", self.at):
                table = self.table()
            else:
                self.pair(table)
            self.skip(BETWEEN)

    def table(self) -> KeyPath:
        """[a.b]"""
        line = self.line
        self.expect("[")
        path = self.resolved(self.dotted_key())
        self.expect("]")
        self.note(path, line)
        return path

    def array_table(self) -> KeyPath:
        """[[a.b]]"""
        line = self.line
        self.expect("[[")
        *outer, last = self.dotted_key()
        array = (*self.resolved(outer), last)
        self.expect("]]")
        index = self.tables_in_array.get(array, 0)
        self.tables_in_array[array] = index + 1
        self.lines.setdefault(array, line)
        self.lines[(*array, index)] = line
        return (*array, index)

    def resolved(self, keys: list[str]) -> KeyPath:
        """Return the path of a table's name: through an array of tables it means the last one so far."""
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self.tables_in_array:
                path = (*path, self.tables_in_array[path] - 1)
        return path

    def pair(self, table: KeyPath) -> None:
        """key = value"""
        line = self.line
        *outer, last = self.dotted_key()
        for end in range(1, len(outer) + 1):
            self.lines.setdefault((*table, *outer[:end]), line)
        self.expect("=")
        path = (*table, *outer, last)
        self.note(path, line)
        self.value(path)

    def note(self, path: KeyPath, line: int) -> None:
        if path in self.lines and path:
            self.again.append((path, self.lines[path], line))
        self.lines.setdefault(path, line)

    def dotted_key(self) -> list[str]:
        keys = [self.key()]
        while self.text.startswith(".", self.at):
            self.at += 1
            keys.append(self.key())
        return keys

    def key(self) -> str:
        self.skip(BLANK)
        for pattern in (BARE_KEY, BASIC_STRING, LITERAL_STRING):
            found = pattern.match(self.text, self.at)
            if found:
                self.move(found.end())
                self.skip(BLANK)
                return found.group() if pattern is BARE_KEY else tomllib.loads(f"key = {found.group()}")["key"]
        raise self.wrong("a key")

    def value(self, path: KeyPath) -> None:
        self.skip(BLANK)
        if self.text.startswith("[", self.at):
            self.array(path)
        elif self.text.startswith("{", self.at):
            self.inline_table(path)
        else:
            self.scalar()

    def array(self, path: KeyPath) -> None:
        """[ value, value ] over as many lines as it likes"""
        self.expect("[")
        self.skip(BETWEEN)
        index = 0
        while not self.text.startswith("]", self.at):
            self.lines[(*path, index)] = self.line
            self.value((*path, index))
            index += 1
            self.skip(BETWEEN)
            self.comma_unless("]")
        self.expect("]")

    def inline_table(self, path: KeyPath) -> None:
        """{ key = value, key = value }"""
        self.expect("{")
        self.skip(BETWEEN)
        while not self.text.startswith("}", self.at):
            self.pair(path)
            self.skip(BETWEEN)
            self.comma_unless("}")
        self.expect("}")

    def comma_unless(self, end: str) -> None:
        if not self.text.startswith(end, self.at):
            self.expect(",")
            self.skip(BETWEEN)

    def scalar(self) -> None:
        for pattern in (LONG_BASIC_STRING, LONG_LITERAL_STRING, BASIC_STRING, LITERAL_STRING, PLAIN_VALUE):
            found = pattern.match(self.text, self.at)
            if found:
                self.move(found.end())
                return
        raise self.wrong("a value")

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.move(found.end() if found else self.at)

    def expect(self, mark: str) -> None:
        self.skip(BLANK)
        if not self.text.startswith(mark, self.at):
            raise self.wrong(mark)
        self.at += len(mark)
        self.skip(BLANK)

    def move(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def wrong(self, expected: str) -> ProtocolError:
        return ProtocolError(f"line {self.line}: expected {expected}, found {self.text[self.at : self.at + 20]!r}")
