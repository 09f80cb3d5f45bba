"""Roots of monotone and of bracketed functions of one variable, to the last digits. What is solved with them: estimators, heterogeneity, …"""

from __future__ import annotations

import math
from collections.abc import Callable

from bot.errors import SynthesisError
from bot.methods.synthesis.problem import Problem


def tau2_where_q_is(problem: Problem, target: float) -> float:
    """Return the tau2 at which y'Py (the generalised Q) equals target, 0 if it is below target everywhere.

    1 / Q is concave and rising in tau2 (Cauchy-Schwarz), so Newton's steps on it from 0 approach the root from the left and need
    no bracket. target: > 0.
    """
    tau2, q, slope = 0.0, problem.at_zero.q1, problem.at_zero.q2
    if q <= target:
        return 0.0
    for _ in range(200):
        step = q * (q / target - 1.0) / slope
        tau2 += step
        if step <= 1e-14 * tau2:
            break
        q, slope = problem.q_and_slope(tau2)
    return tau2


def bracketed(
    function: Callable[[float], float], low: float, high: float, *, relative: float = 1e-14, absolute: float = 0.0
) -> float:
    """Return a root of function between low and high, where its signs differ (Chandrupatla 1997).

    Stops when the bracket is narrower than absolute + relative · |root|. Raises SynthesisError if the signs do not differ.
    """
    a, b = high, low
    fa, fb = function(a), function(b)
    if fa == 0.0:
        return a
    if fb == 0.0:
        return b
    if math.copysign(1.0, fa) == math.copysign(1.0, fb):
        raise SynthesisError(f"No root between {low} and {high}: the function is {fb} and {fa} there.")
    t = 0.5
    for _ in range(300):
        x = a + t * (b - a)
        fx = function(x)
        if math.copysign(1.0, fx) == math.copysign(1.0, fa):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best, f_best = (a, fa) if abs(fa) < abs(fb) else (b, fb)
        tolerance = (absolute + relative * abs(best)) / max(abs(b - a), 1e-300)
        if f_best == 0.0 or tolerance > 0.5:
            return best
        t = min(1.0 - tolerance, max(tolerance, _next_fraction(a, b, c, fa, fb, fc)))
    return best


def _next_fraction(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if phi * phi < xi and (1.0 - phi) ** 2 < 1.0 - xi:
        # Inverse quadratic interpolation is safe here.
        return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return 0.5
