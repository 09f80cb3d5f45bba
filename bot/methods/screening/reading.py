"""How far one person's reading from the top of a ranking is: whether it may stop, and what a random sample of the rest then says.

The rule for stopping: stopping.py; the bound on what was missed: recall_bound.py. Which record comes next: bot/steps/screening/read_on.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.methods.screening.recall_bound import RecallBound, recall_bound
from bot.methods.screening.stopping import TARGET, poisson_stop, rule_for

AUDITED = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """read, found: of total. stopped_at: after how many the rule allowed it, None if not yet. sample: size of the random sample of the rest.

    audited: how many of the sample were read. bound: on recall, once all of the sample was read and held nothing; then reading may stop.
    """

    read: int
    found: int
    total: int
    stopped_at: int | None
    sample: int
    audited: int
    bound: RecallBound | None


def reading(labels: Sequence[bool], *, total: int, past_inclusions: int) -> Reading:
    """Return where reading stands. labels: in the order read, from the top, and after the rule allowed to stop a random sample of the rest.

    A relevant record in the sample makes the stop void: reading goes on from the top, and may stop later. 0 ≤ len(labels) ≤ total.
    """
    rule = rule_for(past_inclusions)
    step, count = max(1, total // 100), max(1, math.ceil(rule.least * total))
    while count <= len(labels) and count < total:
        if poisson_stop(labels[:count], total=total, target=TARGET, confidence=rule.confidence).may_stop:
            sample = math.ceil(AUDITED * (total - count))
            audit = labels[count:count + sample]
            if not any(audit):
                bound = None
                if len(audit) == sample:
                    found = sum(labels[:count])
                    bound = recall_bound(found=found, unshown=total - count, audited=sample, missed=0)
                return Reading(len(labels), sum(labels), total, count, sample, len(audit), bound)
            count += len(audit)
        else:
            count += step
    return Reading(len(labels), sum(labels), total, None, 0, 0, None)
