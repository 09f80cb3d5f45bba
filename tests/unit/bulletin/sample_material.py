"""Material of two cycles of the shipped review, as the starting set gives it, for tests of the bulletin. No test in here.

Effects: reviews/digital-peer-support/starting_set.csv; estimates of depression: issue 2 (R metafor).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

from bot import paths
from bot.bulletin.compose import Publication, compose, finished
from bot.bulletin.material import (
    Cautious,
    Exclusion,
    FlowCounts,
    Making,
    Material,
    Missing,
    OutcomeMaterial,
    PersonMaterial,
    Result,
    SourceState,
    Span,
    StudyFlow,
    StudyMaterial,
    TrialResult,
)
from bot.domain.flow import Counted
from bot.domain.protocols import Protocol
from bot.protocols.load import load
from bot.rendering import DEMO_NOTICE

# study: (id, year, instrument, time point, experimental, comparator, effect, standard error, people)
DEPRESSION = {
    "Griffiths 2012": (1, "CES-D caseness (remission)", "3 months", "attention control", -0.163, 0.226, 123),
    "Dean 2016": (2, "CES-D", "3 months", "online expressive writing", -0.177, 0.140, 204),
    "Tomasino 2017": (3, "PHQ-9", "post-treatment", "waitlist", -0.360, 0.371, 31),
    "Shorey 2019": (4, "EPDS", "1 month", "usual care", -0.484, 0.190, 114),
    "Westerhof 2019": (5, "CES-D", "post-treatment", "waitlist", 0.313, 0.396, 26),
    "Rohrbach 2022": (6, "PHQ-2", "post-treatment", "waitlist", -0.388, 0.204, 106),
    "Merza 2023": (7, "EPDS", "9 weeks", "waitlist", -0.811, 0.154, 183),
}
QUESTION = "The arms are unequal against the registered plan of 60 per arm, and the effect comes from an abstract. Are the numbers right?"
ANSWER = "abstract only, full text awaited"
SEBELA = TrialResult(8, "Sebela 2025", -0.30, -0.487, -0.113, 0.2, 488, "depressive symptoms (primary)", "6 weeks after birth",
                     "post_treatment", "Mom Supports Mom remote peer support", "control", "randomised", "abstract (PMID 40765646)", "",
                     QUESTION, ANSWER)
SEVEN = Result(7, 787, -0.357624, -0.652976, -0.062273, -0.99246, 0.27722, 0.052742, 55.90, True, "random effects", "knapp-hartung-max1",
               "t(k-1)")
EIGHT = Result(8, 1275, -0.351541, -0.583139, -0.119942, -0.85778, 0.15470, 0.036242, 53.90, True, "random effects", "knapp-hartung-max1",
               "t(k-1)")
ONE = Result(1, 199, 0.15, -0.13, 0.43, None, None, None, None, False, "one study", "own", "none")
TWO = Result(2, 132, -0.55, -3.90, 2.80, -5.1, 4.0, 0.07, 30.0, True, "random effects", "knapp-hartung-max1", "t(k-1)",
             lead="trials")
# What bot/methods/synthesis/few.py gives for the two trials of anxiety below, yi -0.40 and -0.95, SE 0.2 and 0.41.
CAUTIOUS_TWO = replace(TWO, lead="bayesian", cautious=Cautious(
    -0.548823, -1.329279, 0.148522, "half-normal(0.5) on tau, normal(0, 2²) on the mean", Span(-0.558545, -3.723981, 2.606890),
    Span(-0.558545, -1.046822, -0.070269)))


@lru_cache(maxsize=1)
def protocol() -> Protocol:
    """Return the shipped protocol."""
    return load(paths.review_folders()["digital-peer-support"])


def trial(study_id: int, study: str, estimate: float, se: float, **more: object) -> TrialResult:
    """Return a trial with a 95% interval from its standard error."""
    return TrialResult(study_id, study, estimate, estimate - 1.96 * se, estimate + 1.96 * se, **more)  # type: ignore[arg-type]


def counted(period: str, **boxes: int) -> tuple[Counted, ...]:
    """Return counts that all came from PubMed but for twelve records of Embase in the first month."""
    elsewhere = 12 if period == "2025-02" else 0
    rows = [Counted(box, period, "pubmed", "", n - elsewhere if box == "identified" else n) for box, n in boxes.items()]
    return (*rows, *([Counted("identified", period, "embase", "", elsewhere)] if elsewhere else []))


# The first month as it stood then, and as it stood when all of it had been read; what the second one brought.
FLOW_ONE = counted("2025-02", identified=132, duplicates=8, reports=124, screened=86, awaiting_screening=38, excluded=76, included_at_once=9,
                   awaiting_classification=1)
FLOW_ONE_READ = counted("2025-02", identified=132, duplicates=8, reports=124, screened=124, excluded=114, included_at_once=9,
                        awaiting_classification=1)
FLOW_TWO = counted("2025-08", identified=8, reports=8, screened=8, excluded=5, included_at_once=3)


def month_one() -> Material:
    """Return the material of the first cycle: seven trials of depression, two of anxiety, one of personal recovery."""
    depression = tuple(
        trial(number, study, effect, se, weight=1 / 7, participants=people, instrument=instrument, time_point=when,
              experimental="internet support group", comparator=against, design="randomised", note="completers")
        for study, (number, instrument, when, against, effect, se, people) in DEPRESSION.items())
    anxiety = (trial(6, "Rohrbach 2022", -0.40, 0.2, weight=0.8, participants=106, instrument="GAD-2", time_point="post-treatment"),
               trial(9, "Ellis 2011", -0.95, 0.41, weight=0.2, participants=26, instrument="DASS-21 anxiety", time_point="post-treatment"))
    recovery = (trial(10, "Kaplan 2011", 0.15, 0.142, participants=199, instrument="RAS total", time_point="4 months"),)
    given = {"depression": (depression, SEVEN), "anxiety": (anxiety, TWO), "personal_recovery": (recovery, ONE)}
    return Material(
        protocol=protocol(), period="2025-02", searched_to=date(2025, 2, 1), next_search=date(2025, 3, 1),
        sources=_sources(date(2025, 2, 1)),
        outcomes=tuple(OutcomeMaterial(outcome, *given.get(outcome.id, ((), None)), missing=_missing(outcome.id))
                       for outcome in protocol().outcomes),
        studies=(*(StudyMaterial(row[0], study, int(study[-4:]), f"A trial of an internet support group: {study}", "J Med Internet Res",
                                 doi=f"10.1234/{study[-4:]}", state="confirmed") for study, row in DEPRESSION.items()),
                 StudyMaterial(9, "Ellis 2011", 2011, state="confirmed"), StudyMaterial(10, "Kaplan 2011", 2011, state="confirmed")),
        exclusions=(Exclusion("peers", "No support by peers", ("Lee 2021. An app without peers. JMIR.",) * 31),
                    Exclusion("design", "Not a controlled interventional study", ("Kim 2020. A cohort.",) * 45)),
        flow=FlowCounts(FLOW_ONE, 132, 124, StudyFlow(9, 0, 0, 9, 9)),
        pending={"reports to screen": 38, "studies to extract": 2, "studies to verify": 0},
        making=Making((PersonMaterial("reviewer", "demo reviewer A"), PersonMaterial("reviewer", "demo reviewer B"),
                       PersonMaterial("third_reviewer", "demo reviewer C"), PersonMaterial("extractor", "demo extractor A")),
                      172, 4, 0.953, "relevance, from the protocol alone", "perennial 0.1.0"),
        notice=DEMO_NOTICE)


def month_two() -> Material:
    """Return the material of the second cycle: Sebela 2025 is new, Embase failed."""
    first = month_one()
    outcomes = tuple(
        replace(one, trials=(*one.trials, SEBELA), result=EIGHT) if one.outcome.id == "depression" else one for one in first.outcomes)
    return replace(
        first, period="2025-08", searched_to=date(2025, 8, 1), next_search=date(2025, 9, 1), outcomes=outcomes,
        sources=_sources(date(2025, 8, 1), failed=True),
        studies=(*first.studies, StudyMaterial(8, "Sebela 2025", 2025, "Mom Supports Mom: a randomised trial", "Psychosocial Intervention",
                                               "10.5093/pi2025a12", "40765646", "NCT04639752", "extracted")),
        flow=FlowCounts((*FLOW_ONE_READ, *FLOW_TWO), 140, 132, StudyFlow(9, 1, 0, 10, 9), since="2025-02", base="2025-02"),
        pending={"reports to screen": 0},
        previous=published_one())


def published_one() -> dict[str, object]:
    """Return the first bulletin as published."""
    return finished(compose(month_one()), publication(1, date(2025, 2, 9)))


def published_two() -> dict[str, object]:
    """Return the second bulletin as published."""
    return finished(compose(month_two()), publication(2, date(2025, 8, 9)))


def publication(number: int, dated: date) -> Publication:
    """Return what a bulletin gets at publication."""
    return Publication(number, dated, "demo editor", dated, "0" * 64, "Perennial",
                       f"http://127.0.0.1:8000/reviews/digital-peer-support/bulletins/{number}", (1234, "a" * 64))


def _missing(outcome_id: str) -> tuple[Missing, ...]:
    return {"depression": (Missing("Ellis 2011", "not_usable", "said to be not significant, no number"),),
            "serious_adverse_events": (Missing("Dean 2016", "not_reported"),)}.get(outcome_id, ())


def _sources(to: date, *, failed: bool = False) -> tuple[SourceState, ...]:
    pubmed = SourceState("pubmed", "MEDLINE (PubMed)", "NCBI E-utilities", "api", "failed" if failed else "ok",
                         date(2025, 7, 1) if failed else to, "2025-02-01T06:00:00Z",
                         "PubMed answered with an error page instead of records." if failed else "", 120, 112,
                         '("peer support"[tiab] OR "peer-led"[tiab]) AND (online[tiab] OR digital[tiab])', "", "draft", "none")
    embase = SourceState("embase", "Embase", "Ovid", "file", "ok", to, found=12, new=12, strategy_state="draft", strategy_reviewer="none")
    psycinfo = SourceState("psycinfo", "APA PsycInfo", "Ovid", "file", "never", strategy_state="draft", strategy_reviewer="none")
    return pubmed, embase, psycinfo
