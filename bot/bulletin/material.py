"""What a bulletin is made from: the facts of one cycle, gathered by bot/steps/bulletins/gather.py and put into words by compose.py.

Numbers are on the scale that is shown: a ratio is a ratio, not its logarithm. Nothing here is read from a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.domain.flow import Counted
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Amendment, Protocol


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What one study says about one outcome. weight: its share of the pooled weight, None where nothing is pooled.

    question, answer: what somebody asked about this number, and what is known; "" if nothing was asked. risk: as signed, None while it is not.
    spread: how far chance alone may move it, on the scale of pooling: √(1/n₁ + 1/n₂) for a standardised difference, else its standard error.
    """

    study_id: int
    study: str
    estimate: float
    ci_low: float
    ci_high: float
    weight: float | None = None
    participants: int | None = None
    instrument: str = ""
    time_point: str = ""
    window: str = ""
    experimental: str = ""
    comparator: str = ""
    design: str = ""
    source: str = ""
    note: str = ""
    question: str = ""
    answer: str = ""
    risk: Appraised | None = None
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Appraised:
    """The signed risk of bias of one result. tool: its name; domains: (sign such as D1, name, judgement)."""

    overall: str
    tool: str
    domains: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate and its interval."""

    estimate: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class Cautious:
    """What leads for two or three trials: the Bayesian estimate with its credible interval. prior: in words.

    knapp_hartung, wald: what other methods give, for the details alone.
    """

    estimate: float
    ci_low: float
    ci_high: float
    prior: str
    knapp_hartung: Span
    wald: Span


@dataclass(frozen=True, slots=True)
class Result:
    """What pooling gave for one outcome, or the one study's own numbers if `pooled` is False.

    lead: what a reader is shown, `pooled`, `trials` (each by itself) or `bayesian`; then `cautious` has the numbers.
    """

    k: int
    participants: int | None
    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float | None
    pi_high: float | None
    tau2: float | None
    i2: float | None
    pooled: bool
    model: str
    interval: str
    prediction_interval: str
    inputs_sha256: str = ""
    lead: str = "pooled"
    cautious: Cautious | None = None

    @property
    def is_few(self) -> bool:
        """Whether two or three trials were pooled and the pooled number is not what a reader is shown."""
        return self.pooled and self.lead != "pooled"


@dataclass(frozen=True, slots=True)
class Assumed(Span):
    """A published estimate with new trials under one assumption on tau; None: averaged over a prior. assumption: in words."""

    tau: float | None
    assumption: str


@dataclass(frozen=True, slots=True)
class UpdatedPublished:
    """A published estimate with the trials reported since its search; without such trials it stands as published.

    window: of the published estimate, "" where it states none. lead: the one of `panel` that leads. se: of the published estimate, on the
    scale of pooling; se_read_as: how it was read from the interval. refused: (study, kind) of the trials that were not added.
    """

    window: str
    label: str
    studies: tuple[str, ...]
    lead: Assumed
    panel: tuple[Assumed, ...]
    se: float
    se_read_as: str
    refused: tuple[tuple[str, str], ...] = ()
    inputs_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A study that measured or planned an outcome and could not be pooled for it.

    kind: `not_usable`, `not_reported` or `during` (measured before the programme ended alone); known: what it said, direction and all.
    participants: the most people that another of its results has, None if it has none.
    """

    study: str
    kind: str
    known: str = ""
    participants: int | None = None


@dataclass(frozen=True, slots=True)
class Ongoing:
    """A registered trial that belongs to the review and has not reported. due: when it should (YYYY-MM or YYYY-MM-DD), "" if unknown.

    is_expected: whether that day is the register's expectation, not past. has_posted: results wait in the register.
    """

    registration: str
    title: str
    state: str
    due: str
    is_expected: bool
    enrolment: int | None
    link: str
    has_posted: bool


@dataclass(frozen=True, slots=True)
class Rating:
    """A signed rating of certainty. level: `high`, `moderate`, `low`, `very low`; reasons: (domain, steps, words) where it was moved.

    size: in a word, by the outcome's own bands (bot/methods/certainty/statements.py). favours: whether the effect favours the intervention.
    both_ways: whether the interval reaches important effects in both directions.
    """

    level: str
    signs: str
    reasons: tuple[tuple[str, int, str], ...]
    is_stale: bool
    size: str
    favours: bool
    both_ways: bool
    by: str


@dataclass(frozen=True, slots=True)
class Apart:
    """The studies without randomisation of an outcome: pooled, rated and shown apart."""

    trials: tuple[TrialResult, ...]
    result: Result | None
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class OutcomeMaterial:
    """One outcome of the protocol with what is known of it now. analyses: kind → result as kept, for closer.py.

    complete_to: the day to which an editor signed that our own set of trials is complete, None while nobody has.
    """

    outcome: Outcome
    trials: tuple[TrialResult, ...] = ()
    result: Result | None = None
    missing: tuple[Missing, ...] = ()
    updates: tuple[UpdatedPublished, ...] = ()
    rating: Rating | None = None
    complete_to: date | None = None
    analyses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    apart: Apart | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far one source has been searched. state: `ok`, `failed`, `waiting` (for a file) or `never`; error: a sentence."""

    name: str
    label: str
    platform: str
    kind: str
    state: str
    searched_to: date | None = None
    at: str = ""
    error: str = ""
    found: int | None = None
    new: int | None = None
    query: str = ""
    understood: str = ""
    strategy_state: str = ""
    strategy_reviewer: str = ""


@dataclass(frozen=True, slots=True)
class StudyMaterial:
    """One included study. is_new: it was not in the bulletin before. state: included, extracted, confirmed …, as the ledger says."""

    study_id: int
    label: str
    year: int | None = None
    title: str = ""
    journal: str = ""
    doi: str = ""
    pmid: str = ""
    registration: str = ""
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The reports that failed one criterion. reports: citations, one line each."""

    criterion: str
    reason: str
    reports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """found: relevant among what was offered. missed: relevant in the audit. recall: None where nothing was audited; lower: its 95 % bound."""

    found: int
    missed: int
    recall: float | None
    lower: float


@dataclass(frozen=True, slots=True)
class Recall:
    """What a ranking left out in twelve months, and what a random audit of it says. waiting: drawn, but not read yet.

    abstracts, studies: by titles and abstracts, and by what was included for good. model: the SHA-256 of the cycle's model.
    changed: the days (ISO) on which people accepted to leave out less.
    """

    left_out: int
    audited: int
    waiting: int
    abstracts: Audit
    studies: Audit
    model: str
    open_proposals: int = 0
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyFlow:
    """Studies by themselves: previous + new - withdrawn = total. previous: of the bulletin before, or of the starting set before the first.

    starting: how many of the total came with the starting set; gone: what became of those withdrawn, in words.
    """

    previous: int
    new: int
    withdrawn: int
    total: int
    starting: int = 0
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowCounts:
    """How records became studies. counted: each box by what brought it, by a query of its own (db/flow.py).

    records, reports: how many there are, whatever brought them. since: what the bulletin before counted up to (a cycle's period), "" if there
    is none; base: the first bulletin's period, "" in the first. other_methods: sources that are neither databases nor registers.
    """

    counted: tuple[Counted, ...]
    records: int
    reports: int
    studies: StudyFlow
    since: str = ""
    base: str = ""
    other_methods: frozenset[str] = frozenset()

    @property
    def by_source(self) -> Mapping[str, int]:
        """Source → how many records it gave."""
        found: dict[str, int] = {}
        for one in self.counted:
            if one.box == "identified":
                found[one.source] = found.get(one.source, 0) + one.n
        return found


@dataclass(frozen=True, slots=True)
class PersonMaterial:
    """Somebody who had a hand in it. name: printed in the demo alone; elsewhere a role is."""

    role: str
    name: str


@dataclass(frozen=True, slots=True)
class Making:
    """How the bulletin was made. agreement: share of pairs of votes that agreed, None if nobody voted; ranking: what ordered them.

    model: the SHA-256 of the trained model, "" where none was.
    """

    people: tuple[PersonMaterial, ...]
    decisions: int = 0
    conflicts: int = 0
    agreement: float | None = None
    ranking: str = ""
    software: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice about a report of a study that is shown. kind: as bot/domain/notices.py names it; link: where it can be read, "" if unknown.

    taken_out: (outcome's id, what pooling gives with the number that was taken out, None where it gives none) where it was.
    words: what an editor said of it, "" while nobody has; stays: she said that the numbers stay.
    """

    study: str
    kind: str
    dated: str = ""
    link: str = ""
    taken_out: tuple[tuple[str, WithIt | None], ...] = ()
    words: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """What was wrong in an earlier bulletin, and when an editor said so. what: in words."""

    number: int
    what: str
    said: date


@dataclass(frozen=True, slots=True)
class WithIt(Span):
    """An estimate with a number that is not in ours. k: trials."""

    k: int


@dataclass(frozen=True, slots=True)
class UnderBoth:
    """What the numbers of today give by the rules of the bulletin before and by those of now, None where they give none.

    before: the outcome as the old protocol has it.
    """

    outcome: Outcome
    before: Outcome
    old: Result | None
    new: Result | None


@dataclass(frozen=True, slots=True)
class Amended:
    """What was amended since the bulletin before. since: the version then; differences: (key, before, after); both: where a rule of the
    analysis changed.
    """

    since: str
    amendments: tuple[Amendment, ...]
    differences: tuple[tuple[str, str, str], ...] = ()
    both: tuple[UnderBoth, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a bulletin rests on. pending: what waits for a person, in words → count. previous: the bulletin before, as composed.

    deposits: (number, DOI) of earlier bulletins that were deposited.
    """

    protocol: Protocol
    period: str
    searched_to: date
    next_search: date
    sources: tuple[SourceState, ...]
    outcomes: tuple[OutcomeMaterial, ...]
    studies: tuple[StudyMaterial, ...]
    exclusions: tuple[Exclusion, ...]
    flow: FlowCounts
    pending: Mapping[str, int]
    making: Making
    notice: str = ""
    told: tuple[Told, ...] = ()
    previous: Mapping[str, Any] | None = None
    ongoing: tuple[Ongoing, ...] = ()
    corrects: tuple[Correction, ...] = ()
    recall: Recall | None = None
    deposits: tuple[tuple[int, str], ...] = ()
    amended: Amended | None = None
