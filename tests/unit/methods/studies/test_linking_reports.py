"""What links reports to one study by itself, what is only suggested, and what neither (issue 4, item 3)."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.records import Record, Relation
from bot.methods.studies.linking import Known, LinkVerdict, between, counts_as_results, link, place, studies_of
from bot.methods.studies.traits import participants_in, registrations_in, traits_of
from bot.sources.files import read
from tests.shared import shared_path

TRIAL = Record(
    source="pubmed",
    source_id="1",
    pmid="1",
    doi="10.2196/1",
    year=2021,
    registrations=("NCT00000001",),
    title="Peer support by text message for adults with depression: a randomized controlled trial in Canada",
    abstract="METHODS: 240 adults were randomized.",
    authors=("Lee K", "Doe J"),
)
FOLLOW_UP = replace(
    TRIAL,
    source_id="2",
    pmid="2",
    doi="10.2196/2",
    year=2023,
    authors=("Doe J", "Roe B"),
    title="Sleep and work two years after peer support: secondary analysis of a randomized trial",
    abstract="METHODS: 231 adults were randomized.",
)


def test_an_identical_registration_in_both_reports_own_fields_links_by_itself():
    found = link(TRIAL, FOLLOW_UP)
    assert found.verdict is LinkVerdict.AUTOMATIC
    assert "NCT00000001" in found.reasons[0]
    assert found == link(FOLLOW_UP, TRIAL)


def test_a_registration_in_the_text_alone_is_only_suggested():
    in_text = replace(FOLLOW_UP, registrations=(), abstract="METHODS: 231 adults. Trial registration: NCT 00000001.")
    found = link(TRIAL, in_text)
    assert found.verdict is LinkVerdict.SUGGESTED
    assert any("names NCT00000001 in its text" in reason for reason in found.reasons)


@pytest.mark.parametrize(("changes", "said"), [
    ({"abstract": "METHODS: 60 adults were randomized."}, "60 participants in one, 240 in the other"),
    ({"abstract": "METHODS: an uncontrolled, single-arm study of 231 adults."}, "one was randomised, the other was not"),
    ({"title": "Peer support by text message: a pilot randomized trial"}, "one is a pilot"),
    ({"authors": ("Stranger A",)}, "no author in common"),
    ({"title": "Peer support for depression: a systematic review and meta-analysis"}, "one is a review"),
])  # fmt: skip
def test_two_trials_under_one_id_are_never_joined_without_a_person(changes: dict[str, Any], said: str):
    found = link(TRIAL, replace(FOLLOW_UP, **changes))
    assert found.verdict is LinkVerdict.SUGGESTED
    assert said in " ".join(found.against)


def test_one_trial_under_two_ids_of_two_registers_is_linked_where_they_share_one():
    both = replace(FOLLOW_UP, registrations=("ISRCTN12345678", "NCT00000001"))
    assert link(TRIAL, both).verdict is LinkVerdict.AUTOMATIC
    other = replace(
        FOLLOW_UP, registrations=("ISRCTN12345678",), title=TRIAL.title, authors=TRIAL.authors, abstract=TRIAL.abstract
    )
    found = link(TRIAL, other)
    assert found.verdict is LinkVerdict.SUGGESTED
    assert "each has a registration of its own" in " ".join(found.against)
    assert studies_of([TRIAL, both, other]).studies == ((0, 1, 2),)


def test_a_report_of_two_trials_is_not_joined_to_either_without_a_person():
    found = link(TRIAL, replace(FOLLOW_UP, registrations=("NCT00000001", "NCT00000002")))
    assert found.verdict is LinkVerdict.SUGGESTED
    assert "several trials" in " ".join(found.against)


def test_a_third_report_that_says_no_number_does_not_join_two_that_contradict_each_other():
    silent = replace(FOLLOW_UP, source_id="3", pmid="3", abstract="")
    small = replace(FOLLOW_UP, source_id="4", pmid="4", abstract="METHODS: 60 adults were randomized.")
    found = studies_of([TRIAL, silent, small])
    assert all(not {0, 2} <= set(study) for study in found.studies)
    assert any("60 participants in one" in reason for pair in found.suggestions for reason in pair.link.against)


def test_registry_references_preprints_and_likeness_are_suggested_with_reasons():
    entry = Record(
        "clinicaltrials", "NCT00000009", "Texts between peers", relations=(Relation("reference_derived", "Lee", pmid="1"),)
    )
    assert "refers to the other" in " ".join(link(entry, TRIAL).reasons)
    preprint = replace(TRIAL, source_id="p", pmid="", doi="10.1101/2020.1.1", journal="medRxiv", registrations=())
    assert "one is a preprint" in " ".join(link(preprint, TRIAL).reasons)
    named = replace(TRIAL, registrations=(), title="MoodSwings 2.0: a trial", abstract="")
    assert (
        "the same acronym (moodswings 2.0)"
        in link(named, replace(named, title="Engagement with MoodSwings 2.0", pmid="9", doi="")).reasons
    )
    alike = link(
        replace(TRIAL, registrations=()), replace(FOLLOW_UP, registrations=(), authors=("Lee, Kim",), abstract=TRIAL.abstract)
    )
    assert alike.reasons[:2] == ("the same first author", "the same number of participants (240)")
    assert {link(entry, TRIAL).verdict, link(preprint, TRIAL).verdict, alike.verdict} == {LinkVerdict.SUGGESTED}


def test_the_same_first_author_alone_is_nothing():
    other = replace(FOLLOW_UP, registrations=(), authors=("Lee K",), title="Falls in nursing homes of one town", abstract="")
    assert link(replace(TRIAL, registrations=()), other).verdict is LinkVerdict.NONE
    assert studies_of([TRIAL, other]).studies == ((0,), (1,))


def test_protocols_and_registry_entries_without_results_are_no_results():
    assert counts_as_results(TRIAL)
    assert not counts_as_results(replace(TRIAL, title=TRIAL.title + ": study protocol"))
    assert not counts_as_results(Record("clinicaltrials", "NCT00000001", "Texts between peers"))
    assert counts_as_results(
        Record("clinicaltrials", "NCT00000001", "Texts between peers", publication_types=("Trial registry record with results",))
    )


def test_a_report_is_placed_in_the_one_study_that_its_registration_names():
    placed = place(FOLLOW_UP, [Known(7, (TRIAL,)), Known(9, (Record("pubmed", "9", "Falls in nursing homes of one town"),))])
    assert (placed.study, placed.questions) == (7, ())
    assert placed.link is not None and "NCT00000001" in placed.link.reasons[0]


def test_what_any_report_of_a_study_has_against_a_new_one_makes_it_a_question():
    small = replace(FOLLOW_UP, source_id="4", pmid="4", abstract="METHODS: 60 adults were randomized.")
    silent = replace(FOLLOW_UP, source_id="3", pmid="3", abstract="")
    placed = place(small, [Known(7, (silent, TRIAL))])
    assert placed.study is None
    ((study, found),) = placed.questions
    assert study == 7 and "60 participants in one, 240 in the other" in found.against


def test_a_report_that_fits_two_studies_of_one_registration_joins_neither():
    silent = replace(FOLLOW_UP, source_id="3", pmid="3", abstract="")
    other = replace(TRIAL, source_id="5", pmid="5", abstract="METHODS: 60 adults were randomized.")
    placed = place(silent, [Known(7, (TRIAL,)), Known(8, (other,))])
    assert placed.study is None
    assert [study for study, _ in placed.questions] == [7, 8]
    assert all("two studies that are known give this registration" in found.against for _, found in placed.questions)


def test_a_pair_of_studies_that_a_person_told_apart_is_not_asked_about_again():
    other = replace(FOLLOW_UP, source_id="5", pmid="5", doi="", registrations=())
    known = [Known(7, (TRIAL,)), Known(8, (other,))]
    assert [study for study, _ in place(FOLLOW_UP, known).questions] == [8]
    assert place(FOLLOW_UP, known, apart={frozenset({7, 8})}).questions == ()


def test_what_is_between_two_studies_is_the_strongest_link_of_their_reports():
    far = Record("pubmed", "9", "Falls in nursing homes of one town")
    assert between([far, TRIAL], [FOLLOW_UP]).verdict is LinkVerdict.AUTOMATIC
    assert between([far], [FOLLOW_UP]).verdict is LinkVerdict.NONE


def test_order_makes_no_difference_to_studies():
    reports = [
        TRIAL,
        FOLLOW_UP,
        replace(FOLLOW_UP, source_id="4", pmid="4", abstract="60 adults were randomized"),
        replace(TRIAL, registrations=()),
    ]
    wanted = {frozenset(repr(reports[position]) for position in study) for study in studies_of(reports).studies}
    for seed in range(10):
        order = random.Random(seed).sample(reports, len(reports))
        assert {frozenset(repr(order[position]) for position in study) for study in studies_of(order).studies} == wanted


@pytest.mark.parametrize(("text", "number"), [
    ("a total of 1,204 pregnant women took part", 1204),
    ("302 patients were randomly assigned to groups", 302), ("we randomised 88 of them", 88),
    ("adults (n = 57) in two arms", 57), ("enrollment: 665 (actual)", 665), ("30 % of them improved", None), ("in 2019 we began", None),
])  # fmt: skip
def test_numbers_of_participants_are_read(text: str, number: int | None):
    assert participants_in(text) == number


def test_registrations_are_found_in_any_writing():
    text = "NCT 01149265; isrctn65657330 and ACTRN12615000123456, DRKS00012345, EudraCT 2013-001234-56, but not NCT12"
    assert registrations_in(text) == {"NCT01149265", "ISRCTN65657330", "ACTRN12615000123456", "DRKS00012345", "2013-001234-56"}


def _evidence() -> list[Record]:
    rows = list(csv.DictReader(shared_path("evidence/citations.csv").open(encoding="utf-8", newline="")))
    return [Record("citations", str(number), row["title"], authors=tuple(name for name in (row["first_author"],) if "(" not in name and name),
                   doi=row["doi"], pmid=row["pmid"], registrations=tuple(sorted(registrations_in(row["registration"]))))
            for number, row in enumerate(rows)]  # fmt: skip


def test_of_182_citations_only_reports_of_one_trial_are_linked():
    """The pairs were read one by one: protocol and trial of PeerFIT, and of Big White Wall."""
    reports = _evidence()
    found = studies_of(reports)
    linked = {frozenset(reports[position].registrations) for pair in found.links for position in (pair.first, pair.second)}
    assert linked == {frozenset({"NCT02815813"}), frozenset({"NCT02902159"}), frozenset({"ISRCTN12673428", "NCT02902159"})}
    assert len(found.links) == 2
    assert 5 <= len(found.suggestions) <= 15


def _registry_entry(path: Path) -> Record:
    study = json.loads(path.read_text(encoding="utf-8"))
    protocol = study["protocolSection"]
    identification, design = protocol["identificationModule"], protocol["designModule"]
    references = protocol.get("referencesModule", {}).get("references", [])
    relations = tuple(
        Relation(f"reference_{one['type'].lower()}", one["citation"], pmid=one.get("pmid", "")) for one in references
    )
    return Record("clinicaltrials", identification["nctId"], identification["briefTitle"], relations=relations,
                  abstract=f"Enrollment: {design['enrollmentInfo']['count']}")  # fmt: skip


def test_on_registry_and_pubmed_samples_nothing_is_linked_that_is_not_one_trial():
    entries = [_registry_entry(path) for path in sorted(shared_path("samples/clinicaltrials_v2").glob("*.json"))]
    articles = [record for path in sorted(shared_path("samples/pubmed_xml").rglob("*.xml")) for record in _articles(path)]
    unique = {record.pmid: record for record in articles if record.title}
    found = studies_of([*entries, *unique.values()])
    assert len(unique) > 100
    everything = [*entries, *unique.values()]
    for pair in found.links:
        assert traits_of(everything[pair.first]).registrations & traits_of(everything[pair.second]).registrations
    assert len(found.links) == 0
    assert len(found.suggestions) <= 12


def _articles(path: Path) -> tuple[Record, ...]:
    try:
        return read(path.read_bytes(), path.name, "pubmed").records
    except Exception:
        # Samples that are no article sets: the reader refuses them with an error of its own.
        return ()
