"""Files that people export: taken in once, kept as they were, and what could not be taken named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import UnreadableFileError
from bot.steps.records.import_file import ImportAccount, import_file
from bot.steps.records.import_folder import import_folder
from db import blobs, records, searches
from db.session import Database
from tests.fixtures_search import BY, Library, library

RIS = "".join(f"TY  - JOUR\nTI  - Peer support trial {number}\nAU  - Doe, J\nPY  - 2020\nAN  - 20200000{number}\nER  - \n\n"
              for number in range(3))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(database: Database, now: datetime) -> Library:
    return library(database, now)


def take_in(here: Library, content: str, name: str = "embase.ris", source: str = "embase") -> ImportAccount:
    return import_file(database=here.database, review_id=here.review_id, cycle_id=here.cycle(), name=name, content=content.encode(),
                       source=source, by=BY, now=here.now)


def test_a_file_is_kept_with_its_records_and_its_bytes(here: Library) -> None:
    account = take_in(here, RIS)
    assert (account.read, account.new, account.known, account.refused, account.format) == (3, 3, 0, (), "RIS")
    with here.database.reading() as session:
        row = searches.imports(session, here.review_id)[0]
        assert blobs.get(session, row.sha256)[0] == RIS.encode() and (row.name, row.read, row.new) == ("embase.ris", 3, 3)
        assert searches.searched_to(session, here.review_id) == {"embase": date(2026, 11, 2)}


def test_the_same_file_again_brings_nothing_whatever_its_name(here: Library) -> None:
    take_in(here, RIS)
    account = take_in(here, RIS, name="embase (1).ris")
    assert (account.read, account.new, account.known) == (3, 0, 3) and len(here.pmids()) == 3


def test_a_later_file_brings_only_what_is_new_in_it(here: Library) -> None:
    take_in(here, RIS)
    account = take_in(here, RIS + "TY  - JOUR\nTI  - A fourth one\nER  - \n")
    assert (account.read, account.new, account.known) == (4, 1, 3)


def test_a_record_twice_in_one_file_counts_once(here: Library) -> None:
    account = take_in(here, RIS + RIS)
    assert (account.read, account.new, account.known) == (6, 3, 3)


def test_records_without_a_number_of_their_own_are_known_by_what_they_say(here: Library) -> None:
    one = "TY  - JOUR\nID  - 1\nTI  - First library\nER  - \n"
    other = "TY  - JOUR\nID  - 1\nTI  - Second library\nER  - \n"
    assert take_in(here, one).new == 1
    assert take_in(here, other).new == 1, "number 1 of somebody's own library names nothing"


def test_the_same_number_in_two_sources_are_two_records(here: Library) -> None:
    take_in(here, RIS)
    assert take_in(here, RIS, source="psycinfo").new == 3


def test_rubbish_is_named_with_record_and_line_and_the_good_records_are_kept(here: Library) -> None:
    account = take_in(here, RIS + "TY  - JOUR\n@@@\nER  - \n\n" + RIS.replace("20200000", "20210000"))
    assert (account.new, [(one.record, one.line) for one in account.refused]) == (6, [(4, 22)])
    again = take_in(here, RIS + "TY  - JOUR\n@@@\nER  - \n\n" + RIS.replace("20200000", "20210000"))
    assert (again.new, again.refused) == (0, account.refused)


def test_a_file_that_cannot_be_read_changes_nothing(here: Library) -> None:
    with pytest.raises(UnreadableFileError, match=r"notes\.ris"):
        take_in(here, "Dear team, find attached nothing.", name="notes.ris")
    assert here.pmids() == []


def test_a_watched_folder_is_taken_in_and_what_is_not_understood_is_kept_and_named_once(here: Library, tmp_path: Path) -> None:
    for name, content in {"embase/a.ris": RIS, "embase/letter.txt": "Dear team,\nno records.", "psycinfo/b.ris": RIS, "embase/.half": "x",
                          "top.ris": RIS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)

    def take() -> list[tuple[str, str, int, int]]:
        return [(one.source, one.name, one.account.new, len(one.account.refused)) for one in import_folder(
            database=here.database, review_id=here.review_id, cycle_id=here.cycle(), folder=tmp_path, by=BY, now=here.now)]

    assert take() == [("embase", "a.ris", 3, 0), ("embase", "letter.txt", 0, 1), ("psycinfo", "b.ris", 3, 0)]
    assert [new for _, _, new, _ in take()] == [0, 0, 0]
    with here.database.reading() as session:
        kept = {row.name: row for row in searches.imports(session, here.review_id)}
        assert len(kept) == 3 and "no format that is known" in kept["letter.txt"].refused[0]["reason"]
        assert blobs.get(session, kept["letter.txt"].sha256)[0].startswith(b"Dear team")


def test_a_file_that_was_not_understood_does_not_say_that_its_source_was_searched(here: Library, tmp_path: Path) -> None:
    (tmp_path / "embase").mkdir()
    (tmp_path / "embase" / "letter.txt").write_text("Dear team,\nno records.")
    import_folder(database=here.database, review_id=here.review_id, cycle_id=here.cycle(), folder=tmp_path, by=BY, now=here.now)
    with here.database.reading() as session:
        assert searches.searched_to(session, here.review_id) == {}


def test_a_file_counts_in_the_flow_once(here: Library) -> None:
    take_in(here, RIS)
    take_in(here, RIS)
    with here.database.reading() as session:
        assert records.counts(session, here.review_id)["by_source"] == {"embase": 3}


def test_dump_prints_the_records_and_needs_no_database(tmp_path: Path) -> None:
    path = tmp_path / "a file.ris"
    path.write_text(RIS + "TY  - JOUR\n@@@\nER  - \n")
    done = subprocess.run([sys.executable, "-P", "-m", "bot", "import", str(path), "--source", "embase", "--json", "--dump"], check=False,
                          capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT), "PERENNIAL_HOME": str(tmp_path / "no")})
    *lines, last = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["title"] for line in lines] == [f"Peer support trial {number}" for number in range(3)]
    totals = json.loads(last)
    assert (totals["read"], totals["new"], totals["known"], totals["refused"][0]["record"]) == (3, None, None, 4)
    assert not (tmp_path / "no").exists()


def test_what_was_decided_elsewhere_stays_with_the_record_also_when_it_is_known_already(here: Library) -> None:
    note = 'N1  - RAYYAN-INCLUSION: {"Ann"=>"Included"}\n'
    take_in(here, RIS)
    again = take_in(here, RIS.replace("ER  - ", f"{note}ER  - "), name="rayyan.ris")
    assert (again.new, again.known) == (0, 3)
    with here.database.reading() as session:
        rows = session.scalars(select(records.RecordRow)).all()
        assert [[(one.by, one.verdict) for one in records.as_record(row).decisions] for row in rows] == [[("Ann", "include")]] * 3
    assert take_in(here, RIS.replace("ER  - ", f"{note}ER  - ") + "\n", name="rayyan again.ris").new == 0


def test_a_record_without_a_number_is_known_again_when_somebody_has_decided_about_it(here: Library) -> None:
    plain = "TY  - JOUR\nTI  - Without a number\nER  - \n"
    take_in(here, plain)
    assert take_in(here, plain.replace("ER", "N1  - ASReview_relevant\nER")).known == 1
