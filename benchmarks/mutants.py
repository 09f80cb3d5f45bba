"""How many small faults put into the science are found by its tests: each fault ("mutant") in a process of its own, survivors listed.

A mutant is the module with one comparison, sign, operator, condition or number changed. It is killed when a test fails. The sample is drawn
by a seed, so that it can be drawn again. What the survivors of the last run were: docs/guide/developers.md.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What is tried, and the tests that should find its faults.
PARTS = {name: (f"bot/methods/{name}", [f"tests/unit/methods/{name}"]) for name in ("synthesis", "certainty", "screening")}
# The golden figures of R metafor come last: they are slow, and find what the others do not.
PARTS["synthesis"][1].append("tests/reference/test_synthesis_golden.py")
LONGEST_SECONDS = 120
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place of a module. source: the whole module with the change."""

    file: str
    line: int
    change: str
    source: str


def mutants_of(path: Path) -> list[Mutant]:
    """Return every mutant of a module, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    count = sum(1 for _ in _places(tree))
    found = []
    for number in range(count):
        changed = copy.deepcopy(tree)
        node = next(one for place, one in enumerate(_places(changed)) if place == number)
        line, before = getattr(node, "lineno", 0), ast.unparse(node)
        _change(node)
        found.append(Mutant(str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name, line, f"{before}  →  {ast.unparse(node)}",
                            ast.unparse(ast.fix_missing_locations(changed))))
    return found


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """Give each node that can be changed. Not: what is no behaviour (annotations, texts), and what only words an error."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "exc"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom):
                continue
            if _can_change(node):
                yield node
            yield from _places(node)


def _can_change(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool | int | float)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not | ast.USub)
    if isinstance(node, ast.BinOp):
        return type(node.op) in SWAPS and not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str))
    return isinstance(node, ast.BoolOp)


def _change(node: Any) -> None:
    """Change a node in its place."""
    if isinstance(node, ast.Compare):
        node.ops = [SWAPS[type(node.ops[0])]()]  # type: ignore[list-item]
    elif isinstance(node, ast.Constant):
        value: Any = node.value
        node.value = not value if isinstance(value, bool) else value + 1
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    else:
        node.op = SWAPS[type(node.op)]()


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module with other words than its file has."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        """Claim the one module."""
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed words."""
        exec(compile(self.source, self.name, "exec"), module.__dict__)


def _warm(tests: list[str]) -> None:
    """Import here what the tests import of others: a process that is forked has it then."""
    # One thread: those of an algebra library do not come along when a process is forked.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        pytest.main(["--collect-only", "-q", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-p", "no:xdist", *tests])


def is_killed(mutant: Mutant | None, tests: list[str]) -> bool:
    """Return whether a test fails under this mutant, or does not end; None: under the code as it is. In a process of its own."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        signal.alarm(LONGEST_SECONDS)
        # What was imported already is imported anew, so that everybody gets the changed module.
        for name in [one for one in sys.modules if one.split(".")[0] in ("bot", "tests", "db", "classifiers")]:
            del sys.modules[name]
        if mutant is not None:
            name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            sys.meta_path.insert(0, _Loader(name, mutant.source))
        # Drawn inputs are the same each time: a mutant is killed or not, whoever asks.
        os._exit(int(pytest.main(["-x", "-q", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-p", "no:xdist",
                                  "--hypothesis-seed=0", *tests])))
    _, status = os.waitpid(child, 0)
    return status != 0


def main(argv: list[str]) -> int:
    """Draw mutants, try them, print the survivors and one JSON object."""
    parser = argparse.ArgumentParser(prog="perennial bench mutants", description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), default="synthesis")
    parser.add_argument("--file", default="", help="one file of the part, such as pooling.py; default: all")
    parser.add_argument("--sample", type=int, default=100, help="how many mutants to draw; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", help="other tests than those of the part")
    given = parser.parse_args(argv)
    folder, tests = ROOT / PARTS[given.part][0], given.tests or [str(ROOT / one) for one in PARTS[given.part][1]]
    everything = [one for path in sorted(folder.rglob(given.file or "*.py")) for one in mutants_of(path)]
    drawn = everything if not given.sample else random.Random(given.seed).sample(everything, min(given.sample, len(everything)))
    began = time.monotonic()
    _warm(tests)
    if is_killed(None, tests):
        print("the tests fail without any mutant; mend that first", file=sys.stderr)
        return 1
    survivors = []
    for number, mutant in enumerate(drawn, start=1):
        if not is_killed(mutant, tests):
            survivors.append(mutant)
            print(f"survives: {mutant.file}:{mutant.line}  {mutant.change}")
        if sys.stderr.isatty():
            left = (time.monotonic() - began) / number * (len(drawn) - number)
            print(f"\r{number} of {len(drawn)}, {len(survivors)} survive, {left:.0f} s left  ", end="", file=sys.stderr)
    print(json.dumps({"part": given.part, "mutants": len(everything), "tried": len(drawn), "killed": len(drawn) - len(survivors),
                      "share": round(1 - len(survivors) / len(drawn), 3) if drawn else None, "seed": given.seed,
                      "seconds": round(time.monotonic() - began, 1),
                      "survivors": [{"file": one.file, "line": one.line, "change": one.change} for one in survivors]}))
    return 0
