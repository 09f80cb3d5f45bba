"""What the ledger says of a cycle: sources, the flow of records, who did what, what is pending. The results: gather.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from bot.bulletin.material import Exclusion, FlowCounts, Making, PersonMaterial, SourceState, StudyFlow
from bot.domain.protocols import Protocol, SourcePlan
from bot.domain.records import Record
from db import decisions, people, rankings, records, retrievals, rounds, screening, searches, studies, study_links
from db import flow as counts_of_flow
from db.effects import EffectRow
from db.estimates import EstimateRow
from db.reviews import CycleRow
from db.searches import SearchRunRow
from db.session import Session
from db.studies import StudyRow

STAGE = "title_abstract"
PARTS = {"first": "reviewer", "second": "reviewer", "third": "third_reviewer"}
MOST_AUTHORS = 3
# Other programs ask for none on titles and abstracts.
NO_REASON = "decided in another program, where no reason was asked for"


def sources(session: Session, review_id: int, cycle: CycleRow, protocol: Protocol) -> tuple[SourceState, ...]:
    """Return how far each source of the protocol has been searched, failures of this cycle among them."""
    reached = searches.searched_to(session, review_id)
    runs = {run.source: run for run in searches.runs_of_cycle(session, cycle.id)}
    files: dict[str, tuple[int, int]] = {}
    for taken in searches.imports_of_cycle(session, cycle.id):
        read, new = files.get(taken.source, (0, 0))
        files[taken.source] = read + taken.read, new + taken.new
    return tuple(_source(plan, runs.get(plan.name), reached.get(plan.name), files.get(plan.name)) for plan in protocol.sources)


def _source(plan: SourcePlan, run: SearchRunRow | None, reached: date | None, taken: tuple[int, int] | None) -> SourceState:
    found, new = (run.hits, run.new) if run else taken or (None, None)
    return SourceState(
        name=plan.name, label=plan.label, platform=plan.platform, kind=plan.kind, state=_state(run, reached, taken), searched_to=reached,
        at=run.finished_at.astimezone(UTC).isoformat(timespec="seconds") if run and run.finished_at else "",
        error=run.error if run and run.state != "ok" else "", found=found, new=new, query=(run.as_sent if run else "") or plan.strategy_text,
        understood=run.as_understood if run else "", strategy_state=plan.strategy_state, strategy_reviewer=plan.strategy_reviewer)


def _state(run: SearchRunRow | None, reached: date | None, taken: tuple[int, int] | None) -> str:
    """Return ok, failed, waiting (searched before, nothing came in this cycle) or never."""
    if run is not None:
        # A run that never came to its end has found nothing that may be relied on.
        return "ok" if run.state == "ok" else "failed"
    if taken is not None:
        return "ok"
    return "waiting" if reached else "never"


def flow(session: Session, review_id: int, protocol: Protocol, shown: Sequence[StudyRow], previous: Mapping[str, Any] | None) -> FlowCounts:
    """Return the counts of the flow over all cycles. shown: the studies of the review; previous: the bulletin before, None if there is none."""
    searched = {plan.name for plan in protocol.sources if plan.purpose == "search"}
    counted, all_of = counts_of_flow.counted(session, review_id), counts_of_flow.totals(session, review_id)
    return FlowCounts(
        counted=counted, records=all_of["records"], reports=all_of["reports"], studies=_studies(session, shown, previous),
        since=previous["period"] if previous else "", base=(previous.get("flow_base") or previous["period"]) if previous else "",
        other_methods=frozenset(one.source for one in counted) - searched)


def _studies(session: Session, shown: Sequence[StudyRow], previous: Mapping[str, Any] | None) -> StudyFlow:
    now, starting = {row.id for row in shown}, sum(row.origin == "starting_set" for row in shown)
    if previous is None:
        found = sum(row.origin != "starting_set" for row in shown)
        return StudyFlow(previous=starting, new=found, withdrawn=0, total=len(shown), starting=starting)
    before = {one["id"]: one["label"] for one in previous["studies"]}
    gone = sorted(before.keys() - now)
    return StudyFlow(previous=len(before), new=len(now - before.keys()), withdrawn=len(gone), total=len(shown), starting=starting,
                     gone=tuple(_gone(session, one, before[one]) for one in gone))


def _gone(session: Session, study_id: int, label: str) -> str:
    row = studies.current(session, study_id)
    return f"{label} is part of {row.label} now" if row.id != study_id else f"{label} is no study of this review any more"


def exclusions(session: Session, review_id: int, protocol: Protocol) -> tuple[Exclusion, ...]:
    """Return the excluded reports by the criterion that failed, in the protocol's order."""
    by_criterion: defaultdict[str, list[int]] = defaultdict(list)
    for one in screening.excluded_with_reasons(session, review_id):
        by_criterion[one.criterion].append(one.report_id)
    shown = records.shown(session, [report_id for ids in by_criterion.values() for report_id in ids])
    reasons = {criterion.id: criterion.reason for criterion in protocol.criteria}
    # A criterion that an amendment has taken away still names what it excluded.
    order = [*reasons, *sorted(set(by_criterion) - set(reasons))]
    return tuple(
        Exclusion(criterion, reasons.get(criterion, criterion) or NO_REASON,
                  tuple(sorted(citation(shown[one].record) for one in by_criterion[criterion])))
        for criterion in order if criterion in by_criterion)


def citation(record: Record) -> str:
    """Return a record as one line: authors, year, title, journal, DOI."""
    names = ", ".join(record.authors[:MOST_AUTHORS]) + (" et al." if len(record.authors) > MOST_AUTHORS else "")
    parts = [f"{names or 'No author'} ({record.year or 'no year'})", record.title.rstrip("."), record.journal]
    return ". ".join(part for part in parts if part) + "." + (f" doi:{record.doi}" if record.doi else "")


def pending(session: Session, review_id: int, cycle_id: int) -> Mapping[str, int]:
    """Return what waits for a person, in words."""
    screened = screening.progress(session, review_id)
    work = studies.pending_work(session, review_id, cycle_id)
    awaiting = studies.extraction_counts(session, review_id)["awaiting"]
    return {
        "reports to screen": screened["pending"] + screening.count_to_screen(session, review_id),
        "full texts to get and read": len(retrievals.to_assess(session, review_id)),
        "pairs of records that may be the same": records.counts(session, review_id)["questions"],
        "pairs of studies that may be one trial": len(study_links.open_pairs(session, review_id)),
        "files that could not be read": len(searches.not_understood(session, review_id)),
        "studies to extract": work["to_extract"], "studies to verify": work["to_verify"],
        "rows of the starting set to confirm": work["to_confirm"], "studies awaiting a full text or an answer": awaiting,
    }


def making(session: Session, review_id: int, cycle_id: int, usable: Iterable[EffectRow], pooled: Iterable[EstimateRow], *,
           is_demo: bool) -> Making:
    """Return how the bulletin came about: who voted, extracted and confirmed, and which programs ran."""
    votes, conflicts, agreed, voters = _votes(session, cycle_id)
    acted: set[tuple[str, int]] = voters
    for row in usable:
        acted |= {("extractor", person) for person in (row.extracted_by, row.verified_by) if person}
        acted |= {("confirmer", row.confirmed_by)} if row.confirmed_by else set()
    ranking = rankings.latest(session, cycle_id)
    basis = {"cold": "from the protocol alone", "warm": "from the protocol and earlier decisions"}
    return Making(
        people=tuple(PersonMaterial(role, people.person(session, person).name if is_demo else "") for role, person in sorted(acted)),
        decisions=votes, conflicts=conflicts, agreement=agreed,
        ranking=f"{ranking.classifier}, {basis.get(ranking.basis, ranking.basis)}" if ranking else "",
        software=", ".join(sorted({row.software for row in pooled})), model=ranking.model_sha256 if ranking else "")


def _votes(session: Session, cycle_id: int) -> tuple[int, int, float | None, set[tuple[str, int]]]:
    """Return (votes, disagreements, share of pairs that agreed, who voted in which role) of a cycle's screening."""
    row = rounds.of_cycle(session, cycle_id, STAGE)
    if row is None:
        return 0, 0, None, set()
    made = decisions.of_round(session, row.id)
    given = [assignment for assignment in rounds.assignments(session, row.id) if assignment.id in made]
    pairs: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for assignment in given:
        pairs[assignment.report_id][assignment.part] = made[assignment.id].verdict
    blind = [(votes["first"], votes["second"]) for votes in pairs.values() if {"first", "second"} <= set(votes)]
    agreed = sum(first == second for first, second in blind)
    voters = {(PARTS[assignment.part], assignment.person_id) for assignment in given}
    return len(given), len(blind) - agreed, agreed / len(blind) if blind else None, voters
