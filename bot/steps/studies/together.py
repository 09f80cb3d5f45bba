"""Put two studies that are one trial together, and take them apart again, within a step's transaction. Who says so: settle_link.py, join.py.

The reports and the results that stand move to the study that stays; what moved is kept, so that undoing gives back exactly that.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.errors import ConflictError
from bot.methods.studies.linking import counts_as_results
from db import effects, records, studies, study_links
from db.effects import LIVE
from db.session import Session
from db.studies import StudyRow
from db.study_links import StudyMergeRow

UNSETTLED = frozenset({"extracted", "disputed"})
KEPT = ("state", "extraction", "results_awaited")


def put_together(session: Session, row: StudyRow, into: StudyRow, *, reason: str, at: datetime) -> StudyMergeRow:
    """Make study `row` a part of `into`, and return what is needed to undo it. Its label stays taken."""
    moved: dict[str, Any] = {
        "before": {"study": _kept(row), "into": _kept(into)},
        "reports": _move_reports(session, row, into, reason, at),
        "effects": _move_effects(session, row, into),
    }
    needs_work = row.extraction not in ("none", "settled") and not row.results_awaited
    row.state, row.extraction, row.merged_into = "merged", "none", into.id
    if into.state == "candidate":
        into.state = "included"
    into.results_awaited = into.results_awaited and moved["before"]["study"]["results_awaited"]
    if needs_work and into.extraction in ("none", "settled"):
        into.turn, into.extraction, into.extractor_id = into.turn + 1, "open", None
    return study_links.add_merge(session, StudyMergeRow(review_id=row.review_id, study_id=row.id, into_id=into.id, reason=reason, moved=moved,
                                                        by=session.info["by"], at=at))


def take_apart(session: Session, merge: StudyMergeRow, *, at: datetime) -> StudyRow:
    """Undo that two studies were put together, and return the study that is on its own again.

    Raises ConflictError if one of them was put together with a third since: that is undone first.
    """
    row, into = studies.held(session, merge.study_id), studies.held(session, merge.into_id)
    if later := study_links.later_merges(session, merge):
        other = studies.study(session, later[-1].study_id)
        raise ConflictError(f"{other.label} was put together with it since. Undo that first.")
    before = merge.moved["before"]
    row.merged_into = None
    _restore(row, before["study"])
    for link_id in merge.moved["reports"]:
        _give_back(session, link_id, into, at)
    _give_back_effects(session, merge, row)
    into.results_awaited = before["into"]["results_awaited"]
    if not effects.effects_of_study(session, into.id, states=UNSETTLED):
        into.extraction = before["into"]["extraction"]
    merge.undone_by, merge.undone_at = session.info["by"], at
    study_links.say(session, row.review_id, row.id, into.id, answer="different", reason="they were taken apart", at=at)
    return row


def awaits_results(session: Session, study_id: int) -> bool:
    """Return whether a study is known by protocols and registrations alone."""
    found = [records.as_record(records.survivor(session, link.report_id)) for link in studies.reports_of(session, study_id)]
    return bool(found) and not any(counts_as_results(one) for one in found) and not effects.effects_of_study(session, study_id)


def _kept(row: StudyRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in KEPT}


def _restore(row: StudyRow, before: dict[str, Any]) -> None:
    for name, value in before.items():
        setattr(row, name, value)


def _move_reports(session: Session, row: StudyRow, into: StudyRow, reason: str, at: datetime) -> list[int]:
    links = list(studies.reports_of(session, row.id))
    for link in links:
        studies.link_report(session, into, link.report_id, basis="person", reason=reason, at=at)
        studies.unlink_report(session, link, at=at)
    return [link.id for link in links]


def _give_back(session: Session, link_id: int, into: StudyRow, at: datetime) -> None:
    link = studies.report_link(session, link_id)
    there = next((one for one in studies.reports_of(session, into.id) if one.report_id == link.report_id), None)
    if there is not None:
        studies.unlink_report(session, there, at=at)
    link.undone_by = link.undone_at = None


def _move_effects(session: Session, row: StudyRow, into: StudyRow) -> list[list[Any]]:
    moved: list[list[Any]] = []
    for effect in effects.effects_of_study(session, row.id, states=LIVE):
        moved.append([effect.id, effect.state])
        if effects.same(session, into.id, effect.identity) is not None:
            # The very same entry stands there already.
            effect.state = "superseded"
        else:
            effect.study_id = into.id
    session.flush()
    return moved


def _give_back_effects(session: Session, merge: StudyMergeRow, row: StudyRow) -> None:
    """Give back the results that came, and what corrected them since."""
    states = dict(merge.moved["effects"])
    reports = {studies.report_link(session, link_id).report_id for link_id in merge.moved["reports"]}
    mine = set(states)
    for effect in effects.all_of_study(session, merge.into_id):
        if effect.id in mine or effect.supersedes_id in mine or effect.report_id in reports:
            mine.add(effect.id)
            effect.study_id = row.id
    for effect in effects.all_of_study(session, row.id):
        if effect.state == "superseded" and effect.id in states and not _is_corrected(session, row.id, effect.id):
            effect.state = states[effect.id]
    session.flush()


def _is_corrected(session: Session, study_id: int, effect_id: int) -> bool:
    return any(one.supersedes_id == effect_id for one in effects.all_of_study(session, study_id))
