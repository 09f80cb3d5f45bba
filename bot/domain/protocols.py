"""A review as data: what its protocol decides, in the words the steps reason with.

Reading it from files: bot/protocols/load.py. What may stand in those files: bot/protocols/forms.py.
Nothing here belongs to one review: another review is another folder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.domain.outcomes import Change as Change
from bot.domain.outcomes import Instrument as Instrument
from bot.domain.outcomes import LeadingRow as LeadingRow
from bot.domain.outcomes import Mid as Mid
from bot.domain.outcomes import Outcome as Outcome
from bot.domain.outcomes import PublishedEstimate as PublishedEstimate
from bot.domain.outcomes import SizeBands as SizeBands
from bot.domain.outcomes import Window as Window
from bot.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of eligibility; when it fails, its id is the reason for exclusion.

    text: the sentence reviewers see, what must hold. reason: how an exclusion for it is called in the flow diagram.
    stages: where it can be judged, of `title_abstract` and `full_text`.
    terms: words that speak for it, for marking and for the cold start.
    """

    id: str
    label: str
    text: str
    reason: str
    stages: tuple[str, ...]
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """How one source is searched.

    kind: `api` (the program asks) or `file` (a person exports). purpose: `search`, `citations` (of and by confirmed studies) or `notices`
    (about what screening let in); the latter two have no strategy. strategy: what is sent or pasted, one whole query;
    strategy_text: the file as it stands, line by line; both "" while a source is only planned and has none.
    strategy_syntax: `pubmed`, `ovid`, `cochrane` or `terms`; strategy_state: `draft`, `reviewed` or `approved`;
    strategy_reviewer: who peer-reviewed it, or "none"; to_verify: headings left out until somebody has found them.
    since: the first search looks back to this day, None: to the beginning. overlap_days: how far each later window reaches
    back into the one before it, for records that the source indexed late. overdue_days: after so many days without a
    search the team is asked.
    """

    name: str
    kind: str
    label: str
    platform: str
    strategy: str
    strategy_text: str
    strategy_file: str
    strategy_syntax: str
    strategy_state: str
    strategy_author: str
    strategy_dated: date | None
    strategy_reviewer: str
    to_verify: tuple[str, ...]
    since: date | None
    overlap_days: int
    overdue_days: int
    note: str = ""
    purpose: str = "search"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a cycle is due: once a month, on this day (1-28) and hour in this time zone; what was missed is caught up once."""

    every: str
    day: int
    hour: int
    time_zone: str
    catch_up: str


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The reviewers' rules.

    mode: `two` (two blind votes) or `one` (one person, `second_check_share` of the records drawn for a second).
    conflicts: `third` (a third person) or `talk` (the two settle it); unsure counts as a conflict.
    reminder_days: days after the invitation. quiet_from, quiet_to: hours of the day without mail, the same hour twice: none.
    quiet_weekdays: days without mail, 0 is Monday. deadline_days: after so many days the bulletin is drafted, and what is
    pending is shown in it. full_text: `assessed` (what titles and abstracts let in is read in full and judged again) or `none`.
    """

    mode: str
    second_check_share: float
    conflicts: str
    reminder_days: tuple[int, ...]
    quiet_from: int
    quiet_to: int
    quiet_weekdays: tuple[int, ...]
    deadline_days: int
    seconds_per_record: int
    full_text: str = "none"


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Whether results are appraised for risk of bias. people: 2 (blind to each other) or 1; effect_of_interest: `assignment` or `adhering`.

    confounders, co_interventions: what ROBINS-I asks a review to name beforehand; empty where no study without random allocation is expected.
    """

    people: int
    effect_of_interest: str
    confounders: tuple[str, ...] = ()
    co_interventions: tuple[str, ...] = ()


BEST_FIRST = "best_first"


@dataclass(frozen=True, slots=True)
class Ranker:
    """Which classifier orders the records. Below either number nothing is hidden: every record is offered to be read.

    reading: in which order one person is led through a list: `random`, which tells nothing of the rank, or `best_first`, ranked anew after
    each of that person's votes.
    """

    name: str
    seed: int
    offer_all_below_records: int
    offer_all_below_inclusions: int
    reading: str = "random"


@dataclass(frozen=True, slots=True)
class RepeatedLooks:
    """The second panel about looking again and again, where the protocol asks for it.

    spending: `obrien-fleming` or `pocock`; alpha, power: of the review as a whole; tau: between trials, fixed beforehand for the
    confidence sequence, in units of the effects.
    """

    spending: str
    alpha: float
    power: float
    tau: float


@dataclass(frozen=True, slots=True)
class Pooling:
    """How effects are pooled.

    estimator: of tau², `REML` …; interval: `knapp-hartung-max1` …; prediction_interval: `t(k-1)` …; confidence: 0.95.
    designs: which designs the lead estimate pools. few: pairs of a number of trials (1, 2, 3) and what leads there:
    `trials` (each trial by itself), `bayesian` or `pooled`. provisional: `labelled` (extracted but unappraised trials are pooled, and
    called provisional) or `never`. sensitivity: lines of the table of sensitivity, as bot/methods/synthesis/sensitivity.py names them.
    asymmetry_test: the one test for small-study effects, `root-inverse-n`, `egger` or `none`. next_trial_sizes: people in the next trial,
    for what it could change. repeated_looks: None unless the protocol asks for that panel.
    """

    estimator: str
    interval: str
    prediction_interval: str
    confidence: float
    designs: tuple[str, ...]
    few: tuple[tuple[int, str], ...]
    provisional: str
    sensitivity: tuple[str, ...] = ()
    asymmetry_test: str = "root-inverse-n"
    next_trial_sizes: tuple[int, ...] = (100, 200, 500)
    repeated_looks: RepeatedLooks | None = None

    def leads_at(self, trials: int) -> str:
        """Return what leads when so many trials can be pooled: `trials`, `bayesian` or `pooled`."""
        return dict(self.few).get(trials, "pooled")


@dataclass(frozen=True, slots=True)
class Trigger:
    """What asks for a new bulletin before or besides the schedule."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Publishing:
    """When the answer counts as changed, and what every bulletin says of itself.

    margin_of_mid: a size band changes only when the estimate lies this share of the MID beyond its boundary.
    largest_silence_months: no longer than this without a bulletin. leads: `published` (the published estimate leads an outcome until an
    editor has signed that our own set is complete) or `ours`. status_notes: whether a note that nothing changed is `signed` or goes
    `by_itself`. licence, contact, funding, interests: as printed.
    """

    margin_of_mid: float
    largest_silence_months: int
    triggers: tuple[Trigger, ...]
    licence: str
    funding: str
    interests: str
    contact: str
    leads: str = "published"
    status_notes: str = "signed"


@dataclass(frozen=True, slots=True)
class Certainty:
    """Where the data move a suggestion for the certainty of evidence, as bot/methods/certainty/body.py explains; shares in per cent."""

    low_share: float = 75.0
    high_share: float = 50.0
    few: int = 5
    alpha: float = 0.05
    power: float = 0.8
    small_study_p: float = 0.1
    small_study_k: int = 10
    silent_share: float = 20.0
    unreported: int = 1


@dataclass(frozen=True, slots=True)
class Living:
    """Why the review is kept alive, and when that would end. retired_on, retired_why: that it has ended, by a decision of the team."""

    rationale: str
    retirement: tuple[str, ...]
    retired_on: date | None = None
    retired_why: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who answers for the protocol."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of the protocol. after_seeing: which results were known when it was made, "none" if none were."""

    version: str
    dated: date
    what: str
    why: str
    by: str
    after_seeing: str


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """The published review from which ours starts; cited, never shown as ours.

    searched_to: as it states it; searched_until: the last day that its search may have covered, None if that is not
    known. not_known: what it did not publish and what is therefore never shown as known.
    """

    short: str
    citation: str
    doi: str
    url: str
    published: date
    searched_to: str
    databases: str
    registration: str
    studies: int | None
    participants: int | None
    facts: tuple[str, ...]
    not_known: tuple[str, ...]
    searched_until: date | None = None


@dataclass(frozen=True, slots=True)
class CrisisHelp:
    """Where help is found in one country. checked: the day on which a person last tried it."""

    country: str
    name: str
    contact: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Protocol:
    """The whole protocol of one review, as one version of it stands.

    sha256: the hash of its files' content (comments and layout aside); it names the version in cycles, decisions, bulletins.
    document: the files' content as one JSON text, whose hash that is; kept, it is what this version can be read again from.
    sources: those that are searched; planned_sources: those that are only announced.
    called: what the intervention is called inside a sentence, "" where the short title does.
    drafted_after_seeing: which results were known when the first version was written.
    crisis_text: the sentence that holds in every country. plain_question, plain_background: in the plain-language summary, "" if not given.
    """

    slug: str
    title: str
    short_title: str
    question: str
    version: str
    dated: date
    authors: tuple[Author, ...]
    registration: str
    drafted_after_seeing: str
    population: str
    intervention: str
    comparator: str
    setting: str
    designs: str
    called: str
    criteria: tuple[Criterion, ...]
    sources: tuple[SourcePlan, ...]
    planned_sources: tuple[SourcePlan, ...]
    schedule: Schedule
    reviewing: Reviewing
    ranker: Ranker
    outcomes: tuple[Outcome, ...]
    windows: tuple[Window, ...]
    open_ended_months: float
    leading: tuple[LeadingRow, ...]
    pooling: Pooling
    size_bands: tuple[SizeBands, ...]
    publishing: Publishing
    living: Living
    amendments: tuple[Amendment, ...]
    published: tuple[PublishedEstimate, ...]
    starting_point: StartingPoint | None
    independence: str
    crisis_text: str
    crisis_help: tuple[CrisisHelp, ...]
    plain_question: str
    plain_background: str
    sha256: str
    document: bytes = field(repr=False)
    appraisal: Appraisal | None = None
    certainty: Certainty = Certainty()

    @property
    def search_terms(self) -> tuple[str, ...]:
        """The words of all criteria, each once, in the order of the criteria."""
        return tuple(dict.fromkeys(term for criterion in self.criteria for term in criterion.terms))

    def criteria_at(self, stage: str) -> tuple[Criterion, ...]:
        """Return the criteria that can be judged at a stage."""
        return tuple(criterion for criterion in self.criteria if stage in criterion.stages)

    def criterion(self, criterion_id: str) -> Criterion:
        """Return a criterion by its id. Raises NotFoundError."""
        return _named("criterion", criterion_id, self.criteria, "id")

    def outcome(self, outcome_id: str) -> Outcome:
        """Return an outcome by its id. Raises NotFoundError."""
        return _named("outcome", outcome_id, self.outcomes, "id")

    def window(self, window_id: str) -> Window:
        """Return a window by its id. Raises NotFoundError."""
        return _named("window", window_id, self.windows, "id")

    def source(self, name: str) -> SourcePlan:
        """Return a searched source by its name. Raises NotFoundError."""
        return _named("source", name, self.sources, "name")

    def published_for(self, outcome_id: str) -> tuple[PublishedEstimate, ...]:
        """Return the published estimates of an outcome, as published.toml lists them."""
        return tuple(estimate for estimate in self.published if estimate.outcome == outcome_id)

    def smallest_difference(self, outcome: Outcome) -> float | None:
        """Return the smallest difference that matters in favour of the intervention, signed and on the scale of pooling (a ratio as its
        logarithm): the outcome's own, else where size bands begin; None if the protocol states neither."""
        bands = self.bands_for(outcome.measure)
        value = outcome.mid.value if outcome.mid else bands.small if bands else None
        if value is None:
            return None
        size = math.log(value) if outcome.is_ratio else value
        return -size if outcome.direction == "lower" else size

    def bands_for(self, measure: str) -> SizeBands | None:
        """Return the size bands on the scale of a measure, or None if the protocol states none."""
        return next((bands for bands in self.size_bands if bands.measure == measure), None)


def _named(noun: str, name: str, among: tuple[Any, ...], field: str) -> Any:
    for thing in among:
        if getattr(thing, field) == name:
            return thing
    known = ", ".join(getattr(thing, field) for thing in among) or "none"
    raise NotFoundError(f"the protocol has no {noun} {name!r}; it has: {known}")
