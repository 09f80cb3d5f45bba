"""What the pages of questions show: two citations side by side with what differs marked, studies with their reports, what was put together."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bot.app import App
from bot.domain.records import Record
from bot.methods.dedup.identifiers import doi_of, number_in
from bot.methods.dedup.words import plain
from bot.web.studies_views import protocol_of
from db import effects, events, merges, people, records, studies, study_links
from db.effects import EffectRow
from db.merges import MergeRow, QuestionRow
from db.records import ReportRow
from db.session import Session
from db.studies import StudyReportRow, StudyRow
from db.study_links import StudyMergeRow

PER_PAGE, MOST_ANSWERED, MOST_ODD, LONGEST_ABSTRACT = 25, 25, 50, 1500
BASIS = {
    "first": "the study began with it", "document": "the very paper that the study was known by",
    "registration": "linked automatically: the same registration", "person": "a person put it here",
}


def queue_view(session: Session, app: App, review_id: int, *, number: int) -> dict[str, Any]:
    """Return what the page of open questions shows. number: of the page, not used here."""
    pairs = [_pair(session, row) for row in merges.open_questions(session, review_id)]
    trials = [_trials(session, *found) for found in study_links.open_pairs(session, review_id)]
    held = study_links.held_back(session, review_id)
    return _review(session, app, review_id) | {
        "pairs": pairs, "trials": trials, "odd": _odd(session, review_id),
        "held": [row.label for row in studies.studies(session, review_id) if row.id in held],
        "answered": [_answered(session, row) for row in merges.answered_questions(session, review_id, MOST_ANSWERED)],
        "answered_trials": [_answered_trials(session, row) for row in study_links.questions(session, review_id) if row.answer][-MOST_ANSWERED:],
    }


def merged_view(session: Session, app: App, review_id: int, *, number: int) -> dict[str, Any]:
    """Return what the page of records that were put together shows, the latest first."""
    total = merges.joined_count(session, review_id)
    pages = max(1, -(-total // PER_PAGE))
    number = min(number, pages)
    rows = merges.joined(session, review_id, skip=(number - 1) * PER_PAGE, most=PER_PAGE)
    return _review(session, app, review_id) | {"rows": [_merge(session, row) for row in rows], "total": total, "page": number, "pages": pages}


def studies_view(session: Session, app: App, review_id: int, *, number: int) -> dict[str, Any]:
    """Return every study with its reports, why each belongs to it, and which report gave which number. number: not used here."""
    protocol = protocol_of(session, app, review_id)
    labels = {one.id: one.label for one in protocol.outcomes}
    merged_into = defaultdict[int, list[StudyMergeRow]](list)
    for merge in study_links.merges(session, review_id):
        merged_into[merge.into_id].append(merge)
    held = study_links.held_back(session, review_id)
    rows = [_study(session, row, labels) | {"held": row.id in held, "merges": [_study_merge(session, one) for one in merged_into[row.id]]}
            for row in studies.studies(session, review_id)]
    return _review(session, app, review_id) | {"studies": rows}


def side_by_side(one: Record, other: Record) -> list[dict[str, Any]]:
    """Return a row for each field that one of two citations has: label, what each says in pieces, and `agrees`, `differs` or `only one`."""
    left, right = _fields(one), _fields(other)
    rows = []
    for label, mine in left.items():
        theirs = right[label]
        if not mine and not theirs:
            continue
        state = "only one has it" if not mine or not theirs else "agrees" if _same(label, mine, theirs) else "differs"
        pieces = _differences(mine, theirs) if state == "differs" else ([(mine, False)], [(theirs, False)])
        rows.append({"label": label, "state": state, "left": pieces[0], "right": pieces[1]})
    return rows


def _review(session: Session, app: App, review_id: int) -> dict[str, Any]:
    protocol = protocol_of(session, app, review_id)
    return {"review": {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}}


def _fields(record: Record) -> dict[str, str]:
    return {
        "Title": record.title, "Authors": "; ".join(record.authors), "Year": str(record.year or ""), "Journal": record.journal,
        "Volume": record.volume, "Issue": record.issue, "Pages": record.pages, "DOI": record.doi, "PMID": record.pmid,
        "Registration": ", ".join(record.registrations), "Language": record.language, "Kind": ", ".join(record.publication_types),
        "Abstract": record.abstract if len(record.abstract) <= LONGEST_ABSTRACT else record.abstract[:LONGEST_ABSTRACT] + " …",
    }


def _same(label: str, one: str, other: str) -> bool:
    comparable = {"DOI": doi_of, "PMID": number_in}.get(label, plain)
    return comparable(one) == comparable(other)


def _differences(one: str, other: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return two texts in pieces of words, each with whether it differs from the other text."""
    mine, theirs = one.split(), other.split()
    matcher = difflib.SequenceMatcher(None, [plain(word) or word for word in mine], [plain(word) or word for word in theirs], autojunk=False)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        left += [(" ".join(mine[a:b]), tag != "equal")] if b > a else []
        right += [(" ".join(theirs[c:d]), tag != "equal")] if d > c else []
    return left, right


def _pair(session: Session, row: QuestionRow) -> dict[str, Any]:
    own = records.record(session, row.record_id)
    one = records.report(session, own.report_id) if own.report_id is not None else None
    other = records.survivor(session, row.report_id)
    left = records.as_record(one) if one is not None else records.as_record(own)
    return {"row": row, "rows": side_by_side(left, records.as_record(other)),
            "left": _sources(session, one) if one is not None else own.source, "right": _sources(session, other)}


def _sources(session: Session, report: ReportRow) -> str:
    found = records.records_of(session, report.id)
    return ", ".join(dict.fromkeys(f"{row.source}{' ' + str(row.fields['source_id']) if row.fields['source_id'] else ''}" for row in found))


def _trials(session: Session, row: study_links.StudyQuestionRow, one: int, other: int) -> dict[str, Any]:
    return {"row": row, "sides": [_side(session, studies.study(session, study_id)) for study_id in (one, other)]}


def _side(session: Session, row: StudyRow) -> dict[str, Any]:
    usable = effects.effects_of_study(session, row.id)
    return {"study": row, "reports": _reports(session, row), "results": len(usable),
            "participants": max((effect.n_e + effect.n_c for effect in usable), default=None)}


def _reports(session: Session, row: StudyRow) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for link in studies.reports_of(session, row.id):
        report = records.survivor(session, link.report_id)
        found.setdefault(report.id, {"id": report.id, "record": records.as_record(report), "link": link, "basis": BASIS[link.basis],
                                     "by": _who(session, link.by), "can_undo": _can_undo(link)})
    return list(found.values())


def _can_undo(link: StudyReportRow) -> bool:
    return link.basis in ("registration", "document")


def _study(session: Session, row: StudyRow, labels: dict[str, str]) -> dict[str, Any]:
    reports = _reports(session, row)
    numbers = defaultdict[int | None, list[str]](list)
    for effect in effects.effects_of_study(session, row.id):
        numbers[_report_of(session, effect)].append(f"{labels.get(effect.outcome, effect.outcome)}: {effect.instrument}, {effect.time_point}")
    for one in reports:
        one["numbers"] = numbers.pop(one["id"], [])
    return {"study": row, "reports": reports, "other_numbers": [line for lines in numbers.values() for line in lines]}


def _report_of(session: Session, effect: EffectRow) -> int | None:
    return records.survivor(session, effect.report_id).id if effect.report_id is not None else None


def _study_merge(session: Session, merge: StudyMergeRow) -> dict[str, Any]:
    return {"merge": merge, "label": studies.study(session, merge.study_id).label, "by": _who(session, merge.by)}


def _merge(session: Session, row: MergeRow) -> dict[str, Any]:
    own, report = records.record(session, row.record_id), records.report(session, row.report_id)
    first = next((one for one in records.records_of(session, row.report_id) if one.id != own.id), own)
    return {"row": row, "title": report.title, "rows": side_by_side(records.as_record(own), records.as_record(first)),
            "left": f"{own.source} {own.fields['source_id']}".strip(), "right": f"{first.source} {first.fields['source_id']}".strip(),
            "by": _who(session, row.by)}


def _answered(session: Session, row: QuestionRow) -> dict[str, Any]:
    return {"row": row, "title": str(records.record(session, row.record_id).fields["title"]), "by": _who(session, row.answered_by or "")}


def _answered_trials(session: Session, row: study_links.StudyQuestionRow) -> dict[str, Any]:
    labels = [studies.study(session, study_id).label for study_id in (row.study_id, row.other_id)]
    return {"row": row, "labels": labels, "by": _who(session, row.answered_by or "")}


def _odd(session: Session, review_id: int) -> Sequence[str]:
    """Return what is odd about records, in sentences, the latest first."""
    found = [sentence for event in events.of_kind(session, review_id, "records.compared") for sentence in event.data.get("odd", ())]
    return found[::-1][:MOST_ODD]


def _who(session: Session, by: str) -> str:
    """Return how a page names who did something: a person by name, everything else as what it is."""
    if not by.startswith("person:"):
        return "automatically"
    person = people.by_public_id(session, by.removeprefix("person:"))
    return person.name if person is not None else "somebody"
