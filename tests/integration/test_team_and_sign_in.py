"""Who is in a team, what they declared, how they sign in; and that nobody reads the other's vote anywhere."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from bot import links as tokens
from bot.domain.records import Record
from bot.errors import RefusedError
from bot.steps.mail.deliver import Post, deliver
from bot.steps.people.ask_interests import ask_interests
from bot.steps.people.join import join
from bot.steps.people.sign_in import invitation
from db import appraisals, interests, links, outbox, people, rounds, sign_ins
from db.session import Database
from tests.asgi import Answer, Browser
from tests.fixtures_screening import KEYS, Desk, add_reports, sample_records
from tests.fixtures_studies import application, forms_of, studied, study_called, take_up, web, words_of
from tests.integration.test_reviewing_pages import state_of

SECRET = "only Ada knows this word"


@pytest.fixture
def one(sqlite: Database, now: datetime) -> Desk:
    return studied(sqlite, now, reports=sample_records(3))


def link(one: Desk, name: str, purpose: str, *, days: float = 1) -> str:
    """Return the path of a person's link."""
    with one.database.writing(by="system:test") as session:
        row = links.create(session, KEYS, review_id=one.review_id, purpose=purpose, person_id=one.people[name].id,
                           subject_id=one.review_id if purpose == "interests" else None, expires_at=one.now + timedelta(days=days), at=one.now)
    return tokens.path(purpose, tokens.token(KEYS, row.key_id, purpose, row.id))


def declare(one: Desk, name: str, **said: str) -> Answer:
    """Declare interests on the page."""
    browser, path = web(one), link(one, name, "interests")
    return browser.post(path, forms_of(browser.get(path))[0]["fields"] | {"has_any": "none"} | said)


def entered(one: Desk, name: str) -> tuple[Browser, dict[str, str]]:
    """Sign a person in; return the browser and the headers that carry the session."""
    browser, path = web(one), link(one, name, "sign_in")
    answer = browser.post(path, follow_redirects=False)
    assert answer.status_code == 303
    return browser, {"cookie": answer.headers["set-cookie"].split(";")[0]}


class _Taken:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.to: list[str] = []

    def send(self, message, *, handing_over) -> None:
        handing_over()
        self.to.append(message["To"].addresses[0].addr_spec)

    def close(self) -> None:
        pass


def sent(one: Desk) -> list[str]:
    """Send what may go out, and return to whom it went."""
    post, taken = application(one).post, _Taken()
    deliver(database=one.database, by="system:test", now=lambda: one.now, post=Post(
        renderer=post.renderer, keys=post.keys, transport=taken, sender=post.sender, review_words=post.review_words))
    return sorted(taken.to)


def test_no_link_is_sent_before_interests_are_declared_and_none_after_a_year_on_both_databases(database: Database, now: datetime) -> None:
    one = studied(database, now, reports=sample_records(3))
    one.open()
    assert sent(one) == []
    declare(one, "Ada")
    assert sent(one) == ["ada@example.org"]
    with one.database.reading() as session:
        assert outbox.withheld(session, one.review_id, one.now) == {one.people["Ben"].id: 1}
    one.now += timedelta(days=400)
    declare(one, "Ben")
    assert sent(one) == ["ben@example.org"]
    one.now -= timedelta(days=390)
    one.remind()
    one.now += timedelta(days=395)
    # Ada's year is over: nothing more goes to her before she declares again.
    assert "ada@example.org" not in sent(one)


def test_everybody_is_asked_once_on_joining_and_again_before_the_year_is_over(one: Desk) -> None:
    def asked() -> int:
        return ask_interests(database=one.database, review_id=one.review_id, keys=KEYS, by="system:test", now=one.now)

    assert (asked(), asked()) == (len(one.people), 0)
    assert len(sent(one)) == len(one.people)
    for name in one.people:
        declare(one, name)
    assert asked() == 0
    one.now += timedelta(days=340)
    assert (asked(), asked()) == (len(one.people), 0)


def test_a_declaration_wants_a_choice_and_keeps_what_was_typed(one: Desk) -> None:
    refused = declare(one, "Ada", has_any="", text="shares")
    assert (refused.status_code, "Neither is chosen for you" in words_of(refused), "shares" in refused.text) == (422, True, True)
    assert "Say what there is" in words_of(declare(one, "Ada", has_any="some", text=" "))
    assert "looks like 0000-0002" in words_of(declare(one, "Ada", orcid="12"))
    assert declare(one, "Ada", has_any="some", text="<b>shares</b>", orcid="https://orcid.org/0000-0002-1825-0097").status_code == 200
    with one.database.reading() as session:
        row = interests.latest(session, one.review_id, one.people["Ada"].id)
    assert row is not None
    assert (row.text, row.orcid, row.until) == ("<b>shares</b>", "0000-0002-1825-0097", one.now + timedelta(days=365))


def test_authors_do_not_vote_on_their_own_records_and_the_third_is_none_either(sqlite: Database, now: datetime) -> None:
    mine = Record(source="pubmed", source_id="77", pmid="77", title="Our own trial of a forum", year=2024, authors=("Smith J", "Lovelace AB"))
    one = studied(sqlite, now, reports=[*sample_records(3), mine], team=(
        ("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "reviewer"), ("Dan", "third_reviewer"), ("Edda", "editor")))
    declare(one, "Ada", also_known_as="Lovelace A; Byron, Ada")
    round_id = one.open().round_id
    assert round_id is not None
    with one.database.reading() as session:
        asked = {(row.report_id, row.person_id) for row in rounds.assignments(session, round_id)}
        own = max(row.report_id for row in rounds.items(session, round_id))
    assert {person for report, person in asked if report == own} == {one.people["Ben"].id, one.people["Cleo"].id}
    assert any(person == one.people["Ada"].id for _, person in asked)


def test_a_record_that_too_few_may_judge_waits_for_another_person_and_holds_up_no_other(sqlite: Database, now: datetime) -> None:
    mine = Record(source="pubmed", source_id="77", pmid="77", title="Our own trial", year=2024, authors=("Doe J 0000-0002-1825-0097",))
    one = studied(sqlite, now, reports=[*sample_records(2), mine])
    declare(one, "Ben", orcid="0000-0002-1825-0097")
    opened = one.open()
    assert opened.flagged == 2


def test_authors_neither_extract_nor_verify_nor_appraise(sqlite: Database, now: datetime) -> None:
    from tests.fixtures_studies import SEBELA, include_all

    one = studied(sqlite, now, reports=(SEBELA,), team=(
        ("Ada", "reviewer"), ("Ben", "reviewer"), ("Cleo", "third_reviewer"), ("Edda", "editor"), ("Xenia", "extractor"), ("Yusuf", "extractor"),
        ("Zoe", "extractor")))
    declare(one, "Xenia", also_known_as="Sebela A")
    include_all(one)
    row = study_called(one, "Sebela 2025")
    assert row.extractor_id in (one.people["Yusuf"].id, one.people["Zoe"].id)
    from bot.steps.appraisals.calls import choose
    from bot.steps.studies.calls import verifier_for
    from db.effects import EffectRow

    with one.database.reading() as session:
        verifier = verifier_for(session, row)
        chosen = choose(session, EffectRow(review_id=one.review_id, study_id=row.id), taken=(), wanted=3)
    assert verifier is not None
    assert verifier.id in {one.people["Yusuf"].id, one.people["Zoe"].id} - {row.extractor_id}
    assert {person.id for person in chosen} == {one.people["Yusuf"].id, one.people["Zoe"].id}


def test_a_sign_in_link_makes_a_session_by_its_button_alone_and_once(database: Database, now: datetime) -> None:
    one = studied(database, now, reports=sample_records(1))
    browser, path = web(one), link(one, "Ada", "sign_in")
    before = state_of(database)
    for _ in range(2):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    assert state_of(database) == before
    cookies: list[str] = []

    def press() -> None:
        answer = browser.post(path, follow_redirects=False)
        if answer.status_code == 303:
            cookies.append(answer.headers["set-cookie"])

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cookies) == 1
    assert "HttpOnly" in cookies[0] and "SameSite=lax" in cookies[0]
    # A token of its own: who reads the mail later does not hold the session with it.
    assert path.split("/")[2] not in cookies[0]
    assert browser.get(path).status_code == 403


def test_a_session_opens_the_own_work_and_ends_by_signing_out_or_by_time(one: Desk) -> None:
    one.open()
    browser, headers = entered(one, "Ada")
    page = browser.get("/team", headers=headers, follow_redirects=False)
    assert page.status_code == 200
    assert "Records to judge: round 1" not in words_of(page)
    declare(one, "Ada")
    assert "Records to judge: round 1" in words_of(browser.get("/team", headers=headers))
    assert browser.get(f"/team/{one.protocol.slug}", headers=headers).status_code == 200
    one.now += timedelta(hours=9)
    assert browser.get("/team", headers=headers, follow_redirects=False).status_code == 303
    one.now -= timedelta(hours=9)
    assert browser.post("/sign-out", headers=headers, follow_redirects=False).status_code == 303
    assert browser.get("/team", headers=headers, follow_redirects=False).status_code == 303


def test_the_same_answer_to_everybody_who_asks_for_a_link(one: Desk) -> None:
    browser = web(one)
    known, stranger = (browser.post("/sign-in", {"email": address}) for address in ("ada@example.org", "nobody@example.org"))
    assert known.text == stranger.text
    assert sent(one) == ["ada@example.org"]
    browser.post("/sign-in", {"email": "ada@example.org"})
    assert sent(one) == []
    assert browser.post("/sign-in", {"email": "a@b.c, d@e.f"}).status_code == 422


def test_only_editors_invite_and_take_out_and_never_by_another_sites_form(one: Desk) -> None:
    slug = one.protocol.slug
    reviewer, headers = entered(one, "Ada")
    someone = {"email": "new@example.org", "name": "New", "role": "lived_experience"}
    assert reviewer.post(f"/team/{slug}/invite", someone, headers=headers).status_code == 403
    editor, headers = entered(one, "Edda")
    form = {"content-type": "application/x-www-form-urlencoded"}
    foreign = headers | form | {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert editor.post(f"/team/{slug}/invite", someone, headers=foreign).status_code == 403
    assert editor.post(f"/team/{slug}/invite", someone, headers=headers, follow_redirects=False).status_code == 303
    assert editor.post(f"/team/{slug}/invite", someone | {"role": "king"}, headers=headers).status_code == 422
    page = words_of(editor.get(f"/team/{slug}", headers=headers))
    assert "lived-experience member" in page and "not declared yet" in page
    with one.database.reading() as session:
        new = people.of_address(session, "new@example.org")
        last = one.people["Edda"].public_id
    assert new is not None
    assert "last editor" in words_of(editor.post(f"/team/{slug}/leave", {"person": last}, headers=headers))


def test_who_is_taken_out_gets_in_no_more_and_what_waited_goes_to_others(one: Desk) -> None:
    gone, session_of_ada = entered(one, "Ada")
    interests_link = link(one, "Ada", "interests")
    editor, headers = entered(one, "Edda")
    editor.post(f"/team/{one.protocol.slug}/leave", {"person": one.people["Ada"].public_id}, headers=headers)
    assert gone.get("/team", headers=session_of_ada, follow_redirects=False).status_code == 303
    assert gone.get(interests_link).status_code == 403
    again = join(database=one.database, review_id=one.review_id, name="Ada", email="ada@example.org", role="reviewer", by="system:test",
                 now=one.now)
    assert again.state == "active"


def test_pages_of_the_team_are_closed_to_strangers_and_other_reviews(one: Desk) -> None:
    browser = web(one)
    assert browser.get(f"/team/{one.protocol.slug}", follow_redirects=False).status_code == 303
    assert browser.get("/team", headers={"cookie": "perennial=" + "x" * 43}, follow_redirects=False).status_code == 303
    assert browser.get("/team", headers={"cookie": "perennial=" + "x" * 5000}, follow_redirects=False).status_code == 303
    assert browser.post(f"/team/{one.protocol.slug}/invite", {"email": "a@example.org", "name": "A", "role": "editor"}).status_code == 403
    _, headers = entered(one, "Ada")
    assert browser.get("/team/no-such-review", headers=headers).status_code == 404


def test_the_first_editor_gets_a_link_that_works_once_within_a_week(one: Desk) -> None:
    path = invitation(database=one.database, review_id=one.review_id, person=one.people["Edda"], keys=KEYS, by="system:cli", now=one.now)
    browser = web(one)
    assert browser.post(path, follow_redirects=False).status_code == 303
    assert browser.post(path, follow_redirects=False).status_code == 403
    with one.database.reading() as session:
        assert sign_ins.holder(session, "x" * 43, one.now) is None


def test_the_other_reviewer_reads_no_vote_on_page_feed_team_mail_or_draft(one: Desk) -> None:
    round_id = one.open().round_id
    assert round_id is not None
    for place in (1, 2, 3):
        one.vote("Ada", round_id, place, "exclude", "design", note=SECRET)
    slug, browser = one.protocol.slug, web(one)
    _, headers = entered(one, "Ben")
    mine = f"/r/{one.token('Ben', round_id)}"
    pages = [mine, f"{mine}/1", f"{mine}/2", f"{mine}/3", "/team", f"/team/{slug}", f"/reviews/{slug}", f"/reviews/{slug}/studies",
             f"/reviews/{slug}/bulletins", f"/reviews/{slug}/feed.xml", f"/api/v1/reviews/{slug}", f"/api/v1/reviews/{slug}/decisions",
             f"/reviews/{slug}/export.csv", "/"]
    for page in pages:
        text = words_of(browser.get(page, headers=headers))
        assert SECRET not in text, page
        assert "Exclude (Not a controlled" not in text and "You chose" not in text, page
    with one.database.reading() as session:
        mails = [row.data for row in outbox.in_state(session, "pending") if row.recipient_id == one.people["Ben"].id]
    assert SECRET not in str(mails) and "exclude" not in str(mails)


def test_an_editor_does_not_sign_numbers_that_she_alone_extracted(sqlite: Database, now: datetime) -> None:
    from bot.steps.bulletins.sign import _require_others
    from db import effects, studies
    from db.bulletins import BulletinRow
    from tests.fixtures_studies import import_until

    one = studied(sqlite, now)
    import_until(one, None)
    edda, xenia = one.people["Edda"].id, one.people["Xenia"].id
    with one.database.writing(by="system:test") as session:
        row = studies.effects_of(session, one.review_id, states={"candidate"})[0]
        row.state, row.extracted_by, row.verified_by = "verified", edda, None
    bulletin = BulletinRow(review_id=one.review_id)
    with one.database.reading() as session, pytest.raises(RefusedError, match="You alone extracted numbers of"):
        _require_others(session, bulletin, edda)
    with one.database.writing(by="system:test") as session:
        effects.effect(session, row.id).verified_by = xenia
    with one.database.reading() as session:
        _require_others(session, bulletin, edda)


def test_the_teams_page_counts_what_waits_for_whom(one: Desk) -> None:
    declare(one, "Ada")
    one.open()
    browser, headers = entered(one, "Edda")
    page = words_of(browser.get(f"/team/{one.protocol.slug}", headers=headers))
    assert "3 records to judge" in page and "mail held back" in page.replace("mails", "mail")
    take_up(one)
    add_reports(one, sample_records(1, first=50))
    assert "Reports not in any round yet 1" in words_of(browser.get(f"/team/{one.protocol.slug}", headers=headers))
    with one.database.reading() as session:
        assert appraisals.open_places(session, one.review_id) == {}
