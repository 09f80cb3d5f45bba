"""Gather all that people made of a review, in one session, so that it is of one moment. Formats: bot/exchange.

What an open round holds is left out, single votes and settled reports alike: it would tell how others voted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.domain.holdings import HeldReport, Holdings, Row
from bot.domain.protocols import Protocol
from db import (
    appraisals,
    decisions,
    differences,
    effects,
    estimates,
    notices,
    people,
    records,
    reviews,
    rounds,
    screening,
    studies,
)
from db.effects import EffectRow
from db.estimates import EstimateRow
from db.notices import NoticeRow
from db.rounds import RoundRow
from db.session import Session
from db.studies import StudyRow

STAGES = {"title_abstract": "title and abstract", "full_text": "full text"}
_NOTICE = ("kind", "doi", "pmid", "citation", "dated", "link", "sources", "answer", "answered_by", "report_id", "study_id")


def gather(session: Session, *, review_id: int, protocol: Protocol, now: datetime) -> Holdings:
    """Return everything that stands or stood, as plain rows; people by their names."""
    rows = studies.studies(session, review_id)
    closed = rounds.closed(session, review_id)
    risks = {effect_id: one.judgement for effect_id, one in appraisals.overall_of_effects(session, review_id).items()}
    entered = [(effect, row) for row in rows for effect in effects.all_of_study(session, row.id)]
    return Holdings(
        review={"slug": protocol.slug, "title": protocol.title, "question": protocol.question, "protocol_version": protocol.version,
                "protocol_sha256": protocol.sha256, "as_of": now.isoformat()},
        outcomes=tuple({"id": one.id, "label": one.label, "measure": one.measure, "direction": one.direction} for one in protocol.outcomes),
        studies=tuple(_study(session, row) for row in rows),
        effects=tuple(_effect(session, effect, row, protocol, risks) for effect, row in entered),
        differences=tuple(_differences(session, [effect.id for effect, _ in entered])),
        statements=tuple(_statements(session, rows)),
        appraisals=tuple(_appraisals(session, review_id)),
        estimates=tuple(_estimate(one) for cycle in reviews.cycles(session, review_id) for one in estimates.all_of_cycle(session, cycle.id)),
        reports=tuple(_reports(session, review_id, rows, closed, protocol)),
        votes=tuple(vote for row in closed for vote in _votes(session, row)),
        notices=tuple(_notice(one) for one in notices.all_notices(session, review_id)))


def _study(session: Session, row: StudyRow) -> Row:
    linked = [link.report_id for link in studies.reports_of(session, row.id)]
    first = records.as_record(records.report(session, linked[0])) if linked else None
    return {"id": row.id, "label": row.label, "year": row.year, "state": row.state, "extraction": row.extraction, "design": row.design,
            "doi": row.doi, "pmid": row.pmid, "registration": row.registration, "title": first.title if first else "",
            "journal": first.journal if first else "", "reports": linked, "origin": row.origin, "waits_for": row.waits_for}


def _effect(session: Session, row: EffectRow, study: StudyRow, protocol: Protocol, risks: Mapping[int, str]) -> Row:
    direction = next((one.direction for one in protocol.outcomes if one.id == row.outcome), "lower")
    own = {name: getattr(row, name) for name in (
        "outcome", "instrument", "time_point", "months", "window", "window_reason", "design", "yi", "vi", "measure", "experimental",
        "comparator", "route", "formula", "analysis", "state", "basis", "source", "quote", "note", "question", "answer", "says", "origin",
        "report_id", "higher_is_better", "programme_months")}
    checks = "; ".join(f"{one['question']} – {one['answer']}" for one in row.checks)
    return own | {
        "effect": row.id, "study": study.label, "year": study.year, "study_id": study.id,
        "favours": "below 0" if direction == "lower" else "above 0",
        "n1i": row.n_e, "n2i": row.n_c, "numbers": dict(row.raw), "raw": ", ".join(f"{name}={value}" for name, value in row.raw.items()),
        "n_randomised_1": row.randomised_e, "n_randomised_2": row.randomised_c, "extracted_by": _name(session, row.extracted_by),
        "verified_by": _name(session, row.verified_by), "confirmed_by": _name(session, row.confirmed_by),
        "risk_of_bias": risks.get(row.id, ""), "corrects": row.supersedes_id, "doi": study.doi, "pmid": study.pmid,
        "registration": study.registration, "checks": checks, "made_at": row.created_at.isoformat()}


def _statements(session: Session, rows: Sequence[StudyRow]) -> Iterator[Row]:
    labels = {row.id: row.label for row in rows}
    for (study_id, outcome, window), said in studies.all_statements_of(session, list(labels)).items():
        yield {"study": labels[study_id], "outcome": outcome, "window": window, "kind": said.kind, "known": said.known,
               "by": _name(session, said.person_id),
               "at": said.at.isoformat()}


def _differences(session: Session, effect_ids: Sequence[int]) -> Iterator[Row]:
    for one in differences.of_effects(session, effect_ids):
        yield {"effect": one.effect_id, "field": one.field, "entered": one.entered, "read": one.read, "read_by": _name(session, one.person_id),
               "at": one.at.isoformat(), "choice": one.choice, "reason": one.reason, "settled_by": _name(session, one.settled_by),
               "settled_at": one.settled_at.isoformat() if one.settled_at else ""}


def _appraisals(session: Session, review_id: int) -> Iterator[Row]:
    for effect_id, one in appraisals.overall_of_effects(session, review_id).items():
        yield {"effect": effect_id, "tool": one.tool, "tool_version": one.tool_version, "variant": one.variant, "overall": one.judgement,
               "domains": dict(one.domains), "basis": one.basis, "signed_by": [_name(session, person) for person in one.signed_by],
               "at": one.at.isoformat()}


def _estimate(row: EstimateRow) -> Row:
    return {"cycle": row.cycle_id, "outcome": row.outcome, "body": row.body, "revision": row.revision, "k": row.k,
            "participants": row.participants, "result": row.result, "members": row.members, "inputs_sha256": row.inputs_sha256,
            "software": row.software, "at": row.at.isoformat()}


def _reports(session: Session, review_id: int, rows: Sequence[StudyRow], closed: Sequence[RoundRow], protocol: Protocol) -> Iterator[HeldReport]:
    reasons = {one.id: one.reason for one in protocol.criteria}
    said: defaultdict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for row in closed:
        for report_id, one in screening.resolutions(session, row.id).items():
            said[report_id].append((STAGES[row.stage], one.verdict, reasons.get(one.criterion or "", one.criterion or "")))
    labels = {row.id: row.label for row in rows}
    of = {link.report_id: labels.get(link.study_id, "") for link in studies.links(session, review_id)}
    for report in records.reports(session, review_id):
        if report.merged_into is None:
            yield HeldReport(report.id, records.as_record(report), of.get(report.id, ""), tuple(said.get(report.id, ())))


def _votes(session: Session, row: RoundRow) -> Iterator[Row]:
    made = decisions.of_round(session, row.id)
    for one in rounds.assignments(session, row.id):
        if (vote := made.get(one.id)) is not None:
            yield {"round": row.number, "stage": row.stage, "report": one.report_id, "part": one.part, "person": _name(session, one.person_id),
                   "verdict": vote.verdict, "criterion": vote.criterion, "note": vote.note, "at": vote.at.isoformat()}


def _notice(row: NoticeRow) -> Row:
    return {name: getattr(row, name) for name in _NOTICE} | {"found_at": row.found_at.isoformat()}


def _name(session: Session, person_id: int | None) -> str:
    return people.person(session, person_id).name if person_id is not None else ""
