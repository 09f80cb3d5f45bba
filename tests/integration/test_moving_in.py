"""Decisions of other programs: looked at first, kept as a closed round, and what cannot be moved is named."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot import links as tokens
from bot.domain.records import ImportedDecision
from bot.errors import InvalidInputError, UnreadableFileError
from bot.steps.exchange.move_in import MoveInAccount, move_in, preview
from bot.steps.exchange.move_in_numbers import MoveInNumbersAccount, move_in_numbers, preview_numbers
from bot.steps.exchange.move_out import move_out
from db import decisions, effects, links, rounds, screening
from db.session import Database
from tests.asgi import Answer, Browser
from tests.fixtures_screening import KEYS, Desk, desk, sample_records
from tests.fixtures_studies import EVERYBODY, forms_of, import_until, pooled, studied, take_up, web, words_of
from tests.integration.test_pooling_the_starting_set import MONTH_ONE, confirm_all


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


HEADINGS = ("study", "outcome", "instrument", "higher_is_better", "time_point", "window", "design", "experimental", "comparator", "n1i", "m1i",
            "sd1i", "n2i", "m2i", "sd2i", "doi")
LEE = ("Lee 2019", "depression", "PHQ-9", "no", "12 weeks", "post_treatment", "randomised", "peer groups", "waiting list", "50", "8,1", "4.0",
       "48", "9.9", "4.2", "10.1000/lee")


def csv_of(*rows: Sequence[str], headings: Sequence[str] = HEADINGS, separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([headings, *rows])
    return out.getvalue().encode("utf-8-sig")


def numbers(one: Desk, content: bytes, name: str = "table.csv", *, keep: bool = False) -> MoveInNumbersAccount:
    common: dict[str, Any] = {"database": one.database, "review_id": one.review_id, "protocol": one.protocol, "name": name, "content": content,
                              "now": one.now}
    return move_in_numbers(**common, by="system:test") if keep else preview_numbers(**common)


def test_a_table_of_results_becomes_candidates_once_on_both_databases(database: Database, now: datetime) -> None:
    one = studied(database, now)
    table = csv_of(LEE, separator=";")
    assert (seen := numbers(one, table)).new == 1 and seen.left == ()
    with one.database.reading() as session:
        assert effects.candidates(session, one.review_id) == [], "looking keeps nothing"
    assert numbers(one, table, keep=True).new == 1
    assert (again := numbers(one, table, keep=True)).new == 0 and again.known == 1
    with one.database.reading() as session:
        (row,) = effects.candidates(session, one.review_id)
    # By hand: g = J (8.1 - 9.9) / 4.0991, J = 1 - 3 / (4 * 96 - 1) nearly.
    assert (row.state, row.raw["mean_e"], row.yi) == ("candidate", 8.1, pytest.approx(-0.4357, abs=2e-4))
    assert (row.source, row.window_reason) == ("table.csv, line 2", "as the table says")


@pytest.mark.parametrize(("change", "said"), [
    ({"outcome": "happiness"}, "happiness"), ({"sd1i": "0"}, "must be above 0"), ({"n1i": "fifty"}, "that is no number"),
    ({"m2i": ""}, "mean_c"),
    ({"higher_is_better": "perhaps"}, "must be yes or no"), ({"study": "Lee"}, "year"), ({"window": ""}, "window"),
])
def test_a_row_that_cannot_be_taken_is_named_with_its_reason_and_keeps_no_other_out(
        sqlite: Database, now: datetime, change: dict[str, str], said: str) -> None:
    one = studied(sqlite, now)
    wrong = [change.get(name, cell) for name, cell in zip(HEADINGS, LEE, strict=True)]
    account = numbers(one, csv_of(wrong, ("Kim 2020", *LEE[1:-1], "10.1000/kim")), keep=True)
    ((line, _, why),) = account.left
    assert (account.new, line) == (1, 2) and said in why


def test_what_goes_out_as_effects_comes_in_elsewhere_with_the_same_estimate(sqlite: Database, now: datetime, tmp_path: Path) -> None:
    one = studied(sqlite, now)
    import_until(one, MONTH_ONE)
    confirm_all(one)
    table = move_out(database=sqlite, review_id=one.review_id, protocol=one.protocol, now=now, names=("effects.csv",))["effects.csv"]
    elsewhere = Database(f"sqlite:///{tmp_path}/other.sqlite")
    elsewhere.create_all()
    other = studied(elsewhere, now)
    account = numbers(other, table, "effects.csv", keep=True)
    assert account.left == () and account.new == len(list(csv.DictReader(io.StringIO(table.decode()))))
    confirm_all(other)
    here, there = pooled(one).estimates["depression"], pooled(other).estimates["depression"]
    elsewhere.close()
    assert (there.k, there.estimate, there.ci_low) == (here.k, pytest.approx(here.estimate), pytest.approx(here.ci_low))


def test_a_row_made_of_more_numbers_than_its_columns_is_not_taken(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    account = numbers(one, csv_of((*LEE, "n_e=50, mean_e=8.1, cluster_size_e=6"), headings=(*HEADINGS, "raw")))
    assert account.new == 0 and "cluster_size_e" in account.left[0][2]


def test_excel_with_merged_cells_names_the_rows_that_lack_something(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    # Cells of the first column merged over two rows: the second row has none.
    account = numbers(one, workbook([HEADINGS, LEE, ("", *LEE[1:])]), "table.xlsx")
    assert account.new == 1 and [line for line, _, _ in account.left] == [3]


def test_a_file_without_such_columns_is_refused_with_what_is_needed(sqlite: Database, now: datetime) -> None:
    one = studied(sqlite, now)
    for content in (b"title,year\nA,2020\n", b"", b"\x00\x01\x02", b"%PDF-1.4"):
        with pytest.raises(UnreadableFileError, match="no columns called study and outcome"):
            numbers(one, content)


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Return an Excel workbook with these rows as inline strings."""
    cells = "".join(
        f'<row r="{number}">' + "".join(f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
                                        for at, cell in enumerate(row) if cell) + "</row>" for number, row in enumerate(rows, start=1))
    out, name = io.BytesIO(), "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{name}"/>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{name}"><sheetData>{cells}</sheetData></worksheet>')
    return out.getvalue()


def import_address(one: Desk, name: str) -> str:
    with one.database.writing(by="system:test") as session:
        row = links.create(session, KEYS, review_id=one.review_id, purpose="import", person_id=one.people[name].id, subject_id=one.review_id,
                           expires_at=None, at=one.now)
        return tokens.path("import", tokens.token(KEYS, row.key_id, row.purpose, row.id))


def send_table(browser: Browser, address: str, step: str, content: bytes) -> Answer:
    body = (f'--b\r\nContent-Disposition: form-data; name="step"\r\n\r\n{step}\r\n--b\r\nContent-Disposition: form-data; name="file"; '
            'filename="lee.csv"\r\nContent-Type: text/csv\r\n\r\n').encode() + content + b"\r\n--b--\r\n"
    return browser.post(address, content=body, headers={"content-type": "multipart/form-data; boundary=b"})


def test_an_editor_moves_decisions_and_numbers_in_on_the_web(sqlite: Database, now: datetime) -> None:
    reasoned = said("exclude", stage="full_text", reasons=("Wrong <b>design</b>",))
    one = brought(sqlite, now, [reasoned], [said("include"), said("include", "Bob")], [said("maybe")])
    browser, address = web(one), import_address(one, "Edda")
    assert f"{address}/moving-in" in browser.get(address).text
    page = browser.get(f"{address}/moving-in")
    assert page.status_code == 200
    looked = browser.post(f"{address}/moving-in/decisions", {"step": "look"})
    assert "Would be moved in: 1 report." in words_of(looked) and "somebody could not tell" in words_of(looked)
    assert "Wrong &lt;b&gt;design&lt;/b&gt;" in looked.text
    form = next(form for form in forms_of(looked) if form["action"].endswith("/decisions"))
    chosen = form["fields"] | {"criterion_1": "design"}
    again = browser.post(form["action"], chosen | {"step": "look"})
    assert "Would be moved in: 2 reports." in words_of(again)
    kept = next(form for form in forms_of(again) if form["action"].endswith("/decisions"))["fields"]
    moved = browser.post(form["action"], kept | {"step": "move"})
    assert "Moved in: 2 reports." in words_of(moved)
    with one.database.reading() as session:
        assert [found.criterion for found in screening.excluded_with_reasons(session, one.review_id)] == ["design"]
        assert len(screening.reports_to_screen(session, one.review_id)) == 1
    sent = send_table(browser, f"{address}/moving-in/numbers", "move", csv_of(LEE))
    assert "taken in: 1 result." in words_of(sent)
    wrong = send_table(browser, f"{address}/moving-in/numbers", "look", b"x,y")
    assert wrong.status_code == 422 and "no columns called study" in words_of(wrong)


def test_who_extracts_brings_files_but_moves_nothing_in(sqlite: Database, now: datetime) -> None:
    one = brought(sqlite, now, [said("include")])
    browser, address = web(one), import_address(one, "Xenia")
    assert "moving-in" not in browser.get(address).text
    assert browser.get(f"{address}/moving-in").status_code == 403
    assert browser.post(f"{address}/moving-in/decisions", {"step": "move"}).status_code == 403
