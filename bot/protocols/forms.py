"""What may stand in protocol.toml: typed, with unknown keys refused.

outcomes/*.toml and published.toml: bot/protocols/outcome_forms.py. What the steps reason with: bot/domain/protocols.py.
The words of `description` stand in the JSON Schema and in the guide, so that a key is explained once.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(value: Any) -> Any:
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date | str):
        raise ValueError("must be a day such as 2026-02-25")
    return value


def _zone(name: str) -> str:
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise ValueError('must be a name of the time zone database, such as "Europe/London"')
    return name


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or any(part.isspace() for part in text):
        raise ValueError("must be an address that begins with https://")
    return text


Text = Annotated[str, AfterValidator(_one_line), StringConstraints(min_length=1)]
OptionalText = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Day = Annotated[datetime.date, Field(strict=False), BeforeValidator(_day)]
Address = Annotated[str, AfterValidator(_address)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
PerCent = Annotated[float, Field(ge=0, le=100)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Form(BaseModel):
    """What a person wrote: nothing unknown, nothing guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AuthorForm(Form):
    """Who answers for the protocol."""

    name: Text
    role: Text


class PicosForm(Form):
    """The question in its parts."""

    population: Text
    intervention: Text
    comparator: Text
    setting: Text
    designs: Text
    called: OptionalText = Field(default="", description='what the intervention is called inside a sentence, such as "vaccination"; '
                                 "absent: the short title")


class CriterionForm(Form):
    """A condition of eligibility; its id is the reason for exclusion when it fails."""

    id: Name
    label: Text = Field(description="two or three words, for a button")
    text: Text = Field(description="the sentence that reviewers see: what must hold")
    reason: Text = Field(description="how an exclusion for it is called in the flow diagram")
    stages: list[Literal["title_abstract", "full_text"]] = Field(min_length=1)
    terms: list[Text] = Field(default=[], description="words that speak for it: marked on the page, and used to rank before anyone decided")


class StrategyForm(Form):
    """The file with the query for a source, and how far it has been checked."""

    file: Annotated[str, StringConstraints(pattern=r"^searches/[a-z0-9_]+\.txt$")]
    syntax: Literal["pubmed", "ovid", "cochrane", "terms"]
    state: Literal["draft", "reviewed", "approved"]
    author: Text
    dated: Day
    peer_reviewer: Text = Field(description='who reviewed it (PRESS), or "none"')
    to_verify: list[Text] = Field(default=[], description="headings left out until somebody has found them in the thesaurus")


class SourceForm(Form):
    """A database or register."""

    name: Name
    label: Text
    platform: Text
    kind: Literal["api", "file"] = Field(description="api: the program asks; file: a person exports")
    status: Literal["searched", "planned"]
    purpose: Literal["search", "citations", "notices"] = Field(
        default="search", description="search: for new records; citations: those of and by confirmed studies; notices: about what is here")
    since: Day | None = Field(default=None, description="the first search looks back to this day; absent: to the beginning")
    overlap_days: int = Field(default=30, ge=0, le=366)
    overdue_days: int = Field(default=45, ge=1, le=366)
    note: OptionalText = ""
    strategy: StrategyForm | None = Field(default=None, description="may be absent only while the source is planned")


class ScheduleForm(Form):
    """When a cycle is due."""

    every: Literal["month"]
    day: int = Field(ge=1, le=28, description="of the month; 28 at most, so that every month has it")
    hour: int = Field(ge=0, le=23)
    time_zone: Annotated[str, AfterValidator(_zone)]
    catch_up: Literal["once"] = Field(description="after a long standstill one cycle is made up for, not one per month")


class ReviewingForm(Form):
    """The reviewers' rules."""

    mode: Literal["two", "one"] = Field(description="two: two blind votes; one: one person and a random second check")
    second_check_share: Share = Field(default=0.0, description="mode one: the share of records that a second person checks")
    conflicts: Literal["third", "talk"] = Field(description="who settles a conflict or an unsure vote")
    reminder_days: list[Annotated[int, Field(ge=1, le=90)]] = Field(description="days after the invitation")
    quiet_from: int = Field(ge=0, le=23, description="hour from which no mail is sent, in the schedule's time zone")
    quiet_to: int = Field(ge=0, le=23, description="hour from which mail is sent again; the same as quiet_from: no quiet hours")
    quiet_weekdays: list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]]
    deadline_days: int = Field(ge=1, le=90)
    seconds_per_record: int = Field(ge=1, le=3600, description="to tell reviewers how long a round takes")
    full_text: Literal["assessed", "none"] = Field(
        default="none", description="assessed: what titles and abstracts let in is read in full and judged again; none: the first round decides")


class AppraisalForm(Form):
    """How results are appraised for risk of bias (RoB 2, ROBINS-I); absent: nobody is asked."""

    people: Literal["two", "one"] = Field(default="two", description="two: blind to each other; one: a team of one, stated in the bulletin")
    effect_of_interest: Literal["assignment", "adhering"] = Field(
        default="assignment", description="assignment: intention to treat; adhering: per protocol")
    confounders: list[str] = Field(default_factory=list, max_length=30, description="what may confound a study that did not allocate at random")
    co_interventions: list[str] = Field(default_factory=list, max_length=30, description="other help that could differ between the arms")


class RankerForm(Form):
    """Which classifier orders the records, and when nothing may be hidden."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    seed: int = Field(ge=0, lt=2**32)
    offer_all_below_records: int = Field(ge=0, description="with fewer new records than this in a cycle, all are offered to be read")
    offer_all_below_inclusions: int = Field(ge=0, description="with fewer past inclusions than this, all are offered to be read")
    reading: Literal["random", "best_first"] = Field(
        default="random", description="best_first: each reviewer is led to the likeliest record first, ranked anew after each own vote")


class WindowForm(Form):
    """A span of time points, in months after the end of the assigned programme."""

    id: Name
    label: Text
    definition: Text
    after_months: Finite | None = Field(default=None, description="later than this; absent: no lower end")
    up_to_months: Finite | None = Field(default=None, description="no later than this; absent: no upper end")


class LeadingForm(Form):
    """A row of the summary of findings."""

    outcome: Name
    window: Name


class FewForm(Form):
    """What leads when one, two or three trials measured an outcome."""

    one: Literal["trials"]
    two: Literal["trials", "bayesian", "pooled"] = "bayesian"
    three: Literal["trials", "bayesian", "pooled"] = "bayesian"


class RepeatedLooksForm(Form):
    """A second panel about looking again and again; Cochrane advises against using it for conclusions, and the panel says so."""

    spending: Literal["obrien-fleming", "pocock"] = "obrien-fleming"
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    power: float = Field(default=0.8, gt=0.5, lt=1)
    tau: float = Field(ge=0, le=5, allow_inf_nan=False, description="between trials, fixed beforehand, for the confidence sequence")


SensitivityLine = Literal[
    "without_high_risk", "without_converted", "common_effect", "other_estimators", "other_intervals", "bayesian", "all_measurements",
    "non_randomised", "together"]
EVERY_LINE: list[SensitivityLine] = list(get_args(SensitivityLine))


class PoolingForm(Form):
    """How effects are pooled."""

    estimator: Literal["REML", "DL", "HE", "HS", "SJ", "ML", "EB", "PM"]
    interval: Literal["knapp-hartung-max1", "knapp-hartung", "t", "wald"]
    prediction_interval: Literal["t(k-1)", "t(k-2)", "normal"]
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    designs: list[Literal["randomised"]] = Field(
        min_length=1, description="what the lead estimate pools: randomised trials alone; other designs are pooled apart")
    few: FewForm
    provisional: Literal["labelled", "never"] = Field(description="whether extracted but unappraised trials may be pooled, labelled so")
    sensitivity: list[SensitivityLine] = Field(default=EVERY_LINE, description="lines of the table of sensitivity; absent: all")
    asymmetry_test: Literal["root-inverse-n", "egger", "none"] = Field(
        default="root-inverse-n", description="the one test for small-study effects; from ten trials on")
    next_trial_sizes: list[Annotated[int, Field(ge=10, le=100_000)]] = Field(
        default=[100, 200, 500], max_length=5, description="people in the next trial, to say what it could change")
    repeated_looks: RepeatedLooksForm | None = Field(default=None, description="absent: the panel is off")


class SizeBandsForm(Form):
    """Where an effect begins to be called moderate and large, without a sign."""

    measure: Literal["SMD", "MD", "RR", "OR", "RD"]
    small: Positive = Field(description="used only for an outcome without a MID of its own, and labelled so")
    moderate: Positive
    large: Positive
    source: Text


class CertaintyForm(Form):
    """Where the data move a suggestion for the certainty of evidence (GRADE); a person rates."""

    low_share: PerCent = Field(default=75.0, description="no step for risk of bias from this share of the weight at low risk, in per cent")
    high_share: PerCent = Field(default=50.0, description="a step above this share of the weight at high risk, in per cent")
    few: int = Field(default=5, ge=2, le=20, description="below so many studies, overlap and direction in place of the prediction interval")
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="of the optimal information size, two-sided")
    power: float = Field(default=0.8, gt=0.5, lt=1, description="of the optimal information size")
    small_study_p: float = Field(default=0.1, gt=0, lt=1, description="publication bias is suspected below it, by the test of small studies")
    small_study_k: int = Field(default=10, ge=3, description="from so many studies that test is made")
    silent_share: PerCent = Field(default=20.0, description="and from this share of people without a usable result, in per cent")
    unreported: int = Field(default=1, ge=1, description="and from so many registered trials that are over and silent")


class TriggerForm(Form):
    """What asks for a new bulletin besides the schedule."""

    id: Name
    text: Text


class PublishingForm(Form):
    """When the answer counts as changed, and what every bulletin says of itself."""

    margin_of_mid: Share = Field(description="a size band changes only this share of the MID beyond its boundary")
    largest_silence_months: int = Field(ge=1, le=24)
    leads: Literal["published", "ours"] = Field(
        default="published", description="what leads an outcome until an editor has signed that our own set of trials is complete")
    status_notes: Literal["signed", "by_itself"] = Field(
        default="signed", description="whether a bulletin in which nothing changed waits for an editor; by itself: if every source was searched")
    licence: Text
    funding: Text
    interests: Text
    contact: OptionalText = ""
    triggers: list[TriggerForm] = Field(min_length=1)


class LivingForm(Form):
    """Why the review is kept alive, and when that would end."""

    rationale: Text
    retirement: list[Text] = Field(min_length=1)
    retired_on: Day | None = Field(default=None, description="the day on which the review ends: no cycle begins after it")
    retired_why: OptionalText = Field(default="", description="why it ends, as readers are told")


class CrisisHelpForm(Form):
    """Where help is found in one country."""

    country: Text
    name: Text
    contact: Text
    source: Address
    checked: Day = Field(description="the day on which a person last tried it; hidden when older than six months")


class CrisisForm(Form):
    """What every page and bulletin says to somebody in danger."""

    text: Text = Field(description="a sentence that holds in every country")
    help: list[CrisisHelpForm] = []


class PlainForm(Form):
    """What the plain-language summary says in the team's own words; readers of about 13 years should understand it."""

    question: OptionalText = Field(default="", description="what the review wants to find out, in plain words")
    background: OptionalText = Field(default="", description="what the intervention is and whom it is for, in plain words")


class AmendmentForm(Form):
    """A change of the protocol."""

    version: Text
    dated: Day
    what: Text
    why: Text
    by: Text
    after_seeing: Text = Field(description='which results were known when it was made, or "none"')


class ProtocolForm(Form):
    """protocol.toml: what a review has decided before it sees what it finds."""

    title: Text
    short_title: Text
    question: Text
    version: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
    dated: Day
    registration: Text = Field(description='the review\'s own registration, or "not registered"')
    drafted_after_seeing: Text = Field(description='which results were known when the first version was written, or "none"')
    independence: OptionalText = Field(default="", description="what is said of the relation to the authors of the starting point")
    authors: list[AuthorForm] = Field(min_length=1)
    picos: PicosForm
    criteria: list[CriterionForm] = Field(min_length=1)
    sources: list[SourceForm] = Field(min_length=1)
    schedule: ScheduleForm
    reviewing: ReviewingForm
    appraisal: AppraisalForm | None = None
    ranker: RankerForm
    open_ended_months: Positive = Field(description="where access has no end: the programme is taken to end so long after randomisation")
    windows: list[WindowForm] = Field(min_length=1)
    leading: list[LeadingForm] = Field(min_length=1, max_length=7)
    pooling: PoolingForm
    size_bands: list[SizeBandsForm] = []
    certainty: CertaintyForm = CertaintyForm()
    publishing: PublishingForm
    living: LivingForm
    crisis: CrisisForm
    plain: PlainForm = PlainForm()
    amendments: list[AmendmentForm] = []
