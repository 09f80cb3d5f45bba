"""Take in the starting set of a review as candidates: with source, caveats, time and window. Nothing of it is pooled by that.

A named person judges each row: invite_confirmation.py, confirm_starting_set.py. Reading the file: bot/protocols/starting_set.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain.effects import Effect
from bot.domain.protocols import Protocol
from bot.domain.results import Numbers, Result
from bot.domain.starting_set import StartingEffect
from bot.errors import NotFoundError, ProtocolError
from bot.methods.studies.computation import effect_of
from bot.steps.studies.weigh import columns_of, identity_of, questions_about
from db import effects, events, reviews, studies
from db.effects import LIVE, EffectRow
from db.session import Database, Session
from db.studies import Identifiers, StudyRow


@dataclass(frozen=True, slots=True)
class StartingSetAccount:
    """new, changed, known: rows; later: rows that were not public by the day asked for."""

    new: int = 0
    changed: int = 0
    known: int = 0
    later: int = 0


def import_starting_set(*, database: Database, review_id: int, protocol: Protocol, rows: Sequence[StartingEffect], available_until: date | None,
                        by: str, now: datetime) -> StartingSetAccount:
    """Store the rows that were public by `available_until` (None: all) as candidates, and return how many were new.

    Run again, it adds what is new; a row that the file gives otherwise than before is a new candidate in place of the old one.
    Raises ProtocolError, and stores nothing, if a row names an outcome or window that the protocol does not have.
    """
    month = f"{available_until:%Y-%m}" if available_until else None
    wanted = [row for row in rows if month is None or row.available_from <= month]
    checked = [(row, *effect_of_row(row, protocol)) for row in wanted]
    with database.reading() as session:
        if all(_known(session, review_id, row, result) for row, result, _ in checked):
            return StartingSetAccount(known=len(wanted), later=len(rows) - len(wanted))
    with database.writing(by=by) as session:
        done = [_store(session, review_id, row, result, effect, protocol, now) for row, result, effect in checked]
        account = StartingSetAccount(done.count("new"), done.count("changed"), done.count("known"), len(rows) - len(wanted))
        events.note(session, review_id=review_id, kind="starting_set.imported", subject=f"review:{review_id}",
                    data={"new": account.new, "changed": account.changed, "later": account.later}, at=now)
        return account


def result_of_starting_row(row: StartingEffect) -> Result:
    """Return a row of the file as a result: a reported difference there carries its sign, intervention minus comparison."""
    numbers = Numbers(route=row.route, n_e=row.n_e, n_c=row.n_c, mean_e=row.mean_e, sd_e=row.sd_e, mean_c=row.mean_c, sd_c=row.sd_c,
                      events_e=row.events_e, events_c=row.events_c, smd=row.smd_reported)
    return Result(
        outcome=row.outcome, report_id=None, instrument=row.instrument, higher_is_better=row.higher_is_better, experimental=row.experimental,
        comparator=row.comparator, design=row.design, time_point=row.time_point, months=row.months_since_randomisation, programme_months=None,
        numbers=numbers, says="", randomised_e=None, randomised_c=None, analysis="", source=row.source, quote="", note=row.note,
        question=row.question, answer=row.answer)


def effect_of_row(row: StartingEffect, protocol: Protocol) -> tuple[Result, Effect]:
    """Return a row as a result with its effect. Raises ProtocolError if it names an outcome or window that the protocol does not have."""
    try:
        outcome = protocol.outcome(row.outcome)
        protocol.window(row.window)
    except NotFoundError as error:
        raise ProtocolError(f"starting_set.csv, line {row.line}, {row.study}: {error}") from error
    result = result_of_starting_row(row)
    return result, effect_of(result, study=row.study, outcome=outcome)


def is_known(session: Session, review_id: int, row: StartingEffect, protocol: Protocol) -> bool:
    """Return whether a row is here already, as it is given."""
    return _known(session, review_id, row, effect_of_row(row, protocol)[0])


def _known(session: Session, review_id: int, row: StartingEffect, result: Result) -> bool:
    study = _study_of(session, review_id, row)
    return study is not None and effects.same(session, study.id, _identity(row, result)) is not None


def _identity(row: StartingEffect, result: Result) -> str:
    return identity_of(result, window=row.window, window_reason=row.window_reason, corrects=None)


def _study_of(session: Session, review_id: int, row: StartingEffect) -> StudyRow | None:
    ids = Identifiers(row.doi, row.pmid, (row.registration,) if row.registration else ())
    found = studies.of_identifiers(session, review_id, ids)
    if found is not None:
        return found[0]
    # Rows of one file that carry no identifier belong together by their name; a study that screening found does not, by that alone.
    named = studies.of_label(session, review_id, row.study)
    return named if named is not None and named.origin == "starting_set" else None


def _store(session: Session, review_id: int, row: StartingEffect, result: Result, effect: Effect, protocol: Protocol, now: datetime) -> str:
    study = _study_of(session, review_id, row) or _new_study(session, review_id, row, now)
    identity = _identity(row, result)
    if effects.same(session, study.id, identity) is not None:
        return "known"
    before = _before(session, study, result)
    outcome = protocol.outcome(row.outcome)
    asked = questions_about(session, study, outcome, result, effect, protocol, besides=before.id if before else None)
    checks: list[Any] = [{"id": one.id, "question": one.text, "answer": ""} for one in asked]
    effects.add(session, EffectRow(
        review_id=review_id, study_id=study.id, protocol_version_id=reviews.current_protocol_version(session, review_id).id,
        origin="starting_set", identity=identity, window=row.window, window_reason=row.window_reason, checks=checks, state="candidate",
        supersedes_id=before.id if before else None, available_from=row.available_from, created_at=now, **columns_of(result),
        yi=effect.yi, vi=effect.vi, measure=effect.measure, formula=effect.formula))
    return "changed" if before else "new"


def _new_study(session: Session, review_id: int, row: StartingEffect, now: datetime) -> StudyRow:
    return studies.add(session, StudyRow(
        review_id=review_id, label=studies.free_label(session, review_id, row.study), year=row.year, doi=row.doi, pmid=row.pmid,
        registration=row.registration, design=row.design, origin="starting_set", state="candidate", available_from=row.available_from,
        created_at=now))


def _before(session: Session, study: StudyRow, result: Result) -> EffectRow | None:
    """Return the row of the starting set that stood for the same measurement until now, or None."""
    names = ("outcome", "instrument", "time_point", "experimental", "comparator")
    for row in effects.effects_of_study(session, study.id, states=LIVE):
        if row.origin == "starting_set" and all(getattr(row, name) == getattr(result, name) for name in names):
            return row
    return None
