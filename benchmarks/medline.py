"""How fast all of MEDLINE is scored: `./perennial bench medline [--records N] [--reviews N] [--workers N] [--samples FOLDER]`.

Files as PubMed's yearly ones (`.xml.gz`, 30,000 records each) are made of real records from the samples beside the project, repeated with
PMIDs of their own, and scored for one review and for many in one pass: records per second of wall clock, and of CPU, which other work on
the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.parse import SAMPLES, _xml_pieces
from bot.steps.medline.score import score_folder
from classifiers import Document, Labelled
from classifiers.bulk import BulkModel, bulk_model

PER_FILE = 30_000
ALL_OF_MEDLINE = 38_000_000
CORES = (2, 16, 128)


def main(argv: list[str]) -> int:
    """Make the files, score them twice, and print one JSON object as the last line."""
    asked = argparse.ArgumentParser(prog="perennial bench medline", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--records", type=int, default=60_000)
    asked.add_argument("--reviews", type=int, default=100)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--samples", type=Path, default=SAMPLES)
    given = asked.parse_args(argv)
    pieces = list(_xml_pieces(given.samples))
    models = _models(pieces, given.reviews)
    with tempfile.TemporaryDirectory(prefix="perennial-medline-") as name:
        folder = Path(name)
        size = _write(folder / "files", pieces, given.records, given.workers)
        print(f"{given.records:,} records, {size / given.records:,.0f} bytes each packed; {given.workers} processes", flush=True)
        one = _scored(folder, models[:1], given.workers)
        many = _scored(folder, models, given.workers)
    ratio = many["cpu_seconds"] / one["cpu_seconds"]
    print(f"{given.reviews} reviews in one pass take {ratio:.2f} times as much CPU as one")
    hours = {str(cores): ALL_OF_MEDLINE / (one["records_per_cpu_s"] * cores) / 3600 for cores in CORES}
    print("38 million, one review, if every core does as much as one here: "
          + ", ".join(f"{value:.2f} h on {cores}" for cores, value in hours.items()))
    print(json.dumps({"records": given.records, "reviews": given.reviews, "workers": given.workers, "one": one, "many": many, "ratio": ratio,
                      "ratio_wall": many["seconds"] / one["seconds"], "hours_for_38_million": hours}))
    return 0


def _scored(folder: Path, models: Sequence[BulkModel], workers: int) -> dict[str, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    account, targets = score_folder(folder=folder / "files", out=folder / f"out-{len(models)}", models=models, workers=workers)
    seconds = time.perf_counter() - began
    if account.failed:
        raise SystemExit(f"a file was not scored: {account.failed}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Workers are children of the fork server, so each tells its own time beside its scores.
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + sum(_seconds(path) for path in targets)
    print(f"{len(models):4d} reviews: {account.records / seconds:,.0f} records/s, {account.records / cpu:,.0f} per second of CPU", flush=True)
    return {"seconds": seconds, "cpu_seconds": cpu, "records_per_s": account.records / seconds, "records_per_cpu_s": account.records / cpu}


def _seconds(path: Path) -> float:
    with np.load(path, allow_pickle=False) as arrays:
        return float(arrays["cpu_seconds"])


def _write(folder: Path, pieces: Sequence[str], count: int, workers: int) -> int:
    """Write the files, at least one for each worker, and return their size in bytes."""
    folder.mkdir()
    each = min(PER_FILE, -(-count // workers))
    for number, begin in enumerate(range(0, count, each), start=1):
        with gzip.open(folder / f"pubmed26n{number:04d}.xml.gz", "wt", encoding="utf-8", compresslevel=6) as file:
            file.write('<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n')
            for pmid in range(begin, min(begin + each, count)):
                piece = pieces[pmid % len(pieces)]
                file.write(re.sub(r"(<PMID[^>]*>)\d+", rf"\g<1>{pmid + 1}", piece, count=1) + "\n")
            file.write("</PubmedArticleSet>\n")
    return sum(path.stat().st_size for path in folder.iterdir())


def _models(pieces: Sequence[str], count: int) -> list[BulkModel]:
    """Return models as large as real ones, each learnt from another choice of words among the samples; what they say does not matter here."""
    texts = [" ".join(re.findall(r">([^<]{4,})<", piece)) for piece in pieces[:200]]
    models = []
    for number in range(count):
        labelled = [Labelled(Document(text[:200], text), float((place * 7 + number) % 5 == 0)) for place, text in enumerate(texts[:40])]
        models.append(bulk_model(f"review-{number:03d}", question=["peer support"], labelled=labelled, seed=number))
    return models
