"""What else is computed from the effects of an outcome: frozen as bytes, computed from these bytes, and so computed again, to the last digit.

Kinds: the table of sensitivity (sensitivity.py), the closer look (closer_look.py), what the next trial could change (what_next.py),
repeated looks (sequential.py). The estimate itself: pooling.py. Results are plain values, as JSON keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from bot.domain.effects import Effect, Estimate
from bot.errors import SynthesisError
from bot.methods.synthesis import provenance, sequential
from bot.methods.synthesis.bayesian import Posterior
from bot.methods.synthesis.closer_look import Asymmetry, closer_look
from bot.methods.synthesis.dependence import Multilevel
from bot.methods.synthesis.influence import cumulative
from bot.methods.synthesis.options import Interval, Prediction
from bot.methods.synthesis.pooling import pool
from bot.methods.synthesis.sensitivity import Candidate, Choices, Line, Row, sensitivity_table, sets_of
from bot.methods.synthesis.spending import Spending
from bot.methods.synthesis.what_next import next_trial, variance_like, variance_of_smd, what_next


class Kind(StrEnum):
    """Kinds of analyses beside the estimate."""

    SENSITIVITY = "sensitivity"
    CLOSER_LOOK = "closer_look"
    WHAT_NEXT = "what_next"
    REPEATED_LOOKS = "repeated_looks"


@dataclass(frozen=True, slots=True)
class Dated:
    """A candidate with since when its results are public, as text that sorts by time; "" if nobody knows."""

    candidate: Candidate
    since: str = ""


def frozen_analysis(kind: Kind, candidates: Sequence[Dated], options: dict[str, Any]) -> bytes:
    """Return what an analysis rests on as canonical JSON; its SHA-256 names it. options: plain values, those that `computed` reads."""
    rows = [
        {"study": c.effect.study, "yi": c.effect.yi, "vi": c.effect.vi, "measure": c.effect.measure, "n_e": c.effect.n_e, "n_c": c.effect.n_c,
         "design": c.design, "risk": c.risk, "converted": c.converted, "chosen": c.chosen, "since": dated.since}
        for dated in candidates for c in (dated.candidate,)
    ]  # fmt: skip
    content = {"analysis": Kind(kind).value, "candidates": rows, "options": options}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def computed(content: bytes, *, sha256: str) -> dict[str, Any]:
    """Return the result that rests on frozen content; raises SynthesisError if sha256 is not its hash or its kind is unknown."""
    kept = provenance.thawed(content, sha256=sha256)
    compute = COMPUTE.get(kept.get("analysis", ""))
    if compute is None:
        raise SynthesisError(f"There is no analysis called {kept.get('analysis')!r}. There are: {', '.join(Kind)}.")
    return provenance.plain(compute([_thawed(row) for row in kept["candidates"]], kept["options"]))


def _thawed(row: dict[str, Any]) -> Dated:
    effect = Effect(row["study"], row["yi"], row["vi"], row["measure"], row["n_e"], row["n_c"])
    return Dated(Candidate(effect, row["design"], row["risk"], row["converted"], row["chosen"]), row["since"])


def _sensitivity(candidates: Sequence[Dated], options: dict[str, Any]) -> dict[str, Any]:
    every = [dated.candidate for dated in candidates]
    sets = sets_of(every)
    choices = Choices(
        options["method"], Interval(options["interval"]), Prediction(options["prediction"]), options["level"],
        tuple(Line(name) for name in options["lines"]), options["suits_priors"],
    )  # fmt: skip
    pooled = (*sets.lead, *sets.non_randomised)
    return {
        "rows": [_row(row) for row in sensitivity_table(every, choices)],
        "not_appraised": [c.effect.study for c in pooled if not c.risk],
        "shown_only": [{"study": c.effect.study, "yi": c.effect.yi, "vi": c.effect.vi, "design": c.design} for c in sets.shown_only],
    }


def _row(row: Row) -> dict[str, Any]:
    found = row.estimate
    numbers: dict[str, Any] = dict.fromkeys(("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2"))
    if isinstance(found, Posterior):
        (low, high), (pi_low, pi_high) = found.interval, found.prediction
        numbers |= {"estimate": found.estimate, "ci_low": low, "ci_high": high, "pi_low": pi_low, "pi_high": pi_high, "k": found.k,
                    "model": "Bayesian random effects", "tau": found.tau_median}  # fmt: skip
    elif isinstance(found, Multilevel):
        test = found.tests[0]
        numbers |= {"estimate": test.estimate, "ci_low": test.low, "ci_high": test.high, "pi_low": found.pi_low, "pi_high": found.pi_high,
                    "i2": found.i2, "k": found.studies, "effects": found.k, "sigma2": found.sigma2, "model": "three levels"}  # fmt: skip
    elif isinstance(found, Estimate):
        numbers |= {name: getattr(found, name) for name in (*numbers, "k", "model", "method", "interval", "pooled")}
    provenance_of = {"inputs_sha256": found.inputs_sha256} if found is not None else {}
    return {"line": row.line, "label": row.label, "left_out": row.left_out, "k": 0, **numbers, **provenance_of}


def _closer_look(candidates: Sequence[Dated], options: dict[str, Any]) -> dict[str, Any]:
    lead = _lead(candidates)
    look = closer_look(
        **_columns(lead), n_e=[_people(c.candidate.effect.n_e) for c in lead], n_c=[_people(c.candidate.effect.n_c) for c in lead],
        since=[c.since for c in lead], asymmetry=Asymmetry(options["asymmetry"]), method=options["method"],
        interval=Interval(options["interval"]), prediction=Prediction(options["prediction"]), level=options["level"],
    )  # fmt: skip
    cumulated = [{"added": look.labels[i], "since": lead[i].since, **_brief(one)} for i, one in zip(look.order, look.cumulated, strict=True)]
    return {
        "studies": look.labels, "without": [_brief(one) for one in look.without], "cumulated": cumulated,
        "influence": asdict(look.influence) if look.influence else None, "tests": asdict(look.tests) if look.tests else None,
    }  # fmt: skip


def _what_next(candidates: Sequence[Dated], options: dict[str, Any]) -> dict[str, Any]:
    lead = _lead(candidates)
    columns = {name: values for name, values in _columns(lead).items() if name != "labels"}
    chosen = {"method": options["method"], "interval": Interval(options["interval"]), "level": options["level"]}
    now = pool(**columns, **chosen)
    sizes = [_people(c.candidate.effect.n_e) + _people(c.candidate.effect.n_c) for c in lead]
    variance_of = variance_of_smd(now.estimate) if options["measure"] == "SMD" else variance_like(columns["vi"], sizes)
    found = []
    for threshold in options["thresholds"]:
        given = {**columns, **chosen, "threshold": threshold, "variance_of": variance_of}
        trials = [asdict(next_trial(**given, size=size)) for size in options["sizes"]]
        found.append({"next": trials, **asdict(what_next(**given, seed=options["seed"], power=options["power"], each=options["each"]))})
    return {"now": _brief(now), "thresholds": found}


def _repeated_looks(candidates: Sequence[Dated], options: dict[str, Any]) -> dict[str, Any]:
    lead = _lead(candidates)
    columns = _columns(lead)
    order = sorted(range(len(lead)), key=lambda i: (lead[i].since == "", lead[i].since, i))
    yi, vi = np.array(columns["yi"]), np.array(columns["vi"])
    looks = sequential.looks(yi=yi, vi=vi, order=order, difference=options["difference"], alpha=options["alpha"], beta=options["beta"],
                             spending=Spending(options["spending"]), method=options["method"])  # fmt: skip
    # tau is fixed beforehand by the protocol: only so do estimates gain information independently, as a confidence sequence needs.
    rows = cumulative(yi=yi, vi=vi + options["tau"] ** 2, order=order, method="EE", interval=Interval.WALD)
    always = sequential.always_valid(estimate=[row.estimate for row in rows], se=[row.se for row in rows], scale=abs(options["difference"]),
                                     level=1.0 - options["alpha"])  # fmt: skip
    diversity = sequential.diversity(yi=yi, vi=vi, method=options["method"]) if len(lead) > 1 else 0.0
    return {"studies": [columns["labels"][i] for i in order], "diversity": diversity, "looks": asdict(looks), "always": asdict(always)}


COMPUTE = {Kind.SENSITIVITY: _sensitivity, Kind.CLOSER_LOOK: _closer_look, Kind.WHAT_NEXT: _what_next, Kind.REPEATED_LOOKS: _repeated_looks}


def _lead(candidates: Sequence[Dated]) -> list[Dated]:
    kept = {id(c) for c in sets_of([dated.candidate for dated in candidates]).lead}
    return [dated for dated in candidates if id(dated.candidate) in kept]


def _columns(chosen: Sequence[Dated]) -> dict[str, Any]:
    effects = [dated.candidate.effect for dated in chosen]
    return {"yi": [e.yi for e in effects], "vi": [e.vi for e in effects], "labels": [e.study for e in effects]}


def _people(count: float | None) -> float:
    return 1.0 if count is None else float(count)


def _brief(found: Estimate) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("k", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "p")}
