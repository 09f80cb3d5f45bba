"""Who of the team is among the authors of what: those people vote on, extract and appraise something else."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.methods.screening.authorship import is_among
from db import interests, people, records, studies
from db.people import PersonRow
from db.session import Session


def barred_from_reports(session: Session, review_id: int, report_ids: Collection[int], team: Iterable[PersonRow]) -> dict[int, frozenset[int]]:
    """Return report id → ids of the people who are among its authors; reports without any are left out."""
    known = _names(session, review_id, team)
    shown = records.shown(session, list(report_ids))
    found = {}
    for report_id, view in shown.items():
        barred = frozenset(person for person, (names, orcid) in known.items() if is_among(names, orcid, view.record.authors))
        if barred:
            found[report_id] = barred
    return found


def barred_from_study(session: Session, review_id: int, study_id: int, team: Collection[PersonRow]) -> frozenset[int]:
    """Return the ids of the people who are among the authors of a report of the study."""
    reports = [link.report_id for link in studies.reports_of(session, study_id)]
    return frozenset().union(*barred_from_reports(session, review_id, reports, team).values())


def _names(session: Session, review_id: int, team: Iterable[PersonRow]) -> dict[int, tuple[list[str], str]]:
    declared = interests.of_review(session, review_id)
    names = {}
    for person in team:
        row = declared.get(person.id)
        others = [one.strip() for one in row.also_known_as.split(";")] if row else []
        names[person.id] = ([person.name, *(one for one in others if one)], row.orcid if row else "")
    return names


def team(session: Session, review_id: int) -> list[PersonRow]:
    """Return everybody of a review, each once."""
    found = {person.id: person for role in people.ROLES for person in people.members(session, review_id, role)}
    return [found[one] for one in sorted(found)]
