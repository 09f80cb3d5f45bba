"""Judge rows of the starting set: a named person confirms each, puts it off, or says what is wrong with it. Only confirmed ones are pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.errors import ConflictError, InvalidInputError
from bot.steps.studies.holders import Holder, holder
from db import effects, events, studies
from db.effects import EffectRow
from db.session import Database, Session

STATES = {"confirm": "confirmed", "later": "candidate", "wrong": "withdrawn"}
BASIS = "starting data, confirmed by a named person against its source; risk of bias not appraised"
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says about one row: `confirm`, `later` or `wrong`, and why."""

    choice: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmAccount:
    """confirmed, later, wrong: rows judged now; waiting: rows that nobody has judged yet."""

    confirmed: int
    later: int
    wrong: int
    waiting: int


def confirm_starting_set(*, database: Database, token: str, judgements: Mapping[int, Judgement], by: str, now: datetime) -> ConfirmAccount:
    """Store what the person of a link says about rows (by effect id); those left out stay as they are. A judgement can be changed;
    the very same one of the same person again (sent twice) changes nothing.

    Raises LinkError, RefusedError, InvalidInputError (nothing chosen, `wrong` without a reason), ConflictError (the file changed a row
    meanwhile).
    """
    if not judgements:
        raise InvalidInputError("Nothing was chosen. Choose for at least one row: confirm, not now, or wrong.")
    with database.writing(by=by) as session:
        who = holder(session, token, "starting_set", "confirm_starting_set", now)
        rows = {row.id: row for row in effects.candidates(session, who.review_id)}
        if set(judgements) - set(rows):
            raise ConflictError("The starting set changed meanwhile. Load the page again and judge what it shows now.")
        new = _not_said_yet(session, who, judgements)
        for effect_id, judgement in new.items():
            _judge(session, who, rows[effect_id], judgement, now)
        chosen = [judgement.choice for judgement in judgements.values()]
        account = ConfirmAccount(chosen.count("confirm"), chosen.count("later"), chosen.count("wrong"),
                                 effects.undecided_count(session, who.review_id))
        if new:
            events.note(session, review_id=who.review_id, kind="starting_set.judged", subject=f"review:{who.review_id}",
                        data={str(effect_id): judgement.choice for effect_id, judgement in new.items()}, at=now)
        return account


def _not_said_yet(session: Session, who: Holder, judgements: Mapping[int, Judgement]) -> dict[int, Judgement]:
    """Return the judgements that are not the last word on their row already, from the same person."""
    last = {said.effect_id: (said.person_id, said.verdict, said.note) for said in effects.verdicts(session, list(judgements))}
    return {effect_id: one for effect_id, one in judgements.items() if last.get(effect_id) != (who.person.id, one.choice, one.note)}


def _judge(session: Session, who: Holder, row: EffectRow, judgement: Judgement, now: datetime) -> None:
    what = f"{studies.study(session, row.study_id).label}, {row.instrument}"
    if judgement.choice not in STATES:
        raise InvalidInputError(f"{what}: choose confirm, not now, or wrong.")
    if judgement.choice == "wrong" and not judgement.note:
        raise InvalidInputError(f"{what}: say what is wrong, so that it can be mended.")
    if len(judgement.note) > LONGEST_NOTE:
        raise InvalidInputError(f"{what}: a note has at most {LONGEST_NOTE:,} characters. Shorten it.")
    state = STATES[judgement.choice]
    row.state, row.settled_at = state, None if state == "candidate" else now
    row.confirmed_by, row.basis = (who.person.id, BASIS) if state == "confirmed" else (None, "")
    effects.say(session, row, person_id=who.person.id, verdict=judgement.choice, note=judgement.note, at=now)
    _let_study_follow(session, row, state)


def _let_study_follow(session: Session, row: EffectRow, state: str) -> None:
    """Starting data that was found wrong is extracted from the report, if screening has included one."""
    study = studies.study(session, row.study_id)
    if state == "withdrawn" and study.state == "included" and study.extraction == "none":
        study.extraction = "open"
