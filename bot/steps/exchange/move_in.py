"""Move in what people decided in another program (Rayyan, Covidence, ASReview, EPPI-Reviewer): looked at first, then kept as a closed round.

The records come by any import; the decisions wait on them. What cannot be moved is named with the reason, and judged here like any record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.decisions import FULL_TEXT, INCLUDE, TITLE_ABSTRACT
from bot.domain.protocols import Protocol
from bot.errors import ConflictError, InvalidInputError
from bot.methods.screening.moved import Left, Moved, moved
from db import events, records, reviews, rounds, screening
from db.rounds import RoundRow
from db.screening import ResolutionRow
from db.session import Database, Session


@dataclass(frozen=True, slots=True)
class MoveInAccount:
    """ready: report id → what is moved (or was, once applied). left: (report id, title, why) of what is not. reasons: foreign words without a
    criterion, and how often. known: reports with decisions that a round here has already. tools: which programs' decisions these are."""

    ready: Mapping[int, tuple[Moved, ...]] = field(default_factory=dict)
    left: tuple[tuple[int, str, str], ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    known: int = 0
    tools: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many reports come to what, in words."""
        return dict(Counter(f"{one.verdict} by {'the full text' if one.stage == FULL_TEXT else 'title and abstract'}"
                            for given in self.ready.values() for one in given[-1:]))


def preview(*, database: Database, review_id: int, protocol: Protocol, reasons: Mapping[str, str]) -> MoveInAccount:
    """Return what would be moved in and what not, storing nothing. Raises InvalidInputError for a criterion that the protocol does not have."""
    known = {one.id for one in protocol.criteria}
    if strange := sorted(set(reasons.values()) - known):
        raise InvalidInputError(f"the protocol has no criterion {strange[0]!r}; allowed: {', '.join(sorted(known))}")
    with database.reading() as session:
        return _account(session, review_id, protocol, reasons)


def move_in(*, database: Database, review_id: int, protocol: Protocol, reasons: Mapping[str, str], by: str, now: datetime) -> MoveInAccount:
    """Keep what `preview` shows as closed rounds of the latest cycle; again, it moves only what is new.

    Raises InvalidInputError, ConflictError (no cycle has begun).
    """
    preview(database=database, review_id=review_id, protocol=protocol, reasons=reasons)
    with database.writing(by=by) as session:
        cycle = reviews.latest_cycle(session, review_id)
        if cycle is None:
            raise ConflictError("No cycle has begun yet. Do  ./perennial run  first, then move decisions in.")
        account = _account(session, review_id, protocol, reasons)
        reads_on = protocol.reviewing.full_text == "assessed"
        judged_in_full = {report_id for report_id, given in account.ready.items() if given[-1].stage == FULL_TEXT}
        first = {report_id: given[0] if given[0].stage == TITLE_ABSTRACT else Moved(TITLE_ABSTRACT, INCLUDE, given[0].basis)
                 for report_id, given in account.ready.items()}
        in_full = {report_id: account.ready[report_id][-1] for report_id in judged_in_full}
        onward = {one: what for one, what in first.items() if one in judged_in_full or reads_on}
        _keep(session, cycle.id, TITLE_ABSTRACT, FULL_TEXT, onward, account, now)
        _keep(session, cycle.id, TITLE_ABSTRACT, "study", {one: what for one, what in first.items() if one not in onward}, account, now)
        _keep(session, cycle.id, FULL_TEXT, "study", in_full, account, now)
        return account


def _account(session: Session, review_id: int, protocol: Protocol, reasons: Mapping[str, str]) -> MoveInAccount:
    ready, left, foreign, tools = dict[int, tuple[Moved, ...]](), list[tuple[int, str, str]](), Counter[str](), dict[str, None]()
    to_screen = {row.id for row in screening.reports_to_screen(session, review_id)}
    known = 0
    for report_id, title, given in records.decided_elsewhere(session, review_id):
        if report_id not in to_screen:
            known += 1
            continue
        tools |= dict.fromkeys(one.tool for one in given)
        found = moved(given, criteria=protocol.criteria, reasons=reasons)
        if isinstance(found, Left):
            left.append((report_id, title, found.why))
            foreign.update(found.reasons)
        else:
            ready[report_id] = found
    return MoveInAccount(ready, tuple(left), dict(foreign.most_common()), known, tuple(tools))


def _keep(session: Session, cycle_id: int, stage: str, leads_to: str, what: Mapping[int, Moved], account: MoveInAccount, now: datetime) -> None:
    if not what:
        return
    cycle = reviews.cycle(session, cycle_id)
    row = rounds.add(session, RoundRow(
        review_id=cycle.review_id, cycle_id=cycle_id, protocol_version_id=cycle.protocol_version_id, stage=stage, leads_to=leads_to,
        origin=f"{'+'.join(account.tools) or 'table'}:{now.isoformat()}:{leads_to}", begun_at=now, due_at=now, opened_at=now, closed_at=now,
        rules={"mode": "moved_in", "tools": list(account.tools)}), what)
    for report_id, one in sorted(what.items()):
        rounds.set_item_state(session, row.id, report_id, "settled")
        screening.add_resolution(session, ResolutionRow(
            review_id=cycle.review_id, round_id=row.id, report_id=report_id, verdict=one.verdict, basis=one.basis, criterion=one.criterion,
            at=now, final_at=now))
    events.note(session, review_id=cycle.review_id, kind="decisions.moved_in", subject=f"round:{row.id}",
                data={"tools": list(account.tools), "reports": len(what), "stage": stage}, at=now)
