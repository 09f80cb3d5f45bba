"""All rows of all tables as two months can be compared by: without what may differ. Not a test itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import text

import db.tables  # noqa: F401  makes every table known
from db.base import Base
from db.session import Database

# What a kill may change: who was sending, how often it was tried, and why not at first.
MAY_DIFFER = {"outbox": {"attempts", "claimed_by", "error", "not_before"}, "event": {"place", "chained"}}
# What became of a mail stands in the outbox as well; how many ticks it took to see all votes is chance.
EVENTS_THAT_MAY_DIFFER = {"mail.unsure", "mail.settled", "mail.sent", "round.settled", "round.third_asked"}
# How often somebody asked: after a kill people ask again.
COUNTERS = {"rate_counter"}
# What comes as people vote has an order of chance: these rows are told apart by what they are about, and a third person's list has no order.
ABOUT = {"assignment": ("round_id", "report_id", "part", "person_id"), "resolution": ("report_id",), "decision": ("assignment_id",)}
RANDOM_IDS = ("person", "subscriber")
# Texts and numbers that name rows by their key; and the numbers of invitations, which may go out in another order after a kill.
HOLDING_KEYS = {"outbox": {"id", "key", "dedupe_key", "data", "recipient_id"}, "link": {"id", "token_sha256", "subject_id"},
                "event": {"subject", "data"},
                "estimate": {"members"}, "screening_round": {"rules", "settled_through"}}


def tables(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return table → rows as plain values in the order of their keys, people's random ids replaced by their number."""
    with database.reading() as session:
        found = {}
        for name in sorted(set(Base.metadata.tables) - COUNTERS):
            rows = session.execute(text(f'SELECT * FROM "{name}"')).mappings().all()
            found[name] = [_plain(name, dict(row)) for row in rows]
        # A bulletin names the end of the audit's chain, which has an event more after a kill: its files are known by their names here.
        files = {row["sha256"]: f"file-{row['bulletin_id']}-{row['name']}" for row in found["bulletin_file"]}
        for row in found["blob"]:
            if row["sha256"] in files:
                row["content"] = row["sha256"]
        for row in found["bulletin"]:
            row["content"] = _without_audit(row["content"])
        known = files | {str(row["public_id"]): f"{name}-{number}" for name in RANDOM_IDS
                 for number, row in enumerate(sorted(found[name], key=lambda row: row["id"]), start=1)}
    written = json.dumps(found, default=str, sort_keys=True)
    for random, number in known.items():
        written = written.replace(random, number)
    keys = {name: [column.name for column in table.primary_key] for name, table in Base.metadata.tables.items()}
    ordered = {name: sorted(rows, key=lambda row: [row[key] for key in keys[name]]) for name, rows in json.loads(written).items()}
    noted = [{key: value for key, value in row.items() if key != "id"} for row in ordered["event"] if row["kind"] not in EVENTS_THAT_MAY_DIFFER]
    # Who comes first of two who do not wait for each other is chance.
    ordered["event"] = sorted(noted, key=lambda row: json.dumps(row, sort_keys=True))
    return ordered


def _without_audit(content: Any) -> dict[str, Any]:
    kept = json.loads(content) if isinstance(content, str) else dict(content)
    kept.pop("audit", None)
    return kept


def _plain(table: str, row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key not in MAY_DIFFER.get(table, ())}
    return {key: len(value) if isinstance(value, (bytes, memoryview)) else value for key, value in kept.items()}


def without_keys(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return rows with each key replaced by its place among its table's, without texts that hold keys: Postgres leaves gaps after a kill."""
    places: dict[str, dict[int, int]] = {}
    # Decisions come behind the assignments that they are told apart by.
    for name in sorted(found, key=lambda name: (name in ABOUT, name)):
        if found[name] and "id" in found[name][0]:
            rows = sorted(found[name], key=lambda row: [_number(places, name, column, row) for column in (*ABOUT.get(name, ()), "id")])
            places[name] = {row["id"]: number for number, row in enumerate(rows)}
    found = found | {"assignment": [row | ({"position": 0} if row["part"] == "third" else {}) for row in found.get("assignment", ())]}
    return {name: sorted((_without_keys(name, row, places) for row in rows), key=lambda row: json.dumps(row, sort_keys=True))
            for name, rows in found.items()}


def _number(places: dict[str, dict[int, int]], table: str, column: str, row: dict[str, Any]) -> Any:
    """Return what a row is sorted by: the place of another row in place of its key."""
    target = "assignment" if column == "assignment_id" and table != "assignment" else ""
    return places[target][row[column]] if target in places else row[column]


def _without_keys(table: str, row: dict[str, Any], places: dict[str, dict[int, int]]) -> dict[str, Any]:
    columns = Base.metadata.tables[table].columns
    kept = {}
    for name, value in row.items():
        if name in HOLDING_KEYS.get(table, ()):
            continue
        target = table if name == "id" else next((key.column.table.name for key in columns[name].foreign_keys if key.column.name == "id"), None)
        if target is not None:
            kept[name] = places[target][value] if value is not None and target in places else value
        else:
            kept[name] = value
    return kept


def differences(one: dict[str, list[dict[str, Any]]], other: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return what differs, a sentence for each row; empty if nothing does."""
    found = []
    for name in one:
        left, right = ([json.dumps(row, sort_keys=True) for row in given[name]] for given in (one, other))
        if left == right:
            continue
        found.append(f"{name}: {len(left)} rows and {len(right)} rows")
        found += [f"  only in the first: {row}" for row in (Counter(left) - Counter(right)).elements()]
        found += [f"  only in the second: {row}" for row in (Counter(right) - Counter(left)).elements()]
    return found


