"""What may stand in outcomes/*.toml and published.toml. protocol.toml: bot/protocols/forms.py."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.protocols.forms import Address, Day, Finite, Form, Name, OptionalText, Positive, Text

Measure = Literal["SMD", "MD", "RR", "OR", "RD"]


class ChangeForm(Form):
    """A direction in words."""

    verb: Text = Field(description='"reduce": may reduce')
    verbs: Text = Field(description='"reduces"')
    noun: Text = Field(description='"reduction": a large reduction')


class MidForm(Form):
    """The smallest difference that matters, in units of the measure and without a sign."""

    value: Positive
    source: Text
    dated: Day | None = None


class ReferenceSdForm(Form):
    """A standard deviation by which a standardised difference is shown in points of the instrument."""

    value: Positive
    source: Text


class InstrumentForm(Form):
    """How an outcome is measured. Instruments are listed in the order in which they are preferred."""

    name: Text
    aliases: list[Text] = Field(default=[])
    kind: Literal["scale", "events"] = "scale"
    range: list[Finite] | None = Field(default=None, min_length=2, max_length=2, description="lowest and highest possible value")
    higher_is_better: bool
    reference_sd: ReferenceSdForm | None = None
    recall_days: int | None = Field(default=None, ge=0, le=3660, description="how far back the instrument asks")
    note: OptionalText = ""


class OutcomeForm(Form):
    """outcomes/<id>.toml: one outcome; the file's name is its id."""

    label: Text
    phrase: Text = Field(description='inside a sentence: "nights without sleep"')
    definition: Text
    origin: Literal["review_of_record", "added"]
    importance: Literal["critical", "important", "limited"]
    harm: bool = False
    measure: Measure
    direction: Literal["lower", "higher"] = Field(description="which side of no effect favours the intervention")
    windows: list[Name] = Field(min_length=1)
    preference: Text = Field(description="what decides between several instruments in one trial; never the result")
    not_reported: Text = Field(default="not reported", description="how a trial without this outcome is shown; never as zero")
    better: ChangeForm
    worse: ChangeForm
    mid: MidForm | None = None
    instruments: list[InstrumentForm] = Field(default=[])


class StartingPointForm(Form):
    """The published review from which this one starts."""

    short: Text
    citation: Text
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")]
    url: Address
    published: Day
    searched_to: Text
    searched_until: Day | None = Field(default=None, description="the last day that its search may have covered: only trials first reported "
                                       "later are added to its estimates; absent: nothing is added")
    databases: Text
    registration: OptionalText = ""
    studies: int | None = Field(default=None, ge=1)
    participants: int | None = Field(default=None, ge=1)
    facts: list[Text] = Field(default=[])
    not_known: list[Text] = Field(default=[], description="what was not published and must never be shown as known")


class PublishedEstimateForm(Form):
    """A pooled estimate that somebody else published."""

    outcome: Name
    measure: Measure
    estimate: Finite
    ci_low: Finite
    ci_high: Finite
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    k: int | None = Field(default=None, ge=1, description="absent unless published for this very outcome")
    participants: int | None = Field(default=None, ge=1, description="absent unless published for this very outcome")
    window: Name | None = None
    source: Address
    note: OptionalText = ""
    favours: Literal["", "lower", "higher"] = Field(
        default="", description="which side favours the intervention there; absent: as the outcome's direction")
    tau: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="SD between its studies; absent unless published")
    interval: Literal["normal", "t"] = Field(
        default="normal", description="t: by t with k - 1 degrees of freedom, where its source says so; needs k")


class PublishedForm(Form):
    """published.toml: what was known before; a benchmark, never averaged with the own estimate."""

    starting_point: StartingPointForm
    estimates: list[PublishedEstimateForm] = Field(default=[])
