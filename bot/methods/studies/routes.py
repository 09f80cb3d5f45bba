"""What a paper may give for one result: the fields of each route, in words and with the source of its formula. Data alone.

Reading what was typed: extraction.py. From numbers to an effect: computation.py; the formulas themselves: bot/methods/synthesis.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """One way in which a result is reported.

    label: for the list of routes. arm: fields of each arm, besides n; shared: fields of the comparison; optional: of these, what may stay
    empty. directed: whether the paper's words must say whom it favours. measures: on which outcomes it can be used. arms_add: whether
    further arms can be combined. words, source: the formula for people, and where it comes from.
    """

    id: str
    label: str
    measures: tuple[str, ...]
    words: str
    source: str
    arm: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    directed: bool = False
    arms_add: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that must be filled, by their names in the form."""
        return tuple(name for name in self.all_fields if name.removesuffix("_e").removesuffix("_c") not in self.optional)

    @property
    def all_fields(self) -> tuple[str, ...]:
        """The fields of the route, by their names in the form: n and what belongs to an arm with _e and _c."""
        return (*(f"{stem}_{which}" for which in ("e", "c") for stem in ("n", *self.arm)), *self.shared)


MEANS_OF = ("SMD", "MD")
_SE = "SD = SE × √n"
_CI = "SD = √n × (upper − lower) / 2t"
_LUO = "mean by Luo 2018, SD by Wan 2014; refused where the numbers look skewed (Shi 2023)"

ALL = (
    Route("means", "Mean and SD in each arm", MEANS_OF, "g = J (m₁ − m₂) / pooled SD", "Hedges 1981", ("mean", "sd"), arms_add=True),
    Route("means_se", "Mean and standard error in each arm", MEANS_OF, _SE, "Cochrane Handbook 6.5.2.2", ("mean", "se"), arms_add=True),
    Route("means_ci", "Mean and confidence interval in each arm", MEANS_OF, _CI, "Cochrane Handbook 6.5.2.2", ("mean", "low", "high"),
          ("level",), ("level",), arms_add=True),
    Route("median_quartiles", "Median and quartiles in each arm", MEANS_OF, _LUO, "Luo 2018; Wan 2014", ("q1", "median", "q3"), arms_add=True),
    Route("median_range", "Median, minimum and maximum in each arm", MEANS_OF, _LUO, "Luo 2018; Wan 2014",
          ("minimum", "median", "maximum"),
          arms_add=True),
    Route("five_numbers", "Minimum, quartiles, median and maximum in each arm", MEANS_OF,
          "mean by Luo 2018, SD by Shi 2020; refused where skewed",
          "Luo 2018; Shi 2020", ("minimum", "q1", "median", "q3", "maximum"), arms_add=True),
    Route("change", "Change from the beginning in each arm", ("SMD",), "difference of changes / pooled SD at the beginning (d_ppc2)",
          "Morris 2008; Handbook 6.5.2.8", ("change", "sd_before", "sd_after", "sd_change"), ("r",), ("sd_after", "sd_change", "r")),
    Route("t", "A t value for the comparison", ("SMD",), "d = t √(1/n₁ + 1/n₂)", "Cochrane Handbook 6.5.2.3", shared=("t",), directed=True),
    Route("f", "An F value with one numerator degree of freedom", ("SMD",), "t = √F; d = t √(1/n₁ + 1/n₂)", "Cochrane Handbook 6.5.2.3",
          shared=("f",), directed=True),
    Route("p", "An exact p value for the comparison", ("SMD",), "t from p with N − 2 df; d = t √(1/n₁ + 1/n₂)", "Cochrane Handbook 6.5.2.3",
          shared=("p",), directed=True),
    Route("difference", "Difference of means with its confidence interval", MEANS_OF, "SE = (upper − lower) / 2t; SD = SE / √(1/n₁ + 1/n₂)",
          "Cochrane Handbook 6.5.2.3", shared=("difference", "low", "high", "level"), optional=("level",), directed=True),
    Route("adjusted", "Adjusted difference with its standard error or interval, and the unadjusted SDs", ("SMD",),
          "adjusted difference / unadjusted SD; v = (SE / SD)² + g² / 2N", "Borenstein 2009", ("sd",),
          ("difference", "se", "low", "high", "level"), ("se", "low", "high", "level"), directed=True),
    Route("ancova_t", "A t value of an ANCOVA, with R² of its covariates", ("SMD",), "d = t √(1/n₁ + 1/n₂) √(1 − R²)", "Borenstein 2009",
          shared=("t", "r2"), directed=True),
    Route("events", "Number with the event in each arm", ("SMD", "RR", "OR", "RD"), "log odds ratio × √3/π, for a standardised difference",
          "Chinn 2000; Handbook 10.6", ("events",), arms_add=True),
    Route("odds_ratio", "Odds ratio with its confidence interval", ("SMD", "OR"), "SE of log OR = (ln upper − ln lower) / 2z",
          "Cochrane Handbook 6.3.2; Chinn 2000", shared=("ratio", "low", "high", "level"), optional=("level",)),
    Route("risk_ratio", "Risk ratio with its confidence interval", ("RR",),
          "SE of log RR = (ln upper − ln lower) / 2z", "Cochrane Handbook 6.3.2",
          shared=("ratio", "low", "high", "level"), optional=("level",)),
    Route("smd", "A standardised difference (d, g), as reported", ("SMD",), "as reported; v = 1/n₁ + 1/n₂ + d²/2N", "Hedges & Olkin 1985",
          shared=("smd",), directed=True),
    Route("smd_ci", "A standardised difference with its confidence interval", ("SMD",), "as reported; SE = (upper − lower) / 2z",
          "Cochrane Handbook 6.3.1", shared=("smd", "low", "high", "level"), optional=("level",), directed=True),
    Route("crossover", "Crossover: mean and SD under both conditions", ("SMD",), "paired difference / mean spread; v with the correlation",
          "Cousineau 2020; Handbook 23.2", ("mean", "sd"), ("r",), ("r",)),
)
ROUTES = {route.id: route for route in ALL}
MEANS_LIKE = frozenset({"means", "means_se", "means_ci", "median_quartiles", "median_range", "five_numbers"})

# What a reader is told of each step of a computation, by the id that an effect keeps (docs/guide/statistics.md lists them).
FORMULAS = {
    "smd-LS": "Hedges’ g with its exact correction; variance 1/n₁ + 1/n₂ + g²/2N",
    "or-to-smd-logistic": "log odds ratio × √3/π; its variance × 3/π²",
    "smd-as-reported": "the reported difference as it is; variance 1/n₁ + 1/n₂ + d²/2N",
    "md": "difference of means; variance sd₁²/n₁ + sd₂²/n₂",
    "rr-log": "logarithm of the risk ratio",
    "or-log": "logarithm of the odds ratio",
    "rd": "risk difference",
    "sd-from-se": "SD = SE × √n (Cochrane Handbook 6.5.2.2)",
    "sd-from-interval": "SD = √n × (upper − lower) / 2t (Cochrane Handbook 6.5.2.2)",
    "means-from-medians": "mean by Luo 2018, SD by Wan 2014 or Shi 2020",
    "arms-combined": "arms combined with the spread between their means (Cochrane Handbook 6.5.2.10)",
    "design-effect": "n divided by 1 + (cluster size − 1) × ICC in the clustered arm (Cochrane Handbook 23.1)",
    "icc-borrowed": "ICC not reported: a borrowed one, varied in the sensitivity analysis",
    "correlation-borrowed": "correlation not reported: 0.5 is borrowed, varied in the sensitivity analysis",
    "t-from-f": "t = √F", "t-from-p": "t from the two-sided p with N − 2 degrees of freedom (Cochrane Handbook 6.5.2.3)",
    "d-from-t": "g = J t √(1/n₁ + 1/n₂); variance 1/n₁ + 1/n₂ + g²/2N (Cochrane Handbook 6.5.2.3)",
    "d-from-ancova-t": "g = J t √(1/n₁ + 1/n₂) √(1 − R²); variance (1 − R²)(1/n₁ + 1/n₂) + g²/2N (Borenstein 2009)",
    "d-from-adjusted-difference": "adjusted difference / unadjusted SD; variance (SE/SD)² + g²/2N (Borenstein 2009)",
    "sd-from-difference": "SD = (upper − lower) / 2t / √(1/n₁ + 1/n₂) (Cochrane Handbook 6.5.2.3)",
    "d-ppc2": "difference of the changes / pooled SD at the beginning (Morris 2008)",
    "smcrp": "paired difference / mean spread of the conditions (Cousineau 2020)",
    "se-from-interval": "SE = (upper − lower) / 2z (Cochrane Handbook 6.3.1)",
}
THEN = " + "


def formula_words(formula: str) -> str:
    """Return the steps of a formula's id in words: "sd-from-se + smd-LS" names two; an id that is not known stands as it is."""
    return "; ".join(FORMULAS.get(step, step) for step in formula.split(THEN))
