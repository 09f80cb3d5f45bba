"""Give one reader bytes that atheris chooses by what code they reach: run by benchmarks/fuzz.py with a Python that has it.

    python -m benchmarks._fuzz_guided READER SECONDS SEED FOLDER

A line for each new kind of finding goes to FOLDER/findings.txt at once: libFuzzer ends the process by itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.sources", "bot.methods.strategies", "bot.protocols"]):
    from benchmarks.fuzz import MOST_MIB, READERS, hang_after, once

# What Python with all of it imported and the watched code have before the first input.
AT_FIRST_MIB = 400


def main() -> None:
    """Try until the time is over."""
    name, seconds, seed, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    reader, seeds = READERS[name]
    corpus, kinds = folder / "corpus", set[str]()
    corpus.mkdir()
    for number, content in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(content)

    def one_input(content: bytes) -> None:
        kind, _, said = once(reader, content).partition(": ")
        if kind and kind not in kinds:
            kinds.add(kind)
            with (folder / "findings.txt").open("a", encoding="utf-8") as file:
                file.write(f"{kind}: {said}: {content[:600]!r}\n")

    hang_after()
    atheris.Setup([sys.argv[0], str(corpus), f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=20000",
                   f"-rss_limit_mb={MOST_MIB + AT_FIRST_MIB}", f"-artifact_prefix={folder}/"], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
