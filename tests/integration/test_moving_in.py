"""Decisions of other programs: looked at first, kept as a closed round, and what cannot be moved is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.records import ImportedDecision
from bot.errors import InvalidInputError
from bot.steps.exchange.move_in import MoveInAccount, move_in, preview
from db import decisions, rounds, screening
from db.session import Database
from tests.fixtures_screening import Desk, desk, sample_records
from tests.fixtures_studies import EVERYBODY, take_up


def said(verdict: str, by: str = "Ann", **more: object) -> ImportedDecision:
    return ImportedDecision("rayyan", verdict, by=by, **more)  # type: ignore[arg-type]


def brought(database: Database, now: datetime, *given: Sequence[ImportedDecision], **reviewing: object) -> Desk:
    """Return a review with one report for each list of decisions."""
    reports = [replace(record, decisions=tuple(one)) for record, one in zip(sample_records(len(given)), given, strict=True)]
    return desk(database, now, reports=reports, team=EVERYBODY, **reviewing)


def look(one: Desk, **reasons: str) -> MoveInAccount:
    return preview(database=one.database, review_id=one.review_id, protocol=one.protocol, reasons=reasons)


def move(one: Desk, **reasons: str) -> MoveInAccount:
    return move_in(database=one.database, review_id=one.review_id, protocol=one.protocol, reasons=reasons, by="system:test", now=one.now)


def test_what_people_agreed_on_is_kept_and_is_not_asked_again_on_both_databases(database: Database, now: datetime) -> None:
    one = brought(database, now, [said("include"), said("include", "Bob")], [said("exclude"), said("exclude", "Bob")], [said("include")], [])
    assert look(one).counts == {"include by title and abstract": 2, "exclude by title and abstract": 1}
    with one.database.reading() as session:
        assert len(screening.reports_to_screen(session, one.review_id)) == 4, "looking keeps nothing"
    assert len(move(one).ready) == 3 and (again := move(one)).ready == {} and again.known == 3
    with one.database.reading() as session:
        assert len(screening.reports_to_screen(session, one.review_id)) == 1
        (row,) = rounds.closed(session, one.review_id)
        bases = {found.verdict: found.basis for found in screening.resolutions(session, row.id).values()}
        assert decisions.of_round(session, row.id) == {}, "no vote is made up for anybody here"
        assert len(screening.decisions_for_training(session, one.review_id)) == 3
    assert bases["exclude"] == "agreed"
    assert take_up(one).new == 2
    assert one.open().flagged == 1, "the cycle's own round has the rest"


@pytest.mark.parametrize(("given", "why"), [
    ([said("include"), said("exclude", "Bob")], "people disagree"), ([said("maybe")], "somebody could not tell"),
    ([said("", labels=("later",))], "only labels, no decision"), ([said("exclude", stage="full_text")], "excluded in full without a reason"),
])
def test_what_cannot_be_moved_is_named_and_judged_here(sqlite: Database, now: datetime, given: list[ImportedDecision], why: str) -> None:
    one = brought(sqlite, now, given)
    assert [found for _, _, found in look(one).left] == [why] and move(one).ready == {}
    assert one.open().flagged == 1


def test_a_foreign_reason_waits_for_its_criterion(sqlite: Database, now: datetime) -> None:
    foreign = said("exclude", stage="full_text", reasons=("Wrong study design",))
    one = brought(sqlite, now, [foreign])
    assert look(one).reasons == {"Wrong study design": 1}
    account = move(one, **{"wrong  study DESIGN": "design"})
    assert [(found.stage, found.criterion) for found in account.ready[next(iter(account.ready))]] == [("full_text", "design")]
    with one.database.reading() as session:
        assert [found.criterion for found in screening.excluded_with_reasons(session, one.review_id)] == ["design"]
    with pytest.raises(InvalidInputError, match="no criterion 'nonsense'"):
        look(one, x="nonsense")


def test_an_inclusion_is_read_in_full_where_the_protocol_says_so(sqlite: Database, now: datetime) -> None:
    one = brought(sqlite, now, [said("include")], full_text="assessed")
    move(one)
    with one.database.reading() as session:
        assert len(screening.sought(session, one.review_id)) == 1
    assert take_up(one).new == 0
