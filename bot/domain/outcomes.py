"""What a review asks about: outcomes, the instruments that measure them, windows of time, and estimates that others published.

The protocol they belong to: bot/domain/protocols.py. Numbers from trials: bot/domain/effects.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time points, in months after the end of the assigned programme.

    after_months: later than this (None: no lower end); up_to_months: no later than this (None: no upper end).
    """

    id: str
    label: str
    definition: str
    after_months: float | None
    up_to_months: float | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """How an outcome is measured. kind: `scale` or `events`. low, high: the ends of the scale, None if not known.

    reference_sd: to show a standardised difference in points of this scale. recall_days: how far back it asks, None if it
    does not say.
    """

    name: str
    aliases: tuple[str, ...]
    kind: str
    higher_is_better: bool
    low: float | None = None
    high: float | None = None
    reference_sd: float | None = None
    reference_sd_source: str = ""
    recall_days: int | None = None
    note: str = ""

    def is_called(self, name: str) -> bool:
        """Return whether `name` is this instrument's name or one of its aliases, capitals and spaces aside."""
        wanted = plain_name(name)
        return wanted in {plain_name(known) for known in (self.name, *self.aliases)}


@dataclass(frozen=True, slots=True)
class Mid:
    """The smallest difference that matters, in units of the outcome's measure and without a sign."""

    value: float
    source: str
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A direction in words: "reduce", "reduces", "reduction"."""

    verb: str
    verbs: str
    noun: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the review asks about.

    direction: `lower` or `higher`, which side of no effect favours the intervention once every instrument is aligned.
    measure: SMD, MD, RR, OR or RD. importance: `critical`, `important` or `limited`. harm: whether it is counted among the harms.
    origin: `review_of_record` (an outcome of the starting point) or `added` (by us). windows: ids of Window.
    instruments: in the order in which a trial's instruments are preferred. mid: None if nobody has stated one with a source.
    phrase: the outcome inside a sentence ("nights without sleep"); better, worse: the two directions in words.
    not_reported: how a trial without a count is shown; it is a value of its own, never zero.
    """

    id: str
    label: str
    phrase: str
    better: Change
    worse: Change
    direction: str
    measure: str
    importance: str
    harm: bool
    origin: str
    definition: str
    windows: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    preference: str
    mid: Mid | None
    not_reported: str

    def instrument(self, name: str) -> Instrument | None:
        """Return the instrument called `name` or one of its aliases, or None."""
        return next((instrument for instrument in self.instruments if instrument.is_called(name)), None)

    @property
    def is_ratio(self) -> bool:
        """Whether no effect is 1 and pooling is done on the logarithm."""
        return self.measure in {"RR", "OR"}


@dataclass(frozen=True, slots=True)
class LeadingRow:
    """A row of the summary of findings: an outcome at a window."""

    outcome: str
    window: str


@dataclass(frozen=True, slots=True)
class SizeBands:
    """Where an effect begins to be called moderate and large, on the scale of one measure, without a sign.

    small: used only where an outcome has no MID of its own, and then labelled with `source`.
    """

    measure: str
    small: float
    moderate: float
    large: float
    source: str


@dataclass(frozen=True, slots=True)
class PublishedEstimate:
    """A pooled estimate that somebody else published. k, participants: None unless published for this very outcome.

    favours: which side favours the intervention there, "" if as in the outcome. tau: between its studies, None if it is not published.
    interval: how its interval was made, `normal` (or not said), or `t` with k - 1 degrees of freedom.
    """

    outcome: str
    measure: str
    estimate: float
    ci_low: float
    ci_high: float
    confidence: float
    k: int | None
    participants: int | None
    window: str | None
    source: str
    note: str = ""
    favours: str = ""
    tau: float | None = None
    interval: str = "normal"


def plain_name(name: str) -> str:
    """Return what two spellings of one instrument's name have in common: capitals and spaces do not count."""
    return " ".join(name.casefold().split())
