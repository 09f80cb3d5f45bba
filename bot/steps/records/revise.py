"""Note that a source has a new notice about a record that is here: it was retracted, corrected, or somebody is concerned about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.records import Record
from bot.methods.dedup.merge import merged
from db import events, records
from db.session import Session

# An event of this kind and subject `record:<id>` is what later steps act on.
REVISED = "record.revised"


def note_revised(session: Session, revised: Sequence[tuple[int, Record]], *, at: datetime) -> None:
    """Keep each record as its source has it now, merge its report anew, and note the notices that are new, one event each."""
    for record_id, now in revised:
        row = records.record(session, record_id)
        new = sorted(records.notices(now) - records.notices(records.as_record(row)))
        row.fields = records.as_fields(now)
        if row.report_id is not None:
            session.flush()
            whole = merged([records.as_record(one) for one in records.records_of(session, row.report_id)])
            report = records.report(session, row.report_id)
            report.fields, report.title = records.as_fields(whole), whole.title
        events.note(session, review_id=row.review_id, kind=REVISED, subject=f"record:{record_id}",
                    data={"report": row.report_id, "notices": [{"kind": kind, "by": by_what} for kind, by_what in new]}, at=at)
