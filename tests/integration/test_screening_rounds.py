"""A round of screening from the ranking to its end, on SQLite and on Postgres: bot/steps/screening, db/{rounds,decisions,screening}.py."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.errors import ConflictError, InvalidInputError, LinkError, NotFoundError, RefusedError
from bot.steps.screening.decide import decide
from bot.steps.screening.forms import read
from db import decisions, events, outbox, people, records, screening
from tests.fixtures_screening import add_reports, desk, merge_away, sample_records

SYSTEM = "system:test"


def open_mails(one, template: str) -> list:
    with one.database.reading() as session:
        return [mail for mail in outbox.in_state(session, "pending") if mail.template == template]


def test_each_reviewer_gets_one_mail_and_every_record_in_another_order(database, now):
    one = desk(database, now, reports=30)
    account = one.open()
    assert (account.flagged, account.invited) == (30, 2)
    mails = open_mails(one, "digest")
    assert len(mails) == 2 and all(mail.data["count"] == 30 and mail.data["minutes"] == 15 for mail in mails)
    orders = [[line.report_id for line in one.list_of(name, account.round_id)] for name in ("Ada", "Ben")]
    assert sorted(orders[0]) == sorted(orders[1]) and orders[0] != orders[1] != sorted(orders[1])


def test_no_mail_carries_a_score_a_rank_a_reason_or_a_token(database, now):
    one = desk(database, now, reports=3)
    one.open()
    for mail in open_mails(one, "digest"):
        assert set(mail.data) == {"links", "round_number", "count", "minutes", "due", "listed", "more"}
        assert all(set(line) == {"position", "title", "year", "source"} for line in mail.data["listed"])


def test_a_round_opened_again_is_the_same_round(database, now):
    one = desk(database, now, reports=5)
    first = one.open()
    lists = [one.list_of("Ada", first.round_id), one.list_of("Ben", first.round_id)]
    one.later(hours=1)
    assert one.open() == first
    again = [one.list_of("Ada", first.round_id), one.list_of("Ben", first.round_id)]
    assert [[(line.id, line.position) for line in each] for each in again] == [[(line.id, line.position) for line in each] for each in lists]
    assert len(open_mails(one, "digest")) == 2


def test_a_round_that_was_killed_between_two_invitations_is_finished_as_it_began(database, now, monkeypatch):
    from bot.steps.screening import open_round as module

    one = desk(database, now, reports=6)
    invite, calls = module._invite, []

    def killed(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        invite(*args)

    monkeypatch.setattr(module, "_invite", killed)
    with pytest.raises(KeyboardInterrupt):
        one.open()
    monkeypatch.undo()
    assert one.settle().resolved == 0, "a round that is not open yet is not settled"
    # Somebody joins in between: the round keeps the people with whom it began.
    one.people["Dan"] = _join(one, "Dan", "reviewer")
    account = one.open()
    assert account.invited == 2 and len(open_mails(one, "digest")) == 2
    assert not one.list_of("Dan", account.round_id)


def test_too_small_a_team_is_said_in_a_sentence_and_nothing_is_stored(database, now):
    one = desk(database, now, team=(("Ada", "reviewer"),))
    with pytest.raises(RefusedError, match=r"two blind votes need two people; there are 1\. Add reviewers: .*people add"):
        one.open()
    with database.reading() as session:
        assert screening.progress(session, one.review_id)["to_decide"] == 0


def test_two_who_agree_decide_and_a_complete_round_closes(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    first, second = (line.report_id for line in one.list_of("Ada", number))
    for name in ("Ada", "Ben"):
        one.vote_on(name, number, first, "include")
        one.vote_on(name, number, second, "exclude", "peers")
    with database.reading() as session:
        assert screening.included_reports(session, one.review_id) == [], "nothing is included before the round closes"
    account = one.settle()
    assert (account.resolved, account.conflicts, account.closed) == (2, 0, 1)
    with database.reading() as session:
        assert screening.included_reports(session, one.review_id) == [(first, number, one.cycle_id)]
        assert [(line.report_id, line.criterion) for line in screening.excluded_with_reasons(session, one.review_id)] == [(second, "peers")]
        assert screening.decisions_for_training(session, one.review_id) == sorted([(first, 1, 1.0), (second, 0, 1.0)])
        assert screening.progress(session, one.review_id, one.cycle_id) == {
            "to_decide": 2, "decided": 2, "conflicts": 0, "included": 1, "excluded": 1, "awaiting": 0, "pending": 0}
        assert screening.agreement(session, number)["raw"] == 1.0


def test_settling_again_with_nothing_new_writes_nothing(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.settle()
    before = _event_count(one)
    assert one.settle().resolved == 0
    assert _event_count(one) == before


def test_a_conflict_goes_to_a_third_person_whose_vote_settles_it(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    first, second = (line.report_id for line in one.list_of("Ada", number))
    one.vote_on("Ada", number, first, "include")
    one.vote_on("Ben", number, first, "exclude", "design")
    assert one.settle().conflicts == 1
    assert [line.report_id for line in one.list_of("Cleo", number)] == [first]
    assert not open_mails(one, "third_opinion"), "while votes are still coming in, conflicts are gathered"
    one.vote_on("Ada", number, second, "unsure")
    one.vote_on("Ben", number, second, "unsure")
    one.settle()
    (mail,) = open_mails(one, "third_opinion")
    assert mail.data["count"] == 2
    one.vote_on("Cleo", number, first, "include")
    one.vote_on("Cleo", number, second, "unsure")
    assert one.settle().closed == 1
    with database.reading() as session:
        assert [report for report, _, _ in screening.included_reports(session, one.review_id)] == [first]
        counts = screening.screening_counts(session, one.review_id, one.cycle_id)
    assert counts == {"screened": 2, "by_third": 2, "included": 1, "excluded": 0, "awaiting": 1, "pending": 0, "conflicts": 0}


def test_a_conflict_that_waits_a_day_is_mailed_even_while_votes_are_missing(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    first = one.list_of("Ada", number)[0].report_id
    one.vote_on("Ada", number, first, "include")
    one.vote_on("Ben", number, first, "unsure")
    one.settle()
    one.later(hours=25)
    one.settle()
    one.settle()
    assert [mail.data["count"] for mail in open_mails(one, "third_opinion")] == [1]


def test_a_vote_changed_back_to_agreement_needs_no_third_vote(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.vote("Ben", number, 1, "exclude", "design")
    one.settle()
    one.vote("Ben", number, 1, "include", version=1)
    assert one.settle().closed == 1


def test_a_conflict_without_a_third_person_is_counted_and_waits(database, now):
    one = desk(database, now, reports=1, team=(("Ada", "reviewer"), ("Ben", "reviewer")))
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.vote("Ben", number, 1, "unsure")
    account = one.settle()
    assert (account.conflicts, account.unasked, account.closed) == (1, 1, 0)
    one.people["Dan"] = _join(one, "Dan", "third_reviewer")
    assert one.settle().unasked == 0
    one.vote("Dan", number, 1, "exclude", "peers")
    assert one.settle().closed == 1


def test_where_the_protocol_says_talk_the_two_are_asked_and_settle_it(database, now):
    one = desk(database, now, reports=1, conflicts="talk")
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.vote("Ben", number, 1, "exclude", "design")
    assert one.settle().conflicts == 1
    one.settle()
    assert {mail.recipient_id for mail in open_mails(one, "talk")} == {one.people["Ada"].id, one.people["Ben"].id}
    assert len(open_mails(one, "talk")) == 2 and not one.list_of("Cleo", number)
    one.vote("Ada", number, 1, "exclude", "design", version=1)
    assert one.settle().closed == 1


def test_one_person_mode_checks_a_random_share_blind(database, now):
    one = desk(database, now, reports=10, team=(("Ada", "reviewer"), ("Cleo", "third_reviewer")), mode="one", second_check_share=0.2)
    account = one.open()
    assert account.invited == 2 and len(one.list_of("Ada", account.round_id)) == 10
    checked = one.list_of("Cleo", account.round_id)
    assert [line.part for line in checked] == ["second", "second"]
    for line in one.list_of("Ada", account.round_id):
        one.vote("Ada", account.round_id, line.position, "exclude", "peers")
    assert (one.settle().resolved, _progress(one)["pending"]) == (8, 2)
    for line in checked:
        one.vote("Cleo", account.round_id, line.position, "exclude", "design")
    assert one.settle().closed == 1
    with database.reading() as session:
        bases = sorted(row.basis for row in screening.resolutions(session, account.round_id).values())
    assert bases == ["agreed"] * 2 + ["one"] * 8


def test_a_vote_sent_twice_counts_once_and_another_one_needs_the_page_it_was_seen_on(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    first = one.vote("Ada", number, 1, "exclude", "design", note="no control")
    again = one.vote("Ada", number, 1, "exclude", "design", note="no control")
    assert (first.is_new, again.is_new, again.number) == (True, False, 1)
    with pytest.raises(ConflictError, match=r"you chose Exclude \(Not a controlled interventional study\)"):
        one.vote("Ada", number, 1, "include")
    assert one.vote("Ada", number, 1, "include", version=1).number == 2
    with database.reading() as session:
        assert [row.verdict for row in decisions.own_history(session, first.assignment_id, one.people["Ada"].id)] == ["exclude", "include"]


def test_a_hundred_posts_at_once_make_one_decision_and_two_people_at_once_make_two(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    tokens = {name: one.token(name, number) for name in ("Ada", "Ben")}
    form = read({"verdict": "include", "version": "0"}, [])
    results, errors, gate = [], [], threading.Barrier(100)

    def post(name: str) -> None:
        gate.wait()
        try:
            results.append(decide(database=database, token=tokens[name], position=1, form=form, protocol=one.protocol,
                                  by=people.by(one.people[name]), now=now))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=post, args=("Ada" if place % 2 else "Ben",)) for place in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(results) == 100
    assert sum(one.is_new for one in results) == 2
    with database.reading() as session:
        assert len(decisions.of_round(session, number)) == 2
        assert len(events.of_kind(session, one.review_id, "decision.made")) == 2


def test_an_exclusion_names_a_criterion_of_this_stage(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    for criterion in ("", "nonsense"):
        with pytest.raises(InvalidInputError, match="Choose the criterion that fails"):
            one.vote("Ada", number, 1, "exclude", criterion)
    with pytest.raises(InvalidInputError, match="Choose the criterion"):
        one.vote("Ada", number, 1, "exclude", "comparator")  # can be judged in the full text alone
    assert one.vote("Ada", number, 1, "include", "design").decision.criterion == "", "one that was chosen before and left standing"


def test_a_closed_round_takes_no_vote_but_knows_the_one_that_was_sent_twice(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.vote("Ben", number, 1, "include")
    one.settle()
    assert one.vote("Ada", number, 1, "include").is_new is False
    with pytest.raises(ConflictError, match="This round closed on 02 November 2026"):
        one.vote("Ada", number, 1, "unsure", version=1)


def test_after_the_last_day_what_is_settled_stays_and_the_rest_can_still_be_decided(database, now):
    one = desk(database, now, reports=2, deadline_days=14)
    number = one.open().round_id
    first, second = (line.report_id for line in one.list_of("Ada", number))
    one.vote_on("Ada", number, first, "include")
    one.vote_on("Ben", number, first, "include")
    one.later(days=13)
    one.settle()
    one.later(days=2)
    one.settle()
    with database.reading() as session:
        assert [report for report, _, _ in screening.included_reports(session, one.review_id)] == [first]
    with pytest.raises(ConflictError, match="after the round's last day"):
        one.vote_on("Ada", number, first, "unsure", version=1)
    one.vote_on("Ada", number, second, "include")
    one.vote_on("Ben", number, second, "include")
    assert one.settle().closed == 1


def test_a_report_merged_away_asks_nobody_and_does_not_hold_the_round_open(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    gone, kept = (line.report_id for line in one.list_of("Ada", number))
    merge_away(one, gone, into=kept)
    with pytest.raises(ConflictError, match="merged with it"):
        one.vote_on("Ada", number, gone, "include")
    one.vote_on("Ada", number, kept, "include")
    one.vote_on("Ben", number, kept, "include")
    assert one.settle().closed == 1
    with database.reading() as session:
        assert decisions.own_progress(session, number, one.people["Ada"].id) == (1, 1)
        assert screening.progress(session, one.review_id)["to_decide"] == 1


def test_a_report_merged_away_before_the_first_settling_leaves_the_list_at_once(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    gone, kept = (line.report_id for line in one.list_of("Ada", number))
    merge_away(one, gone, into=kept)
    one.settle()
    with database.reading() as session:
        assert decisions.own_next(session, number, one.people["Ada"].id) == 2


def test_the_next_cycle_asks_only_about_what_no_round_had(database, now):
    one = desk(database, now, reports=3)
    first = one.open()
    one.later(days=30)
    one.next_cycle("2026-12")
    add_reports(one, sample_records(2, first=50))
    second = one.open()
    assert second.flagged == 2
    titles = {records_title(one, line.report_id) for line in one.list_of("Ada", second.round_id)}
    assert titles == {"Trial 50 of an online peer support forum", "Trial 51 of an online peer support forum"}
    assert not {line.report_id for line in one.list_of("Ada", first.round_id)} & {line.report_id for line in one.list_of("Ada", second.round_id)}


def test_a_cycle_with_nothing_new_opens_no_round(database, now):
    one = desk(database, now, reports=0)
    assert one.open().round_id is None
    assert one.settle().closed == 0


def test_a_link_opens_nobody_elses_list(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    token = one.token("Ada", number)
    form = read({"verdict": "include", "version": "0"}, [])

    def post(**changed):
        given = {"token": token, "position": 1, "by": people.by(one.people["Ada"])} | changed
        return decide(database=database, form=form, protocol=one.protocol, now=one.now, **given)

    with pytest.raises(RefusedError, match="belongs to somebody else"):
        post(by=people.by(one.people["Ben"]))
    with pytest.raises(LinkError, match="not known here"):
        post(token="A" * 43)
    with pytest.raises(NotFoundError, match="no record number 2"):
        post(position=2)
    with pytest.raises(NotFoundError):
        post(position=2**70)
    with database.reading() as session:
        assert decisions.of_round(session, number) == {}


def test_somebody_who_left_the_team_cannot_vote(database, now):
    one = desk(database, now, reports=1)
    number = one.open().round_id
    token = one.token("Ada", number)
    with database.writing(by=SYSTEM) as session:
        people.person(session, one.people["Ada"].id).state = "revoked"
    with pytest.raises(LinkError, match="withdrawn"):
        decide(database=database, token=token, position=1, form=read({"verdict": "include", "version": "0"}, []), protocol=one.protocol,
               by=people.by(one.people["Ada"]), now=one.now)


def test_the_queries_of_a_page_give_one_persons_votes_and_the_audit_gives_none(database, now):
    one = desk(database, now, reports=2)
    number = one.open().round_id
    made = one.vote("Ada", number, 1, "exclude", "peers", note="secret words")
    ben = one.people["Ben"].id
    with database.reading() as session:
        assert decisions.own(session, number, ben) == {}
        assert list(decisions.own_history(session, made.assignment_id, ben)) == []
        assert decisions.own_progress(session, number, ben) == (2, 0)
        told = [event.data for event in events.of_subject(session, f"assignment:{made.assignment_id}")]
    assert told == [{"round": number, "number": 1}]


def test_reminders_come_on_the_protocols_days_and_once_after_a_standstill(database, now):
    one = desk(database, now, reports=2, reminder_days=(3, 7))
    number = one.open().round_id
    one.vote("Ada", number, 1, "include")
    one.vote("Ada", number, 2, "include")
    assert one.remind() == 0
    one.later(days=3)
    assert (one.remind(), one.remind()) == (1, 0)
    one.later(days=10)
    assert (one.remind(), one.remind()) == (1, 0)
    assert {(mail.recipient_id, mail.data["count"]) for mail in open_mails(one, "reminder")} == {(one.people["Ben"].id, 2)}


def test_quiet_hours_put_a_mail_off(database, now):
    saturday = now + timedelta(days=5)
    one = desk(database, saturday, reports=1, quiet_from=20, quiet_to=8, quiet_weekdays=(5, 6))
    one.open()
    assert {mail.not_before.isoformat() for mail in open_mails(one, "digest")} == {"2026-11-09T08:00:00+00:00"}


def _join(one, name: str, role: str):
    from bot.steps.people.join import join

    return join(database=one.database, review_id=one.review_id, name=name, email=f"{name.lower()}@example.org", role=role, by=SYSTEM,
                now=one.now)


def _progress(one) -> dict[str, int]:
    with one.database.reading() as session:
        return screening.progress(session, one.review_id, one.cycle_id)


def _event_count(one) -> int:
    with one.database.reading() as session:
        return sum(len(events.of_kind(session, one.review_id, kind)) for kind in ("round.settled", "round.closed", "round.third_asked"))


def records_title(one, report_id: int) -> str:
    with one.database.reading() as session:
        return records.report(session, report_id).title
