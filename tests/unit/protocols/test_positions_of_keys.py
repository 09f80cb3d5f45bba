"""In which line of a TOML file a key stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import paths
from bot.errors import ProtocolError
from bot.protocols.positions import positions

TABLES = '''\
a = 1
b.c = 2
b.d = { e = 3, f = { g = 4 } }

[table]
text = """
[no.table]
x = 1
"""
literal = \'\'\'
y = "
\'\'\'
list = [
  1,  # a comment ]
  [2, 3],
  { h = "]" },
]

[[array]]
name = "first"
[array.sub]
k = 1

[[array]]
name = "second"
[[array.inner]]
deep = 1
[[array.inner]]
deep = 2
[other."dotted.key"]
z = 2020-01-01T00:00:00Z
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1), (("b",), 2), (("b", "c"), 2), (("b", "d", "f", "g"), 3), (("table",), 5), (("table", "text"), 6),
        (("table", "literal"), 10), (("table", "list"), 13), (("table", "list", 0), 14), (("table", "list", 1, 1), 15),
        (("table", "list", 2, "h"), 16), (("array",), 19), (("array", 0), 19), (("array", 0, "name"), 20), (("array", 0, "sub", "k"), 22),
        (("array", 1), 24), (("array", 1, "inner", 0, "deep"), 27), (("array", 1, "inner", 1), 28), (("array", 1, "inner", 1, "deep"), 29),
        (("other", "dotted.key", "z"), 31),
    ],
)
def test_tables_arrays_inline_tables_dotted_keys_and_long_strings_are_found(path, line):
    tomllib.loads(TABLES)
    assert positions(TABLES).lines[path] == line


def test_carriage_returns_do_not_move_lines():
    assert positions(TABLES.replace("\n", "\r\n")).lines == positions(TABLES).lines


@pytest.mark.parametrize(
    "text",
    ['k = """a""""\nnext = 1', 'k = """a"""""\nnext = 1', 'k = """\\"""a"""\nnext = 1', "k = '''a''''\nnext = 1", 'k = ""\nnext = 1',
     'k = """"""\nnext = 1', '"a\\"b" = 1\nnext = 1', "k = [ # [\n]\nnext = 1", "k = 1#2\nnext = 1", "k = {}\nnext = 1"],
)
def test_strings_that_end_in_quotes_do_not_hide_what_follows(text):
    tomllib.loads(text)
    assert positions(text).lines["next",] == text.count("\n") + 1


def test_a_key_that_is_not_there_has_the_line_of_the_table_around_it():
    assert positions(TABLES).line_of(("array", 1, "missing", "deeper")) == 24
    assert positions(TABLES).line_of(("nowhere",)) == 1


def test_a_key_said_twice_is_named_with_both_lines():
    assert positions("a = 1\n[t]\nb = 1\nb = 2\n").again == ((("t", "b"), 3, 4),)


@pytest.mark.parametrize("text", ["a", "a =", "[a", "a = [1", "a = {", 'a = "', "= 1", "[[a]"])
def test_what_is_no_toml_is_refused_with_a_line(text):
    with pytest.raises(ProtocolError, match="line 1: expected"):
        positions(text)


KEYS = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
SCALARS = st.sampled_from(['"text"', "'literal'", "3", "-0.5", "true", "2020-01-01", '"""\nlong\n# "quoted" [x]\n"""', "'''\na = 1\n'''"])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(lambda parts: "[\n" + ",\n".join(parts) + "\n]"), max_leaves=4)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_every_key_of_any_document_is_found_in_its_line(document):
    lines, expected = [], {}
    for table, pairs in document.items():
        expected[table,] = len("\n".join([*lines, ""]).split("\n"))
        lines.append(f"[{table}]")
        for key, value in pairs.items():
            expected[table, key] = len("\n".join([*lines, ""]).split("\n"))
            lines.extend(f"{key} = {value}".split("\n"))
    text = "\n".join(lines)
    tomllib.loads(text)
    found = positions(text).lines
    assert {path: line for path, line in found.items() if path in expected} == expected


def test_every_key_of_the_shipped_reviews_has_a_line_that_names_it():
    for folder in paths.review_folders().values():
        for path in [folder / "protocol.toml", *folder.glob("outcomes/*.toml")]:
            text = path.read_text(encoding="utf-8")
            where = positions(text)
            for key_path in _paths(tomllib.loads(text)):
                last = [part for part in key_path if isinstance(part, str)][-1]
                if not isinstance(key_path[-1], int):
                    assert last in text.split("\n")[where.lines[key_path] - 1]


def _paths(value, path=()):
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _paths(inner, (*path, key))
