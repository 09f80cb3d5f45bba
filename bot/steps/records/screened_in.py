"""The papers of what screening let in, and of the studies that the review began with: whom notices, citations and full texts are asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.protocols import SourcePlan
from bot.domain.records import Record
from bot.sources import Paper
from db import effects, records, screening, studies
from db.session import Session


@dataclass(frozen=True, slots=True)
class ScreenedIn:
    """A paper, and the report that it is here; study_id instead for starting data whose paper is no report here."""

    paper: Paper
    report_id: int | None
    study_id: int | None


def screened_in(session: Session, review_id: int) -> list[ScreenedIn]:
    """Return what screening let in and what belongs to a study, each paper once; what has neither DOI nor PMID cannot be asked about."""
    included = {report_id for report_id, _, _ in screening.included_reports(session, review_id)}
    # Kept until all is read: what is in memory is not asked for again, one by one.
    read = records.reports_by_id(session, included | studies.linked_reports(session, review_id))
    alive = {row.id: row for row in (records.survivor(session, one) for one in read)}
    papers = [(report_id, _paper(records.as_record(row))) for report_id, row in sorted(alive.items())]
    found = [ScreenedIn(paper, report_id, None) for report_id, paper in papers if paper]
    named = {name for one in found for name in (one.paper.doi, one.paper.pmid) if name}
    for row in studies.studies(session, review_id):
        paper = Paper(row.doi.lower(), row.pmid)
        if (paper.doi or paper.pmid) and not {paper.doi, paper.pmid} & named:
            found.append(ScreenedIn(paper, None, row.id))
    return found


def confirmed(session: Session, review_id: int) -> list[Paper]:
    """Return the papers of the studies that have a usable result: from them citations are followed."""
    sure = {row.study_id for row in effects.effects_of(session, review_id) if row.state in effects.USABLE}
    found = set[Paper]()
    for study_id in sure:
        row = studies.study(session, study_id)
        given = [Paper(row.doi.lower(), row.pmid)]
        given += [paper for link in studies.reports_of(session, study_id)
                  if (paper := _paper(records.as_record(records.survivor(session, link.report_id))))]
        found |= {one for one in given if one.doi or one.pmid}
    return sorted(found, key=lambda one: (one.doi, one.pmid))


def following(plan: SourcePlan, seeds: Sequence[Paper]) -> SourcePlan:
    """Return how citations are followed from these papers: one line for each, which stands in the ledger as the strategy."""
    lines = "\n".join(f"doi:{one.doi}" if one.doi else f"pmid:{one.pmid}" for one in seeds)
    return replace(plan, strategy=lines, strategy_text=lines)


def _paper(record: Record) -> Paper | None:
    return Paper(record.doi, record.pmid) if record.doi or record.pmid else None
