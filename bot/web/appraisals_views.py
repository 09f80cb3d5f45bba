"""What the pages of an appraisal show, of that person's own appraisal alone until both are handed in. What is stored: bot/steps/appraisals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.protocols import Protocol
from bot.errors import NotFoundError
from bot.methods.appraisal.engine import asked
from bot.methods.appraisal.rules import ANSWERS, Domain, Question
from bot.steps.appraisals.choose_rules import alternatives
from bot.steps.appraisals.forms import DIRECTIONS
from bot.steps.appraisals.hand_in import differences
from bot.steps.appraisals.holders import Seat
from bot.steps.appraisals.judge import Standing, is_agreed, standing
from bot.steps.studies.holders import Holder
from bot.web.studies_words import effect_view, reports_view
from db import appraisals, effects, people
from db.appraisals import OVERALL, AppraisalAnswerRow, AppraisalRow
from db.session import Session
from db.studies import StudyRow

NAMES = {OVERALL: "All domains together"}
# Domain of ROBINS-I → which list of the protocol belongs beside its questions, and what it is called.
ROBINS_NAMED = {"D1": ("confounders", "Confounders"), "D4": ("co_interventions", "Co-interventions")}
NOTHING = {"answer": "", "quote": "", "page": "", "note": ""}


def study_view(session: Session, who: Holder, row: StudyRow, protocol: Protocol, *, token: str) -> dict[str, Any]:
    """Return what the page of a study shows: the results on this person's list, and how far the own appraisal of each is."""
    places = appraisals.own_places(session, row.id, who.person.id)
    shown = []
    for place in places:
        effect = effects.effect(session, place.effect_id)
        shown.append({"effect": effect, "outcome": protocol.outcome(effect.outcome), "part": place.part, "state": _state(session, place),
                      "is_gone": effect.state in ("superseded", "withdrawn")})
    return {"study": row, "review": _review(protocol), "address": f"/a/{token}", "reports": reports_view(session, row.id), "results": shown}


def result_view(session: Session, here: Seat, protocol: Protocol, *, token: str, problem: str = "") -> dict[str, Any]:
    """Return what the page of one result shows: the number, the domains, what is next; both appraisals once both are in."""
    now_stands = standing(session, here)
    given = appraisals.handed_in(session, here.effect.id)
    settled = appraisals.settlement(session, here.effect.id)
    signed = settled if settled is not None and settled.state == "signed" else None
    return _common(session, here, protocol, token) | {
        "problem": problem, "standing": now_stands, "lines": _lines(here, now_stands), "next": onward(session, here),
        "is_agreed": is_agreed(session, here), "alternatives": alternatives(here), "begun": bool(now_stands.answers or now_stands.judgements),
        "signed": signed, "signers": [people.person(session, one).name for one in signed.signed_by] if signed else [],
        "reopened": settled if settled is not None and settled.state == "reopened" else None,
        "waits": here.is_signed and not signed, "both": _both(session, here, given), "differs": differences(given), "names": NAMES,
    }


def question_view(session: Session, here: Seat, protocol: Protocol, number: str, *, token: str, problem: str = "",
                  sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the page of one question shows. sent: what was entered and could not be taken. Raises NotFoundError."""
    found = here.rules.question(number)
    if found is None:
        raise NotFoundError(f"{here.rules.tool_name} has no question {number} for this design.")
    domain, question = found
    answers = appraisals.own_answers(session, here.place, here.who.person.id)
    given = {one: row.answer for one, row in answers.items()}
    latest = answers.get(number)
    return _common(session, here, protocol, token) | {
        "problem": problem, "domain": domain, "question": question, "applies": question in asked(domain, given),
        "options": {option: ANSWERS[option] for option in question.options}, "sent": NOTHING | _typed(latest) | dict(sent or {}),
        "version": latest.number if latest else 0, "facts": [*_named(here, domain, protocol), *_facts(here, question)],
        "elsewhere": _elsewhere(session, here, number, protocol),
        "answered": sum(one.number in given for one in asked(domain, given)), "of": len(asked(domain, given)),
    }


def domain_view(session: Session, here: Seat, protocol: Protocol, domain_id: str, *, token: str, problem: str = "",
                sent: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the page of a judgement shows: the own answers, what they suggest and why, the own judgement. Raises NotFoundError."""
    domain = here.rules.domain(domain_id)
    if domain is None and domain_id != OVERALL:
        raise NotFoundError(f"{here.rules.tool_name} has no domain {domain_id} for this design.")
    now_stands = standing(session, here)
    answers = appraisals.own_answers(session, here.place, here.who.person.id)
    latest = now_stands.judgements.get(domain_id)
    # What was judged on answers that have changed since is to be judged anew, with nothing chosen.
    kept = latest if domain_id not in now_stands.stale else None
    typed = {name: getattr(kept, name) for name in ("judgement", "reason", "direction")} if kept else {}
    return _common(session, here, protocol, token) | {
        "problem": problem, "domain": domain, "domain_id": domain_id, "name": domain.name if domain else NAMES[OVERALL],
        "answers": [(question, answers[question.number]) for question in asked(domain, now_stands.answers) if question.number in answers]
        if domain else [], "words": ANSWERS, "lines": _lines(here, now_stands), "missing": now_stands.missing.get(domain_id, ()),
        "suggested": now_stands.overall.judgement if domain is None else now_stands.suggestions[domain_id],
        "because": [now_stands.overall.because] if domain is None else now_stands.because[domain_id],
        "asks": now_stands.overall.question if domain is None else "", "is_agreed": is_agreed(session, here), "directions": DIRECTIONS,
        "sent": {"judgement": "", "reason": "", "direction": ""} | typed | dict(sent or {}), "version": latest.number if latest else 0,
    }


def rules_view(session: Session, here: Seat, protocol: Protocol, *, token: str) -> dict[str, Any]:
    """Return what the page of the rules shows: every question and rule in force, to be compared with the official text."""
    return _common(session, here, protocol, token) | {"is_agreed": is_agreed(session, here)}


def onward(session: Session, here: Seat, *, after: str = "", judged: str = "") -> str:
    """Return what comes next at a result, as the end of an address: the domain just answered or the next question, then the judgements."""
    if here.is_signed:
        return ""
    now_stands = standing(session, here)
    order = [domain.id for domain in here.rules.domains]
    current = next((domain.id for domain in here.rules.domains for question in domain.questions if question.number == after), judged)
    # First the rest of the domain one is in, then the domains behind it, then those before.
    start = order.index(current) if current in order else 0
    for domain_id in order[start:] + order[:start]:
        domain = here.rules.domain(domain_id)
        assert domain is not None
        if now_stands.missing[domain_id]:
            return f"/questions/{now_stands.missing[domain_id][0]}"
        if domain_id not in now_stands.judgements or domain_id in now_stands.stale:
            return f"/domains/{domain_id}"
    if OVERALL not in now_stands.judgements or OVERALL in now_stands.stale:
        return f"/domains/{OVERALL}"
    return ""


def _common(session: Session, here: Seat, protocol: Protocol, token: str) -> dict[str, Any]:
    outcome = protocol.outcome(here.effect.outcome)
    return {"study": here.study, "effect": effect_view(here.effect, outcome, protocol), "outcome": outcome, "rules": here.rules,
            "place": here.place, "review": _review(protocol), "address": f"/a/{token}", "here": f"/a/{token}/{here.effect.id}",
            "reports": reports_view(session, here.study.id)}


def _lines(here: Seat, now_stands: Standing) -> list[dict[str, Any]]:
    """Return a line for each domain and one for all: how far it is, and what one judged."""
    lines = []
    for domain in here.rules.domains:
        row = now_stands.judgements.get(domain.id)
        lines.append({"id": domain.id, "name": domain.name, "judgement": row.judgement if row else "", "stale": domain.id in now_stands.stale,
                      "open": len(now_stands.missing[domain.id]), "first": _first(domain, now_stands)})
    return lines


def _first(domain: Domain, now_stands: Standing) -> str:
    if now_stands.missing[domain.id]:
        return f"/questions/{now_stands.missing[domain.id][0]}"
    return f"/domains/{domain.id}"


def _state(session: Session, place: AppraisalRow) -> str:
    settled = appraisals.settlement(session, place.effect_id)
    if settled is not None and settled.state == "signed":
        return f"signed: {settled.overall}"
    if place.handed_in_at is not None:
        return "handed in; it waits for the other person"
    if place.talk_at is not None:
        return "you two differ" if place.part != "third" else "waits for you"
    return "waits for you"


def _both(session: Session, here: Seat, given: tuple[appraisals.HandedIn, ...]) -> list[dict[str, Any]]:
    """Return a line for each domain with everybody's judgement; nothing while one of the two is still blind."""
    if len(given) < 2:
        return []
    names = [people.person(session, one.place.person_id).name for one in given]
    domains = [*((domain.id, domain.name) for domain in here.rules.domains), (OVERALL, NAMES[OVERALL])]
    return [{"id": domain, "name": name,
             "said": [{"who": who, "row": one.judgements.get(domain)} for who, one in zip(names, given, strict=True)]}
            for domain, name in domains]


def _typed(latest: AppraisalAnswerRow | None) -> dict[str, str]:
    return {name: getattr(latest, name) for name in NOTHING} if latest else {}


def _named(here: Seat, domain: Domain, protocol: Protocol) -> list[str]:
    """Return what the review named beforehand for studies without random allocation: what may confound, what else may differ."""
    wanted = ROBINS_NAMED.get(domain.id) if here.rules.tool == "robins_i" else None
    if wanted is None or protocol.appraisal is None:
        return []
    named = getattr(protocol.appraisal, wanted[0])
    return [f"{wanted[1]} that this review named beforehand: {'; '.join(named)}." if named
            else f"This review named no {wanted[1].lower()} beforehand; say in your note which you looked for."]


def _facts(here: Seat, question: Question) -> list[str]:
    """Return what the stored numbers say to a question; facts beside it, never an answer."""
    row, numbers = here.effect, (("3.1", "3.1b"), ("5.1",))
    if question.number in (numbers[0] if here.rules.tool == "rob2" else numbers[1]):
        return [_share(arm, n, randomised) for arm, n, randomised in (
            (row.experimental, row.n_e, row.randomised_e), (row.comparator, row.n_c, row.randomised_c))]
    if question.number == "2.6" and row.analysis:
        return [f"Entered at extraction: analysed {row.analysis}."]
    if question.number in ("4.1", "6.1"):
        return [f"Measured with {row.instrument}, {row.time_point}."]
    return []


def _share(arm: str, analysed: int, randomised: int | None) -> str:
    if not randomised:
        return f"{arm}: {analysed} analysed; how many were randomised is not entered."
    return f"{arm}: {analysed} of {randomised} randomised were analysed ({100 * analysed / randomised:.0f}%)."


def _elsewhere(session: Session, here: Seat, number: str, protocol: Protocol) -> list[dict[str, Any]]:
    """Return one's own answers to the same question on other results of the study: they can be taken over by a press of a button."""
    found = []
    for place in appraisals.own_places(session, here.study.id, here.who.person.id):
        if place.id != here.place.id and (place.tool, place.variant) == (here.place.tool, here.place.variant):
            row = appraisals.own_answers(session, place, here.who.person.id).get(number)
            if row is not None:
                effect = effects.effect(session, place.effect_id)
                found.append({"outcome": protocol.outcome(effect.outcome).label, "time_point": effect.time_point, "row": row,
                              "words": ANSWERS[row.answer]})
    return found


def _review(protocol: Protocol) -> dict[str, str]:
    return {"title": protocol.title, "short_title": protocol.short_title, "slug": protocol.slug}
