"""The content of a bulletin: the same for the same facts, honest about what is missing, safe with any name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from bot import paths
from bot.bulletin.compose import as_bytes, compose, fingerprint
from bot.bulletin.digest import digest
from bot.bulletin.material import FlowCounts, Material, Missing, Ongoing, OutcomeMaterial, StudyFlow
from bot.domain.protocols import CrisisHelp
from bot.rendering import Renderer, Site
from tests.unit.bulletin import sample_material as sample

NASTY = '<b>bold</b> & "quoted" <script>alert(1)</script>'


def renderer(*, demo: bool = True) -> Renderer:
    return Renderer(paths.templates(), Site("Perennial", "https://review.example.org", demo))


def page(content) -> str:
    return renderer().text("page.html", c=content, base="x/")


def named(name: str) -> Material:
    """Return the first month with every study and trial called `name`."""
    material = sample.month_one()
    outcomes = tuple(replace(one, trials=tuple(replace(trial, study=name, instrument=name, note=name) for trial in one.trials))
                     for one in material.outcomes)
    return replace(material, outcomes=outcomes, studies=tuple(replace(study, label=name, title=name) for study in material.studies))


def finished_as_first(material: Material):
    from bot.bulletin.compose import finished

    return finished(compose(material), sample.publication(1, date(2025, 2, 9)))


def test_the_same_facts_give_the_same_bytes() -> None:
    assert as_bytes(compose(sample.month_two())) == as_bytes(compose(sample.month_two()))
    assert fingerprint(compose(sample.month_one())) != fingerprint(compose(sample.month_two()))


def test_content_is_json_and_survives_being_stored() -> None:
    content = compose(sample.month_two())
    assert json.loads(as_bytes(content)) == content


def test_the_second_month_says_what_changed_and_which_study_did_it() -> None:
    content = compose(sample.month_two())
    depression = content["outcomes"][0]
    assert content["status"] == "estimate updated"
    assert depression["change"]["studies"] == [{"study": "Sebela 2025", "what": "new"}]
    assert depression["change"]["sentence"] == (
        "Depression: 7 → 8 trials. Before: SMD −0.36 (−0.65 to −0.06). Now: SMD −0.35 (−0.58 to −0.12). Why: Sebela 2025 (new).")
    assert [outcome["id"] for outcome in content["outcomes"] if outcome["change"]["changed"]] == ["depression"]


def cautious() -> Material:
    """Return the first month with the Bayesian estimate of anxiety's two trials in the lead."""
    first = sample.month_one()
    return replace(first, outcomes=tuple(replace(one, result=sample.CAUTIOUS_TWO) if one.outcome.id == "anxiety" else one
                                         for one in first.outcomes))


def test_two_trials_lead_with_the_cautious_estimate_and_other_methods_stand_in_the_details() -> None:
    content = finished_as_first(cautious())
    anxiety = next(one for one in content["outcomes"] if one["id"] == "anxiety")
    html = " ".join(page(content).split())
    details = html.split("For statisticians.", 1)[1].split("</details>", 1)[0]
    assert "Knapp-Hartung, never narrower than Wald, −0.56 (−3.72 to 2.61); Wald −0.56 (−1.05 to −0.07)" in details
    assert "half-normal(0.5) on tau" in details and html.count("−3.72") == 1
    assert next(row for row in content["table"] if row["id"] == "anxiety")["result"] == "SMD −0.55 (−1.33 to 0.15), a cautious estimate"
    assert {trial["weight"] for trial in anxiety["trials"]} == {None}
    assert "Where two or three trials measured an outcome, a Bayesian estimate leads" in " ".join(content["methods"])
    text = " ".join(renderer().text("bulletin.txt", c=content).split())
    assert "−1.33 to 0.15, 95% credible interval)" in text and "(−1.33 to 0.15), 95% credible interval. For" in text
    assert "not to be read as an answer: Knapp-Hartung" in text
    mail = json.dumps(digest(content), ensure_ascii=False)
    assert "95% credible interval" in mail and "3.72" not in mail


def test_where_the_protocol_shows_each_trial_by_itself_no_number_is_made_of_two() -> None:
    content = finished_as_first(sample.month_one())
    html, text = (" ".join(one.split()) for one in (page(content), renderer().text("bulletin.txt", c=content)))
    assert "2 trials are too few for one number: nothing is pooled here." in html
    for words in (html, text):
        # The reading guide explains the words; no outcome has such an estimate.
        assert "95% credible interval)" not in words and "Together: Each trial" not in words


def test_a_third_trial_that_changes_the_cautious_estimate_is_told_as_before_and_now() -> None:
    before = finished_as_first(cautious())
    material = replace(sample.month_one(), previous=before)
    three = replace(sample.CAUTIOUS_TWO, k=3, cautious=replace(sample.CAUTIOUS_TWO.cautious, estimate=-0.4, ci_low=-0.9, ci_high=0.05))
    outcomes = tuple(replace(one, result=three, trials=(*one.trials, sample.SEBELA)) if one.outcome.id == "anxiety" else one
                     for one in material.outcomes)
    anxiety = next(one for one in compose(replace(material, outcomes=outcomes))["outcomes"] if one["id"] == "anxiety")
    assert anxiety["change"]["sentence"] == (
        "Anxiety: 2 → 3 trials. Before: SMD −0.55 (−1.33 to 0.15), a cautious estimate. "
        "Now: SMD −0.40 (−0.90 to 0.05), a cautious estimate. Why: Sebela 2025 (new).")


def test_nothing_new_is_no_change() -> None:
    again = replace(sample.month_one(), period="2025-03", previous=sample.published_one())
    assert compose(again)["status"] == "no change"


def test_a_withdrawn_and_a_corrected_study_are_named() -> None:
    first = sample.month_one()
    depression = first.outcomes[[one.outcome.id for one in first.outcomes].index("depression")]
    kept = [replace(depression.trials[1], estimate=-0.5), *depression.trials[2:]]
    changed = replace(depression, trials=tuple(kept), result=replace(sample.SEVEN, k=6))
    outcomes = tuple(changed if one.outcome.id == "depression" else one for one in first.outcomes)
    content = compose(replace(first, outcomes=outcomes, previous=sample.published_one()))
    assert content["outcomes"][0]["change"]["studies"] == [
        {"study": "Griffiths 2012", "what": "withdrawn"}, {"study": "Dean 2016", "what": "corrected"}]


def test_no_conclusion_is_ever_called_changed_without_a_signed_rating() -> None:
    content = compose(sample.month_two())
    assert content["headline"] == "estimate updated"
    assert {outcome["certainty"] for outcome in content["outcomes"]} == {"not rated yet"}


def test_the_table_has_at_most_seven_rows_and_a_harm_among_them() -> None:
    table = compose(sample.month_one())["table"]
    assert len(table) <= 7 and any(row["harm"] for row in table)


def test_published_estimates_stand_apart_and_their_trials_stay_empty() -> None:
    content = compose(sample.month_one())
    published = [one for outcome in content["outcomes"] for one in outcome["published"]]
    assert len(published) == 6 and all(one["k"] is None and one["participants"] is None for one in published)
    assert content["benchmark"]["independence"] == "independent; not endorsed by its authors"
    assert page(sample.published_one()).count("not endorsed by its authors") >= 1


def test_what_nobody_knows_of_the_review_of_record_is_never_shown() -> None:
    words = page(sample.published_two())
    # I² of ours stands in the tables; of theirs no heterogeneity, no certainty and no list of trials is known.
    assert "included in Croke" not in words and "CRD42023445194" not in words


def test_the_caveat_of_sebela_is_asked_and_answered_everywhere() -> None:
    content = sample.published_two()
    for text in (page(content), renderer().text("bulletin.txt", c=content)):
        assert "abstract only, full text awaited" in text and "unequal against the registered plan" in " ".join(text.split())


def test_a_failed_source_is_said_aloud() -> None:
    content = sample.published_two()
    assert content["failed"] == ["MEDLINE (PubMed)"]
    for text in (page(content), renderer().text("bulletin.txt", c=content)):
        assert "MEDLINE (PubMed) failed in this cycle" in " ".join(text.split())
        assert "PubMed answered with an error page instead of records" in " ".join(text.split())


def test_every_strategy_says_that_it_was_not_peer_reviewed() -> None:
    assert "Search not peer reviewed: MEDLINE (PubMed), Embase and APA PsycInfo." in compose(sample.month_one())["methods"]


def test_records_that_came_by_another_way_are_said() -> None:
    material = sample.month_one()
    flow = replace(material.flow, counted=tuple(replace(one, source="handsearch") if one.source == "embase" else one
                                                for one in material.flow.counted))
    assert "in files that were taken in: handsearch (12 records)." in " ".join(compose(replace(material, flow=flow))["methods"])


def test_a_study_without_a_number_is_listed_by_itself() -> None:
    material = sample.month_one()
    bare = replace(material.studies[0], study_id=99, label="Waiting 2026", title="A trial that nobody has extracted", doi="")
    content = finished_as_first(replace(material, studies=(*material.studies, bare)))
    for text in (page(content), renderer().text("bulletin.txt", c=content)):
        assert text.lower().index("without a confirmed number yet") < text.index("Waiting 2026")


def test_every_estimate_is_called_provisional() -> None:
    words = " ".join(renderer().text("bulletin.txt", c=sample.published_two()).split())
    with_result = sum(outcome["result"] is not None for outcome in sample.published_two()["outcomes"])
    assert words.count("Trials found so far, incomplete, risk of bias not appraised: provisional.") == with_result


def test_the_demonstration_says_so_in_page_and_text_and_names_its_scripts() -> None:
    content = sample.published_one()
    for text in (page(content), renderer().text("bulletin.txt", c=content)):
        assert "scripted reviewers, an incomplete set of trials, not for clinical use" in " ".join(text.lower().split())
        assert "demo reviewer A" in text


def test_outside_the_demonstration_people_stand_by_role() -> None:
    material = sample.month_one()
    unnamed = replace(material.making, people=tuple(replace(person, name="") for person in material.making.people))
    methods = " ".join(compose(replace(material, making=unnamed))["methods"])
    assert "2 people screened; 1 person settled disagreements; 1 person extracted or verified numbers." in methods


@pytest.mark.parametrize("name", [NASTY, "L" * 300, "漢字 2021", "tab\tand\x00null \ud800 2020", "Ω" * 40])
def test_a_study_may_be_called_anything(name: str) -> None:
    content = finished_as_first(named(name))
    html = page(content)
    html.encode()
    renderer().text("bulletin.txt", c=content).encode()
    assert "<b>bold" not in html and "<script" not in html and "\x00" not in html


def test_no_confirmed_study_at_all_is_a_readable_bulletin() -> None:
    material = sample.month_one()
    bare = replace(material, outcomes=tuple(OutcomeMaterial(one.outcome) for one in material.outcomes), studies=(), exclusions=(),
                   flow=FlowCounts((), 0, 0, StudyFlow(0, 0, 0, 0)))
    content = finished_as_first(bare)
    assert "No study has been confirmed yet." in page(content)
    assert "No trial with a confirmed number yet" in renderer().text("bulletin.txt", c=content)


def test_a_flow_that_does_not_add_up_is_said_and_never_hidden() -> None:
    material = sample.month_one()
    assert compose(material)["flow_remarks"] == []
    counts = tuple(replace(one, n=85) if one.box == "screened" else one for one in material.flow.counted)
    broken = replace(material, flow=replace(material.flow, counted=counts))
    assert len(compose(broken)["flow_remarks"]) == 2


def test_a_number_for_help_that_nobody_has_tried_for_half_a_year_is_hidden() -> None:
    def helped(checked: date) -> list[dict[str, str]]:
        one = CrisisHelp("Utopia", "Line", "111", "https://example.org", checked)
        material = replace(sample.month_one(), protocol=replace(sample.protocol(), crisis_help=(one,)))
        return compose(material)["crisis"]["help"]

    assert len(helped(date(2025, 1, 1))) == 1
    assert helped(date(2024, 6, 1)) == []


def test_the_way_to_cite_names_version_date_and_address() -> None:
    cite = sample.published_two()["cite"]
    assert "Bulletin 2, 9 August 2025" in cite and cite.endswith("/bulletins/2") and "Protocol version 1.0" in cite


def test_the_mail_is_short_and_its_text_reads_alone() -> None:
    told = digest(sample.published_two())
    assert len(json.dumps(told)) < 20_000
    mail = renderer().mail("bulletin", {
        "bulletin": told, "review": {"title": "T", "short_title": "S", "slug": "s"}, "recipient": {"name": ""},
        "urls": {"unsubscribe": "https://review.example.org/u/abc"}, "now": None})
    assert mail.subject == "[Digital peer support] Bulletin 2, 9 August 2025: estimate updated"
    assert len(mail.html.encode()) < 100_000
    words = " ".join(mail.text.split())
    assert "Depression: In the published review Croke 2026, digital peer support went with" in words
    assert "Apart from it, trials found so far, incomplete: In the 8 trials found so far" in words
    assert "https://review.example.org/u/abc" in words
    assert 'src="cid:forest-depression@perennial"' in mail.html and "@media (prefers-color-scheme: dark)" in mail.html


def test_a_page_weighs_less_than_sixty_kilobytes_and_has_no_script_or_inline_style() -> None:
    html = page(sample.published_two())
    assert len(html.encode()) < 60_000
    assert "<script" not in html and " style=" not in html and "<style" not in html


def test_trials_that_are_awaited_stand_with_the_day_on_which_they_should_report() -> None:
    address = "https://clinicaltrials.gov/study/NCT05000001"
    waiting = (Ongoing("NCT05000001", "Peers <b>online</b>", "RECRUITING", "2027-03", True, 120, address, False),
               Ongoing("NCT05000002", "A silent trial", "COMPLETED", "2024-01", False, None, "", True))
    content = finished_as_first(replace(sample.month_one(), ongoing=waiting))
    assert [(one["state"], one["due"]) for one in content["ongoing"]] == [("recruiting", "expected 2027-03"), ("completed", "was due 2024-01")]
    html = page(content)
    assert "Peers &lt;b&gt;online" in html and "posted in the register" in html and address in html
    assert "NCT05000002: A silent trial" in renderer().text("bulletin.txt", c=content)
    assert "No registered trial is known" in page(sample.published_one())


def test_a_study_that_could_not_be_pooled_stands_with_its_people_and_what_it_said() -> None:
    first = sample.month_one()
    gaps = (Missing("Ellis 2011", "not_usable", "in favour of peers, no number", 39), Missing("Late 2020", "during", "PHQ-9, week 2"))
    outcomes = tuple(replace(one, missing=gaps) if one.outcome.id == "depression" else one for one in first.outcomes)
    html = " ".join(page(finished_as_first(replace(first, outcomes=outcomes))).split())
    assert '<th scope="row">Ellis 2011</th><td class="number" data-label="People">39</td>' in html and "in favour of peers, no number" in html
    assert "measured only while the programme ran" in html


def test_who_did_what_is_said_in_the_words_of_credit_and_names_no_program() -> None:
    roles = compose(sample.month_one())["roles"]
    assert {"role": "Investigation", "who": "demo reviewer A and demo reviewer B", "did": "screened"} in roles
    assert roles[0]["role"] == "Conceptualization, methodology" and not any("perennial 0" in one["who"] for one in roles)
