"""Make every report that was included a study, or a further report of one, and see that somebody extracts and verifies.

Called at every tick; what was done is not done again. A report joins a study by itself only as bot/methods/studies/linking.py allows (an
identical registration id, and nothing against it), or if it is the very paper that a study of the starting set is known by. Anything less
sure is a question to a person (settle_link.py), and until it is answered the report is a study of its own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from bot.domain.protocols import Protocol
from bot.domain.records import Record
from bot.links import LinkKeys
from bot.methods.studies.linking import Link, counts_as_results, place
from bot.steps.studies import calls, candidates, together
from db import effects, events, people, records, screening, studies, study_links
from db.session import Database, Session
from db.studies import StudyRow

TITLE_WORDS = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a report belongs to a study (db/studies.py names each basis), and the studies that a person is asked about."""

    basis: str
    words: str
    questions: tuple[tuple[int, Link], ...] = ()


@dataclass(frozen=True, slots=True)
class IncludeAccount:
    """new: studies that began with a report; joined: reports of studies known before; invited: people who got a mail;
    without_people: studies that wait because nobody may extract, or nobody else may verify."""

    new: int = 0
    joined: int = 0
    invited: int = 0
    without_people: int = 0


def include(*, database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> IncludeAccount:
    """Take up the reports that were included since, invite those who are to extract and verify, and return what was done."""
    with database.reading() as session:
        known = studies.linked_reports(session, review_id)
        wanted = [report_id for report_id, _, _ in screening.included_reports(session, review_id) if report_id not in known]
        awaiting = [row.id for row in studies.studies(session, review_id)
                    if row.results_awaited and not together.awaits_results(session, row.id)]
    began = [_take_up(database, review_id, report_id, by, now) for report_id in dict.fromkeys(wanted)]
    for study_id in awaiting:
        _has_results_now(database, study_id, by, now)
    invited = _ask_extractors(database, review_id, protocol, keys, by, now) + _ask_verifiers(database, review_id, protocol, keys, by, now)
    with database.reading() as session:
        waiting = len(studies.without_people(session, review_id))
    return IncludeAccount(began.count("new"), began.count("joined"), invited, waiting)


def _take_up(database: Database, review_id: int, report_id: int, by: str, now: datetime) -> str:
    """Link one report to its study, and return whether that one is "new", "joined", or the report was "known" after all."""
    with database.writing(by=by) as session:
        if report_id in studies.linked_reports(session, review_id):
            return "known"
        report = records.survivor(session, records.report(session, report_id).id)
        record = records.as_record(report)
        row, reason = _study_for(session, review_id, report.id, record, now)
        studies.link_report(session, row, report_id, basis=reason.basis, reason=reason.words, at=now)
        for other, link in reason.questions:
            study_links.ask(session, review_id, row.id, other, report_id=report.id, reasons=link.reasons, against=link.against, at=now)
        _want_numbers(session, row, record)
        began = reason.basis == "first"
        events.note(session, review_id=review_id, kind="study.included" if began else "study.joined", subject=f"study:{row.id}",
                    data={"report": report_id, "reason": reason.words, "basis": reason.basis, "asked": [other for other, _ in reason.questions]},
                    at=now)
        return "new" if began else "joined"


def _has_results_now(database: Database, study_id: int, by: str, now: datetime) -> None:
    """Ask for the numbers of a study that was known by its registration alone, since its entry has results now."""
    with database.writing(by=by) as session:
        row = studies.held(session, study_id)
        row.results_awaited, row.turn, row.extraction = False, row.turn + 1, "open"
        events.note(session, review_id=row.review_id, kind="study.has_results", subject=f"study:{row.id}", at=now)


def _study_for(session: Session, review_id: int, report_id: int, record: Record, now: datetime) -> tuple[StudyRow, Reason]:
    """Return the study that a report belongs to, made now if it is none that is known, and why."""
    if (found := studies.of_report(session, report_id)) is not None:
        return found[0], Reason("document", found[1])
    known = candidates.known_studies(session, review_id)
    paper = candidates.paper_of(session, review_id, record)
    placed = place(record, [one for one in known if paper is None or one.id != paper[0].id], apart=study_links.apart_pairs(session, review_id))
    if paper is not None:
        # A registration that it shares with yet another study is a question like any other.
        asked = ((placed.study, placed.link),) if placed.study is not None and placed.link is not None else ()
        return paper[0], Reason("document", paper[1], (*asked, *placed.questions))
    if placed.study is not None and placed.link is not None:
        return studies.study(session, placed.study), Reason("registration", "; ".join(placed.link.reasons), placed.questions)
    return new_study(session, review_id, record, now), Reason("first", "its first report", placed.questions)


def new_study(session: Session, review_id: int, record: Record, now: datetime) -> StudyRow:
    """Begin a study with a report, named after it, and return it."""
    return studies.add(session, StudyRow(
        review_id=review_id, label=studies.free_label(session, review_id, label_of(record)), year=record.year, doi=record.doi,
        pmid=record.pmid, registration=next(iter(record.registrations), ""), origin="screening", state="included",
        available_from=record.date or record.entered, created_at=now))


def label_of(record: Record) -> str:
    """Return how a study is called after its first report: "Sebela 2025"; where no author is known, after its title."""
    first = record.authors[0].strip() if record.authors else ""
    # What begins with a bracket is a remark in the place of a name.
    named = first[:1].isalpha()
    family = (first.split(",")[0] if "," in first else _without_initials(first)).strip() if named else _from_title(record.title)
    return f"{family} {record.year or 'n.d.'}"


def _from_title(title: str) -> str:
    words = title.split()
    return f"“{' '.join(words[:TITLE_WORDS])}{' …' if len(words) > TITLE_WORDS else ''}”" if words else "Unnamed"


def _without_initials(author: str) -> str:
    words = author.split()
    # "van der Berg JH": what stands in capitals at the end are initials; a collective name has none.
    if len(words) > 1 and words[-1].isupper() and len(words[-1]) <= 4:
        words.pop()
    return " ".join(words)


def _want_numbers(session: Session, row: StudyRow, record: Record) -> None:
    """Open the extraction, unless the very paper's numbers are in the review already, or the report can have none."""
    if row.state == "candidate":
        row.state = "included"
    row.results_awaited = together.awaits_results(session, row.id)
    if not counts_as_results(record):
        return
    same_paper = (record.doi and record.doi == row.doi) or (record.pmid and record.pmid == row.pmid)
    if same_paper and effects.effects_of_study(session, row.id):
        return
    if row.extraction in ("none", "settled"):
        # Without an extractor it is among those for whom somebody is asked below.
        row.turn, row.extraction, row.extractor_id = row.turn + 1, "open", None


def _ask_extractors(database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> int:
    """Give every study that waits for an extractor one, with one mail to each person, and return to how many."""
    with database.reading() as session:
        wanting = _wanting(session, review_id, "open")
        shares = _shares(session, wanting)
    for person_id, study_ids in shares.items():
        with database.writing(by=by) as session:
            rows = [studies.study(session, study_id) for study_id in study_ids]
            person = people.person(session, person_id)
            calls.ask_extractor(session, person, rows, protocol=protocol, keys=keys, at=now)
            events.note(session, review_id=review_id, kind="extraction.invited", subject=people.by(person),
                        data={"studies": study_ids}, at=now)
    return len(shares)


def _ask_verifiers(database: Database, review_id: int, protocol: Protocol, keys: LinkKeys, by: str, now: datetime) -> int:
    with database.reading() as session:
        wanting = [row.id for row in _wanting(session, review_id, "submitted") if calls.verifier_for(session, row)]
    for study_id in wanting:
        with database.writing(by=by) as session:
            row = studies.study(session, study_id)
            person = calls.verifier_for(session, row)
            if person is None or row.extraction != "submitted":
                continue
            results = len(effects.effects_of_study(session, row.id, states={"extracted"}))
            calls.ask_verifier(session, person, row, protocol=protocol, keys=keys, results=results, at=now)
            events.note(session, review_id=review_id, kind="verification.invited", subject=f"study:{row.id}",
                        data={"person": person.public_id}, at=now)
    return len(wanting)


def _wanting(session: Session, review_id: int, extraction: str) -> list[StudyRow]:
    """Return the studies in this state of extraction for whom nobody, or nobody who is still in the team, was asked."""
    team = {person.id for person in people.members(session, review_id, "extractor")}
    rows = studies.in_extraction(session, review_id, extraction)
    return [row for row in rows if (row.extractor_id if extraction == "open" else row.verifier_id) not in team]


def _shares(session: Session, rows: list[StudyRow]) -> dict[int, list[int]]:
    shares: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if (person := calls.extractor_for(session, row)) is not None:
            shares[person.id].append(row.id)
    return dict(shares)

