"""What a ranking leaves out, the audit that nobody can tell from the rest, what a bulletin states of it, and how people loosen it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot import links as tokens
from bot.bulletin.methods_text import recall_said
from bot.domain.decisions import TITLE_ABSTRACT
from bot.domain.records import Record
from bot.steps.bulletins.gather_recall import gather_recall
from bot.steps.records.bring_back import propose_looser
from db import blobs, events, links, rankings, rounds, screening, unshown
from db.rounds import RoundRow
from db.screening import ResolutionRow
from db.session import Database
from tests.asgi import Browser
from tests.fixtures_screening import KEYS, Desk, add_reports, desk
from tests.fixtures_studies import web

TEAM = (("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"), ("Edda", "editor"), ("Xaver", "extractor"))
LONG = "The comparison was described at length, with the groups, the measures and the weeks that they took, for everybody to read. " * 4


def report(number: int, *, fits: bool, abstract: str | None = None) -> Record:
    words = "online peer support forum for depression" if fits else "fatigue of copper wire under cyclic load"
    words += ", a randomised controlled trial"
    return Record(source="pubmed", source_id=str(number), pmid=str(number), title=f"{words.capitalize()}, number {number}", year=2024,
                  abstract=LONG + words if abstract is None else abstract, authors=("Smith J",), journal="J Examples")


def settled(one: Desk, report_ids: list[int], relevant: set[int]) -> None:
    """Let people have decided on these reports for good."""
    with one.database.writing(by="system:test") as session:
        row = RoundRow(review_id=one.review_id, cycle_id=one.cycle_id, protocol_version_id=1, stage=TITLE_ABSTRACT, leads_to="study",
                       ranking_id=None, begun_at=one.now, due_at=one.now, origin=f"test {report_ids[0]}", rules={})
        rounds.add(session, row, report_ids)
        for report_id in report_ids:
            screening.add_resolution(session, ResolutionRow(
                review_id=one.review_id, round_id=row.id, report_id=report_id, verdict="include" if report_id in relevant else "exclude",
                basis="agreed", criterion="", at=one.now, final_at=one.now))


def experienced(database: Database, now: datetime, *, records: int = 100, inclusions: int = 40) -> Desk:
    """Return a review with 60 relevant decisions of 240, in the order in which they came, that may leave something out."""
    one = desk(database, now, reports=[report(number, fits=number % 4 == 0) for number in range(1, 241)], team=TEAM)
    settings = replace(one.protocol.ranker, offer_all_below_records=records, offer_all_below_inclusions=inclusions)
    one.protocol = replace(one.protocol, ranker=settings)
    with database.reading() as session:
        ids = [row.id for row in screening.reports_to_screen(session, one.review_id)]
    settled(one, ids, {report_id for report_id in ids if report_id % 4 == ids[3] % 4})
    one.later(days=30)
    one.next_cycle("2026-12")
    return one


def month(one: Desk, *, size: int = 160, every: int = 8) -> list[int]:
    return add_reports(one, [report(number, fits=number % every == 0) for number in range(1001, 1001 + size)])


def offered(one: Desk) -> set[int]:
    with one.database.reading() as session:
        return {row.id for row in screening.reports_to_screen(session, one.review_id)}


def left(one: Desk) -> list[unshown.UnshownRow]:
    with one.database.reading() as session:
        return list(unshown.since(session, one.review_id, one.now.replace(year=2000)))


def page_of(one: Desk, name: str = "Edda") -> tuple[Browser, str]:
    with one.database.writing(by="system:test") as session:
        row = links.create(session, KEYS, review_id=one.review_id, purpose="questions", person_id=one.people[name].id,
                           subject_id=one.review_id, at=one.now)
    return web(one), tokens.path("questions", tokens.token(KEYS, row.key_id, "questions", row.id)) + "/ranking"


def test_a_cut_off_leaves_out_what_lies_below_and_a_random_sample_of_it_is_read_unmarked(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    new = month(one)
    one.rank()
    rows = left(one)
    assert {row.why for row in rows} == {"cutoff"} and len(rows) >= 100
    drawn = {row.report_id for row in rows if row.audited}
    assert len(drawn) == 50
    assert offered(one) == set(new) - {row.report_id for row in rows} | drawn
    assert one.open().flagged == 160 - len(rows) + 50
    # The same month ranked again draws the same sample, and leaves nothing else out.
    one.rank()
    assert [row.id for row in left(one)] == [row.id for row in rows]


@pytest.mark.parametrize(("records", "inclusions"), [(161, 40), (100, 61)])
def test_below_either_number_of_the_protocol_everything_is_offered(sqlite: Database, now: datetime, records: int, inclusions: int) -> None:
    one = experienced(sqlite, now, records=records, inclusions=inclusions)
    new = month(one)
    one.rank()
    assert not left(one) and offered(one) == set(new)
    with sqlite.reading() as session:
        row = rankings.latest(session, one.cycle_id)
        assert row is not None and row.card is not None and row.card["offered"] == "everything"
        from classifiers.storage import from_bytes

        assert from_bytes(blobs.get(session, row.model_sha256)[0], sha256=row.model_sha256).digest == row.card["model"]
    browser, address = page_of(one)
    assert "<dt>Offered of the month</dt><dd>everything</dd>" in browser.get(address).text


def test_a_card_of_an_older_version_that_lacks_what_was_added_since_is_shown(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    one.rank()
    with sqlite.writing(by="system:test") as session:
        row = rankings.latest(session, one.cycle_id)
        assert row is not None and row.card is not None
        row.card = {key: value for key, value in row.card.items() if key not in ("unread", "other_reviews", "recall_ahead")}
    browser, address = page_of(one)
    assert browser.get(address).status_code == 200


def test_what_the_model_cannot_read_is_never_left_out_and_the_card_counts_it(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    bare = replace(report(3001, fits=False), journal="", publication_types=())
    strange = [replace(bare, title="同伴支持与抑郁症在线论坛研究", abstract="随机对照试验。" * 90),
               replace(bare, pmid="3002", source_id="3002", title="Ψ", abstract="")]
    ids = set(add_reports(one, strange))
    one.rank()
    assert left(one) and ids <= offered(one) and not ids & {row.report_id for row in left(one)}
    with sqlite.reading() as session:
        row = rankings.latest(session, one.cycle_id)
        assert row is not None and row.card is not None and row.card["unread"] == 2
    browser, address = page_of(one)
    assert "2 reports with fewer than three words that the model knows" in browser.get(address).text


def test_what_reports_no_results_is_set_aside_with_the_reason_and_never_for_a_short_text(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    review = replace(report(3001, fits=True), title="Online peer support for depression: a systematic review of trials")
    (long, short) = add_reports(one, [review, replace(review, pmid="3002", source_id="3002", abstract="A review of trials.")])
    one.rank()
    why = {row.report_id: (row.why, row.reason) for row in left(one)}
    assert why[long] == ("design", "title or publication type: no report of a study's results")
    assert why.get(short, ("", ""))[0] != "design"


def test_a_bulletin_states_what_was_missed_and_a_missed_report_proposes_a_looser_cut_off(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    one.rank()
    drawn = sorted(row.report_id for row in left(one) if row.audited)
    shown = sorted(offered(one) - set(drawn))
    missed = next(row for row in left(one) if row.report_id == drawn[0])
    settled(one, [*drawn, *shown], {drawn[0], *shown[:9]})
    with sqlite.reading() as session:
        recall = gather_recall(session, one.review_id, one.cycle_id, one.now)
    assert recall is not None and (recall.audited, recall.waiting, recall.abstracts.missed) == (50, 0, 1)
    # 60 before, 9 now; one of 50 read of those left out: about len/50 of them in all.
    assert recall.abstracts.found == 69
    assert recall.abstracts.recall == pytest.approx(70 / (70 + recall.left_out / 50 - 1))
    assert 0 < recall.abstracts.lower < (recall.abstracts.recall or 0)
    said = recall_said(recall)
    assert "69 found, 1 missed in the audit" in said and "one-sided 95 % bound" in said
    assert [propose_looser(database=sqlite, review_id=one.review_id, by="system:test", now=one.now) for _ in range(2)] == [1, 0]
    browser, address = page_of(one)
    page = browser.get(address)
    assert page.status_code == 200 and "Leave out less, as proposed" in page.text and "Model " in page.text
    with sqlite.reading() as session:
        ((proposal, _),) = unshown.proposals(session, one.review_id)
        assert unshown.margin(session, one.review_id) == 0.0
    assert browser.post(f"{address}/looser/{proposal.id}", {"decision": ""}).status_code == 422
    stranger, other = page_of(one, "Xaver")
    assert stranger.post(f"{other}/looser/{proposal.id}", {"decision": "accepted"}).status_code == 403
    assert browser.post(f"{address}/looser/{proposal.id}", {"decision": "accepted"}).status_code == 200
    with sqlite.reading() as session:
        assert unshown.margin(session, one.review_id) == pytest.approx(missed.cutoff - missed.score, abs=1e-5)
        assert len(events.of_kind(session, one.review_id, "method.changed")) == 1
        recall = gather_recall(session, one.review_id, one.cycle_id, one.now)
    assert recall is None or "Change of method" in recall_said(recall)
    assert browser.post(f"{address}/looser/{proposal.id}", {"decision": "declined"}).status_code == 409


def test_a_calibrated_model_shows_what_was_said_against_what_was_seen(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    one.rank()
    bins = [{"records": 20, "said": 0.1, "seen": 0.05}, {"records": 20, "said": 0.8, "seen": 0.9}]
    with sqlite.writing(by="system:test") as session:
        row = rankings.latest(session, one.cycle_id)
        assert row is not None and row.card is not None and row.card["recall_ahead"]["value"] == pytest.approx(41 / 42)
        row.card = row.card | {"calibration": {"slope": 1.0, "intercept": 0.0, "bins": bins}, "random_reading": 40}
    browser, address = page_of(one)
    page = browser.get(address).text
    assert "Calibration plot" in page and 'cx="10.0" cy="95.0"' in page and 'cx="80.0" cy="10.0"' in page
    assert "the cut-off would have kept 98 % of them" in page


def test_a_person_pulls_a_report_back_and_it_is_never_left_out_again(sqlite: Database, now: datetime) -> None:
    one = experienced(sqlite, now)
    month(one)
    one.rank()
    row = next(row for row in left(one) if not row.audited)
    audited = next(row for row in left(one) if row.audited)
    browser, address = page_of(one, "Xaver")
    text = browser.get(address).text
    assert "ranked below the cut-off" in text and f'id="report-{audited.id}"' not in text
    assert browser.post(f"{address}/back/{row.id}", {}).status_code == 200
    assert row.report_id in offered(one)
    # What is in the audit cannot be told from outside, not even by its number.
    assert browser.post(f"{address}/back/{audited.id}", {}).status_code == 404
    one.later(days=30)
    one.next_cycle("2027-01")
    one.rank()
    assert row.report_id in offered(one)
