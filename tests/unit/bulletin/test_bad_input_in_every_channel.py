"""What goes wrong in practice, in every channel at once: page, text, print, mail, pictures, tables, linked data. Right, readable and safe."""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import paths
from bot.bulletin import pictures
from bot.bulletin.compose import as_bytes, compose, finished
from bot.bulletin.digest import digest
from bot.bulletin.material import Apart, FlowCounts, Material, OutcomeMaterial, Result, SourceState, StudyFlow
from bot.exchange import bulletin_files
from bot.rendering import Renderer, Site
from bot.steps.bulletins.publish import frozen_files
from tests.unit.bulletin import sample_material as sample

NASTY = "<b>bold</b><script>alert(1)</script> & \"Ωmega\" 2021"
LONG = "Lopadotemachoselachogaleokranio" * 10
ENDLESS = replace(sample.EIGHT, ci_low=-math.inf, ci_high=math.inf, pi_low=None, pi_high=None)


def nothing_confirmed() -> Material:
    one = sample.month_one()
    return replace(one, outcomes=tuple(OutcomeMaterial(found.outcome) for found in one.outcomes), studies=(), exclusions=(),
                   flow=FlowCounts((), 0, 0, StudyFlow(0, 0, 0, 0)))


def one_study_alone() -> Material:
    return _only("personal_recovery", lambda one: one)


def endless() -> Material:
    return _only("depression", lambda one: replace(one, result=ENDLESS))


def endless_two() -> Material:
    two = replace(sample.TWO, ci_low=-math.inf, ci_high=math.inf, pi_low=None, pi_high=None)
    return _only("anxiety", lambda one: replace(one, result=two))


def endless_ratio() -> Material:
    trial = replace(sample.trial(1, "Dean 2016", 1.2, 0.4), ci_low=0.0, ci_high=math.inf, participants=None)
    result = Result(1, None, 1.2, 0.0, math.inf, None, None, None, None, False, "one study", "own", "none")
    return _only("serious_adverse_events", lambda one: replace(one, trials=(trial,), result=result))


def three_months_down() -> Material:
    one = sample.month_two()
    down = SourceState("pubmed", "MEDLINE (PubMed)", "NCBI E-utilities", "api", "failed", date(2025, 4, 30), "2025-08-01T06:00:00Z",
                       "PubMed could not be reached, asked 5 times.", strategy_state="draft", strategy_reviewer="none")
    return replace(one, sources=(down, *one.sources[1:]))


def called(name: str) -> Callable[[], Material]:
    """Return what makes a month in which Dean 2016 has another name, in the randomised body and in the other."""

    def made() -> Material:
        one = sample.month_one()
        outcomes = []
        for found in one.outcomes:
            trials = tuple(replace(trial, study=name) if trial.study == "Dean 2016" else trial for trial in found.trials)
            outcomes.append(replace(found, trials=trials, apart=Apart(trials[:1], sample.ONE) if trials else None))
        studies = tuple(replace(study, label=name, title=name, journal=name) if study.label == "Dean 2016" else study for study in one.studies)
        return replace(one, outcomes=tuple(outcomes), studies=studies)

    return made


def _only(outcome: str, change: Callable[[OutcomeMaterial], OutcomeMaterial]) -> Material:
    one = sample.month_one()
    return replace(one, outcomes=tuple(
        change(found) if found.outcome.id == outcome else OutcomeMaterial(found.outcome) for found in one.outcomes))


CASES: dict[str, tuple[Callable[[], Material], str]] = {
    "no confirmed study": (nothing_confirmed, "No study has been confirmed yet"),
    "k = 1, the other outcomes without data": (one_study_alone, "One trial so far, Kaplan 2011"),
    "an endless interval": (endless, "−∞ to ∞"),
    "an endless interval of two trials": (endless_two, "too few for one number"),
    "an endless ratio without people": (endless_ratio, "∞"),
    "a source down for three months": (three_months_down, "30 April 2025"),
    "a name with tags": (called(NASTY), "Ωmega"),
    "a name of 300 characters": (called(LONG[:300]), LONG[:20]),
}


@pytest.mark.parametrize("case", CASES)
def test_the_bulletin_stays_right_readable_and_safe(case: str) -> None:
    material, says = CASES[case]
    content: dict[str, Any] = finished(compose(material()), sample.publication(1, date(2025, 8, 9)))
    assert json.loads(as_bytes(content)) == content
    renderer = Renderer(paths.templates(), Site(name="Perennial", address="http://review.example.org", demo=True))
    files = {one.name: one.content for one in (*pictures.svgs(content), *frozen_files(renderer, content, "/b/1/"))}
    page, text = files["bulletin.html"].decode(), files["bulletin.txt"].decode()
    mail = renderer.mail("bulletin", {"bulletin": digest(content), "review": {"title": "T", "short_title": "S", "slug": "s"}, "now": None,
                                      "recipient": {"name": ""}, "urls": {"unsubscribe": "https://review.example.org/u/abc"}})
    assert says in page, "the page says it"
    for words in (page, text, mail.text, mail.html, *(files[name].decode() for name in files if name.endswith(".svg"))):
        assert "<script>" not in words.replace(NASTY, "") and "nan" not in words.lower().split() and "inf" not in words.split()
    assert "<b>bold" not in page and "<b>bold" not in mail.html
    assert files["bulletin.pdf"].startswith(b"%PDF") and len(mail.html.encode()) < 100_000 and "\n" not in mail.subject
    packed = zipfile.ZipFile(io.BytesIO(bulletin_files.everything(content, files)))
    for name in ("results.csv", "trials.csv", "studies.csv"):
        rows = list(csv.DictReader(io.StringIO(packed.read(f"data/{name}").decode("utf-8-sig"), newline="")))
        assert not {"inf", "-inf", "nan"} & {value for row in rows for value in row.values()}
    json.loads(json.dumps(bulletin_files.linked_data(content), allow_nan=False))


def test_a_source_that_has_been_down_for_three_months_is_said_in_page_text_and_mail_with_how_far_it_was_searched() -> None:
    content = finished(compose(three_months_down()), sample.publication(2, date(2025, 8, 9)))
    told = digest(content)
    assert content["failed"] == ["MEDLINE (PubMed)"] == told["failed"] and "MEDLINE (PubMed) (failed since) to 30 April 2025" in told["searched"]
