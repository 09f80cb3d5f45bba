"""From forms to the frozen Protocol that the steps reason with. No checking here: bot/protocols/check.py has done it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import outcomes as asked
from bot.domain import protocols as domain
from bot.methods.strategies import pubmed
from bot.protocols.forms import ProtocolForm, SourceForm
from bot.protocols.outcome_forms import InstrumentForm, OutcomeForm, PublishedForm
from bot.protocols.snapshot import Snapshot

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TRIALS_IN_WORDS = {"one": 1, "two": 2, "three": 3}


@dataclass(frozen=True, slots=True)
class ReviewForms:
    """A review's files, each held to its form. outcomes: id -> form, in the order of the files; strategies: file -> text."""

    protocol: ProtocolForm
    published: PublishedForm | None
    outcomes: Mapping[str, OutcomeForm]
    strategies: Mapping[str, str]


def build(given: ReviewForms, snapshot: Snapshot) -> domain.Protocol:
    """Return the protocol. Raises InvalidInputError if a PubMed strategy refers to lines that are not there."""
    form = given.protocol
    return domain.Protocol(
        slug=snapshot.slug,
        sha256=snapshot.sha256,
        document=snapshot.document,
        **_fields(form, "title short_title version dated registration drafted_after_seeing independence"),
        **_question(form, given.outcomes),
        **_conduct(form, given.strategies),
        **_synthesis(form),
        **_publication(form, given.published),
    )


def _question(form: ProtocolForm, outcomes: Mapping[str, OutcomeForm]) -> dict[str, Any]:
    """Return the fields that say what is asked."""
    return {
        **_fields(form, "question open_ended_months"),
        **_fields(form.picos, "population intervention comparator setting designs called"),
        "criteria": tuple(domain.Criterion(**_tuples(criterion)) for criterion in form.criteria),
        "outcomes": _by_importance(form, outcomes),
        "windows": tuple(asked.Window(**window.model_dump()) for window in form.windows),
    }


def _conduct(form: ProtocolForm, strategies: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that say how it is searched and judged."""
    sources = [(source.status, _source(source, strategies)) for source in form.sources]
    return {
        "sources": tuple(plan for status, plan in sources if status == "searched"),
        "planned_sources": tuple(plan for status, plan in sources if status == "planned"),
        "schedule": domain.Schedule(**form.schedule.model_dump()),
        "reviewing": _reviewing(form),
        "appraisal": _appraisal(form),
        "ranker": domain.Ranker(**form.ranker.model_dump()),
    }


def _synthesis(form: ProtocolForm) -> dict[str, Any]:
    """Return the fields that say how an answer is made."""
    return {
        "leading": tuple(asked.LeadingRow(**row.model_dump()) for row in form.leading),
        "pooling": _pooling(form),
        "certainty": domain.Certainty(**form.certainty.model_dump()),
        "size_bands": tuple(asked.SizeBands(**bands.model_dump()) for bands in form.size_bands),
    }


def _publication(form: ProtocolForm, published: PublishedForm | None) -> dict[str, Any]:
    """Return the fields that say what is printed, and what was known before."""
    return {
        "authors": tuple(domain.Author(**author.model_dump()) for author in form.authors),
        "publishing": _publishing(form),
        "living": domain.Living(**_tuples(form.living)),
        "amendments": tuple(domain.Amendment(**amendment.model_dump()) for amendment in form.amendments),
        "published": tuple(asked.PublishedEstimate(**one.model_dump()) for one in published.estimates) if published else (),
        "starting_point": domain.StartingPoint(**_tuples(published.starting_point)) if published else None,
        "crisis_text": form.crisis.text,
        "crisis_help": tuple(domain.CrisisHelp(**place.model_dump()) for place in form.crisis.help),
        "plain_question": form.plain.question, "plain_background": form.plain.background,
    }


def _fields(form: Any, names: str) -> dict[str, Any]:
    return {name: getattr(form, name) for name in names.split()}


def _tuples(form: Any) -> dict[str, Any]:
    """Return the fields of a form with its lists frozen."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in form.model_dump().items()}


def _source(form: SourceForm, strategies: Mapping[str, str]) -> domain.SourcePlan:
    strategy = form.strategy
    text = strategies[strategy.file] if strategy else ""
    return domain.SourcePlan(
        **_fields(form, "name kind label platform since overlap_days overdue_days note purpose"),
        strategy=pubmed.whole_query(text) if strategy and strategy.syntax == "pubmed" else text,
        strategy_text=text,
        strategy_file=strategy.file if strategy else "",
        strategy_syntax=strategy.syntax if strategy else "",
        strategy_state=strategy.state if strategy else "draft",
        strategy_author=strategy.author if strategy else "",
        strategy_dated=strategy.dated if strategy else None,
        strategy_reviewer=strategy.peer_reviewer if strategy else "none",
        to_verify=tuple(strategy.to_verify) if strategy else (),
    )


def _reviewing(form: ProtocolForm) -> domain.Reviewing:
    values = _tuples(form.reviewing)
    values["quiet_weekdays"] = tuple(WEEKDAYS.index(day) for day in values["quiet_weekdays"])
    return domain.Reviewing(**values)


def _appraisal(form: ProtocolForm) -> domain.Appraisal | None:
    given = form.appraisal
    if given is None:
        return None
    return domain.Appraisal(people=2 if given.people == "two" else 1, effect_of_interest=given.effect_of_interest,
                            confounders=tuple(given.confounders), co_interventions=tuple(given.co_interventions))


def _pooling(form: ProtocolForm) -> domain.Pooling:
    values = _tuples(form.pooling)
    values["few"] = tuple((TRIALS_IN_WORDS[name], lead) for name, lead in values["few"].items())
    values["repeated_looks"] = domain.RepeatedLooks(**values["repeated_looks"]) if values["repeated_looks"] else None
    return domain.Pooling(**values)


def _publishing(form: ProtocolForm) -> domain.Publishing:
    values = form.publishing.model_dump()
    values["triggers"] = tuple(domain.Trigger(**trigger) for trigger in values["triggers"])
    return domain.Publishing(**values)


def _by_importance(form: ProtocolForm, outcomes: Mapping[str, OutcomeForm]) -> tuple[asked.Outcome, ...]:
    """Return the outcomes: those that lead in the order of the leading rows, then the rest by name."""
    order = list(dict.fromkeys([*(row.outcome for row in form.leading), *sorted(outcomes)]))
    return tuple(_outcome(outcome_id, outcomes[outcome_id]) for outcome_id in order)


def _outcome(outcome_id: str, form: OutcomeForm) -> asked.Outcome:
    fields = "label phrase direction measure importance harm origin definition preference not_reported"
    return asked.Outcome(
        id=outcome_id,
        **_fields(form, fields),
        better=asked.Change(**form.better.model_dump()),
        worse=asked.Change(**form.worse.model_dump()),
        windows=tuple(form.windows),
        instruments=tuple(_instrument(instrument) for instrument in form.instruments),
        mid=asked.Mid(**form.mid.model_dump()) if form.mid else None,
    )


def _instrument(form: InstrumentForm) -> asked.Instrument:
    low, high = form.range or (None, None)
    sd = form.reference_sd
    return asked.Instrument(
        **_fields(form, "name kind higher_is_better recall_days note"),
        aliases=tuple(form.aliases),
        low=low,
        high=high,
        reference_sd=sd.value if sd else None,
        reference_sd_source=sd.source if sd else "",
    )
