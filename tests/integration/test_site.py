"""The public pages and the editor's page: what a reader sees, safe against what records and addresses may carry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from db.session import Database
from tests.asgi import Browser
from tests.fixtures_bulletins import Press, one_trial, press, two_months

REVIEW = "/reviews/digital-peer-support"
NOTICE = "Demonstration: scripted reviewers, an incomplete set of trials, not for clinical use"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """Two months of the shipped review, in the demonstration."""
    database = Database(f"sqlite:///{Path(tmp_path_factory.mktemp('site')) / 'test.sqlite'}")
    database.create_all()
    yield two_months(database, datetime(2026, 11, 2, 9, 0, tzinfo=UTC), demo=True)
    database.close()


@pytest.fixture
def browser(months: Press) -> Browser:
    return months.browser


PAGES = ["/", REVIEW, f"{REVIEW}/bulletins", f"{REVIEW}/bulletins/1", f"{REVIEW}/bulletins/2", f"{REVIEW}/studies", f"{REVIEW}/subscribe",
         f"{REVIEW}/subscribe?sent=1", f"{REVIEW}/feed.atom", f"{REVIEW}/bulletins/2/against/1", "/about"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_says_that_it_is_a_demonstration_and_needs_no_script(browser: Browser, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 200 and NOTICE in answer.text
    # One file of ours makes a table quicker; that the page works without it: tests/browser.
    assert "<script" not in answer.text.replace('<script src="/static/study_table.js" defer>', "") and " style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("address", [page for page in PAGES if not page.endswith("atom")])
def test_every_page_has_one_heading_a_title_a_language_and_a_way_past_the_navigation(browser: Browser, address: str) -> None:
    html = browser.get(address).text
    assert html.count("<h1") == 1 and '<html lang="en">' in html and "<title></title>" not in html and 'href="#main"' in html


@pytest.mark.parametrize("address", PAGES)
def test_the_head_of_a_page_can_be_asked_for(browser: Browser, address: str) -> None:
    assert browser.head(address).status_code == 200


def test_any_two_bulletins_stand_side_by_side_the_older_first(browser: Browser) -> None:
    page = browser.get(f"{REVIEW}/bulletins/1/against/2").text
    assert "Bulletin 2 against bulletin 1" in page and "Came: Sebela 2025." in page and "None went." in page
    assert "SMD −0.36 (−0.65 to −0.06)" in page and "SMD −0.35 (−0.58 to −0.12)" in page and "Sebela 2025</bdi> (new)" in page
    assert "No answer, number or certainty differs." in browser.get(f"{REVIEW}/bulletins/2/against/2").text
    compared = browser.get(f"{REVIEW}/compare?older=1&newer=2", follow_redirects=False)
    assert compared.status_code == 302 and compared.headers["location"] == f"{REVIEW}/bulletins/2/against/1"
    for wrong in (f"{REVIEW}/bulletins/2/against/9", f"{REVIEW}/bulletins/2/against/x", f"{REVIEW}/compare?older=//evil.example&newer=2",
                  f"{REVIEW}/compare"):
        assert browser.get(wrong, follow_redirects=False).status_code == 404


def test_the_review_page_answers_in_plain_sentences_with_pictures_and_their_words(browser: Browser) -> None:
    html = browser.get(REVIEW).text
    assert "In the 8 trials found so far (1,275 people), digital peer support went with a reduction in symptoms of depression" in html
    assert "One trial so far, Kaplan 2011" in html and "Three trials so far" in html
    assert f'src="{REVIEW}/bulletins/2/forest-depression.svg" alt="Forest plot, depression, 8 trials.' in html
    assert "Next search" in html and "1 January 2027" in html and "independent; not endorsed by its authors" in html


def test_every_picture_that_a_page_names_is_there(browser: Browser) -> None:
    root = etree.HTML(browser.get(f"{REVIEW}/bulletins/2").content)
    named = root.xpath("//img/@src | //source/@srcset | //link[@rel='stylesheet']/@href | //figcaption//a/@href")
    assert len(named) >= 5 * 6
    for address in named:
        assert browser.get(address).status_code == 200, address


def test_a_picture_is_not_sent_again_to_who_has_it(browser: Browser) -> None:
    first = browser.get(f"{REVIEW}/bulletins/2/forest-depression.svg")
    assert first.headers["content-type"] == "image/svg+xml"
    again = browser.get(f"{REVIEW}/bulletins/2/forest-depression.svg", headers={"if-none-match": first.headers["etag"]},
                        follow_redirects=False)
    assert again.status_code == 304 and again.content == b""


def test_the_newest_bulletin_has_an_address_of_its_own(browser: Browser) -> None:
    answer = browser.get(f"{REVIEW}/bulletins/latest", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{REVIEW}/bulletins/2")


def test_the_archive_lists_every_bulletin_newest_first(browser: Browser) -> None:
    html = browser.get(f"{REVIEW}/bulletins").text
    assert 0 < html.index("Bulletin 2") < html.index("Bulletin 1") and "Why: Sebela 2025 (new)" in html


def test_the_feed_is_well_formed_with_stable_names(browser: Browser) -> None:
    feed = etree.fromstring(browser.get(f"{REVIEW}/feed.atom").content)
    names = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    tag = "tag:review.example.org,2026-{}:digital-peer-support/bulletins/{}"
    assert names == [tag.format("12-02", 2), tag.format("11-02", 1)]
    assert feed.findtext(f"{ATOM}updated") == "2026-12-02T09:00:00Z"
    assert all(NOTICE in entry.findtext(f"{ATOM}summary") for entry in feed.iter(f"{ATOM}entry"))


@pytest.mark.parametrize("address", [f"{REVIEW}/bulletins/0", f"{REVIEW}/bulletins/3", f"{REVIEW}/bulletins/99999999999999999999",
                                     f"{REVIEW}/bulletins/-1", f"{REVIEW}/bulletins/%C2%B2", f"{REVIEW}/bulletins/2/none.svg",
                                     f"{REVIEW}/bulletins/2/..%2f..%2fetc", "/reviews/none", "/reviews/none/bulletins",
                                     "/reviews/none/feed.atom", "/reviews/none/subscribe", "/reviews/%3Cb%3E"])
def test_what_is_not_there_is_said_on_a_page(browser: Browser, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 404 and "<h1>Not found</h1>" in answer.text and "<b>" not in answer.text


@pytest.mark.parametrize("address", ["/s/", "/u/", "/e/"])
@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "%00", "..%2f"])
def test_a_link_that_is_not_one_is_refused_with_a_sentence(browser: Browser, address: str, token: str) -> None:
    for answer in (browser.get(address + token), browser.post(address + token, {"choice": "sign"})):
        assert answer.status_code in (403, 404) and "<h1>" in answer.text


def test_before_its_first_cycle_a_review_has_pages_all_the_same(sqlite: Database, now: datetime) -> None:
    fresh = press(sqlite, now).browser
    assert "No bulletin has been signed yet" in fresh.get(REVIEW).text
    assert "No bulletin has been published yet" in fresh.get(f"{REVIEW}/bulletins").text
    assert fresh.get(f"{REVIEW}/bulletins/latest").status_code == 404
    assert fresh.get(f"{REVIEW}/studies").status_code == fresh.get("/").status_code == fresh.get(f"{REVIEW}/feed.atom").status_code == 200


def test_what_is_drafted_is_shown_to_nobody_but_the_editor(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    for address in (REVIEW, f"{REVIEW}/studies", f"{REVIEW}/bulletins", f"{REVIEW}/feed.atom", "/"):
        assert "Kaplan 2011" not in one.browser.get(address).text
    assert one.browser.get(f"{REVIEW}/bulletins/1").status_code == 404


def test_the_editor_reads_the_draft_and_nothing_is_chosen_beforehand(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    address = f"/e/{one.token('Eve', 'sign', one.bulletin.id)}"
    html = one.browser.get(address).text
    assert "Kaplan 2011" in html and 'value="sign"' in html and " checked" not in html
    assert one.browser.get(f"{address}/forest-personal-recovery.svg").status_code == 200
    refused = one.browser.post(address, {"version": one.bulletin.content_sha256})
    assert refused.status_code == 422 and "Choose one" in refused.text and one.bulletin.state == "draft"


def test_the_editor_signs_on_the_page_and_sees_what_became_of_it(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    address = f"/e/{one.token('Eve', 'sign', one.bulletin.id)}"
    signed = one.browser.post(address, {"choice": "sign", "version": one.bulletin.content_sha256})
    assert signed.status_code == 200 and "<h1>Signed</h1>" in signed.text
    one.publish()
    assert "<h1>Published</h1>" in one.browser.get(address).text
    assert one.browser.post(address, {"choice": "send_back", "reason": "late", "version": one.bulletin.content_sha256}).status_code == 409


def test_the_editor_sends_back_and_the_reason_is_kept_when_something_is_wrong(sqlite: Database, now: datetime) -> None:
    one = one_trial(sqlite, now)
    one.draft()
    address = f"/e/{one.token('Eve', 'sign', one.bulletin.id)}"
    stale = one.browser.post(address, {"choice": "send_back", "reason": "Mend <b>this</b>", "version": "0" * 64})
    assert stale.status_code == 409 and "Mend &lt;b&gt;this&lt;/b&gt;" in stale.text
    sent = one.browser.post(address, {"choice": "send_back", "reason": "Mend <b>this</b>", "version": one.bulletin.content_sha256})
    assert "<h1>Sent back</h1>" in sent.text and "Mend &lt;b&gt;this" in sent.text and "Make the draft again" in sent.text
