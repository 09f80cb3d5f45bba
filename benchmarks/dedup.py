"""Measure deduplication on labelled sets: whole, in another order, damaged; its speed.

A set is a file DIR/*.csv with an id, bibliographic columns and gold_cluster.
Counts are those of the record view of ../shared/bench/dedup_bench.py: works lost by a wrong merge (FP), duplicates left over (FN).
peak_mib is the highest memory of this process until then. The rules themselves: bot/methods/dedup.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._dedup_data import LabelledSet, damaged, damaged_set, multiplied, read_sets, renumbered, strangers
from benchmarks._dedup_month import month_in_a_database
from bot.domain.records import Record
from bot.methods.dedup.clusters import Clusters, cluster
from bot.methods.dedup.keys import Key, keys_of
from bot.methods.dedup.match import LIMITS, Limits, Verdict, compare

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "dedup"
SEEDS = (1, 2, 3)
SIZES = (10_000, 20_000, 40_000, 80_000)
KNOWN, NEW = 200_000, 500
GRID = tuple(
    Limits(alike, place, telling) for alike in (86.0, 90.0, 94.0) for place in (40.0, 55.0, 70.0) for telling in (20, 30, 40)
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one set: n records of so many works, the rest duplicates; works lost, duplicates left; questions."""

    n: int
    duplicates: int
    works: int
    false_merges: int
    left_over: int
    questions: int
    to_the_point: int
    left_after_answers: int


def main(argv: list[str]) -> int:
    """Print what was found and end with one JSON object; 1 if there is no labelled set."""
    parser = argparse.ArgumentParser(prog="perennial bench dedup", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT, help="folder of labelled CSV files")
    parser.add_argument("--errors", type=Path, help="write wrong merges and duplicates left over to this file")
    parser.add_argument("--damage", action="store_true", help=f"also with fields damaged at random, seeds {SEEDS}")
    parser.add_argument(
        "--left-out", action="store_true", help="also choose the limits on all sets but one, and measure on that one"
    )
    parser.add_argument("--growth", action="store_true", help=f"also {SIZES} records, and {NEW} new ones against {KNOWN} known")
    options = parser.parse_args(argv)
    sets = read_sets(options.data)
    if not sets:
        print(f"{options.data}: no CSV file with a column gold_cluster.", file=sys.stderr)
        return 1
    result: dict[str, Any] = {"sets": {}, "pooled": {}}
    everything = [_measured(labelled, options.errors) for labelled in sets]
    for labelled, (counts, figures) in zip(sets, everything, strict=True):
        result["sets"][labelled.name] = figures
        print(f"{labelled.name}: {counts}", file=sys.stderr)
    seconds = sum(figures["seconds"] for _, figures in everything)
    result["pooled"] = rates(pooled([counts for counts, _ in everything])) | {
        "seconds": round(seconds, 2),
        "peak_mib": peak_mib(),
    }
    again = [_measured(renumbered(labelled, seed=1))[0] for labelled in sets]
    result["same_in_another_order"] = again == [counts for counts, _ in everything]
    if options.damage:
        result["damaged"] = damage_robustness(sets)
    if options.left_out:
        result["left_out"] = left_out(sets)
    if options.growth:
        result["growth"] = [growth(sets, size) for size in SIZES]
        result["month"] = month(sets)
        result["month_in_a_database"] = month_in_a_database(*_month(sets))
    print(json.dumps(result))
    return 0


def _measured(labelled: LabelledSet, errors: Path | None = None, limits: Limits = LIMITS) -> tuple[Counts, dict[str, Any]]:
    start = time.perf_counter()
    found = cluster(labelled.records, limits)
    seconds = time.perf_counter() - start
    counts = counted(labelled, found)
    if errors:
        _write_errors(labelled, found, errors)
    return counts, rates(counts) | {"seconds": round(seconds, 2), "peak_mib": peak_mib()}


def counted(labelled: LabelledSet, found: Clusters) -> Counts:
    """Return the counts of the record view."""
    reports_of = defaultdict[str, set[int]](set)
    false_merges = 0
    for number, group in enumerate(found.clusters):
        works = {labelled.works[position] for position in group}
        false_merges += len(works) - 1
        for work in works:
            reports_of[work].add(number)
    left_over = sum(len(reports) - 1 for reports in reports_of.values())
    n, works = len(labelled.records), len(reports_of)
    to_the_point = sum(labelled.works[pair.first] == labelled.works[pair.second] for pair in found.questions)
    answered = _left_after_answers(labelled, found)
    return Counts(n, n - works, works, false_merges, left_over, len(found.questions), to_the_point, answered)


def _left_after_answers(labelled: LabelledSet, found: Clusters) -> int:
    """Return the duplicates left once a person has answered the questions as the labels say."""
    of = {position: number for number, group in enumerate(found.clusters) for position in group}
    for pair in found.questions:
        one, two = of[pair.first], of[pair.second]
        if labelled.works[pair.first] == labelled.works[pair.second] and one != two:
            of = {position: one if number == two else number for position, number in of.items()}
    return len({(labelled.works[position], number) for position, number in of.items()}) - len(set(labelled.works))


def pooled(each: Sequence[Counts]) -> Counts:
    """Return the sums."""
    return Counts(*(sum(getattr(one, name) for one in each) for name in Counts.__slots__))


def rates(counts: Counts) -> dict[str, Any]:
    """Return the figures of one set as the issue names them; a rate without a denominator is None."""
    kept = counts.duplicates - counts.left_over
    return {
        "n": counts.n,
        "duplicates": counts.duplicates,
        "FP": counts.false_merges,
        "FN": counts.left_over,
        "sensitivity": _share(kept, counts.duplicates),
        "specificity": _share(counts.works - counts.false_merges, counts.works),
        "precision": _share(kept, kept + counts.false_merges),
        "questions": counts.questions,
        "questions_to_the_point": counts.to_the_point,
        "FN_after_answers": counts.left_after_answers,
        "sensitivity_after_answers": _share(counts.duplicates - counts.left_after_answers, counts.duplicates),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


def peak_mib() -> float:
    """Return the highest memory of this process so far, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def damage_robustness(sets: Sequence[LabelledSet]) -> dict[str, Any]:
    """Return the pooled figures and those of each set with fields damaged, over all seeds together."""
    each = {one.name: pooled([_measured(damaged_set(one, seed))[0] for seed in SEEDS]) for one in sets}
    return {"pooled": rates(pooled(list(each.values()))), "sets": {name: rates(counts) for name, counts in each.items()}}


def left_out(sets: Sequence[LabelledSet]) -> dict[str, Any]:
    """Choose the limits on all sets but one (fewest wrong merges, then fewest left over), and return what they do on that one."""
    seen = {(one.name, limits): _measured(one, limits=limits)[0] for one in sets for limits in GRID}
    result: dict[str, Any] = {}
    for kept_back in sets:
        others = [one.name for one in sets if one is not kept_back]
        best = min(GRID, key=lambda limits: _cost([seen[name, limits] for name in others], limits))
        result[kept_back.name] = {"limits": [best.alike, best.alike_at_one_place, best.telling]} | rates(
            seen[kept_back.name, best]
        )
    every = [pooled([seen[one.name, limits] for one in sets]) for limits in GRID]
    result["grid"] = {
        "FP": [min(one.false_merges for one in every), max(one.false_merges for one in every)],
        "FN": [min(one.left_over for one in every), max(one.left_over for one in every)],
    }
    return result


def _cost(each: Sequence[Counts], limits: Limits) -> tuple[int, int, float, float, int]:
    whole = pooled(each)
    # Between equals the strictest limits: they hold best on what nobody has seen.
    return whole.false_merges, whole.left_over, -limits.alike, -limits.alike_at_one_place, -limits.telling


def growth(sets: Sequence[LabelledSet], size: int) -> dict[str, Any]:
    """Return figures and seconds for so many records, made by damaging copies."""
    _, figures = _measured(multiplied(sets, size, seed=1))
    print(f"{size} records: {figures}", file=sys.stderr)
    return figures


def month(sets: Sequence[LabelledSet]) -> dict[str, Any]:
    """Return the seconds that one month's new records take against all that are known, with the keys in memory."""
    known, new = _month(sets)
    holders = defaultdict[Key, list[int]](list)
    for position, record in enumerate(known):
        for key in keys_of(record):
            holders[key].append(position)
    start = time.perf_counter()
    looked_at, joined = _placed(new, known, holders)
    seconds = time.perf_counter() - start
    return {
        "known": KNOWN,
        "new": NEW,
        "compared": looked_at,
        "joined": joined,
        "seconds": round(seconds, 3),
        "peak_mib": peak_mib(),
    }


def _month(sets: Sequence[LabelledSet]) -> tuple[list[Record], list[Record]]:
    """Return what is known, and what is new: half of it damaged copies of what is known."""
    chance = random.Random(1)
    known = strangers(sets, KNOWN, seed=1)
    new = [damaged(record, chance) for record in chance.sample(known, NEW // 2)]
    return known, new + strangers(sets, 2 * KNOWN // 10, seed=2)[-NEW // 2 :]


def _placed(new: Sequence[Record], known: Sequence[Record], holders: dict[Key, list[int]]) -> tuple[int, int]:
    looked_at = joined = 0
    for record in new:
        near = {position for key in keys_of(record) for position in holders.get(key, ())}
        looked_at += len(near)
        joined += any(compare(record, known[position]).verdict is Verdict.SAME for position in near)
    return looked_at, joined


def _write_errors(labelled: LabelledSet, found: Clusters, path: Path) -> None:
    of = {position: number for number, group in enumerate(found.clusters) for position in group}
    with path.open("a", encoding="utf-8") as lines:
        for group in found.clusters:
            if len({labelled.works[position] for position in group}) > 1:
                lines.write("".join(f"{labelled.name}\tFP\t{labelled.records[position]}\n" for position in group))
        members = defaultdict[str, list[int]](list)
        for position, work in enumerate(labelled.works):
            members[work].append(position)
        for positions in members.values():
            if len({of[position] for position in positions}) > 1:
                lines.write(
                    "".join(f"{labelled.name}\tFN\t{of[position]}\t{labelled.records[position]}\n" for position in positions)
                )
