"""A bulletin is deposited once, whatever breaks and however often it is tried; a person publishes it; its DOI stands around the frozen page."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from bot.demo.standins.zenodo import TOKEN, ZenodoStandIn
from bot.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PerennialError,
    RefusedError,
    SourceUnavailableError,
    TooOftenError,
)
from bot.exchange.zenodo import Zenodo
from bot.http import Http
from bot.rendering import DEMO_NOTICE
from bot.steps.bulletins.deposit import Deposited, Parcel, deposit, parcel
from db import deposits, events
from db.deposits import DepositRow
from db.session import Database
from tests.conftest import NOW
from tests.fixtures_bulletins import Press, one_trial

REVIEW = "/reviews/digital-peer-support"


@pytest.fixture
def zenodo() -> Iterator[ZenodoStandIn]:
    """Zenodo as it should be."""
    with ZenodoStandIn() as standin:
        yield standin


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """A review with a published bulletin, made once: a deposit changes neither."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('deposits') / 'test.sqlite'}")
    database.create_all()
    made = one_trial(database, NOW)
    made.issue()
    yield made
    database.close()


@pytest.fixture
def one(published: Press) -> Press:
    """The review, with nothing deposited yet."""
    return forgotten(published)


def forgotten(one: Press) -> Press:
    """Forget every deposit."""
    with one.desk.database.writing(by="system:test") as session:
        session.execute(delete(DepositRow))
    return one


def given(one: Press, number: int = 1) -> Parcel:
    return parcel(database=one.desk.database, review_id=one.desk.review_id, number=number)


def bring(one: Press, zenodo: ZenodoStandIn, *, publish: bool = False, token: str = TOKEN, number: int = 1) -> Deposited:
    """Run the step as somebody with little patience: nothing is asked twice, and pauses move the clock alone."""

    def wait(seconds: float) -> None:
        one.desk.now += timedelta(seconds=seconds)

    archive = Zenodo(Http(allowed=(zenodo.address,), tries=1, sleep=lambda _: None), address=zenodo.address, token=token)
    return deposit(database=one.desk.database, archive=archive, given=given(one, number), publish=publish, by="system:test",
                   clock=lambda: one.desk.now, wait=wait)


def state(one: Press, zenodo: ZenodoStandIn) -> str:
    bulletin = one.bulletin
    with one.desk.database.reading() as session:
        row = deposits.of_bulletin(session, bulletin.id, zenodo.address)
    return row.state if row else ""


def test_it_stays_a_draft_until_a_person_publishes_and_again_changes_nothing(database: Database, now: datetime, zenodo: ZenodoStandIn) -> None:
    one = one_trial(database, now)
    one.issue()
    draft = bring(one, zenodo)
    assert (draft.state, draft.is_new, state(one, zenodo)) == ("uploaded", False, "uploaded")
    (kept,) = zenodo.depositions.values()
    assert not kept["submitted"] and bring(one, zenodo) == draft
    done = bring(one, zenodo, publish=True)
    assert (done.state, done.doi, done.is_new) == ("published", "10.5072/zenodo.1000", True) and kept["submitted"]
    asked = len(zenodo.requests)
    assert bring(one, zenodo, publish=True).is_new is False and bring(one, zenodo).state == "published" and len(zenodo.requests) == asked
    with database.reading() as session:
        noted = [len(events.of_kind(session, one.desk.review_id, f"deposit.{kind}")) for kind in ("begun", "created", "uploaded", "published")]
    assert noted == [1, 1, 1, 1]


def test_what_is_deposited_is_the_zip_that_everybody_can_take_and_says_what_it_is(one: Press, zenodo: ZenodoStandIn) -> None:
    bring(one, zenodo)
    (kept,) = zenodo.depositions.values()
    ((name, content),) = kept["files"].items()
    assert name == "digital-peer-support-bulletin-1.zip" and content == one.browser.get(f"{REVIEW}/bulletins/1/everything.zip").content
    packed = zipfile.ZipFile(io.BytesIO(content))
    told = json.loads(packed.read("data/zenodo.json"))["metadata"]
    assert told == kept["metadata"] == one.browser.get(f"{REVIEW}/bulletins/1/zenodo.json").json()["metadata"]
    assert (told["upload_type"], told["license"], told["version"], told["access_right"]) == ("dataset", "cc-by-4.0", "1", "open")
    assert told["creators"] and all(creator["name"] for creator in told["creators"])
    assert told["related_identifiers"][0]["identifier"].endswith("/bulletins/1") and "<script" not in told["description"]
    about = json.loads(packed.read("data/datacite.json"))
    # DataCite 4.5 requires these; a DOI is the archive's to give.
    assert {"titles", "creators", "publisher", "publicationYear", "types"} <= set(about) and all(about["creators"])


@pytest.mark.parametrize("kind", ["create", "upload", "describe", "publish", "look"])
def test_whatever_breaks_in_between_the_next_run_makes_it_whole_and_there_is_one_deposition(one: Press, kind: str) -> None:
    for fault in ("cut", "drop", "500", "429", "truncated", "html", "empty", "redirect", "error-in-200"):
        with ZenodoStandIn() as zenodo:
            forgotten(one)
            if kind == "look":
                bring(one, zenodo)
            zenodo.faults.planned[(kind, 1)] = fault
            with suppress(PerennialError):
                bring(one, zenodo, publish=True)
            done = bring(one, zenodo, publish=True)
            assert (done.state, done.doi, len(zenodo.depositions)) == ("published", "10.5072/zenodo.1000", 1), fault


def test_an_answer_that_never_came_is_looked_for_until_the_list_has_caught_up(one: Press, zenodo: ZenodoStandIn) -> None:
    zenodo.faults.planned |= {("create", 1): "cut", ("list", 1): "unlisted", ("list", 2): "unlisted"}
    with pytest.raises(SourceUnavailableError):
        bring(one, zenodo)
    assert state(one, zenodo) == "begun" and len(zenodo.depositions) == 1
    assert bring(one, zenodo, publish=True).number == "1000" and len(zenodo.depositions) == 1
    assert [what for what, _ in zenodo.requests].count("list") == 3


def test_two_at_once_are_one(one: Press, zenodo: ZenodoStandIn) -> None:
    with one.desk.database.lock(f"deposit-{one.bulletin.id}") as got, pytest.raises(ConflictError, match="Another process"):
        assert got
        bring(one, zenodo)
    assert not zenodo.depositions


def test_published_by_hand_at_zenodo_is_taken_over_and_a_deleted_draft_is_said(one: Press, zenodo: ZenodoStandIn) -> None:
    bring(one, zenodo)
    del zenodo.depositions[1000]
    with pytest.raises(ConflictError, match="Somebody deleted the draft"):
        bring(one, zenodo)
    bring(one, zenodo)
    (kept,) = zenodo.depositions.values()
    kept["submitted"] = True
    assert bring(one, zenodo).state == "published"


SENTENCES = {
    "429": (TooOftenError, "come back later"), "500": (SourceUnavailableError, "HTTP 500"), "html": (SourceUnavailableError, "no JSON"),
    "drop": (SourceUnavailableError, "could not be reached"), "redirect": (SourceUnavailableError, "sends us elsewhere")}


def test_each_fault_is_a_sentence(one: Press) -> None:
    for fault, (error, says) in SENTENCES.items():
        with ZenodoStandIn() as zenodo:
            zenodo.faults.planned[("create", 0)] = fault
            with pytest.raises(error, match=says):
                bring(forgotten(one), zenodo)


def test_a_wrong_token_wrong_bytes_and_refused_metadata_are_said_and_the_token_never(one: Press, zenodo: ZenodoStandIn) -> None:
    with pytest.raises(RefusedError, match="PERENNIAL_ZENODO_TOKEN") as refused:
        bring(one, zenodo, token="a-wrong-and-secret-token")
    assert "a-wrong-and-secret-token" not in str(refused.value) and state(one, zenodo) == "refused"
    zenodo.faults.planned[("upload", 1)] = "other-bytes"
    with pytest.raises(ConflictError, match="other bytes"):
        bring(one, zenodo)
    parcel_ = given(one)
    archive = Zenodo(Http(allowed=(zenodo.address,), tries=1), address=zenodo.address, token=TOKEN)
    with pytest.raises(InvalidInputError, match=r"metadata\.creators: Missing data"):
        archive.create({**parcel_.metadata, "creators": []})
    assert not any(TOKEN in str(asked) for asked in zenodo.requests)


def test_the_bucket_of_another_host_gets_nothing(one: Press, zenodo: ZenodoStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = zenodo._shown
    monkeypatch.setattr(zenodo, "_shown", lambda number: shown(number) | {"links": {"bucket": "https://example.org/files/x"}})
    with pytest.raises(RefusedError, match=r"example\.org is not among the hosts"):
        bring(one, zenodo)


def test_the_doi_stands_around_the_frozen_page_and_in_the_next_bulletin(sqlite: Database, now: datetime, zenodo: ZenodoStandIn) -> None:
    one = one_trial(sqlite, now)
    one.issue()
    bring(one, zenodo)
    frozen = given(one).content
    assert "10.5072" not in one.browser.get(f"{REVIEW}/bulletins/1").text
    bring(one, zenodo, publish=True)
    page = one.browser.get(f"{REVIEW}/bulletins/1").text
    assert page.index("How to cite this") < page.index("DOI of this bulletin") and "of the archive's sandbox" in page
    assert given(one).content == frozen
    assert "10.5072/zenodo.1000" in one.browser.get(f"{REVIEW}/bulletins").text
    assert one.browser.get(f"/api/v1{REVIEW}/bulletins").json()[0]["doi"] == "10.5072/zenodo.1000"
    one.desk.now += timedelta(days=30)
    one.desk.next_cycle("2026-12")
    one.issue()
    for name in ("", "/bulletin.txt"):
        assert "Deposited before: bulletin 1, " in " ".join(one.browser.get(f"{REVIEW}/bulletins/2{name}").text.split())
    assert {"identifier": "10.5072/zenodo.1000", "relation": "isNewVersionOf", "scheme": "doi"} in given(one, 2).metadata["related_identifiers"]
    assert bring(one, zenodo, publish=True, number=2).doi == "10.5072/zenodo.1001"


def test_a_demonstration_never_goes_to_zenodo_itself_and_a_bulletin_that_is_none_nowhere(one: Press, zenodo: ZenodoStandIn) -> None:
    asked = given(one)
    asked.bulletin.content = {**asked.bulletin.content, "notice": DEMO_NOTICE}
    archive = Zenodo(Http(allowed=("https://zenodo.org/api",), tries=1), address="https://zenodo.org/api", token=TOKEN)
    with pytest.raises(RefusedError, match="sandbox"):
        deposit(database=one.desk.database, archive=archive, given=asked, publish=True, by="system:test", clock=lambda: one.desk.now)
    with pytest.raises(NotFoundError):
        given(one, 7)


def test_the_command_says_what_it_would_do_and_does_it(one: Press, zenodo: ZenodoStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from bot.cli import cli
    from bot.cli import exchange as commands

    archive = Zenodo(Http(allowed=(zenodo.address,), tries=1), address=zenodo.address, token=TOKEN)
    for app, flags, says in ((one.app, ["--dry-run", "--json"], "would be deposited; PERENNIAL_ZENODO_TOKEN is not set"),
                             (replace(one.app, archive=archive), [], "is a draft at"),
                             (replace(one.app, archive=archive), ["--publish"], "is published as https://doi.org/10.5072/zenodo.1000")):
        monkeypatch.setattr(commands, "chosen_review", lambda _, app=app: (app, one.desk.review_id))
        done = CliRunner().invoke(cli, ["deposit", "--review", "digital-peer-support", "--bulletin", "1", *flags])
        assert done.exit_code == 0 and says in done.output, done.output
        if "--json" in flags:
            told = json.loads(done.output.splitlines()[-1])
            assert told["dry_run"] and told["metadata"]["title"].endswith("Bulletin 1") and not zenodo.depositions
