"""What is known around the new records of a batch, read at once: the records that share a key, and what people did to them.

What they come to: deduplicate.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.domain.records import Record
from bot.methods.dedup.keys import keys_of
from bot.steps.records import grouping
from db import belonging, merges, record_keys, records
from db.records import RecordRow
from db.session import Session

Fact = TypeVar("Fact")


@dataclass(slots=True)
class _Once(Generic[Fact]):
    """What was found out about ids, each asked for once: only people change it, and they wait for the end of the transaction."""

    asked: set[int] = field(default_factory=set)
    found: set[Fact] = field(default_factory=set)

    def missing(self, ids: Collection[int]) -> set[int]:
        """Return which of these were not asked for yet; they count as asked for from now on."""
        new = set(ids) - self.asked
        self.asked |= new
        return new


class Neighbours:
    """The records that new ones are compared with: what is known at first, and each of the batch once it has its report."""

    def __init__(self, session: Session, review_id: int, batch: Sequence[RecordRow], most: int) -> None:
        """Look up the keys of a batch at once, read at most `most` records for each of it, and keep its keys."""
        self._most = most
        self._said: dict[int, Record] = {}
        self._rows: dict[int, RecordRow] = {row.id: row for row in batch}
        self._keys = {row.id: frozenset((key.kind, key.value) for key in keys_of(self.said(row))) for row in batch}
        self._holders = record_keys.holders(session, review_id, frozenset[record_keys.Key]().union(*self._keys.values()))
        record_keys.add(session, review_id, self._keys)
        wanted = {record_id for row in batch for record_id in self._shared(row)[:most]}
        self._rows |= record_keys.rows_of(session, wanted - self._rows.keys())
        self._acted_on = _Once[int]()
        self._told_apart = _Once[tuple[int, int]]()
        self._put = _Once[int]()
        self.acted_on(session, {row.report_id for row in self._rows.values() if row.report_id is not None})
        self.told_apart(session, self._rows.keys())
        self.put_by_people(session, self._rows.keys())

    def said(self, row: RecordRow) -> Record:
        """Return what a record says."""
        if row.id not in self._said:
            self._said[row.id] = records.as_record(row)
        return self._said[row.id]

    def of(self, row: RecordRow) -> tuple[list[RecordRow], int]:
        """Return the records with a report that share a key with one of the batch, oldest first, and how many more there are than were read.

        Those that share most keys are taken; between equals the ones that are known longest.
        """
        found = self._shared(row)
        taken = (self._rows[record_id] for record_id in sorted(found[: self._most]))
        return [other for other in taken if other.report_id is not None], max(0, len(found) - self._most)

    def placed(self, row: RecordRow) -> None:
        """Let those that come after it in the batch find a record that has its report now."""
        for key in self._keys[row.id]:
            self._holders.setdefault(key, set()).add(row.id)

    def acted_on(self, session: Session, report_ids: Collection[int]) -> frozenset[int]:
        """Return which of these reports people acted on (bot/steps/records/grouping.py)."""
        if missing := self._acted_on.missing(report_ids):
            self._acted_on.found |= grouping.acted_on(session, missing)
        return frozenset(self._acted_on.found.intersection(report_ids))

    def told_apart(self, session: Session, record_ids: Collection[int]) -> frozenset[tuple[int, int]]:
        """Return the pairs among these records that a person told apart, the smaller id first."""
        if missing := self._told_apart.missing(record_ids):
            self._told_apart.found |= merges.pairs_with(session, missing)
        wanted = set(record_ids)
        return frozenset(pair for pair in self._told_apart.found if wanted.issuperset(pair))

    def put_by_people(self, session: Session, record_ids: Collection[int]) -> frozenset[int]:
        """Return which of these records a person ever put into a report."""
        if missing := self._put.missing(record_ids):
            self._put.found |= merges.put_by(session, missing, belonging.PERSON)
        return frozenset(self._put.found.intersection(record_ids))

    def _shared(self, row: RecordRow) -> list[int]:
        shared = Counter(other for key in self._keys[row.id] for other in self._holders.get(key, ()) if other != row.id)
        return sorted(shared, key=lambda record_id: (-shared[record_id], record_id))
