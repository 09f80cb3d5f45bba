"""Ranking a cycle's reports: bot/steps/records/rank.py, db/rankings.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.known_items import KnownItem
from bot.domain.records import Record
from bot.errors import ClassifierError
from bot.steps.records.rank import question_texts, rank
from db import events, rankings, records, reviews, rounds, screening
from db.rounds import RoundRow
from db.screening import ResolutionRow
from tests.fixtures_screening import Desk, add_reports, desk, sample_records, shipped_protocol


def mixed(count: int, first: int = 1) -> list[Record]:
    """Return as many records of the question as of another one, in turn."""
    return [
        record if place % 2 == 0 else replace(record, title=f"Copper wire fatigue {place}", abstract="Alloys bent.", publication_types=())
        for place, record in enumerate(sample_records(count, first))
    ]


def ranked(one) -> list[tuple[str, float]]:
    with one.database.reading() as session:
        row = rankings.latest(session, one.cycle_id)
        return [(records.report(session, score.report_id).title, score.score) for score in rankings.scores(session, row.id)]


def test_before_anybody_decided_the_protocol_alone_orders(database, now):
    one = desk(database, now, reports=mixed(10))
    account = one.rank()
    assert (account.ranked, account.basis) == (10, "cold")
    assert all(title.startswith("Trial") for title, _ in ranked(one)[:5])
    with database.reading() as session:
        row = rankings.latest(session, one.cycle_id)
        first = rankings.scores(session, row.id)[0]
    assert (row.seed, row.classifier, row.labelled) == (one.protocol.ranker.seed, "relevance", 0) and len(row.fingerprint) == 64
    assert first.position == 1 and first.reasons and set(first.reasons[0]) == {"term", "weight"}


def test_the_same_inputs_are_ranked_once_and_give_the_same_order_elsewhere(sqlite, now, tmp_path):
    from db.session import Database

    one = desk(sqlite, now, reports=mixed(8))
    one.rank()
    first = ranked(one)
    one.later(days=1)
    one.rank()
    with sqlite.reading() as session:
        assert rankings.latest(session, one.cycle_id).at == now
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.create_all()
    again = desk(other, now, reports=mixed(8))
    again.rank()
    assert ranked(again) == first
    other.close()


def test_the_next_cycle_is_ranked_from_what_was_decided_and_knows_no_label_of_its_own(sqlite, now):
    one = desk(sqlite, now, reports=mixed(8))
    number = one.open().round_id
    assert {score for title, score in ranked(one) if title.startswith("Copper")} == {0.0}, "the protocol says nothing of copper"
    for name in ("Ada", "Ben"):
        for line in one.list_of(name, number):
            with sqlite.reading() as session:
                wire = records.report(session, line.report_id).title.startswith("Copper")
            # Against the question, so that only decisions can explain the order that follows.
            one.vote(name, number, line.position, *(("include",) if wire else ("exclude", "peers")))
    one.settle()
    one.later(days=30)
    one.next_cycle("2026-12")
    add_reports(one, mixed(40, first=100))
    account = one.rank()
    assert (account.ranked, account.basis) == (40, "warm")
    with sqlite.reading() as session:
        assert rankings.latest(session, one.cycle_id).labelled == 8
    assert all(score > 0 for title, score in ranked(one) if title.startswith("Copper"))


def test_votes_of_an_open_round_are_no_labels(sqlite, now):
    one = desk(sqlite, now, reports=mixed(4))
    number = one.open().round_id
    for name in ("Ada", "Ben"):
        one.vote(name, number, 1, "include")
    one.settle()
    one.next_cycle("2026-12")
    add_reports(one, mixed(2, first=100))
    assert one.rank().basis == "cold"


def test_known_items_that_are_here_teach_before_anybody_decided(sqlite, now):
    one = desk(sqlite, now, reports=mixed(8))
    bare = replace(one.protocol, criteria=(), question="something else entirely")
    items = [KnownItem("pubmed", number, f"Wire {number}", shaped=False) for number in ("2", "4", "999")]
    rank(database=sqlite, review_id=one.review_id, cycle_id=one.cycle_id, protocol=bare, by="system:test", now=now, known_items=items)
    assert all(title.startswith("Copper") for title, _ in ranked(one)[:4])
    with sqlite.reading() as session:
        row = rankings.latest(session, one.cycle_id)
        (event,) = events.of_kind(session, one.review_id, "records.ranked")
    assert (row.basis, row.labelled, event.data["known_studies"], event.data["other_reviews"]) == ("cold", 2, 2, [])


def test_the_sites_other_reviews_are_a_prior_and_the_audit_names_them(sqlite, now):
    with sqlite.writing(by="system:test") as session:
        other = reviews.ensure(session, slug="other-review", title="Other", at=now)
        version = reviews.activate_protocol(session, review_id=other.id, version="1", dated="2026-01-01", sha256="0" * 64, at=now)
        cycle = reviews.begin_cycle(session, review_id=other.id, period="2026-01", protocol_version_id=version.id, at=now)
    elsewhere = Desk(sqlite, shipped_protocol(), other.id, cycle.id, now)
    ids = add_reports(elsewhere, [replace(one, title=f"{one.title}, seen elsewhere {place}") for place, one in enumerate(mixed(20))])
    with sqlite.writing(by="system:test") as session:
        row = RoundRow(review_id=other.id, cycle_id=cycle.id, protocol_version_id=version.id, stage="title_abstract", leads_to="study",
                       ranking_id=None, begun_at=now, due_at=now, origin="test", rules={})
        rounds.add(session, row, ids)
        for place, report_id in enumerate(ids):
            screening.add_resolution(session, ResolutionRow(
                review_id=other.id, round_id=row.id, report_id=report_id, verdict="include" if place % 2 else "exclude", basis="agreed",
                criterion="", at=now, final_at=now))
    one = desk(sqlite, now, reports=mixed(8))
    one.protocol = replace(one.protocol, criteria=(), question="something else entirely")
    assert one.rank().basis == "cold"
    # Nothing but the other review knows that wires are wanted.
    assert all(title.startswith("Copper") for title, _ in ranked(one)[:4])
    with sqlite.reading() as session:
        (event,) = events.of_kind(session, one.review_id, "records.ranked")
    assert event.data["other_reviews"] == ["other-review"]


def test_nothing_new_is_no_ranking(sqlite, now):
    one = desk(sqlite, now, reports=0)
    assert (one.rank().ranked, one.rank().basis) == (0, "")


def test_an_unknown_ranker_is_named_with_those_there_are(sqlite, now):
    one = desk(sqlite, now, reports=2)
    one.protocol = replace(one.protocol, ranker=replace(one.protocol.ranker, name="oracle"))
    with pytest.raises(ClassifierError, match="no ranker called 'oracle'; there are: relevance"):
        one.rank()


def test_reports_without_any_words_are_said_to_be_unrankable_or_ranked(sqlite, now):
    one = desk(sqlite, now, reports=[Record(source="pubmed", source_id="1", title="")])
    assert one.rank().ranked == 1, "the protocol has words, so there is an order, if only of one"


def test_the_question_of_a_protocol_without_words_for_its_criteria_is_asked_as_it_stands():
    protocol = shipped_protocol()
    bare = replace(protocol, criteria=tuple(replace(one, terms=()) for one in protocol.criteria))
    assert question_texts(bare)[0] == protocol.question and len(question_texts(bare)) == 1 + len(protocol.criteria)
    assert not any("protocol, review" in text for text in question_texts(protocol))
