"""What counts as appraised: only what was signed, on the very result; a corrected number keeps it, another result does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from db import appraisals, effects, studies
from db.appraisals import AppraisalSettlementRow
from db.effects import EffectRow
from db.session import Database, Session
from tests.fixtures_studies import import_until, studied


@pytest.fixture
def review(database: Database, now: datetime) -> int:
    one = studied(database, now)
    import_until(one, None)
    return one.review_id


def sign(session: Session, effect: EffectRow, overall: str, at: datetime, state: str = "signed") -> None:
    appraisals.append_settlement(session, AppraisalSettlementRow(
        review_id=effect.review_id, effect_id=effect.id, state=state, basis="agreed", tool="rob2", tool_version="22 August 2019",
        variant="individual_assignment", overall=overall, judgements={"D1": overall}, signed_by=[1, 2], reason="", at=at))


def corrected(session: Session, effect: EffectRow, **changes: object) -> EffectRow:
    columns = {column.key: getattr(effect, column.key) for column in EffectRow.__table__.columns if column.key != "id"}
    return effects.add(session, EffectRow(**columns | {"identity": effect.identity + "x", "supersedes_id": effect.id} | changes))


def test_what_is_not_signed_is_not_appraised_and_what_is_opened_again_neither(database: Database, review: int, now: datetime) -> None:
    with database.writing(by="system:test") as session:
        first, second, *_ = studies.effects_of(session, review, states={"candidate"})
        sign(session, first, "high", now)
        sign(session, second, "low", now)
        sign(session, second, "low", now + timedelta(days=1), state="reopened")
    with database.reading() as session:
        found = appraisals.overall_of_effects(session, review)
    assert {effect: one.judgement for effect, one in found.items()} == {first.id: "high"}
    assert found[first.id].signed_by == (1, 2)


def test_a_corrected_number_keeps_its_appraisal_and_another_time_point_does_not(database: Database, review: int, now: datetime) -> None:
    with database.writing(by="system:test") as session:
        first, second, *_ = studies.effects_of(session, review, states={"candidate"})
        sign(session, first, "some concerns", now)
        sign(session, second, "high", now)
        once = corrected(session, first, yi=-0.2)
        twice = corrected(session, once, yi=-0.25)
        elsewhere = corrected(session, second, time_point="two years later")
    with database.reading() as session:
        found = appraisals.overall_of_effects(session, review)
    assert (found[once.id].judgement, found[twice.id].judgement) == ("some concerns", "some concerns")
    assert found[twice.id].effect_id == first.id
    assert elsewhere.id not in found
