"""Read the rules: which questions apply, what the answers suggest for a domain, what the domains suggest in all. Data in, data out.

The rules: rob2.py, rob2_cluster.py, robins_i.py. A question without an answer suggests nothing; it never counts as “no information”.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.errors import InvalidInputError, NotFoundError
from bot.methods.appraisal import rob2, rob2_cluster, robins_i
from bot.methods.appraisal.rules import ANSWERS, Domain, Question, Rule, Variant

VARIANTS = {(one.tool, one.id): one for one in (
    rob2.INDIVIDUAL_ASSIGNMENT, rob2.INDIVIDUAL_ADHERING, rob2_cluster.CLUSTER_ASSIGNMENT, rob2_cluster.CLUSTER_ADHERING, rob2.CROSSOVER,
    robins_i.ASSIGNMENT_VARIANT, robins_i.ADHERING_VARIANT)}
DESIGNS = ("randomised", "cluster", "crossover", "non-randomised")


@dataclass(frozen=True, slots=True)
class Weighing:
    """What answers come to in a domain.

    asked: the questions that apply so far; missing: those among them without an answer. suggested: None while one is missing, or where
    the tool leaves it to the person; because: the rules that held, or what to weigh.
    """

    asked: tuple[Question, ...]
    missing: tuple[str, ...]
    suggested: str | None
    because: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every question that applies has an answer."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is suggested in all, None where a person must say; because: why; question: what the person is asked besides, "" for nothing."""

    judgement: str | None
    because: str
    question: str = ""


def variant(tool: str, variant_id: str) -> Variant:
    """Return the rules of a tool for a design and effect of interest. Raises NotFoundError."""
    found = VARIANTS.get((tool, variant_id))
    if found is None:
        known = ", ".join(f"{tool} {one}" for tool, one in VARIANTS)
        raise NotFoundError(f"there are no rules for {tool} {variant_id}; there are: {known}")
    return found


def variant_for(design: str, effect_of_interest: str) -> Variant:
    """Return the rules for a result of this design (`randomised`, `cluster`, `crossover`, `non-randomised`) and effect of interest
    (`assignment` or `adhering`). Raises NotFoundError."""
    if design == "crossover":
        return rob2.CROSSOVER
    tool, prefix = {"randomised": ("rob2", "individual_"), "cluster": ("rob2", "cluster_")}.get(design, ("robins_i", ""))
    return variant(tool, prefix + effect_of_interest)


def asked(domain: Domain, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the questions of a domain that apply to these answers, in order. Answers to others count for nothing."""
    counted: dict[str, str] = {}
    found = []
    for question in domain.questions:
        if question.asked_if is None or question.asked_if.holds(counted):
            found.append(question)
            if question.number in answers:
                counted[question.number] = answers[question.number]
    return tuple(found)


def weigh(domain: Domain, answers: Mapping[str, str]) -> Weighing:
    """Return what these answers (question → `Y`, `PY`, `PN`, `N`, `NI`, `NA`) come to. Raises InvalidInputError for one that a question
    does not admit."""
    apply = asked(domain, answers)
    for question in apply:
        check(question, answers.get(question.number))
    missing = tuple(question.number for question in apply if question.number not in answers)
    if missing or not domain.questions:
        return Weighing(apply, missing, None, ())
    counted = {question.number: answers[question.number] for question in apply}
    held = [next((rule for rule in part if rule.condition.holds(counted)), None) for part in domain.parts]
    return Weighing(apply, (), _worst(domain, held), tuple(_because(rule) for rule in held))


def check(question: Question, answer: str | None) -> None:
    """Raise InvalidInputError if a question does not admit this answer; no answer is none."""
    if answer is not None and answer not in question.options:
        allowed = ", ".join(ANSWERS[one] for one in question.options)
        raise InvalidInputError(f"Question {question.number}: {ANSWERS.get(answer, answer)!r} is not among its answers; allowed: {allowed}.")


def next_question(one: Variant, answers: Mapping[str, str]) -> tuple[Domain, Question] | None:
    """Return the first question that applies and has no answer, with its domain; None when all have one."""
    for domain in one.domains:
        for question in asked(domain, answers):
            if question.number not in answers:
                return domain, question
    return None


def overall(one: Variant, judgements: Mapping[str, str]) -> Suggestion:
    """Return what the judgements of all domains suggest for the result; nothing while one is missing."""
    missing = [domain.id for domain in one.domains if domain.id not in judgements]
    if missing:
        return Suggestion(None, f"not judged yet: {', '.join(missing)}")
    given = {domain.id: judgements[domain.id] for domain in one.domains}
    return _overall_robins_i(given) if one.tool == "robins_i" else _overall_rob2(given)


def answer_sets(domain: Domain) -> Iterator[dict[str, str]]:
    """Yield every admissible set of answers of a domain: each question that applies answered, no other."""
    def grow(answers: dict[str, str]) -> Iterator[dict[str, str]]:
        question = next((one for one in asked(domain, answers) if one.number not in answers), None)
        if question is None:
            yield answers
            return
        for option in question.options:
            yield from grow(answers | {question.number: option})

    yield from grow({})


def _overall_rob2(given: Mapping[str, str]) -> Suggestion:
    high = [domain for domain, judgement in given.items() if judgement == rob2.HIGH]
    some = [domain for domain, judgement in given.items() if judgement == rob2.SOME]
    if high:
        return Suggestion(rob2.HIGH, f"high in {', '.join(high)}")
    if not some:
        return Suggestion(rob2.LOW, "low in every domain")
    # The tool has no number from which several concerns make a high risk: a person is asked, and nothing is raised unasked.
    question = "Do these concerns together substantially lower the confidence in the result? Then it is high." if len(some) > 1 else ""
    return Suggestion(rob2.SOME, f"some concerns in {', '.join(some)}, high in none", question)


def _overall_robins_i(given: Mapping[str, str]) -> Suggestion:
    def having(judgement: str) -> list[str]:
        return [domain for domain, one in given.items() if one == judgement]

    for judgement in (robins_i.CRITICAL, robins_i.SERIOUS):
        if having(judgement):
            question = ("Do several serious domains together make the result too problematic to be of use? Then it is critical."
                        if judgement == robins_i.SERIOUS and len(having(judgement)) > 1 else "")
            return Suggestion(judgement, f"{judgement} in {', '.join(having(judgement))}", question)
    if silent := having(robins_i.NO_INFORMATION):
        return Suggestion(None, f"no information in {', '.join(silent)}, nowhere serious or critical",
                          "Does a domain without information matter here? Then there is no information in all; else the worst of the others.")
    worst = robins_i.MODERATE if having(robins_i.MODERATE) else robins_i.LOW
    return Suggestion(worst, f"moderate in {', '.join(having(robins_i.MODERATE))}" if worst == robins_i.MODERATE else "low in every domain")


def _worst(domain: Domain, held: list[Rule | None]) -> str | None:
    """Return the worse of the parts' judgements, None if one of them gives none."""
    given = [rule.judgement if rule else None for rule in held]
    known = [one for one in given if one is not None]
    return max(known, key=_ORDER.index) if known and len(known) == len(given) else None


def _because(rule: Rule | None) -> str:
    if rule is None:
        return "The tool leaves this combination to the person who judges."
    return f"{rule.condition.words}: {rule.judgement}" if rule.judgement else f"{rule.condition.words}. {rule.note}"


_ORDER = (rob2.LOW, robins_i.MODERATE, rob2.SOME, robins_i.SERIOUS, rob2.HIGH, robins_i.CRITICAL)
