"""Compose what a bulletin says: facts in (material.py), one plain dictionary out, from which page, text, mail and feed are rendered.

Pure: the same facts give the same content, byte for byte. Number, date and signature come at publication (`finished`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.bulletin import (
    changes,
    closer,
    history,
    living,
    methods_text,
    pictures,
    plain_language,
    plain_summary,
    prisma_flow,
    published,
)
from bot.bulletin.amended import amended
from bot.bulletin.material import (
    Material,
    Ongoing,
    OutcomeMaterial,
    SourceState,
    StudyMaterial,
    Told,
    WithIt,
)
from bot.bulletin.numbers import interval, signed
from bot.bulletin.results import apart_of, certainty_of, rating_of, result_of, trial_of
from bot.domain.outcomes import Outcome
from bot.domain.protocols import Protocol
from bot.rendering import day, plural

SCHEMA = 1
CRISIS_MONTHS = 6
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
GAPS = {"not_reported": "planned or measured, not reported", "not_usable": "measured, no usable number", "not_measured": "not measured",
        "during": "measured only while the programme ran"}
NOTICES = {"retraction": "a report was retracted", "expression of concern": "an expression of concern was published about a report",
           "correction": "a correction of a report was published", "replacement": "a report was retracted and replaced"}
HEADLINES = {
    changes.FIRST: "first bulletin", changes.NO_CHANGE: "no change", changes.UPDATED: "estimate updated",
    changes.CONCLUSION: "CONCLUSION CHANGED",
}


def compose(material: Material) -> dict[str, Any]:
    """Return the content of a draft: JSON values alone, without number, date and signature."""
    content = _clean(_composed(material))
    return {**content, "pictures": pictures.index(content)}


def _composed(material: Material) -> dict[str, Any]:
    protocol = material.protocol
    outcomes = [_outcome(material, one) for one in _in_order(material)]
    status = changes.status(outcomes, material.previous)
    known = {study["id"] for study in material.previous["studies"]} if material.previous else None
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "review": _review(protocol),
        "protocol": _protocol(protocol),
        "period": material.period,
        "number": None, "dated": None, "signed": None, "address": None, "cite": None,
        "status": status, "headline": HEADLINES[status],
        "previous": material.previous["number"] if material.previous else None,
        "notice": material.notice,
        "corrects": [{"number": one.number, "what": one.what, "said": one.said.isoformat()} for one in material.corrects],
        "told": [_told(material, one) for one in material.told],
        "provisional": plain_language.PROVISIONAL,
        "searched_to": material.searched_to.isoformat(), "next": material.next_search.isoformat(),
        "sources": [_source(source) for source in material.sources],
        "failed": [source.label for source in material.sources if source.state == "failed"],
        "pending": [{"label": label, "n": n} for label, n in material.pending.items() if n],
        "outcomes": outcomes,
        "table": _table(protocol, outcomes),
        "measures": plain_language.explained([outcome["measure"] for outcome in outcomes]),
        "benchmark": published.benchmark(protocol),
        "studies": [_study(material, study, known) for study in material.studies],
        "flow": prisma_flow.boxes(material.flow, material.exclusions, {one.name: one.label for one in material.sources},
                                  {one.id: one.reason for one in protocol.criteria}),
        "flow_cycles": prisma_flow.by_cycle(material.flow), "flow_since": material.flow.since, "flow_base": material.flow.base,
        "flow_remarks": prisma_flow.imbalances(material.flow),
        "excluded": [{"criterion": one.criterion, "reason": one.reason, "reports": list(one.reports)} for one in material.exclusions],
        "ongoing": [_ongoing(one) for one in material.ongoing],
        "roles": methods_text.roles(material),
        "methods": methods_text.paragraphs(material),
        "amended": amended(material.amended, protocol.version),
        "deposits": [{"number": number, "doi": doi} for number, doi in material.deposits],
        "licence": protocol.publishing.licence,
        "funding": protocol.publishing.funding, "interests": protocol.publishing.interests, "contact": protocol.publishing.contact,
        "living": _living(material),
        "crisis": {"text": protocol.crisis_text, "help": _help(protocol, material.searched_to)},
    }
    content["triggers"] = living.fired(protocol, content, material.previous)
    return content | {"plain": plain_summary.summary(content, protocol)}


@dataclass(frozen=True, slots=True)
class Publication:
    """What a bulletin gets when it is published. signed_by: as it is printed; draft_sha256: what was signed; address: where it stays.

    audit: how many events the audit had then, and the SHA-256 at the end of its chain.
    """

    number: int
    dated: date
    signed_by: str
    signed_on: date
    draft_sha256: str
    site_name: str
    address: str
    audit: tuple[int, str]


def finished(content: Mapping[str, Any], publication: Publication) -> dict[str, Any]:
    """Return a draft's content as it is published: numbered, dated, signed, with its own address and how to cite it."""
    authors = ", ".join(content["protocol"]["authors"]) or publication.site_name
    cite = (f"{authors}. {content['review']['title']}. Bulletin {publication.number}, {day(publication.dated)}. {publication.site_name}. "
            f"Protocol version {content['protocol']['version']}. {publication.address}")
    return {**content, "site": publication.site_name, "number": publication.number, "dated": publication.dated.isoformat(),
            "address": publication.address, "cite": cite,
            "signed": {"by": publication.signed_by, "on": publication.signed_on.isoformat(), "sha256": publication.draft_sha256},
            "audit": {"events": publication.audit[0], "sha256": publication.audit[1]}}


def as_signed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a published content as it was when it was signed: without what publication gave it."""
    kept = {name: value for name, value in content.items() if name not in ("site", "audit")}
    return {**kept, "number": None, "dated": None, "signed": None, "address": None, "cite": None}


def as_bytes(content: Mapping[str, Any]) -> bytes:
    """Return content as JSON: the same bytes for the same content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False).encode() + b"\n"


def fingerprint(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of content; it names what an editor signs."""
    return hashlib.sha256(as_bytes(content)).hexdigest()


def intervention(protocol: Protocol) -> str:
    """Return what the review is about, as it stands inside a sentence: "digital peer support"."""
    name = protocol.called or protocol.short_title
    # A capital of an abbreviation stays one.
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _clean(value: Any) -> Any:
    """Return a value without the characters that no page, mail or feed can carry: control characters and halves of surrogate pairs."""
    if isinstance(value, str):
        return UNPRINTABLE.sub(" ", value)
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _in_order(material: Material) -> list[OutcomeMaterial]:
    """Return the outcomes: those that lead in the protocol's order first, then the others."""
    leading = list(dict.fromkeys(row.outcome for row in material.protocol.leading))
    places = {outcome_id: place for place, outcome_id in enumerate(leading)}
    return sorted(material.outcomes, key=lambda one: places.get(one.outcome.id, len(places)))


def _living(material: Material) -> dict[str, Any]:
    """Return whether the review is kept alive, and whether this is its last bulletin."""
    found, ends = living.standing(material.protocol, None, material.searched_to), material.protocol.living.retired_on
    return {"status": found.status, "words": found.words, "is_last": ends is not None and ends < material.next_search}


def _review(protocol: Protocol) -> dict[str, Any]:
    return {
        "slug": protocol.slug, "title": protocol.title, "short_title": protocol.short_title, "question": protocol.question,
        "intervention": intervention(protocol), "population": protocol.population, "comparator": protocol.comparator,
        "setting": protocol.setting, "designs": protocol.designs,
    }


def _protocol(protocol: Protocol) -> dict[str, Any]:
    return {
        "version": protocol.version, "dated": protocol.dated.isoformat(), "sha256": protocol.sha256,
        "registration": protocol.registration, "authors": [author.name for author in protocol.authors],
        "drafted_after_seeing": protocol.drafted_after_seeing,
        "amendments": [{"version": one.version, "dated": one.dated.isoformat(), "what": one.what, "why": one.why, "by": one.by,
                        "after_seeing": one.after_seeing} for one in protocol.amendments],
    }


def _source(source: SourceState) -> dict[str, Any]:
    return {
        "name": source.name, "label": source.label, "platform": source.platform, "kind": source.kind, "state": source.state,
        "searched_to": source.searched_to.isoformat() if source.searched_to else None, "at": source.at, "error": source.error,
        "found": source.found, "new": source.new, "query": source.query, "understood": source.understood,
        "strategy_state": source.strategy_state, "peer_reviewed": source.strategy_reviewer not in ("", "none"),
    }


def _outcome(material: Material, one: OutcomeMaterial) -> dict[str, Any]:
    outcome, about = one.outcome, intervention(material.protocol)
    known = _known_studies(material.previous, outcome.id)
    rating = rating_of(outcome, about, one.rating)
    holds = rating is not None and not rating["is_stale"]
    answer = plain_language.answer(outcome, about, one.result, one.trials)
    ours = f"{rating['statement']} {answer}" if rating and holds else answer
    others = [published.published(estimate, material.protocol, one.updates) for estimate in material.protocol.published_for(outcome.id)]
    leads = published.lead(material.protocol, others, one.complete_to)
    first = plain_language.published_answer(outcome, about, leads["short"], leads) if leads else ""
    composed: dict[str, Any] = {
        "id": outcome.id, "label": outcome.label, "phrase": outcome.phrase, "definition": outcome.definition,
        "measure": outcome.measure, "measure_name": plain_language.MEASURES.get(outcome.measure, outcome.measure),
        "ratio": outcome.is_ratio, "direction": outcome.direction,
        "importance": outcome.importance, "harm": outcome.harm, "origin": outcome.origin,
        "leads": "published" if leads else "ours", "lead": leads, "ours": ours,
        "complete_to": one.complete_to.isoformat() if one.complete_to else None,
        "lead_answer": first, "answer": f"{first} {published.BELOW}: {ours}" if leads else ours,
        "figures": plain_language.figures(outcome, one.result, one.trials),
        "prediction": plain_language.prediction(outcome, one.result),
        "in_points": plain_language.in_points(outcome, one.result),
        "certainty": certainty_of(rating),
        "rating": rating, "caveat": _caveat(one, holds=holds),
        "alt": plain_language.alt_text(outcome, about, one.result, one.trials) if one.trials else "",
        "favours": list(plain_language.favours(outcome, about)),
        "result": result_of(one.result),
        "apart": apart_of(outcome, about, one.apart, _known_apart(material.previous, outcome.id)),
        "trials": [trial_of(trial, is_new=known is not None and trial.study_id not in known, pooled=one.result is None or not one.result.is_few)
                   for trial in one.trials],
        "missing": [{"study": gap.study, "kind": gap.kind, "known": gap.known, "participants": gap.participants,
                     "words": GAPS[gap.kind]} for gap in one.missing],
        "published": others,
        "closer": closer.closer(outcome, one.analyses),
        "matters": _matters(outcome), "history": history.before(material.previous, outcome.id),
    }
    return composed | {"change": changes.change(composed, material.previous)}


def _caveat(one: OutcomeMaterial, *, holds: bool) -> str:
    """Return what is said of the set of trials behind a number of ours, and of how well they were judged."""
    if one.complete_to is None:
        return plain_language.RATED if holds else plain_language.PROVISIONAL
    complete = plain_language.COMPLETE.format(day=day(one.complete_to))
    return complete if holds else f"{complete} {plain_language.UNRATED}"


def _known_studies(previous: Mapping[str, Any] | None, outcome_id: str) -> set[int] | None:
    """Return the studies that the bulletin before had for an outcome, None if there is none to compare with."""
    if previous is None:
        return None
    return {trial["study_id"] for outcome in previous["outcomes"] if outcome["id"] == outcome_id for trial in outcome["trials"]}


def _known_apart(previous: Mapping[str, Any] | None, outcome_id: str) -> set[int] | None:
    if previous is None:
        return None
    return {trial["study_id"] for outcome in previous["outcomes"] if outcome["id"] == outcome_id
            for trial in (outcome.get("apart") or {}).get("trials", ())}


def _matters(outcome: Outcome) -> list[float]:
    """Return the smallest difference that matters, in both directions on the scale that is shown; empty where none is stated."""
    if outcome.mid is None:
        return []
    return sorted([1 / outcome.mid.value, outcome.mid.value] if outcome.is_ratio else [-outcome.mid.value, outcome.mid.value])


def _table(protocol: Protocol, outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the table of findings: the outcomes that lead by the protocol."""
    leading = {row.outcome for row in protocol.leading}
    return [{
        "outcome": one["label"], "id": one["id"], "measure": one["measure"], "harm": one["harm"],
        "trials": _trials_and_people(one["result"]), "result": _in_cell(one), "in_points": one["in_points"],
        "certainty": one["certainty"], "change": _change_in_cell(one["change"]), "spread": _spread_in_cell(one["result"]),
        "lead": f"{one['lead']['short']}, {one['lead']['label']}: {one['lead']['words']}" if one["lead"] else "",
    } for one in outcomes if one["id"] in leading]


def _trials_and_people(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "none yet"
    trials = "one trial" if result["k"] == 1 else f"{result['k']} trials"
    return f"{trials}, {plural(result['participants'], 'person', 'people')}" if result["participants"] else trials


def _in_cell(outcome: Mapping[str, Any]) -> str:
    result = outcome["result"]
    if result is None:
        return "no confirmed result"
    return "too few for one number" if result["lead"] == "trials" and result["few"] else changes.numbers(result, outcome["measure"])


def _spread_in_cell(result: Mapping[str, Any] | None) -> str:
    if result is None or not result["pooled"] or result["few"] or result["pi_low"] is None:
        return "–"
    return interval(result["pi_low"], result["pi_high"])[1:-1]


def _change_in_cell(change: Mapping[str, Any]) -> str:
    if not change["compared"]:
        return "–"
    if not change["changed"]:
        return "none"
    return "; ".join(f"{cause['study']} {cause['what']}" for cause in change["studies"]) or "pooled again"


def _told(material: Material, one: Told) -> dict[str, Any]:
    """Return a notice about a report in neutral words, with what the estimates are with and without what it took out."""
    sentence = f"{one.study}: {NOTICES[one.kind]}" + (f", {one.dated}" if one.dated else "") + "."
    both = [words for outcome_id, with_it in one.taken_out if (words := _with_and_without(material, outcome_id, with_it))]
    if one.taken_out:
        sentence += " Its number is left out of every estimate here."
    elif not one.words:
        sentence += " Nothing was left out because of it so far; the editor is asked."
    elif one.stays:
        sentence += " The editor decided that the numbers stay."
    return {"study": one.study, "kind": one.kind, "link": one.link, "sentence": sentence, "both": both, "words": one.words,
            "outcomes": _outcomes_of(material, one)}


def _outcomes_of(material: Material, one: Told) -> list[str]:
    """Return the ids of the outcomes that a notice is about: those with a number of the study, or with one that was taken out."""
    shown = {found.outcome.id for found in material.outcomes if any(trial.study == one.study for trial in found.trials)}
    return sorted(shown | {outcome_id for outcome_id, _ in one.taken_out})


def _ongoing(one: Ongoing) -> dict[str, Any]:
    """Return a trial that is waited for, with when it should report, in words."""
    due = f"{'expected' if one.is_expected else 'was due'} {one.due}" if one.due else "no date in the register"
    return {"registration": one.registration, "title": one.title, "state": one.state.replace("_", " ").lower(), "due": due,
            "enrolment": one.enrolment, "link": one.link, "has_posted": one.has_posted}


def _with_and_without(material: Material, outcome_id: str, with_it: WithIt | None) -> str:
    found = next((one for one in material.outcomes if one.outcome.id == outcome_id), None)
    if found is None or with_it is None:
        return ""
    measure = found.outcome.measure
    there = f"{plural(with_it.k, 'trial')}, {measure} {signed(with_it.estimate)} {interval(with_it.ci_low, with_it.ci_high)}"
    return f"{found.outcome.label}: with it {there}; without it {changes.numbers(result_of(found.result), measure)}."


def _study(material: Material, study: StudyMaterial, known: set[int] | None) -> dict[str, Any]:
    rows = [(one.outcome.label, trial) for one in material.outcomes for trial in one.trials if trial.study_id == study.study_id]
    caveats: dict[tuple[str, str], list[str]] = {}
    for label, trial in rows:
        if trial.question or trial.answer or trial.note:
            caveats.setdefault((trial.question or trial.note, trial.answer), []).append(label)
    return {
        "id": study.study_id, "label": study.label, "year": study.year, "title": study.title, "journal": study.journal,
        "doi": study.doi, "pmid": study.pmid, "registration": study.registration, "state": study.state, "reason": study.reason,
        "is_new": known is not None and study.study_id not in known, "outcomes": [label for label, _ in rows],
        "experimental": _first(trial.experimental for _, trial in rows), "comparator": _first(trial.comparator for _, trial in rows),
        "caveats": [{"question": question, "answer": answer, "outcomes": labels} for (question, answer), labels in caveats.items()],
    }


def _first(words: Any) -> str:
    return next((word for word in words if word), "")


def _help(protocol: Protocol, today: date) -> list[dict[str, str]]:
    """Return where help is found; a number that nobody has tried for half a year is not printed."""
    return [{"country": one.country, "name": one.name, "contact": one.contact, "source": one.source, "checked": one.checked.isoformat()}
            for one in protocol.crisis_help if (today - one.checked).days <= CRISIS_MONTHS * 30.5]
