"""What is known of each study of a review, for comparison with a new report: its reports, or what the starting set says."""

from __future__ import annotations

from collections import defaultdict

from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of, number_in
from bot.methods.studies.linking import Known
from db import effects, records, studies
from db.effects import LIVE
from db.session import Session
from db.studies import StudyRow

DESIGNS = {"randomised": "randomised", "non_randomised": "non-randomised"}


def known_studies(session: Session, review_id: int) -> list[Known]:
    """Return every study with its reports; one without any with what is known of its trial."""
    reports = defaultdict[int, dict[int, Record]](dict)
    for link in studies.links(session, review_id):
        row = records.survivor(session, link.report_id)
        reports[link.study_id][row.id] = records.as_record(row)
    return [Known(row.id, tuple(reports[row.id].values()) or (as_known(session, row),)) for row in studies.studies(session, review_id)]


def as_known(session: Session, row: StudyRow) -> Record:
    """Return what is known of a study that has no report here: identifiers, first author, design and number of participants."""
    rows = effects.effects_of_study(session, row.id, states=LIVE)
    randomised = [effect.randomised_e + effect.randomised_c for effect in rows if effect.randomised_e and effect.randomised_c]
    people = max([*randomised] or [effect.n_e + effect.n_c for effect in rows], default=0)
    said = f"{people} participants. " if people else ""
    return Record(source=row.origin, source_id=row.label, title="", abstract=said + DESIGNS.get(row.design, ""), year=row.year, doi=row.doi,
                  pmid=row.pmid, authors=(row.label.rsplit(" ", 1)[0],), registrations=(row.registration,) if row.registration else ())


def paper_of(session: Session, review_id: int, record: Record) -> tuple[StudyRow, str] | None:
    """Return the study without a report that is known by this very paper, and the reason in words; None if there is none."""
    linked = {link.study_id for link in studies.links(session, review_id)}
    doi, pmid = doi_of(record.doi), number_in(record.pmid)
    for row in studies.studies(session, review_id):
        if row.id in linked:
            continue
        if doi and doi == doi_of(row.doi):
            return row, f"the same DOI, {doi}"
        if pmid and pmid == number_in(row.pmid):
            return row, f"the same PMID, {pmid}"
    return None
