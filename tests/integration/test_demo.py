"""The whole demonstration, on SQLite and on Postgres: what it prints, what it leaves, and that nothing false is in it."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot import app as root
from bot.demo import material
from bot.demo.run import DONE, MONTHS, SLUG
from bot.demo.standins.eutils import EutilsStandIn
from bot.http import Http
from bot.rendering import DEMO_NOTICE
from bot.sources import Window
from bot.sources.pubmed import PubMed
from db import base, decisions, effects, events, people, rankings, records, reviews, rounds, searches, studies
from tests.fixtures_demo import Played

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "reviews" / SLUG / "demo"
# R metafor 5.1-12: REML, test="adhoc" (Hartung-Knapp with max(1, .)), prediction interval t(k-1) with that standard error.
DEPRESSION = [
    {"k": 7, "estimate": -0.357624, "ci_low": -0.652976, "ci_high": -0.062273, "tau2": 0.052742, "i2": 55.90,
     "pi_low": -0.99246, "pi_high": 0.27722},
    {"k": 8, "estimate": -0.351541, "ci_low": -0.583139, "ci_high": -0.119942, "tau2": 0.036242, "i2": 53.90,
     "pi_low": -0.85778, "pi_high": 0.15470},
]
LINK = re.compile(r"https?://[^\s<>\"]+")


def test_the_last_line_of_stdout_is_one_json_object_and_logs_go_to_stderr(played: Played) -> None:
    assert set(played.figures) == {"cycles", "records_found", "duplicates", "flagged", "included", "mails", "bulletins", "estimates"}
    assert "level=" not in played.stdout and "level='info'" in played.stderr
    assert (played.figures["cycles"], played.figures["bulletins"]) == (2, 2)


@pytest.mark.parametrize("month", [0, 1])
def test_depression_agrees_with_metafor_in_both_months(played: Played, month: int) -> None:
    given = played.figures["estimates"]["depression"][month]
    for name, value in DEPRESSION[month].items():
        tolerance = {"i2": 5e-3, "pi_low": 5e-6, "pi_high": 5e-6}.get(name, 1e-6)
        assert given[name] == pytest.approx(value, abs=tolerance), name
    assert given["pooled"] is True


def test_one_trial_is_given_with_its_own_numbers_and_called_one_trial(played: Played) -> None:
    for given in played.figures["estimates"]["personal_recovery"]:
        assert (given["k"], given["pooled"], given["tau2"], given["pi_low"], given["pi_high"]) == (1, False, None, None, None)
    assert "one trial" in played.stdout


def test_outcomes_are_keyed_as_in_the_starting_set_with_one_estimate_per_bulletin(played: Played) -> None:
    assert set(played.figures["estimates"]) == {"depression", "anxiety", "quality_of_life", "social_functioning", "personal_recovery"}
    assert all(len(given) == 2 for given in played.figures["estimates"].values())


def test_every_mail_was_counted_and_none_came_twice(played: Played) -> None:
    names = [path.name for path in (played.home / "mailboxes").rglob("*.eml")]
    assert len(names) == played.figures["mails"] and not [name for name in names if "again" in name]


def test_a_reader_who_left_gets_no_second_bulletin(played: Played) -> None:
    received = {box.name: sum("ulletin" in (mail["Subject"] or "") for mail in played.mails() if mail["To"].addresses[0].addr_spec == box.name)
                for box in (played.home / "mailboxes").iterdir() if box.name.startswith("reader-")}
    assert received["reader-patient@demo.invalid"] == received["reader-guideline@demo.invalid"] + 1


def test_sebela_came_by_its_own_date_was_included_by_two_extracted_and_checked_by_another(played: Played) -> None:
    with played.app.database.reading() as session:
        review = reviews.review_by_slug(session, SLUG)
        second = reviews.cycles(session, review.id)[1]
        row = session.scalars(select(records.RecordRow).where(records.RecordRow.identity == "40765646")).one()
        assert row.cycle_id == second.id and row.source == "pubmed"
        given = select(decisions.DecisionRow, rounds.AssignmentRow).join(
            rounds.AssignmentRow, rounds.AssignmentRow.id == decisions.DecisionRow.assignment_id)
        votes = session.execute(given.where(rounds.AssignmentRow.report_id == row.report_id)).tuples().all()
        assert [vote.verdict for vote, _ in votes] == ["include", "include"] and len({one.person_id for _, one in votes}) == 2
        study = session.scalars(select(studies.StudyRow).where(studies.StudyRow.label == "Sebela 2025")).one()
        own = effects.effects_of_study(session, study.id)
    assert len(own) == 3 and all(one.extracted_by and one.verified_by and one.extracted_by != one.verified_by for one in own)
    assert {one.answer for one in own} == {"abstract only, full text awaited"}


def test_month_one_was_ranked_from_the_protocol_alone_and_month_two_from_decisions(played: Played) -> None:
    with played.app.database.reading() as session:
        rows = session.scalars(select(rankings.RankingRow).order_by(rankings.RankingRow.id)).all()
    assert [(row.basis, row.labelled > 0) for row in rows] == [("cold", False), ("warm", True)]


def test_no_label_of_the_citations_stands_in_the_database(played: Played) -> None:
    with (DEMO / "judgements.csv").open(encoding="utf-8", newline="") as file:
        told = [row["basis"] for row in csv.DictReader(file) if len(row["basis"]) > 25]
    with played.app.database.reading() as session:
        kept = "\n".join(str(row.fields) for row in session.scalars(select(records.RecordRow)))
    assert told and not [reason for reason in told if reason in kept]


def test_the_borderline_ones_made_the_third_reviewer_act(played: Played) -> None:
    with played.app.database.reading() as session:
        third = session.scalars(select(rounds.AssignmentRow).where(rounds.AssignmentRow.part == "third")).all()
    assert len(third) >= 10


def test_every_mail_says_that_it_is_a_demonstration(played: Played) -> None:
    for mail in played.mails():
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            words = re.sub(r"\s+", " ", body.get_content())
            assert DEMO_NOTICE.lower() in words.lower(), f"{mail['Subject']} ({kind})"


def _pages(played: Played) -> dict[str, object]:
    """Open the site from its start page and the mails' links, and return every page that can be reached."""
    waiting = ["/", f"/reviews/{SLUG}", "/mail"]
    for mail in played.mails():
        body = mail.get_body(("plain",))
        waiting += [re.sub(r"^https?://[^/]+", "", link.rstrip(".,)")) for link in LINK.findall(body.get_content()) if "127.0.0.1" in link]
    seen: dict[str, object] = {}
    while waiting and len(seen) < 700:
        path = waiting.pop().partition("#")[0] or "/"
        if path in seen or not path.startswith("/"):
            continue
        answer = played.web.get(path)
        seen[path] = answer
        if any(kind in answer.headers["content-type"] for kind in ("html", "xml")):
            found = re.findall(r"(?:href|src)=\"([^\"#]+)", answer.text)
            waiting += [one if one.startswith("/") else f"{path.rsplit('/', 1)[0]}/{one}" for one in found
                        if not re.match(r"[a-z]+:", one) and not re.match(r"/r/[^/]+/\d+", one)]
    return seen


def _database_as_text(played: Played) -> str:
    with played.app.database.reading() as session:
        return "\n".join(
            f"{table.name}: {sorted(map(str, session.execute(text(f'SELECT * FROM {table.name}')).all()))}"  # names are our own
            for table in base.Base.metadata.sorted_tables)


@pytest.mark.xdist_group("demo")
def test_opening_every_page_and_every_link_of_every_mail_changes_nothing_and_says_demonstration(played_on_sqlite: Played) -> None:
    # On both databases a page is read by a session that cannot write (test_database_promises.py): one of them is enough here.
    played = played_on_sqlite
    before = _database_as_text(played)
    pages = _pages(played)
    for path in pages:
        played.web.head(path)
    assert _database_as_text(played) == before
    # A report that turned out to be one of a trial that is known: its own link says where it went.
    broken = {path: answer.status_code for path, answer in pages.items()
              if answer.status_code >= 400 and "turned out to be a report of" not in answer.text}
    assert broken == {}
    silent = [path for path, answer in pages.items()
              if any(kind in answer.headers["content-type"] for kind in ("html", "text/plain", "atom", "json", "csv"))
              and DEMO_NOTICE.lower() not in re.sub(r"\s+", " ", answer.text).lower()]
    assert silent == []
    assert len(pages) > 40


def test_scripted_people_are_named_so_and_nothing_is_called_appraised(played: Played) -> None:
    with played.app.database.reading() as session:
        names = [person.name for person in session.scalars(select(people.PersonRow))]
    assert all(name.startswith("Demo ") for name in names)
    page = played.web.get(f"/reviews/{SLUG}/bulletins/2").text
    assert "risk of bias not appraised" in page and "provisional" in page


def test_the_second_bulletin_shows_the_question_about_sebela_and_its_answer(played: Played) -> None:
    first, second = (re.sub(r"\s+", " ", played.web.get(f"/reviews/{SLUG}/bulletins/{number}").text) for number in (1, 2))
    assert "Sebela" not in first and "abstract only, full text awaited" in second and "registry planned 60 per arm" in second


def test_croke_2026_is_cited_and_never_ours(played: Played) -> None:
    page = re.sub(r"\s+", " ", played.web.get(f"/reviews/{SLUG}/bulletins/2").text)
    assert "Croke" in page and "not endorsed by its authors" in page and "CRD42023445194" not in page.split("Croke")[0]


def test_published_estimates_move_with_the_first_trial_reported_since_and_not_before(played: Played) -> None:
    moved = []
    for number in (1, 2):
        content = json.loads(played.web.get(f"/reviews/{SLUG}/bulletins/{number}/bulletin.json").text)
        published = {outcome["id"]: one for outcome in content["outcomes"] for one in outcome["published"]}
        assert len(published) == 6
        moved.append({name: one["updated"]["studies"] for name, one in published.items() if one["updated"]})
    assert moved == [{}, {name: ["Sebela 2025"] for name in ("depression", "anxiety", "quality_of_life")}]


def test_two_trials_of_anxiety_are_read_with_caution_and_never_by_the_interval_of_two(played: Played) -> None:
    given = played.figures["estimates"]["anxiety"][0]
    assert (given["k"], round(given["ci_low"], 1), round(given["ci_high"], 1)) == (2, -3.7, 2.6)
    # Random effects with half-normal(0.5) on tau and normal(0, 2²) on the mean: bot/methods/synthesis/few.py.
    assert "−0.55 [−1.33, 0.15] (2 trials, cautious estimate)" in played.stdout and "−3.7" not in played.stdout.partition('{"cycles"')[0]
    first = re.sub(r"\s+", " ", played.web.get(f"/reviews/{SLUG}/bulletins/1").text)
    assert "SMD −0.55 (−1.33 to 0.15, 95% credible interval)" in first
    wide = f"({given['ci_low']:.2f} to {given['ci_high']:.2f})".replace("-", "−")
    # It stands once where one reads, behind its warning; else only in the tables that compare methods.
    before, _, after = re.sub(r"<table.*?</table>", "", first).partition(wide)
    assert wide not in after and "Not to be read as an answer: Knapp-Hartung, never narrower than Wald" in before.rpartition("<p")[2]


def test_each_cycle_and_bulletin_names_the_protocol_it_was_made_under(played: Played) -> None:
    protocol = played.app.protocol(SLUG)
    with played.app.database.reading() as session:
        review = reviews.review_by_slug(session, SLUG)
        versions = {reviews.protocol_version(session, cycle.protocol_version_id).sha256 for cycle in reviews.cycles(session, review.id)}
        runs = [run for cycle in reviews.cycles(session, review.id) for run in searches.runs_of_cycle(session, cycle.id)]
        assert events.of_kind(session, review.id, "protocol.activated")
    assert versions == {protocol.sha256}
    by_source = {source: [(run.state, run.window_to) for run in runs if run.source == source] for source in {run.source for run in runs}}
    assert set(by_source) == {plan.name for plan in protocol.sources if plan.kind == "api"}
    assert all(seen == [("ok", str(moment.date())) for moment in MONTHS] for seen in by_source.values())
    assert f"version {protocol.version}" in re.sub(r"\s+", " ", played.web.get(f"/reviews/{SLUG}/bulletins/2").text).lower()


def test_the_demonstration_can_be_looked_at_again(played: Played) -> None:
    assert json.loads((played.home / DONE).read_text())["figures"] == played.figures


def test_a_narrower_strategy_sees_fewer_records() -> None:
    with EutilsStandIn(material.for_eutils(material.citations(DEMO))) as standin:
        source = PubMed(Http(allowed=(standin.address,)), base_address=standin.address)
        protocol = root.load(ROOT / "reviews" / SLUG)
        whole = protocol.source("pubmed").strategy
        wide = source.search(whole, Window(None, date(2026, 11, 1))).ids
        narrow = source.search(f"({whole}) AND postpartum[tiab]", Window(None, date(2026, 11, 1))).ids
        early = source.search(whole, Window(None, date(2019, 12, 31))).ids
    assert set(narrow) < set(wide) and set(early) < set(wide) and len(wide) >= 40
