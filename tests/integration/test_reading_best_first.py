"""Where a protocol says `best_first`, a reviewer is led to the likeliest record, ranked anew after each own vote, and blind to the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.records import Record
from bot.web.reviewing_views import Seen, next_place
from classifiers import Document, Labelled
from classifiers.reading_order import reading_order
from db import rounds
from db.session import Database
from tests.fixtures_screening import Desk, desk
from tests.fixtures_studies import web

WIRES, FORUMS = "copper wire fatigue under load", "telephone line for gardeners"


def record(number: int, words: str) -> Record:
    return Record(source="pubmed", source_id=str(number), pmid=str(number), title=f"{words.capitalize()} {number}", year=2024,
                  abstract=f"{words} was looked at. " * 5)


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    made = desk(sqlite, now, reports=[record(number, WIRES if number % 2 else FORUMS) for number in range(1, 13)])
    made.protocol = replace(made.protocol, ranker=replace(made.protocol.ranker, reading="best_first"))
    return made


def following(one: Desk, name: str, number: int, after: int = 0) -> int:
    with one.database.reading() as session:
        place = next_place(session, Seen("", one.people[name], rounds.by_id(session, number), one.protocol), after=after)
    assert place is not None
    return place


def is_wire(one: Desk, name: str, number: int, place: int) -> bool:
    return next(line.report_id for line in one.list_of(name, number) if line.position == place) % 2 == 1


def test_the_order_follows_the_own_votes_and_nobody_elses(one: Desk) -> None:
    number = one.open().round_id
    assert number is not None
    # Neither is of the protocol's question: one vote of each kind says what this reviewer looks for.
    untouched = following(one, "Ben", number)
    lines = {is_wire(one, "Ada", number, line.position): line.position for line in one.list_of("Ada", number)}
    one.vote("Ada", number, lines[False], "include")
    one.vote("Ada", number, lines[True], "exclude", "peers")
    led = []
    for _ in range(10):
        place = following(one, "Ada", number)
        led.append(is_wire(one, "Ada", number, place))
        one.vote("Ada", number, place, "exclude" if led[-1] else "include", "peers" if led[-1] else "")
    assert led == [False] * 5 + [True] * 5
    assert following(one, "Ben", number) == untouched, "the order tells nothing of another person's votes"


def test_what_is_left_for_later_comes_again_and_every_record_is_reached_without_a_vote(one: Desk) -> None:
    number = one.open().round_id
    assert number is not None
    seen, place = [], 0
    for _ in range(12):
        place = following(one, "Ada", number, after=place)
        seen.append(place)
    assert sorted(seen) == list(range(1, 13)) and following(one, "Ada", number, after=place) == seen[0]


def test_after_a_vote_the_page_leads_on_to_the_best_record(one: Desk) -> None:
    number = one.open().round_id
    assert number is not None
    client, token = web(one), one.token("Ada", number)
    wires = [line.position for line in one.list_of("Ada", number) if is_wire(one, "Ada", number, line.position)]
    forums = [line.position for line in one.list_of("Ada", number) if line.position not in wires]
    client.post(f"/r/{token}/{forums[0]}", {"verdict": "exclude", "criterion": "peers", "version": "0"})
    assert "It shares no word with what is asked for" in client.get(f"/r/{token}/{forums[0]}").text
    answer = client.request("POST", f"/r/{token}/{wires[0]}", body=b"verdict=include&version=0", follow_redirects=False)
    assert answer.status_code == 303
    assert int(answer.headers["location"].partition("?")[0].rsplit("/", 1)[1]) in wires[1:]


def test_once_the_rule_allows_to_stop_a_random_sample_of_the_rest_is_read_and_the_page_says_so(sqlite: Database, now: datetime) -> None:
    one = desk(sqlite, now, reports=[record(number, WIRES if number % 20 == 1 else FORUMS) for number in range(1, 101)])
    one.protocol = replace(one.protocol, ranker=replace(one.protocol.ranker, reading="best_first"))
    number = one.open().round_id
    assert number is not None
    client, address = web(one), f"/r/{one.token('Ada', number)}"
    assert "The order is random" not in client.get(address).text
    said = []
    wires = [line.position for line in one.list_of("Ada", number) if line.report_id % 20 == 1]
    for _ in range(100):
        place = wires.pop() if wires else following(one, "Ada", number)
        line = next(line for line in one.list_of("Ada", number) if line.position == place)
        one.vote("Ada", number, place, "include" if line.report_id % 20 == 1 else "exclude", "" if line.report_id % 20 == 1 else "peers")
        said.append(client.get(address).text)
        if "You may stop" in said[-1]:
            break
    # With few past inclusions half of a hundred is read in any case; then a twentieth of the fifty that are left.
    assert len(said) == 53 and "Read on" in said[0] and "random sample of the rest, 3 records, of which you read 0" in said[49]
    assert "After 50 records the rule allowed it, and a random sample of 3 of the rest held nothing relevant" in said[-1]


def test_votes_of_one_kind_or_texts_without_words_leave_the_months_order() -> None:
    documents = [Document("Copper wire"), Document("Peer support"), Document("")]
    assert reading_order(documents, [0.1, 0.3, 0.2], [], seed=1) == [1, 2, 0]
    assert reading_order(documents, [0.1, 0.3, 0.2], [Labelled(Document("Copper wire"), 1.0)], seed=1) == [1, 2, 0]
    both = [Labelled(Document(""), 1.0), Labelled(Document(""), 0.0)]
    assert reading_order([Document(""), Document("")], [1.0, 2.0], both, seed=1) == [1, 0]
    assert reading_order([], [], both, seed=1) == []
