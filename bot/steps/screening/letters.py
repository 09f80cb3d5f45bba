"""What the mails of a round say: how many records, how long they take, which. Never a score, a rank or a vote.

When a mail is due: open_round.py, settle.py, remind.py. Its words: templates/mail/{digest,third_opinion,talk,reminder}.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.domain.protocols import Protocol
from bot.links import LinkKeys
from bot.methods.screening.queue import minutes
from bot.methods.screening.quiet import next_moment
from db import links, outbox, people, records
from db.people import PersonRow
from db.rounds import AssignmentRow, RoundRow
from db.session import Session

MOST_LISTED = 50
LONGEST_TITLE = 300
# A reviewer may look back at a closed round for a while.
LINK_OUTLIVES = timedelta(days=90)


def send(session: Session, *, template: str, round_row: RoundRow, person: PersonRow, listed: Sequence[AssignmentRow], protocol: Protocol,
         keys: LinkKeys, occasion: str, at: datetime) -> None:
    """Put one mail about these assignments into the outbox. occasion: what makes it the same mail when a step runs again."""
    link = links.create(session, keys, review_id=round_row.review_id, purpose="round", person_id=person.id, subject_id=round_row.id,
                        expires_at=round_row.due_at + LINK_OUTLIVES, at=at)
    rules = protocol.reviewing
    not_before = next_moment(at, quiet_from=rules.quiet_from, quiet_to=rules.quiet_to, quiet_weekdays=rules.quiet_weekdays,
                             time_zone=protocol.schedule.time_zone)
    # Who asked not to be written to for a while gets it on the first day back.
    not_before = max(not_before, people.away(session, round_row.review_id, at).get(person.id, at))
    data = {
        "links": {"round": link.id},
        "round_number": round_row.number,
        "count": len(listed),
        "minutes": minutes(len(listed), rules.seconds_per_record),
        "due": round_row.due_at.date().isoformat(),
        "listed": _lines(session, listed[:MOST_LISTED], protocol),
        "more": max(0, len(listed) - MOST_LISTED),
    }
    outbox.enqueue(session, review_id=round_row.review_id, template=template, recipient=("person", person.id), data=data,
                   dedupe_key=f"{template}:round:{round_row.id}:person:{person.id}:{occasion}", at=at, not_before=not_before)


def plain(text: str, longest: int = LONGEST_TITLE) -> str:
    """Return a text of a record fit for one line of a mail: no control or direction marks, not longer than `longest`."""
    kept = "".join(" " if letter.isspace() else letter for letter in text if letter.isspace() or unicodedata.category(letter)[0] != "C")
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _lines(session: Session, listed: Sequence[AssignmentRow], protocol: Protocol) -> list[dict[str, Any]]:
    shown = records.shown(session, [one.report_id for one in listed])
    labels = {plan.name: plan.label for plan in (*protocol.sources, *protocol.planned_sources)}
    return [
        {
            "position": one.position,
            "title": plain(shown[one.report_id].title) or "(no title)",
            "year": shown[one.report_id].year or "",
            "source": ", ".join(labels.get(name, name) for name in shown[one.report_id].sources),
        }
        for one in listed
    ]
