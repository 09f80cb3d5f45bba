"""The open API answers whatever it is asked with what its description says: no fault of the server, no status that is not in it."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import contract
from tests.fixtures_demo import Played

pytestmark = pytest.mark.xdist_group("demo")
API = "/api/v1"
ODD = ("digital-peer-support", "latest", "1", "2", "0", "-1", "9" * 30, "1e3", "..", "%00", "٣", "\u202e", "line\nbreak")
ANYTHING = st.one_of(st.text(max_size=40), st.sampled_from(ODD))
METHODS = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])


@pytest.fixture(scope="module")
def described(played_on_sqlite: Played) -> dict:
    return played_on_sqlite.web.get(f"{API}/openapi.json").json()


def test_the_api_answers_anything_with_what_its_description_says(played_on_sqlite: Played, described: dict) -> None:
    patterns = sorted(described["paths"])
    seen = set()

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(pattern=st.sampled_from(patterns), one=ANYTHING, two=ANYTHING, query=ANYTHING, method=METHODS, body=st.binary(max_size=50))
    def ask(pattern: str, one: str, two: str, query: str, method: str, body: bytes) -> None:
        path = pattern.replace("{slug}", quote(one, safe="", errors="replace")).replace("{number}", quote(two, safe="", errors="replace"))
        answer = played_on_sqlite.web.request(method, f"{API}{path}?x={quote(query, errors='replace')}", body=body, follow_redirects=False)
        known = {int(code) for code in described["paths"][pattern]["get"]["responses"]}
        assert answer.status_code in known | {404, 405} | ({307} if path.endswith("/") or "//" in path else set()), (method, path)
        seen.add(answer.status_code)
        if answer.status_code in (404, 422) and method == "GET" and "json" in answer.headers.get("content-type", ""):
            assert set(answer.json()) == {"error"}

    ask()
    # Nor does the part of an address that no pattern takes lead out of the API.
    assert played_on_sqlite.web.get(f"{API}/reviews/line%0Abreak").json() == {
        "error": "There is no such address in this API; see /api/v1/openapi.json."}
    assert {200, 404, 405, 422} <= seen


def test_schemathesis_finds_no_fault_in_any_address_or_form(played_on_sqlite: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert contract.main(["--folder", str(played_on_sqlite.home), "--examples", "1", "--phases", "fuzzing"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["cases"] > 150 and found["forms"] >= 40 and {"200", "303", "403", "404", "422"} <= set(found["answers"])


def test_every_answer_of_the_api_has_the_fields_that_its_description_names(played_on_sqlite: Played, described: dict) -> None:
    schemas = described["components"]["schemas"]
    for path, name in (("/reviews", "ReviewOut"), ("/reviews/digital-peer-support/bulletins", "BulletinOut"),
                       ("/reviews/digital-peer-support/bulletins/latest/results", "ResultOut")):
        rows = played_on_sqlite.web.get(f"{API}{path}").json()
        assert rows
        for row in rows:
            assert set(schemas[name]["required"]) <= set(row), name
            assert schemas[name].get("additionalProperties") or set(row) <= set(schemas[name]["properties"]), name
