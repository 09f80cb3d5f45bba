"""Effects and estimates: one number for one study, and what pooling such numbers gives. How they are computed: bot/methods/synthesis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """One number for one study, outcome and window.

    study: its label ("Dean 2016"). yi: the effect in units of `measure` (ratios on the natural logarithm, so 0 is always "no
    difference"). vi: its sampling variance, squared units of yi, > 0. n_e, n_c: analysed in the experimental and the comparator
    arm, None where a source gives an effect alone. route: how it was reported (`means`, `events`, `smd`, …).
    formula: the id of the formula that was used, as docs/guide/statistics.md lists them. warnings: sentences for the extractor.
    """

    study: str
    yi: float
    vi: float
    measure: str = "SMD"
    n_e: float | None = None
    n_c: float | None = None
    route: str = ""
    formula: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def se(self) -> float:
        """Return the standard error, in units of yi."""
        return self.vi**0.5

    def turned(self) -> Effect:
        """Return the same effect seen from the other side: for an instrument on which higher is better, and the like."""
        return Effect(self.study, -self.yi, self.vi, self.measure, self.n_e, self.n_c, self.route, self.formula, self.warnings)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What pooling gives. Everything is in units of the effects (ratios on the natural logarithm), shares in per cent.

    k: the number of effects. pooled: False for a single study, whose own numbers these are; tau2, i2 and pi_* are then None.
    ci_low, ci_high: confidence interval for the mean at `level`. pi_low, pi_high: prediction interval for the true effect of a
    new study, None where the model has none. se, statistic, df, p: the test that `interval` names (df None: normal).
    tau2: variance between studies, with its Q-profile interval tau2_low, tau2_high. i2: per cent of the total variance that is
    between studies, from tau2, with the interval that follows from that of tau2; i2_q: Higgins' from Q. q, q_df, q_p: Cochran's Q.
    weights: per cent of each effect, in the order of labels. model, method, interval, prediction_interval: what was chosen, by name.
    software: what computed it. inputs_sha256: the hash of the frozen inputs (bot/methods/synthesis/provenance.py).
    """

    k: int
    estimate: float
    ci_low: float
    ci_high: float
    se: float
    statistic: float
    df: float | None
    p: float
    pi_low: float | None
    pi_high: float | None
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    i2_q: float | None
    h2: float | None
    q: float | None
    q_df: int | None
    q_p: float | None
    weights: tuple[float, ...]
    labels: tuple[str, ...]
    pooled: bool
    model: str
    method: str
    interval: str
    prediction_interval: str
    level: float
    software: str
    inputs_sha256: str
