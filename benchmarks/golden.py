"""Hold our numbers to those of R: walk every record of DIR/*.json, compute it with bot/methods/synthesis, compare, count.

How a record's call is answered: benchmarks/golden_calls. Nothing is known here of any data set: a record says by its call, its inputs
and its kind what is to be computed and how exactly.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.golden_calls import Unsupported, answer
from benchmarks.golden_calls.compare import differences

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "golden" / "meta"


def main(argv: list[str]) -> int:
    """Print what was compared and end with one JSON object; 1 if a supported record fails or there is no record."""
    parser = argparse.ArgumentParser(prog="perennial bench golden", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT, help="folder of golden JSON files")
    parser.add_argument("--only", default="", help="only records whose id contains this")
    options = parser.parse_args(argv)
    result = compare_all(options.data, options.only)
    for failure in result["failed"][:40]:
        print(
            f"FAILED {failure['id']}: {failure['where']}: expected {failure['expected']}, got {failure['got']}", file=sys.stderr
        )
    print(json.dumps(result))
    return 1 if result["failed"] or not result["records"] else 0


def compare_all(folder: Path, only: str = "") -> dict[str, Any]:
    """Return records, supported, passed, unsupported by reason, failures, and how each kind and each call is covered."""
    start = time.perf_counter()
    unsupported: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    calls: dict[str, Counter[str]] = {}
    failed: list[dict[str, Any]] = []
    for record, inputs in records(folder):
        if only not in record["id"]:
            continue
        outcome = _compared(record, inputs, unsupported, failed)
        kinds.setdefault(record["kind"], Counter()).update(["records", *outcome])
        calls.setdefault(_call_name(record), Counter()).update(["records", *outcome])
    total: Counter[str] = sum(kinds.values(), Counter())
    return {
        "records": total["records"],
        "supported": total["supported"],
        "passed": total["passed"],
        "unsupported": dict(unsupported),
        "failed": failed,
        "kinds": {kind: dict(counts) for kind, counts in sorted(kinds.items())},
        "calls": {call: dict(counts) for call, counts in sorted(calls.items())},
        "seconds": round(time.perf_counter() - start, 2),
    }


def records(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each record with the inputs that it names."""
    for path in sorted(folder.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        previous: dict[str, Any] = {}
        for record in content.get("records", []):
            # A call that begins with "..." abbreviates the one before it: only what differs is written.
            if record["call"].startswith("...") and previous:
                record["call"] = f"{record['call'][3:].strip()}, {previous['call']}"
            else:
                previous = record
            record["load"] = lambda name: _inputs_of(folder / f"{name}.json")
            record["file_inputs"] = content.get("inputs") or {}
            yield record, record["file_inputs"].get(record.get("inputs") or "", {})


def _inputs_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))["inputs"] if path.exists() else {}


def _compared(
    record: dict[str, Any], inputs: dict[str, Any], unsupported: Counter[str], failed: list[dict[str, Any]]
) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            got = answer(record, inputs)
    except Unsupported as reason:
        unsupported[str(reason)] += 1
        return []
    except Exception as error:
        failed.append({"id": record["id"], "where": "", "expected": "a result", "got": f"{type(error).__name__}: {error}"})
        return ["supported"]
    different = differences(record, got)
    if different:
        failed.append({"id": record["id"], **different[0], "differences": len(different)})
        return ["supported"]
    return ["supported", "passed"]


def _call_name(record: dict[str, Any]) -> str:
    return record["call"].split("(")[0].strip() if "(" in record["call"] else record["id"].rsplit("/", 1)[-1]
