"""What the benchmark of killed months counts as lost and as doubled."""

from __future__ import annotations

from typing import Any

import db.tables  # noqa: F401  makes every table known
from benchmarks.faults import account
from db.base import Base


def month(*, votes: int = 3, mails: int = 2, twice: tuple[str, ...] = (), template: str = "bulletin") -> dict[str, Any]:
    tables: dict[str, Any] = {name: [] for name in Base.metadata.tables}
    tables["decision"] = [{"id": number, "assignment_id": number, "verdict": f"include {number}"} for number in range(votes)]
    tables["outbox"] = [{"id": number, "key": f"k{number}", "template": template, "state": "sent"} for number in range(2)]
    return {"tables": tables, "kills": ["here"] * 4, "unsure": ["k1"], "mails": mails, "twice": list(twice), "commits": 1}


def test_equal_months_lost_nothing() -> None:
    found = account(month(), month())
    assert (found["kills"], found["lost"], found["duplicate"], found["unsure"], found["equal"]) == (4, 0, 0, 1, True)


def test_a_vote_a_mail_and_a_second_mail_are_counted() -> None:
    assert account(month(), month(votes=2))["lost"] == 1 and not account(month(), month(votes=2))["equal"]
    assert account(month(), month(votes=4))["duplicate"] == 1
    assert account(month(), month(mails=1))["lost"] == 1
    assert account(month(), month(mails=3, twice=("k1-again-2.eml",)))["duplicate"] == 1


def test_a_mail_of_the_sign_up_may_come_twice() -> None:
    one = month(mails=3, twice=("k1-again-2.eml",), template="confirm_subscription")
    assert (account(one, one)["duplicate"], account(one, one)["lost"]) == (0, 0)
