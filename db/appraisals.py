"""Risk of bias of single results: who assesses which, what they answered and judged, and what was signed. Rows are added, never changed.

Blindness is held here: `own_answers` and `own_judgements` give one person's; `handed_in` gives everybody's, once nothing is left to be blind to.
Which questions apply and what they suggest: bot/methods/appraisal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.errors import NotFoundError
from db.base import Base, Id, review_key
from db.effects import EffectRow

OVERALL = "overall"
BLIND = ("first", "second")


class AppraisalRow(Base):
    """One person's place at one result. part: `first` and `second` are blind to each other; `third` settles where they differ.

    tool: `rob2` or `robins_i`; variant: which rules of it (`individual_assignment` …). handed_in_at: None while it is being worked on.
    talk_at: when the person was told that the two differ, None if never. left_at: when the place was given up, so that it counts no more.
    """

    __tablename__ = "appraisal"
    __table_args__ = (
        UniqueConstraint("effect_id", "person_id"),
        CheckConstraint("part in ('first', 'second', 'third')", name="part"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    effect_id: Mapped[int] = mapped_column(ForeignKey("effect.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    part: Mapped[str]
    tool: Mapped[str]
    tool_version: Mapped[str]
    variant: Mapped[str]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    handed_in_at: Mapped[datetime | None]
    talk_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class AppraisalAnswerRow(Base):
    """One answer to one signalling question; the newest of a question holds. answer: `Y`, `PY`, `PN`, `N`, `NI`, `NA`."""

    __tablename__ = "appraisal_answer"
    __table_args__ = (
        UniqueConstraint("appraisal_id", "question", "number"),
        CheckConstraint("answer in ('Y', 'PY', 'PN', 'N', 'NI', 'NA')", name="answer"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    question: Mapped[str]
    number: Mapped[int]
    answer: Mapped[str]
    quote: Mapped[str]
    page: Mapped[str]
    note: Mapped[str]
    at: Mapped[datetime]


class AppraisalJudgementRow(Base):
    """One judgement of a domain, or `overall`; the newest holds. suggested: what the rules said to the answers, "" for nothing.

    direction: in which way the bias is likely to point, "" if not said.
    """

    __tablename__ = "appraisal_judgement"
    __table_args__ = (UniqueConstraint("appraisal_id", "domain", "number"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    domain: Mapped[str]
    number: Mapped[int]
    suggested: Mapped[str]
    judgement: Mapped[str]
    reason: Mapped[str]
    direction: Mapped[str]
    at: Mapped[datetime]


class AppraisalSettlementRow(Base):
    """What was signed on a result, or that it was opened again; the newest holds.

    state: `signed` or `reopened`. basis: `agreed` (two the same), `third` (a third person decided), `one` (a team of one person).
    judgements: domain → judgement, without the overall one. signed_by: ids of the people. reason: of opening it again.
    """

    __tablename__ = "appraisal_settlement"
    __table_args__ = (
        UniqueConstraint("effect_id", "number"),
        CheckConstraint("state in ('signed', 'reopened')", name="state"),
        CheckConstraint("basis in ('agreed', 'third', 'one', '')", name="basis"),
    )
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    effect_id: Mapped[int] = mapped_column(ForeignKey("effect.id"), index=True)
    number: Mapped[int]
    state: Mapped[str]
    basis: Mapped[str]
    tool: Mapped[str]
    tool_version: Mapped[str]
    variant: Mapped[str]
    overall: Mapped[str]
    judgements: Mapped[dict[str, Any]]
    signed_by: Mapped[list[Any]]
    reason: Mapped[str]
    at: Mapped[datetime]


class RulesAgreementRow(Base):
    """That a person compared rules with the official text and agrees. rules_sha256: of the very rules; changed ones are asked anew."""

    __tablename__ = "rules_agreement"
    __table_args__ = (UniqueConstraint("review_id", "tool", "variant", "rules_sha256"),)
    id: Mapped[Id]
    review_id: Mapped[int] = review_key()
    tool: Mapped[str]
    variant: Mapped[str]
    rules_sha256: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Overall:
    """A signed appraisal of one result.

    judgement: `low`, `some concerns`, `high` (RoB 2); `low`, `moderate`, `serious`, `critical`, `no information` (ROBINS-I).
    domains: domain → judgement. signed_by: ids of those who signed. effect_id: the result that was appraised: after a correction of the
    number alone, the one before it.
    """

    judgement: str
    signed_by: tuple[int, ...]
    at: datetime
    tool: str
    tool_version: str
    variant: str
    basis: str
    domains: Mapping[str, str]
    effect_id: int


def overall_of_effects(session: Session, review_id: int) -> dict[int, Overall]:
    """Return effect id → what was signed on it; effects whose appraisal is open, or open again, are left out.

    A corrected number keeps the appraisal of the one it replaces, as long as outcome, instrument, time point and analysis stay the same.
    """
    newest = select(func.max(AppraisalSettlementRow.id)).where(AppraisalSettlementRow.review_id == review_id).group_by(
        AppraisalSettlementRow.effect_id)
    rows = {row.effect_id: row for row in session.scalars(select(AppraisalSettlementRow).where(AppraisalSettlementRow.id.in_(newest)))}
    found = {effect_id: _overall(row) for effect_id, row in rows.items() if row.state == "signed"}
    if not found:
        return {}
    corrected = select(EffectRow).where(EffectRow.review_id == review_id, EffectRow.supersedes_id.is_not(None)).order_by(EffectRow.id)
    for effect in session.scalars(corrected):
        before = session.get(EffectRow, effect.supersedes_id)
        # Rows come oldest first, so that what was corrected twice finds what its predecessor got here.
        if effect.id not in rows and before is not None and before.id in found and _same_result(before, effect):
            found[effect.id] = found[before.id]
    return found


def _overall(row: AppraisalSettlementRow) -> Overall:
    return Overall(row.overall, tuple(row.signed_by), row.at, row.tool, row.tool_version, row.variant, row.basis, dict(row.judgements),
                   row.effect_id)


def _same_result(before: EffectRow, after: EffectRow) -> bool:
    return all(getattr(before, name) == getattr(after, name)
               for name in ("outcome", "instrument", "time_point", "window", "analysis", "design", "experimental", "comparator"))


def appraisal(session: Session, appraisal_id: int) -> AppraisalRow:
    """Return a place at a result by its row id. Raises NotFoundError."""
    row = session.get(AppraisalRow, appraisal_id)
    if row is None:
        raise NotFoundError(f"there is no appraisal {appraisal_id}")
    return row


def places(session: Session, effect_ids: Collection[int]) -> dict[int, list[AppraisalRow]]:
    """Return effect id → the places at it that were not given up, in the order first, second, third. For steps; says nothing of answers."""
    query = select(AppraisalRow).where(AppraisalRow.effect_id.in_(effect_ids), AppraisalRow.left_at.is_(None))
    found: dict[int, list[AppraisalRow]] = {}
    for row in session.scalars(query.order_by(AppraisalRow.part, AppraisalRow.id)):
        found.setdefault(row.effect_id, []).append(row)
    return found


def own_places(session: Session, study_id: int, person_id: int) -> Sequence[AppraisalRow]:
    """Return one person's places at the results of a study, in the order of the results."""
    query = (select(AppraisalRow).join(EffectRow, EffectRow.id == AppraisalRow.effect_id)
             .where(EffectRow.study_id == study_id, AppraisalRow.person_id == person_id, AppraisalRow.left_at.is_(None)))
    return session.scalars(query.order_by(AppraisalRow.effect_id)).all()


def without_places(session: Session, review_id: int, states: Collection[str]) -> Sequence[EffectRow]:
    """Return the results in these states at which somebody's place is missing or was given up, in the order in which they were entered."""
    taken = (select(func.count()).select_from(AppraisalRow)
             .where(AppraisalRow.effect_id == EffectRow.id, AppraisalRow.left_at.is_(None), AppraisalRow.part.in_(BLIND)).scalar_subquery())
    query = select(EffectRow).where(EffectRow.review_id == review_id, EffectRow.state.in_(states), taken < len(BLIND))
    return session.scalars(query.order_by(EffectRow.id)).all()


def left_places(session: Session, effect_id: int) -> frozenset[int]:
    """Return the people who gave up their place at a result: they are not asked again."""
    query = select(AppraisalRow.person_id).where(AppraisalRow.effect_id == effect_id, AppraisalRow.left_at.is_not(None))
    return frozenset(session.scalars(query))


def last_place(session: Session) -> int:
    """Return the row id of the newest place, 0 if there is none."""
    return session.scalar(select(func.max(AppraisalRow.id))) or 0


def open_places(session: Session, review_id: int) -> dict[int, int]:
    """Return person id → how many results wait for that person's appraisal. How far each is, and what was answered, is not told."""
    waiting = (AppraisalRow.review_id == review_id, AppraisalRow.left_at.is_(None), AppraisalRow.handed_in_at.is_(None))
    query = select(AppraisalRow.person_id, func.count()).where(*waiting).group_by(AppraisalRow.person_id)
    return dict(session.execute(query).tuples().all())


def place(session: Session, effect_id: int, person_id: int) -> AppraisalRow:
    """Return a person's place at a result; in a writing session nobody else gets it until the end. Raises NotFoundError."""
    query = select(AppraisalRow).where(
        AppraisalRow.effect_id == effect_id, AppraisalRow.person_id == person_id, AppraisalRow.left_at.is_(None))
    if "by" in session.info:
        query = query.with_for_update()
    row = session.scalars(query).one_or_none() if 0 < effect_id < 2**62 else None
    if row is None:
        raise NotFoundError("This result is not on your list. Open the list again from your mail.")
    return row


def hold(session: Session, effect_id: int) -> None:
    """Keep a result from every other hand-in until the end of the transaction: two at once would each miss the other."""
    session.execute(select(EffectRow.id).where(EffectRow.id == effect_id).with_for_update())


def add_place(session: Session, row: AppraisalRow) -> AppraisalRow:
    """Store a place. The same person twice at one result is a ConflictError at the end of the transaction."""
    session.add(row)
    session.flush()
    return row


def own_answers(session: Session, row: AppraisalRow, person_id: int) -> dict[str, AppraisalAnswerRow]:
    """Return question → the person's newest answer at a place of their own; none at somebody else's."""
    return _newest_answers(session, row) if row.person_id == person_id else {}


def own_judgements(session: Session, row: AppraisalRow, person_id: int) -> dict[str, AppraisalJudgementRow]:
    """Return domain → the person's newest judgement at a place of their own; none at somebody else's."""
    return _newest_judgements(session, row) if row.person_id == person_id else {}


def append_answer(session: Session, row: AppraisalRow, answer: AppraisalAnswerRow) -> AppraisalAnswerRow:
    """Store an answer with the next number of its question."""
    last = session.scalar(select(func.max(AppraisalAnswerRow.number)).where(
        AppraisalAnswerRow.appraisal_id == row.id, AppraisalAnswerRow.question == answer.question)) or 0
    answer.review_id, answer.appraisal_id, answer.number = row.review_id, row.id, last + 1
    session.add(answer)
    session.flush()
    return answer


def append_judgement(session: Session, row: AppraisalRow, judgement: AppraisalJudgementRow) -> AppraisalJudgementRow:
    """Store a judgement with the next number of its domain."""
    last = session.scalar(select(func.max(AppraisalJudgementRow.number)).where(
        AppraisalJudgementRow.appraisal_id == row.id, AppraisalJudgementRow.domain == judgement.domain)) or 0
    judgement.review_id, judgement.appraisal_id, judgement.number = row.review_id, row.id, last + 1
    session.add(judgement)
    session.flush()
    return judgement


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What one person gives on a result: as handed in, or as being changed since the two were told that they differ."""

    place: AppraisalRow
    answers: Mapping[str, AppraisalAnswerRow]
    judgements: Mapping[str, AppraisalJudgementRow]


def handed_in(session: Session, effect_id: int) -> tuple[HandedIn, ...]:
    """Return what everybody gave on a result; nothing while one of the blind places has never been handed in."""
    everybody = places(session, [effect_id]).get(effect_id, [])
    if not everybody or any(row.handed_in_at is None and row.talk_at is None for row in everybody if row.part in BLIND):
        return ()
    return tuple(HandedIn(row, _newest_answers(session, row), _newest_judgements(session, row))
                 for row in everybody if row.handed_in_at is not None or row.talk_at is not None)


def settlement(session: Session, effect_id: int) -> AppraisalSettlementRow | None:
    """Return the newest word on a result: signed, or reopened; None if there is none yet."""
    query = select(AppraisalSettlementRow).where(AppraisalSettlementRow.effect_id == effect_id)
    return session.scalars(query.order_by(AppraisalSettlementRow.number.desc())).first()


def append_settlement(session: Session, row: AppraisalSettlementRow) -> AppraisalSettlementRow:
    """Store what was signed, or that it was opened again."""
    last = session.scalar(select(func.max(AppraisalSettlementRow.number)).where(AppraisalSettlementRow.effect_id == row.effect_id)) or 0
    row.number = last + 1
    session.add(row)
    session.flush()
    return row


def is_agreed(session: Session, review_id: int, *, tool: str, variant: str, rules_sha256: str) -> bool:
    """Return whether a person of the review has signed that these very rules agree with the official text."""
    query = select(RulesAgreementRow.id).where(
        RulesAgreementRow.review_id == review_id, RulesAgreementRow.tool == tool, RulesAgreementRow.variant == variant,
        RulesAgreementRow.rules_sha256 == rules_sha256)
    return session.scalars(query).first() is not None


def agree_with_rules(session: Session, *, review_id: int, tool: str, variant: str, rules_sha256: str, person_id: int, at: datetime) -> bool:
    """Keep that a person agrees with rules, and return whether nobody had said so before."""
    if is_agreed(session, review_id, tool=tool, variant=variant, rules_sha256=rules_sha256):
        return False
    session.add(RulesAgreementRow(review_id=review_id, tool=tool, variant=variant, rules_sha256=rules_sha256, person_id=person_id, at=at))
    session.flush()
    return True


def _newest_answers(session: Session, row: AppraisalRow) -> dict[str, AppraisalAnswerRow]:
    query = select(AppraisalAnswerRow).where(AppraisalAnswerRow.appraisal_id == row.id).order_by(AppraisalAnswerRow.id)
    return {answer.question: answer for answer in session.scalars(query)}


def _newest_judgements(session: Session, row: AppraisalRow) -> dict[str, AppraisalJudgementRow]:
    query = select(AppraisalJudgementRow).where(AppraisalJudgementRow.appraisal_id == row.id).order_by(AppraisalJudgementRow.id)
    return {judgement.domain: judgement for judgement in session.scalars(query)}
