"""The keys by which a new record finds those that are known, and that alone: an indexed table. What the keys are: bot/methods/dedup/keys.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import ForeignKey, Index, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.records import RecordRow

Key = tuple[str, str]
# A key that more records share tells nothing; so many of them are looked at.
MOST_OF_ONE_KEY = 5000
# Values in one question to the database; SQLite takes 32,766.
AT_A_TIME = 500


class RecordKeyRow(Base):
    """Something that two records of one document are likely to share (bot/methods/dedup/keys.py)."""

    __tablename__ = "record_key"
    __table_args__ = (Index("ix_record_key_value", "review_id", "kind", "value"),)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))


def holders(session: Session, review_id: int, keys: Collection[Key]) -> dict[Key, set[int]]:
    """Return key → ids of the records that have it, by way of the index alone; of a key that very many share, MOST_OF_ONE_KEY."""
    values = defaultdict[str, list[str]](list)
    for kind, value in sorted(set(keys)):
        values[kind].append(value)
    found = defaultdict[Key, set[int]](set)
    for kind, wanted in values.items():
        for start in range(0, len(wanted), AT_A_TIME):
            for value, record_id in _holding(session, review_id, kind, wanted[start : start + AT_A_TIME]):
                found[kind, value].add(record_id)
    return found


def _holding(session: Session, review_id: int, kind: str, values: list[str]) -> list[tuple[str, int]]:
    # One kind at a time: an OR over kinds makes SQLite walk through all keys of the review.
    query = select(RecordKeyRow.value, RecordKeyRow.record_id).where(
        RecordKeyRow.review_id == review_id, RecordKeyRow.kind == kind, RecordKeyRow.value.in_(values))
    rows = list(session.execute(query.limit(MOST_OF_ONE_KEY)).tuples())
    if len(rows) < MOST_OF_ONE_KEY or len(values) == 1:
        return rows
    return [row for value in values for row in _holding(session, review_id, kind, [value])]


def rows_of(session: Session, record_ids: Collection[int]) -> dict[int, RecordRow]:
    """Return id → record, oldest first."""
    wanted = sorted(record_ids)
    return {row.id: row for start in range(0, len(wanted), AT_A_TIME)
            for row in session.scalars(select(RecordRow).where(RecordRow.id.in_(wanted[start : start + AT_A_TIME])).order_by(RecordRow.id))}


def add(session: Session, review_id: int, keys: Mapping[int, Collection[Key]]) -> None:
    """Keep the keys of records, by their ids."""
    found = [{"record_id": record_id, "kind": kind, "value": value, "review_id": review_id}
             for record_id, its in keys.items() for kind, value in sorted(set(its))]
    if found:
        session.execute(insert(RecordKeyRow), found)
