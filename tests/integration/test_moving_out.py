"""All that a review holds, as files that other programs read; and that no file tells what an open round holds."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest

from bot.domain.records import Record
from bot.errors import NotFoundError
from bot.methods.synthesis.pooling import Interval, Prediction
from bot.methods.synthesis.pooling import pool as compute
from bot.sources.files import read
from bot.steps.exchange.move_out import FILES, move_out
from db.session import Database
from tests.fixtures_screening import Desk, sample_records
from tests.fixtures_studies import import_until, include_all, pooled, studied
from tests.integration.test_pooling_the_starting_set import MONTH_ONE, confirm_all
from tests.integration.test_team_and_sign_in import SECRET, entered

# R metafor 5.1-12, REML, test="adhoc", on the seven trials of the starting set (issue 2).
K7_DEPRESSION = -0.357624


def files(one: Desk) -> dict[str, bytes]:
    return move_out(database=one.database, review_id=one.review_id, protocol=one.protocol, now=one.now)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return studied(sqlite, now, reports=sample_records(2))


def test_the_table_of_effects_gives_metafors_estimate_again_and_every_raw_number(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    assert pooled(one).estimates["depression"].k == 7
    made = files(one)
    everything = json.loads(made["everything.json"])
    used = {member["effect_id"] for row in everything["estimates"] if row["outcome"] == "depression" for member in row["members"]}
    rows = [row for row in rows_of(made["effects.csv"]) if int(row["effect"]) in used]
    again = compute(yi=[float(row["yi"]) for row in rows], vi=[float(row["vi"]) for row in rows], labels=[row["study"] for row in rows],
                    method="REML", interval=Interval("knapp-hartung-max1"), prediction=Prediction("t(k-1)"), level=0.95)
    assert again.estimate == pytest.approx(K7_DEPRESSION, abs=1e-6)
    for row in rows:
        if row["route"] == "means":
            assert all(float(row[name]) for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"))
    assert {row["state"] for row in rows} == {"confirmed"} and all(row["confirmed_by"] for row in rows)


def test_revmans_file_names_every_study_and_effect_that_stands(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    made = files(one)
    root = ET.fromstring(made["review.rm5"])
    standing = [row for row in rows_of(made["effects.csv"]) if row["state"] == "confirmed"]
    found = {(element.get("STUDY_ID"), float(element.get("ESTIMATE") or "nan")) for element in root.iter("IV_DATA")}
    assert sorted(value for _, value in found) == sorted(float(row["yi"]) for row in standing)
    assert {study for study, _ in found} == {element.get("ID") for element in root.iter("STUDY")}
    means = [row for row in standing if row["route"] == "means"]
    assert sorted(float(one.get("SD_1") or 0) for one in root.iter("CONT_DATA")) == sorted(float(row["sd1i"]) for row in means)


def test_records_go_out_as_ris_and_come_in_again_the_same(sqlite: Database, now: datetime) -> None:
    odd = Record(source="pubmed", source_id="9", pmid="9", doi="10.1000/x1", year=2024, title="A <b>title</b>\nER  - \nTY  - JOUR",
                 authors=("Müller, Ö.", "The Group"), journal="J", pages="1-9", abstract="BACKGROUND: a.\nRESULTS: b.", volume="3")
    one = studied(sqlite, now, reports=[odd, *sample_records(2)])
    parsed = read(files(one)["records.ris"], "records.ris", "demo-ris")
    assert len(parsed.records) == 3 and not parsed.refused
    again = next(record for record in parsed.records if record.doi == "10.1000/x1")
    assert (again.authors, again.year, again.volume) == (odd.authors, 2024, "3")
    assert "ER - TY - JOUR" in " ".join(again.title.split())


def test_a_cell_that_a_spreadsheet_would_run_is_text(sqlite: Database, now: datetime) -> None:
    bad = Record(source="pubmed", source_id="1", pmid="1", year=2021, title="=HYPERLINK(1)", authors=("=cmd|'/C calc'!A0",), journal="+1")
    one = studied(sqlite, now, reports=[bad])
    include_all(one)
    (row,) = rows_of(files(one)["studies.csv"])
    assert row["title"] == "'=HYPERLINK(1)" and row["journal"] == "'+1"
    assert not row["label"].startswith(("=", "+", "@"))


def test_no_file_tells_a_vote_before_its_round_is_closed(one: Desk) -> None:
    round_id = one.open().round_id
    assert round_id is not None
    one.vote("Ada", round_id, 1, "include", note=SECRET)
    browser, signed_in = entered(one, "Ben")
    for name in FILES:
        answer = browser.get(f"/team/{one.protocol.slug}/files/{name}", headers=signed_in)
        assert answer.status_code == 200 and SECRET not in answer.text, name
    assert rows_of(files(one)["votes.csv"]) == []
    assert b"include" not in files(one)["records.ris"]


def test_votes_of_closed_rounds_go_out_with_their_reasons(one: Desk) -> None:
    include_all(one)
    made = files(one)
    assert [row["verdict"] for row in rows_of(made["votes.csv"])] == ["include"] * 4
    assert made["records.ris"].count(b"N1  - Perennial: title and abstract: include") == 2


def test_files_are_for_the_team_alone_and_have_names_that_there_are(one: Desk) -> None:
    browser, signed_in = entered(one, "Ada")
    assert "/files/effects.csv" in browser.get(f"/team/{one.protocol.slug}", headers=signed_in).text
    assert browser.get(f"/team/{one.protocol.slug}/files/effects.csv", follow_redirects=False).status_code == 303
    assert browser.get(f"/team/{one.protocol.slug}/files/passwd", headers=signed_in).status_code == 404
    with pytest.raises(NotFoundError):
        move_out(database=one.database, review_id=one.review_id, protocol=one.protocol, names=("x",), now=one.now)
