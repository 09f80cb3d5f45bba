"""What a tool for risk of bias consists of, and the short notation its rules are written in. Reading them: engine.py.

Notation of a condition: `1.2=NI & 1.3=Y` – every part must hold; `2.1=Y/NI | 2.2=Y/NI` – one of them. `Y` stands for yes and probably
yes, `N` for no and probably no; how sure somebody was is kept, and changes no rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

ANSWERS = {"Y": "Yes", "PY": "Probably yes", "PN": "Probably no", "N": "No", "NI": "No information", "NA": "Not applicable"}
ANY = ("Y", "PY", "PN", "N", "NI")
STANDS_FOR = {"Y": ("Y", "PY"), "N": ("N", "PN"), "NI": ("NI",), "NA": ("NA",)}
WORDS = {"Y": "yes", "N": "no", "NI": "no information", "NA": "not applicable"}


@dataclass(frozen=True, slots=True)
class Condition:
    """All of `clauses` must hold; of a clause, one of its (question, accepted answers)."""

    clauses: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
    words: str

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Return whether the condition holds for these answers; a question without an answer makes nothing hold."""
        return all(any(answers.get(question) in accepted for question, accepted in clause) for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class Question:
    """A signalling question, in our words. number: as the tool numbers it. asked_if: None for always. options: the answers it admits."""

    number: str
    text: str
    hint: str = ""
    asked_if: Condition | None = None
    options: tuple[str, ...] = ANY


@dataclass(frozen=True, slots=True)
class Rule:
    """When the condition holds, this judgement is suggested; None: the tool leaves it to the person, and `note` says what to weigh."""

    condition: Condition
    judgement: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of bias. parts: lists of rules, of each the first that holds; the worse of the parts is the domain's.

    criteria: judgement → when it is right, in our words, for tools that give no rules. Without questions it is judged by hand.
    """

    id: str
    name: str
    questions: tuple[Question, ...] = ()
    parts: tuple[tuple[Rule, ...], ...] = ()
    criteria: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Variant:
    """One tool for one design and one effect of interest.

    judgements: from the best to the worst. needs_agreement: its rules suggest nothing until a person has signed that they agree with
    the official text. suggests: False where everything is judged by hand. disputed: points that whoever signs must look up.
    """

    tool: str
    id: str
    tool_name: str
    name: str
    version: str
    citation: str
    official: str
    judgements: tuple[str, ...]
    domains: tuple[Domain, ...]
    needs_agreement: bool = False
    suggests: bool = True
    disputed: tuple[str, ...] = ()

    @cached_property
    def rules_sha256(self) -> str:
        """The hash of questions and rules: what somebody agreed with is this very text."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def domain(self, domain_id: str) -> Domain | None:
        """Return a domain by its id, or None."""
        return next((one for one in self.domains if one.id == domain_id), None)

    def question(self, number: str) -> tuple[Domain, Question] | None:
        """Return a question with its domain, or None."""
        return next(((domain, one) for domain in self.domains for one in domain.questions if one.number == number), None)


def condition(text: str) -> Condition:
    """Return the condition that the notation describes (see the head of this file). Raises ValueError if it is none."""
    clauses = tuple(tuple(_test(one) for one in clause.split("|")) for clause in text.split("&"))
    return Condition(clauses, _words(text))


def ask(number: str, text: str, hint: str = "", *, when: str = "", options: Iterable[str] = ANY) -> Question:
    """Return a question; `when`: the condition under which it is asked."""
    return Question(number, text, hint, condition(when) if when else None, tuple(options))


def rules(*lines: tuple[str, str | None] | tuple[str, str | None, str]) -> tuple[Rule, ...]:
    """Return rules from (condition, judgement) or (condition, None, note)."""
    return tuple(Rule(condition(line[0]), line[1], line[2] if len(line) == 3 else "") for line in lines)


def _test(text: str) -> tuple[str, tuple[str, ...]]:
    question, separator, accepted = text.strip().partition("=")
    if not separator or any(one not in STANDS_FOR for one in accepted.split("/")):
        raise ValueError(f"{text!r} is no condition; it looks like 1.2=N/NI")
    return question, tuple(answer for one in accepted.split("/") for answer in STANDS_FOR[one])


def _words(text: str) -> str:
    def one(test: str) -> str:
        question, _, accepted = test.strip().partition("=")
        return f"{question} {' or '.join(WORDS[answer] for answer in accepted.split('/'))}"

    clauses = [", or ".join(one(test) for test in clause.split("|")) for clause in text.split("&")]
    return "; ".join(clauses)
