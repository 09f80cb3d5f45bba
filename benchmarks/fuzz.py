"""Every reader of files, protocols and searches is given bytes that were spoilt by chance: does one crash, hang, or take memory without end?

    ./perennial bench fuzz [--seconds 600] [--reader ris …] [--seed 1] [--guided .venv-bench/bin/python]

--guided: with atheris, which chooses what to spoil by what code it reaches, in the Python named (requirements-bench.in says how it is made).
Each reader gets so many seconds, in a process of its own. It may return what it read or refuse it with a sentence of ours (bot/errors.py);
anything else is a finding and is printed with the bytes that made it.
"""

from __future__ import annotations

import argparse
import functools
import json
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

from bot import paths
from bot.demo.standins.medline import as_medline, as_xml
from bot.errors import PerennialError
from bot.methods.strategies import lint
from bot.protocols.load import load, load_document
from bot.sources.files import read
from tests.fixtures_search import citation

ROOT = Path(__file__).resolve().parents[1]
# One input may take so long, and a reader may grow by so much over all of them.
HANGS_AFTER_SECONDS, MOST_MIB = 10, 400
SLUG = "digital-peer-support"
RIS = ("TY  - JOUR\nTI  - A trial of peers\nAU  - Doe, J\nAU  - Roe, R. M.\nPY  - 2020/01/02/\nDO  - https://doi.org/10.1000/1\n"
       "AB  - Words. More.\nKW  - peer\nUR  - https://example.org/1\nER  - \nTY  - JOUR\nT1  - Another one\nY1  - 2021//\nER  - \n")
ENDNOTE = ('<?xml version="1.0" encoding="UTF-8"?><xml><records><record><rec-number>1</rec-number><ref-type name="Journal Article">17</ref-type>'
           "<contributors><authors><author><style>Doe, J</style></author></authors></contributors><titles><title><style>A trial</style></title>"
           "</titles><dates><year>2020</year></dates></record></records></xml>")
TABLE = 'Title,Authors,Year,DOI\n"A trial, of peers","Doe, J; Roe, R",2020,10.1000/1\nAnother,"Poe, E",2021,\n'
BIBTEX = "@article{a,\n title = {A {T}rial of \\\"o peers},\n author = {Doe, J and Roe, R},\n year = 2020,\n doi = {10.1000/1}\n}\n"
WEB_OF_SCIENCE = "FN Clarivate\nVR 1.0\nPT J\nAU Doe, J\n   Roe, R\nTI A trial\nPY 2020\nUT WOS:1\nER\n\nEF\n"
# What spoils most: ends and beginnings of the formats, numbers that are none, signs of odd widths.
PIECES = (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b"<", b">", b"&", b"&#0;", b"]]>", b"<![CDATA[", b"<!DOCTYPE x [", b"TY  - ",
          b"ER  - ", b"PMID- ", b"@", b"{", b"}", b"\\", b'"', b"'", b"=", b"[", b"]", b"9" * 30, b"-1", b"1e999", b"\xe2\x80\xae",
          b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"or/", b"exp ", b"adj", b"((", b"*", b"PK\x03\x04")


def main(argv: list[str]) -> int:
    """Give each reader spoilt bytes for so long; print what was found, 1 if anything was."""
    asked = argparse.ArgumentParser(prog="perennial bench fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seconds", type=float, default=600, help="for each reader")
    asked.add_argument("--reader", action="append", default=[], choices=sorted(READERS))
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--guided", type=Path, metavar="PYTHON", help="a Python with atheris")
    given = asked.parse_args(argv)
    trying = functools.partial(_guided, given.guided) if given.guided else _tried
    found = {name: trying(name, given.seconds, given.seed) for name in given.reader or sorted(READERS)}
    for name, one in found.items():
        for finding in one["findings"]:
            print(f"{name}: {finding}")
    print(json.dumps({"inputs": sum(one["inputs"] for one in found.values()), "findings": sum(len(one["findings"]) for one in found.values()),
                      "readers": {name: {**one, "findings": len(one["findings"])} for name, one in found.items()}}))
    return 1 if any(one["findings"] for one in found.values()) else 0


def _tried(name: str, seconds: float, seed: int) -> dict:
    """Let a process of its own try one reader; if it dies, that is the finding."""
    start = multiprocessing.get_context("spawn")
    ours, theirs = start.Pipe()
    process = start.Process(target=_try, args=(name, seconds, seed, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        process.join()
        return {"inputs": 0, "findings": [f"the process died with {process.exitcode}"], "slowest": 0.0, "grew_mib": 0}
    finally:
        process.join()


def _guided(python: Path, name: str, seconds: float, seed: int) -> dict:
    """Let atheris try one reader in a process of its own. Raises SystemExit if it could not begin."""
    with tempfile.TemporaryDirectory(prefix="perennial-fuzz-") as folder:
        # Our own packages behind those of the other Python: it has atheris and nothing of ours.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))))}
        command = [str(python), "-P", "-m", "benchmarks._fuzz_guided", name, str(max(1, round(seconds))), str(seed), folder]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, cwd=folder, check=False)
        told, runs = Path(folder, "findings.txt"), re.search(r"Done (\d+) runs", done.stderr)
        findings = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    if runs is None and "INFO: seed corpus" not in done.stderr:
        raise SystemExit(f"atheris did not begin with {python}: {done.stderr[-2000:]}")
    if runs is None:
        findings.append(f"the process died with {done.returncode}: {done.stderr[-600:]}")
    peak = re.findall(r"rss: (\d+)Mb", done.stderr)
    return {"inputs": int(runs[1]) if runs else 0, "findings": findings, "slowest": 0.0, "grew_mib": int(peak[-1]) - int(peak[0]) if peak else 0}


def _try(name: str, seconds: float, seed: int, told: Connection) -> None:
    reader, seeds = READERS[name]
    chance, texts, until = random.Random(seed), seeds(), time.monotonic() + seconds
    hang_after()
    number, slowest, findings = 0, 0.0, dict[str, str]()
    once(reader, texts[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    while time.monotonic() < until:
        number += 1
        content = spoilt(chance.choice(texts), chance)
        began = time.monotonic()
        problem = once(reader, content)
        slowest = max(slowest, time.monotonic() - began)
        if problem:
            findings.setdefault(problem.partition(": ")[0], f"{problem.partition(': ')[2]}: {content[:600]!r}")
    grew = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    if grew > MOST_MIB:
        findings["it grew"] = f"by {grew} MiB"
    told.send({"inputs": number, "findings": [f"{what}: {shown}" for what, shown in findings.items()], "slowest": round(slowest, 2),
               "grew_mib": grew})


def hang_after() -> None:
    """Let `once` take an input for one that hangs after HANGS_AFTER_SECONDS."""
    signal.signal(signal.SIGALRM, _hangs)


def _hangs(_number: int, _frame: object) -> None:
    raise TimeoutError(f"not done after {HANGS_AFTER_SECONDS} s")


def once(reader: Callable[[bytes], object], content: bytes) -> str:
    """Return what is wrong with how a reader took some bytes, "" for nothing."""
    signal.alarm(HANGS_AFTER_SECONDS)
    try:
        reader(content)
    except PerennialError as error:
        return "" if str(error).strip() else f"{type(error).__name__} without a sentence"
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
        return f"{type(error).__name__} at {where}: {str(error)[:120]}"
    finally:
        signal.alarm(0)
    return ""


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with some of them changed, left out, said again, or with a piece put in that hurts some format."""
    spoils = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(spoils) + 1)
        until = min(len(spoils), at + chance.choice((1, 3, 20, 200)))
        what = chance.randrange(6)
        if what == 0:
            del spoils[at:until]
        elif what == 1:
            spoils[at:at] = chance.choice(PIECES) * chance.choice((1, 1, 1, 50))
        elif what == 2:
            spoils[at:at] = spoils[at:until] * chance.choice((1, 2, 30))
        elif what == 3 and at < len(spoils):
            spoils[at] ^= 1 << chance.randrange(8)
        elif what == 4:
            spoils[at:until] = chance.randbytes(until - at)
        else:
            other = chance.randrange(len(spoils) + 1)
            spoils[at:at] = spoils[other:other + until - at]
    return bytes(spoils[:60_000])


def _file(content: bytes) -> object:
    return read(content, "file", "handsearch")


def _packed(content: bytes) -> object:
    inside = BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("export.ris", content)
    whole = bytearray(inside.getvalue())
    # The archive itself is spoilt as well, always in the same places for the same bytes.
    return _file(spoilt(bytes(whole), random.Random(len(content))))


def _protocol(content: bytes) -> object:
    with tempfile.TemporaryDirectory(prefix="perennial-fuzz-") as folder:
        review = Path(folder) / SLUG
        shutil.copytree(paths.reviews() / SLUG, review, ignore=shutil.ignore_patterns("demo"))
        (review / "protocol.toml").write_bytes(content)
        return load(review)


def _strategy(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return [lint.check(text, syntax) for syntax in ("pubmed", "ovid", "cochrane")]


def _full() -> dict:
    return citation(1, entered="2020-01-15", abstract="BACKGROUND: A. METHODS: B > A & more.", volume="3", issue="2", pages="1-9",
                    registrations=["NCT01234567"], mesh=["Telemedicine"], publication_types=["Journal Article"])


READERS: dict[str, tuple[Callable[[bytes], object], Callable[[], list[bytes]]]] = {
    "ris": (_file, lambda: [RIS.encode(), RIS.encode("utf-16")]),
    "medline": (_file, lambda: [as_medline([_full(), citation(2)]).encode()]),
    "xml": (_file, lambda: [as_xml([_full(), citation(2)]).encode(), ENDNOTE.encode()]),
    "tables": (_file, lambda: [TABLE.encode(), TABLE.replace(",", ";").encode("cp1252"), BIBTEX.encode(), WEB_OF_SCIENCE.encode()]),
    "packed": (_packed, lambda: [RIS.encode()]),
    "protocol": (_protocol, lambda: [(paths.reviews() / SLUG / "protocol.toml").read_bytes()]),
    "kept_protocol": (load_document, lambda: [load(paths.reviews() / SLUG).document]),
    "strategy": (_strategy, lambda: [path.read_bytes() for path in sorted((paths.reviews() / SLUG / "searches").glob("*.txt"))]),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
