"""The reviewers' pages over HTTP, as a browser without JavaScript uses them: bot/web/reviewing.py, templates/web/reviewing."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from bot.domain.records import Record
from db import decisions, people
from db.base import Base
from tests.fixtures_reviewing import SITE, browser, written_mail
from tests.fixtures_screening import add_reports, desk, merge_away, sample_records

OWN_SCRIPT = '<script src="/static/keep_form.js" defer></script>'
HOSTILE = '<script>alert(1)</script>\u202e"><img src=x onerror=alert(2)>{{ 7*7 }}'


class Page(HTMLParser):
    """A page as a program reads it: its forms with their fields, its links, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append({"action": given["action"], "method": given["method"], "fields": []})
        if tag in ("input", "textarea", "button", "select") and self.forms:
            self.forms[-1]["fields"].append({"tag": tag} | given)
        if tag == "a":
            self.links.append(given.get("href", ""))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [field["value"] for form in self.forms for field in form["fields"] if field.get("name") == name and "value" in field]


def state_of(database) -> str:
    """Return a hash over all rows of all tables."""
    digest = hashlib.sha256()
    with database.reading() as session:
        # What is asked for too often is counted whatever the method: the one thing that a page may write (design.md, Data).
        for table in (one for one in Base.metadata.sorted_tables if one.name != "rate_counter"):
            for row in session.execute(select(table).order_by(*table.primary_key.columns)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@pytest.fixture
def one(sqlite, now):
    return desk(sqlite, now, reports=3)


def test_a_reviewer_goes_from_the_mail_to_the_last_vote(one):
    number = one.open().round_id
    client, mail = browser(one), written_mail(one, "Ada", "digest")
    links = re.findall(rf"{re.escape(SITE)}(/r/[A-Za-z0-9_-]{{43}}(?:/\d+)?)", mail.text)
    assert [link.rsplit("/", 1)[1] for link in links[1:]] == ["1", "2", "3"]
    address = links[1]
    for place, verdict in enumerate(("include", "exclude", "unsure"), start=1):
        page = Page(client.get(address).text)
        form = page.forms[0]
        assert form["action"] == f"{links[0]}/{place}" and form["method"] == "post"
        assert page.values("verdict") == ["include", "exclude", "unsure"]
        sent = {"verdict": verdict, "version": page.values("version")[0]}
        sent |= {"criterion": page.values("criterion")[0]} if verdict == "exclude" else {}
        answer = client.post(form["action"], data=sent, follow_redirects=False)
        assert answer.status_code == 303
        address = answer.headers["location"]
    assert address == f"{links[0]}?voted=3"
    page = Page(client.get(address).text)
    assert "3 of 3 records decided. Thank you, that is all." in page.text and "Saved: Unsure" in page.text
    with one.database.reading() as session:
        assert sorted(row.verdict for row in decisions.own(session, number, one.people["Ada"].id).values()) == ["exclude", "include", "unsure"]


def test_nothing_is_chosen_beforehand_and_nothing_posts_by_itself(one):
    number = one.open().round_id
    html = browser(one).get(f"/r/{one.token('Ada', number)}/1").text
    radios = [field for field in Page(html).forms[0]["fields"] if field.get("type") == "radio"]
    assert radios and not any("checked" in radio for radio in radios)
    # The one script of the page sends nothing by itself: it waits for a press of the button (tests/browser).
    assert html.replace(OWN_SCRIPT, "").count("<script") == 0 and "onload" not in html and "http-equiv" not in html


def test_opening_pages_and_asking_for_their_heads_changes_nothing(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    before = state_of(one.database)
    for path in (f"/r/{token}", f"/r/{token}?page=2&voted=1", *(f"/r/{token}/{place}?voted=2" for place in (1, 2, 3))):
        assert client.get(path).status_code == 200 == client.head(path).status_code
    assert state_of(one.database) == before


def test_before_the_own_vote_no_score_rank_or_reason_is_shown_and_after_it_they_can_be_opened(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    before = client.get(f"/r/{token}/1").text + client.get(f"/r/{token}").text
    assert "ranked" not in before and "Ranker" not in before
    client.post(f"/r/{token}/1", data={"verdict": "include", "version": "0"})
    assert "Why was this record ranked here?" in client.get(f"/r/{token}/1").text
    assert "ranked" not in client.get(f"/r/{token}/2").text


def test_after_the_own_vote_similar_reports_that_were_decided_before_are_named_and_never_sooner(one):
    number = one.open().round_id
    for name in ("Ada", "Ben"):
        for line in one.list_of(name, number):
            one.vote(name, number, line.position, *(("exclude", "peers") if line.report_id == 2 else ("include",)))
    one.settle()
    one.later(days=30)
    one.next_cycle("2026-12")
    add_reports(one, sample_records(1, first=50))
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    assert "Most like it" not in client.get(f"/r/{token}/1").text
    client.post(f"/r/{token}/1", data={"verdict": "include", "version": "0"})
    words = " ".join(re.sub(r"<[^>]+>", " ", client.get(f"/r/{token}/1").text).split())
    assert "Most like it, of what was decided before:" in words
    assert "Trial 1 of an online peer support forum : included" in words and "Trial 2 of an online peer support forum : excluded" in words
    assert re.search(r"“ ?\w+ ?” \([\w ,]*title[\w ,]*\) spoke (for|against) it", words)


def test_what_the_other_one_chose_is_on_no_page_until_the_round_closes(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ben", number)
    paths = [f"/r/{token}", *(f"/r/{token}/{place}" for place in (1, 2, 3))]
    before = [client.get(path).text for path in paths]
    for line in one.list_of("Ada", number):
        one.vote("Ada", number, line.position, "exclude", "peers", note="words of Ada")
    one.settle()
    assert [client.get(path).text for path in paths] == before


def test_a_conflict_shows_nowhere_on_the_pages_of_the_two(one):
    number = one.open().round_id
    report = one.list_of("Ada", number)[0].report_id
    one.vote_on("Ada", number, report, "include")
    client, token = browser(one), one.token("Ada", number)
    before = client.get(f"/r/{token}/1").text
    one.vote_on("Ben", number, report, "exclude", "peers")
    one.settle()
    assert client.get(f"/r/{token}/1").text == before
    third = client.get(f"/r/{one.token('Cleo', number)}/1").text
    assert "A third opinion is asked for" in third and "Exclude (" not in third and "Include</span>" not in third


def test_an_exclusion_without_a_criterion_keeps_what_was_entered_and_says_what_to_do(one):
    number = one.open().round_id
    answer = browser(one).post(f"/r/{one.token('Ada', number)}/1", data={"verdict": "exclude", "note": "my words", "version": "0"})
    page = Page(answer.text)
    assert answer.status_code == 422 and "Choose the criterion that fails" in page.text and "my words" in page.text
    assert [field["value"] for field in page.forms[0]["fields"] if "checked" in field] == ["exclude"]


def test_a_vote_is_undone_until_the_round_closes(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    first = client.post(f"/r/{token}/1", data={"verdict": "include", "version": "0"})
    assert "Undo or change it" in first.text
    assert client.post(f"/r/{token}/1", data={"verdict": "unsure", "version": "1"}).status_code == 200
    stale = client.post(f"/r/{token}/1", data={"verdict": "include", "version": "1"})
    assert stale.status_code == 409 and "you chose Unsure" in Page(stale.text).text
    for name in ("Ada", "Ben"):
        for line in one.list_of(name, number):
            one.vote(name, number, line.position, "exclude", "peers", version=2 if (name, line.position) == ("Ada", 1) else 0)
    one.settle()
    closed = client.post(f"/r/{token}/1", data={"verdict": "include", "version": "3"})
    assert closed.status_code == 409 and "This round closed on" in closed.text
    assert not Page(client.get(f"/r/{token}/1").text).forms and "The team's decision: excluded" in Page(client.get(f"/r/{token}/1").text).text
    assert "This round closed on" in client.get(f"/r/{token}").text


def test_twenty_posts_at_once_over_http_make_one_decision(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    vote = {"verdict": "include", "version": "0"}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.post(f"/r/{token}/1", data=vote, follow_redirects=False), range(20)))
    assert {answer.status_code for answer in answers} == {303}
    with one.database.reading() as session:
        # Of every vote that was ever stored, not of the newest on each record alone.
        assert len(session.scalars(select(decisions.DecisionRow)).all()) == 1


def test_links_that_do_not_open_anything_say_why(one):
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    for path, status, sentence in (
        (f"/r/{altered}", 403, "not known here"),
        (f"/r/{token[:20]}", 403, "not complete"),
        (f"/r/{token}/4", 404, "no record number 4"),
        (f"/r/{token}/{10**30}", 404, "no record number"),
        (f"/r/{token}/one", 404, "no record number"),
        (f"/r/{token}/-1", 404, "no record number"),
        (f"/r/{token}/1/2", 404, "There is no such page"),
    ):
        answer = client.get(path)
        assert (answer.status_code, sentence in answer.text) == (status, True), path
        assert client.post(path, data={"verdict": "include", "version": "0"}).status_code in (403, 404, 405)
    with one.database.reading() as session:
        assert decisions.of_round(session, number) == {}


def test_an_expired_and_a_withdrawn_link_say_so(one):
    number = one.open().round_id
    mail = written_mail(one, "Ada", "digest")
    path = re.search(r"/r/[A-Za-z0-9_-]{43}", mail.text).group()
    assert browser(one).get(path).status_code == 200
    one.now += timedelta(days=14 + 91)
    answer = browser(one).get(path)
    assert answer.status_code == 403 and "This link ended on" in answer.text
    one.now -= timedelta(days=100)
    with one.database.writing(by="system:test") as session:
        people.person(session, one.people["Ada"].id).state = "revoked"
    answer = browser(one).post(f"{path}/1", data={"verdict": "include", "version": "0"})
    assert answer.status_code == 403 and "withdrawn" in answer.text
    assert number


def test_a_record_merged_away_in_between_says_so(one):
    number = one.open().round_id
    lines = one.list_of("Ada", number)
    client, token = browser(one), one.token("Ada", number)
    merge_away(one, lines[0].report_id, into=lines[1].report_id)
    page = client.get(f"/r/{token}/1")
    assert page.status_code == 200 and "merged with it" in page.text and not Page(page.text).forms
    assert "merged with another record" in client.get(f"/r/{token}").text
    answer = client.post(f"/r/{token}/1", data={"verdict": "include", "version": "0"})
    assert answer.status_code == 409 and "nothing to decide here any more" in answer.text


def test_a_hostile_record_is_only_text(sqlite, now):
    record = Record(source="<b>pubmed</b>", source_id="1", title=HOSTILE, abstract=HOSTILE, year=2024,
                    authors=tuple(f"{HOSTILE} {place}" for place in range(5000)), doi='10.1/"><script>',
                    url="javascript:alert(1)", journal=HOSTILE, registrations=("NCT<script>",))
    one = desk(sqlite, now, reports=[record])
    number = one.open().round_id
    html = browser(one).get(f"/r/{one.token('Ada', number)}/1").text
    html = html.replace(OWN_SCRIPT, "")
    assert "<script" not in html and "<img" not in html and "javascript:" not in html and "49" not in re.sub(r"4,9\d\d", "", html)
    assert "and 4,988 more" in html and len(html) < 60_000
    mail = written_mail(one, "Ada", "digest")
    assert "<script" not in mail.html and "\u202e" not in mail.text + mail.html


@pytest.mark.parametrize("sent", [
    {}, {"verdict": "maybe", "version": "0"}, {"verdict": "include"}, {"verdict": "include", "version": "-1"},
    {"verdict": "include", "version": str(2**80)}, {"verdict": "include", "version": "0", "note": "x" * 3000},
    {"verdict": ["include", "exclude"], "version": "x"}, {"verdict": "\x00", "version": "0"},
])
def test_a_form_that_is_no_vote_is_answered_with_a_sentence(one, sent):
    number = one.open().round_id
    answer = browser(one).post(f"/r/{one.token('Ada', number)}/1", data=sent)
    assert answer.status_code == 422 and "role=\"alert\"" in answer.text
    with one.database.reading() as session:
        assert decisions.of_round(session, number) == {}


def test_signs_that_no_database_takes_are_left_out_of_a_note(one):
    number = one.open().round_id
    answer = browser(one).post(f"/r/{one.token('Ada', number)}/1", content=b"verdict=include&version=0&note=a%00b%ED%A0%80%E2%80%AEc",
                               headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200
    with one.database.reading() as session:
        (row,) = decisions.of_round(session, number).values()
    assert row.note.isprintable() and row.note.startswith("ab") and row.note.endswith("c")


def test_a_digest_of_three_hundred_records_stays_below_a_hundred_kilobytes(sqlite, now):
    records = [Record(source="pubmed", source_id=str(place), title=f"{place} " + "Größe und Wirkung " * 40, year=2024) for place in range(300)]
    one = desk(sqlite, now, reports=records)
    one.open()
    mail = written_mail(one, "Ada", "digest")
    assert "300 records to read, about 150 minutes" in mail.subject
    assert len(mail.html.encode()) < 100_000 and len(mail.text.encode()) < 100_000
    assert "And 250 more records on your list" in mail.text and mail.text.count("/r/") == 52


def test_a_long_list_comes_in_parts(sqlite, now):
    one = desk(sqlite, now, reports=80)
    number = one.open().round_id
    client, token = browser(one), one.token("Ada", number)
    assert client.get(f"/r/{token}").text.count('class="place"') == 50
    assert client.get(f"/r/{token}?page=2").text.count('class="place"') == 30
    assert client.get(f"/r/{token}?page=99").status_code == 200 == client.get(f"/r/{token}?page=x").status_code
