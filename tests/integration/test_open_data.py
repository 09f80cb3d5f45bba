"""What is published can be had by any program: an API that only reads, feeds, tables with a dictionary, one ZIP that is always the same."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile

import pytest

from benchmarks import __main__ as benchmarks
from bot.rendering import DEMO_NOTICE
from tests.fixtures_demo import Played
from tests.parts import chromium

pytestmark = pytest.mark.xdist_group("demo")
SLUG = "digital-peer-support"
API, PAGES = f"/api/v1/reviews/{SLUG}", f"/reviews/{SLUG}"


@pytest.fixture
def demo(played_on_sqlite: Played) -> Played:
    return played_on_sqlite


def _table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_api_gives_the_numbers_that_were_published(demo: Played) -> None:
    (review,) = demo.web.get("/api/v1/reviews").json()
    assert (review["slug"], review["latest_bulletin"]) == (SLUG, 2) and demo.web.get(API).json() == review
    assert demo.web.get(API, headers={"Origin": "https://example.org"}).headers["access-control-allow-origin"] == "*"
    assert [one["number"] for one in demo.web.get(f"{API}/bulletins").json()] == [2, 1]
    results = {one["outcome"]: one for one in demo.web.get(f"{API}/bulletins/latest/results").json()}
    assert demo.web.get(f"{API}/bulletins/2/results").json() == list(results.values())
    figures = demo.figures["estimates"]["depression"][1]
    for name in ("k", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2"):
        assert results["depression"][name] == figures[name], name
    trials = [one for one in demo.web.get(f"{API}/bulletins/2/trials").json() if one["outcome"] == "depression"]
    assert len(trials) == 8 and abs(sum(one["weight"] for one in trials) - 1) < 1e-9
    content = demo.web.get(f"{API}/bulletins/2").json()
    assert content == json.loads(demo.web.get(f"{PAGES}/bulletins/2/bulletin.json").text) and content["notice"] == DEMO_NOTICE


@pytest.mark.parametrize(("address", "status", "says"), [
    ("/reviews/none", 404, "none"), (f"/reviews/{SLUG}/bulletins/99", 404, "There is no bulletin 99"), ("/nothing", 404, "openapi.json"),
    (f"/reviews/{SLUG}/bulletins/x", 422, "number"), (f"/reviews/{SLUG}/bulletins/-1", 422, "number"), (f"/reviews/{'a' * 300}", 422, "slug"),
    (f"/reviews/{SLUG}/bulletins/9999999999", 422, "number"), ("/reviews/%00", 404, ""), ("/reviews/%F0%9F%92%8A", 404, ""),
])
def test_the_api_says_what_is_wrong_as_json(demo: Played, address: str, status: int, says: str) -> None:
    answer = demo.web.get(f"/api/v1{address}")
    assert answer.status_code == status and set(answer.json()) == {"error"} and says in answer.json()["error"]


def test_the_api_only_reads_and_describes_itself(demo: Played) -> None:
    described = demo.web.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.") and {method for one in described["paths"].values() for method in one} == {"get"}
    for path in described["paths"]:
        address = "/api/v1" + path.replace("{slug}", SLUG).replace("{number}", "1")
        assert demo.web.get(address).status_code == 200
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert demo.web.request(method, address).status_code == 405
    foreign = demo.web.get("/api/v1/reviews", headers={"origin": "https://elsewhere.example", "cookie": "perennial=x"}).headers
    assert foreign["access-control-allow-origin"] == "*" and "access-control-allow-credentials" not in foreign
    assert not [name for name in demo.web.get("/sign-in", headers={"origin": "https://elsewhere.example"}).headers if "access-control" in name]


def test_tables_open_in_a_spreadsheet_hold_what_the_dictionary_says_and_call_themselves_a_demonstration(demo: Played) -> None:
    dictionary = _table(demo.web.get(f"{PAGES}/bulletins/2/data_dictionary.csv").content)
    for name in ("results.csv", "trials.csv", "studies.csv"):
        answer = demo.web.get(f"{PAGES}/bulletins/2/{name}")
        rows = _table(answer.content)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8" and rows and {row["notice"] for row in rows} == {DEMO_NOTICE}
        assert [*rows[0]] == [one["column"] for one in dictionary if one["file"] == name] + ["notice"]
    results = {row["outcome"]: row for row in _table(demo.web.get(f"{PAGES}/bulletins/1/results.csv").content)}
    # R metafor: tests/reference; the same in ../shared/golden.
    assert abs(float(results["depression"]["estimate"]) + 0.357624) < 1e-6 and results["depression"]["k"] == "7"


def test_the_zip_is_the_same_bytes_each_time_and_holds_every_frozen_file(demo: Played) -> None:
    first, again = (demo.web.get(f"{PAGES}/bulletins/2/everything.zip") for _ in range(2))
    assert first.content == again.content and first.headers["etag"] == f'"{hashlib.sha256(first.content).hexdigest()}"'
    packed = zipfile.ZipFile(io.BytesIO(first.content))
    assert packed.testzip() is None
    assert packed.read("bulletin/bulletin.html") == demo.web.get(f"{PAGES}/bulletins/2/bulletin.html").content
    assert {"README.txt", "data/results.csv", "data/datacite.json", "bulletin/forest-depression.svg"} <= set(packed.namelist())
    about = json.loads(packed.read("data/datacite.json"))
    assert about["version"] == "2" and about["descriptions"][0]["description"].startswith(DEMO_NOTICE) and "doi" not in about
    assert DEMO_NOTICE in packed.read("README.txt").decode()


def test_every_picture_of_a_bulletin_can_be_had_as_svg_and_png(demo: Played) -> None:
    listed = demo.web.get(f"{PAGES}/bulletins/2/bulletin.json").json()["pictures"]
    assert {one["kind"] for one in listed} == {"forest", "timeline", "cumulative", "flow"}
    for one in listed:
        svg, png = (demo.web.get(f"{PAGES}/bulletins/2/{one['name']}.{end}") for end in ("svg", "png"))
        assert svg.content.startswith(b"<svg") and png.content.startswith(b"\x89PNG") and png.headers["content-type"] == "image/png"
    assert demo.web.get(f"{PAGES}/bulletins/2/funnel-depression.png").status_code == 404


def test_a_catalogue_reads_what_a_bulletin_is(demo: Played) -> None:
    answer = demo.web.get(f"{PAGES}/bulletins/2/bulletin.jsonld")
    told = answer.json()
    assert answer.headers["content-type"] == "application/ld+json" and told["@context"] == "https://schema.org" and told["version"] == "2"
    assert told["abstract"].startswith(DEMO_NOTICE) and told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "https://doi.org/10.5093/pi2025a12" in told["citation"] and told["url"].endswith("/bulletins/2")
    for one in told["subjectOf"]["distribution"]:
        assert demo.web.get(one["contentUrl"][one["contentUrl"].index("/reviews"):]).status_code == 200
    assert 'href="/reviews/digital-peer-support/bulletins/2/bulletin.jsonld"' in demo.web.get(f"{PAGES}/bulletins/2").text


def test_pages_are_served_by_the_hundred(played_on_sqlite: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["pages", "--folder", str(played_on_sqlite.home), "--seconds", "0.3"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["pages"]
    assert set(found) == {"bulletin", "review", "home", "api"} and found["bulletin"]["packed"] < 60_000


def test_first_pages_are_small_and_come_soon_to_a_slow_phone(played_on_sqlite: Played, capsys: pytest.CaptureFixture[str]) -> None:
    chromium()
    assert benchmarks.main(["phone", "--folder", str(played_on_sqlite.home), "--visits", "1"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["pages"]
    assert set(found) == {"bulletin", "review", "home"} and all(0 < one["bytes"] < 60_000 and one["painted_ms"] > 0 for one in found.values())


def test_minutes_of_ticks_and_readers_leaves_nothing_behind_that_nobody_put_there(played_on_sqlite: Played,
                                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["soak", "--folder", str(played_on_sqlite.home), "--hours", "0.1"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["ticks"] == 72 and found["signed_up"] == 5 and found["unaccounted"] == []


def test_the_json_feed_has_every_bulletin_the_newest_first(demo: Played) -> None:
    answer = demo.web.get(f"{PAGES}/feed.json")
    feed = answer.json()
    assert answer.headers["content-type"].startswith("application/feed+json") and feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [one["url"].rpartition("/")[2] for one in feed["items"]] == ["2", "1"]
    assert all(DEMO_NOTICE in one["content_text"] for one in feed["items"]) and feed["description"] == DEMO_NOTICE


def test_the_archive_leads_to_the_data(demo: Played) -> None:
    page = demo.web.get(f"{PAGES}/bulletins").text
    for name in ("results.csv", "everything.zip", "data_dictionary.csv"):
        assert f"{PAGES}/bulletins/1/{name}" in page and demo.web.get(f"{PAGES}/bulletins/1/{name}").status_code == 200
    assert "/api/v1/openapi.json" in page and f"{PAGES}/feed.json" in page


def test_the_flow_of_each_cycle_adds_up_to_the_whole_in_page_table_and_pictures(demo: Played) -> None:
    rows = _table(demo.web.get(f"{PAGES}/bulletins/2/flow.csv").content)
    whole = {box["id"]: box["n"] for box in demo.web.get(f"{API}/bulletins/2").json()["flow"] if box["id"] != "studies"}
    assert len({row["period"] for row in rows}) == 2
    assert {name: sum(int(row["n"]) for row in rows if row["box"] == name) for name in whole} == whole
    # What the demonstration says it found, whatever brought it.
    assert sum(int(row["n"]) for row in rows if row["number"] in ("2", "11")) == demo.figures["records_found"]
    page = demo.web.get(f"{PAGES}/bulletins/2/flow")
    assert page.status_code == 200 and all(f'id="layout-{number}"' in page.text for number in (1, 2, 3, 4))
    pictures = {demo.web.get(f"{PAGES}/bulletins/2/flow-{number}.svg").content for number in (1, 2, 3, 4)}
    assert all(picture.startswith(b"<svg") for picture in pictures) and demo.web.get(f"{PAGES}/bulletins/2/flow-5.svg").status_code == 404


def test_a_bulletin_is_there_in_plain_words_and_linked_from_where_it_is_read(demo: Played) -> None:
    plain = demo.web.get(f"{PAGES}/bulletins/2/plain.html").text
    assert DEMO_NOTICE in plain and "What did we find?" in plain and "If you need help now." in plain
    for address in (f"{PAGES}/bulletins/2", PAGES, "/"):
        assert "plain.html" in demo.web.get(address).text, address
