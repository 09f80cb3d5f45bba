"""How well we order records, and how much a cut-off misses: `./perennial bench screening --data DIR --mode simulate|living [--seeds N]`.

simulate: reading from one relevant and one irrelevant record on, learning after every label. living: a review's past ranks its
future (LT70), with the whole procedure of cut-off, reading and audit. The set that is scored never teaches the prior used on it;
`--others DIR` names further reviews to learn from (default: those of the material beside the checkout, where it is).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._screening_data import LabelledReview, read_reviews

MOST_RECORDS = 25_000
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "screening"


def main(argv: list[str]) -> int:
    """Print a line per set, what was left out, the means, and one JSON object."""
    parser = argparse.ArgumentParser(prog="perennial bench screening", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of .csv or .csv.gz with title, abstract, label_included")
    parser.add_argument("--mode", choices=("simulate", "living"), required=True)
    parser.add_argument("--seeds", type=int, default=3, help="simulate: how many pairs of known records; the means are reported")
    parser.add_argument("--others", type=Path, default=BESIDE, help="further labelled reviews to learn a prior from")
    parser.add_argument("--sets", nargs="*", help="score only these; the others still teach")
    parser.add_argument("--no-prior-from", default="", help="names that begin so teach no prior, for example Cohen")
    options = parser.parse_args(argv)
    scored = [one for one in read_reviews(options.data) if not options.sets or one.name in options.sets]
    teaching = _with_others(read_reviews(options.data), options.others)
    left_out = [one.name for one in teaching if options.no_prior_from and one.name.startswith(options.no_prior_from)]
    if options.mode == "simulate":
        result = _simulated(scored, teaching, left_out, seeds=options.seeds)
    else:
        from benchmarks._screening_living import living

        result = living(scored)
    print(json.dumps(result))
    return 0


def _with_others(reviews: Sequence[LabelledReview], folder: Path) -> list[LabelledReview]:
    """Return the reviews and those of the folder that are not among them, by name."""
    if not folder.is_dir():
        print(f"no further reviews to learn from: {folder} is not there")
        return list(reviews)
    names = {one.name for one in reviews}
    return [*reviews, *(one for one in read_reviews(folder) if one.name not in names)]


def _simulated(scored: Sequence[LabelledReview], teaching: Sequence[LabelledReview], left_out: Sequence[str], *, seeds: int) -> dict[str, Any]:
    from benchmarks._screening_simulate import Corpus, means, simulate

    corpus = Corpus(teaching, left_out=left_out)
    print(f"features of {sum(len(one.documents) for one in teaching)} texts of {len(teaching)} reviews: {corpus.seconds:.1f} s, once")
    print(f"{'set':36s} {'loss':>7s} {'wss@95':>7s} {'rec@10':>7s} {'atd':>8s} {'s':>6s}")
    sets, unfit = {}, {}
    for review in scored:
        if why := _unfit(review):
            unfit[review.name] = why
            print(f"{review.name:36s} left out: {why}")
            continue
        sets[review.name] = simulate(review, corpus, seeds=seeds)
        _line(review.name, sets[review.name])
    mean = means(list(sets.values())) if sets else {}
    if mean:
        _line("mean", mean)
    return {"sets": sets, "mean": mean, "seeds": seeds, "features_seconds": corpus.seconds, "left_out": unfit}


def _unfit(review: LabelledReview) -> str:
    """Return why a review cannot be simulated, "" if it can."""
    if not 2 <= int(review.relevant.sum()) < len(review.documents) - 1:
        return "too few relevant or irrelevant records to know one and look for another"
    if len(review.documents) > MOST_RECORDS:
        return f"{len(review.documents):,} records; more than {MOST_RECORDS:,} need matrices of over 10 GB"
    return ""


def _line(name: str, values: dict[str, float]) -> None:
    loss, saved, recall, rank, seconds = (values[key] for key in ("loss", "wss@95", "recall@10", "atd", "seconds"))
    print(f"{name:36s} {loss:7.4f} {saved:7.3f} {recall:7.3f} {rank:8.1f} {seconds:6.1f}", flush=True)
