"""How a bulletin was made, in sentences written from the ledger: searches as they ran, people, pooling. Nothing is said that was not stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.bulletin.material import Making, Material, OutcomeMaterial, Recall, SourceState
from bot.bulletin.numbers import percent
from bot.domain.protocols import Protocol
from bot.rendering import day, plural

ROLES = {
    "reviewer": "screened", "third_reviewer": "settled disagreements", "extractor": "extracted or verified numbers",
    "confirmer": "confirmed the starting set",
}
CREDIT = {"reviewer": "Investigation", "third_reviewer": "Investigation", "extractor": "Investigation, data curation",
          "confirmer": "Validation"}
INTERVALS = {
    "knapp-hartung-max1": "Hartung-Knapp intervals that are never narrower than the unadjusted ones",
    "knapp-hartung": "Hartung-Knapp intervals", "wald": "Wald intervals",
}


def paragraphs(material: Material) -> list[str]:
    """Return how this bulletin was made, one paragraph for each part of the way."""
    written = [searching(material.sources), _from_elsewhere(material), _strategies(material.sources),
               screening(material.making, material.protocol), recall_said(material.recall),
               pooling(material.outcomes, material.protocol), _automation(material)]
    return [paragraph for paragraph in written if paragraph]


def roles(material: Material) -> list[dict[str, str]]:
    """Return who did what, in the words of CRediT (credit.niso.org), as the ledger has it; the program is no author.

    People stand by number, by name only where everybody is a script.
    """
    found = [{"role": "Conceptualization, methodology", "who": author.name, "did": author.role} for author in material.protocol.authors]
    for role, credit in CREDIT.items():
        names = [person.name for person in material.making.people if person.role == role]
        if names:
            who = _listed(sorted(names)) if all(names) else plural(len(names), "person", "people")
            found.append({"role": credit, "who": who, "did": ROLES[role]})
    return found


def searching(sources: Sequence[SourceState]) -> str:
    """Return which sources were searched up to when; those that failed or were never searched are said aloud."""
    done = [f"{source.label} by {source.platform} up to {day(source.searched_to)}" for source in sources if source.searched_to]
    failed = [f"{source.label} failed this time: {source.error}" for source in sources if source.state == "failed"]
    never = [source.label for source in sources if source.searched_to is None and source.state != "failed"]
    said = [f"Searched: {_listed(done)}." if done else "No source has been searched with success yet."]
    said += [sentence if sentence.endswith((".", "!", "?")) else f"{sentence}." for sentence in failed]
    said += [f"Not searched yet: {_listed(never)}."] if never else []
    return " ".join(said)


def screening(making: Making, protocol: Protocol) -> str:
    """Return how records were judged and by whom: by role, and by name only where everybody is a script."""
    how = "Two people judge each report apart from each other" if protocol.reviewing.mode == "two" else "One person judges each report"
    settle = "a third settles what they disagree on" if protocol.reviewing.conflicts == "third" else "they talk about what they disagree on"
    rule = f"{how}{f', and {settle}' if protocol.reviewing.mode == 'two' else ''}."
    said = [rule, _people(making)]
    if making.decisions:
        agreed = f", {percent(making.agreement)} of the pairs agreed" if making.agreement is not None else ""
        said.append(f"In this cycle: {plural(making.decisions, 'vote')}{agreed}; {plural(making.conflicts, 'disagreement')}.")
    return " ".join(part for part in said if part)


def recall_said(recall: Recall | None) -> str:
    """Return what was left out in twelve months and how much of the relevant that may have cost, however low; "" where nothing was."""
    if recall is None:
        return ""
    said = [f"Over the last twelve months the ranking left out {plural(recall.left_out, 'report')}; {recall.audited} of them, drawn at random, "
            f"were read by people who did not know which{f', {recall.waiting} more are waiting to be read' if recall.waiting else ''}."]
    for name, audit in (("by titles and abstracts", recall.abstracts), ("finally included", recall.studies)):
        likely = f"{percent(audit.recall)} found" if audit.recall is not None else "no estimate without an audit"
        said.append(f"Relevant {name}: {audit.found} found, {audit.missed} missed in the audit; estimated recall: {likely}, "
                    f"at least {percent(audit.lower)} (one-sided 95 % bound).")
    if recall.open_proposals:
        said.append("A relevant report was among those left out: to leave out less is proposed, and an editor has yet to decide.")
    if recall.changed:
        said.append(f"Change of method: to leave out less was accepted on {_listed([day(date.fromisoformat(one)) for one in recall.changed])}.")
    return " ".join(said)


def pooling(outcomes: Sequence[OutcomeMaterial], protocol: Protocol) -> str:
    """Return how effects were pooled, as the protocol says and as it was done."""
    rules = protocol.pooling
    said = (f"Of each study the first measurement at or after the end of the programme counts. Effects are pooled by random effects: "
            f"{rules.estimator} for the spread between studies, {INTERVALS.get(rules.interval, rules.interval)}, "
            f"prediction interval {rules.prediction_interval}.")
    said += _few(outcomes)
    if any(one.result is None for one in outcomes):
        said += " An outcome without a confirmed number is listed as such and is never left out."
    unrated = [one.outcome.label for one in outcomes if one.result and (one.rating is None or one.rating.is_stale)]
    if not unrated and any(one.result for one in outcomes):
        return said + " Certainty is rated by GRADE: the data suggest, the editor decides and signs."
    rated = any(one.rating for one in outcomes)
    which = f"of {', '.join(unrated)} " if rated else ""
    return (f"{said} Risk of bias {which}has not been appraised and certainty has not been rated, so "
            f"{'these estimates are' if rated else 'every estimate is'} provisional.")


def _few(outcomes: Sequence[OutcomeMaterial]) -> str:
    """Return how two or three trials were put together, if any were."""
    found = next((one.result.cautious for one in outcomes if one.result and one.result.cautious), None)
    if found is None:
        return ""
    return (f" Where two or three trials measured an outcome, a Bayesian estimate leads ({found.prior}); Knapp-Hartung's and Wald's "
            "intervals stand in the details.")


def _from_elsewhere(material: Material) -> str:
    """Return which records came by a way that the protocol does not list as a source."""
    listed = {source.name for source in material.sources}
    others = [f"{name} ({plural(count, 'record')})" for name, count in sorted(material.flow.by_source.items()) if name not in listed]
    return f"Records came by another way as well, in files that were taken in: {_listed(others)}." if others else ""


def _strategies(sources: Sequence[SourceState]) -> str:
    unreviewed = [source.label for source in sources if source.strategy_reviewer in ("", "none")]
    return f"Search not peer reviewed: {_listed(unreviewed)}." if unreviewed else ""


def _people(making: Making) -> str:
    parts = []
    for role, what in ROLES.items():
        names = [person.name for person in making.people if person.role == role]
        if not names:
            continue
        who = _listed(sorted(names)) if all(names) else plural(len(names), "person", "people")
        parts.append(f"{who} {what}")
    return f"{'; '.join(parts)}." if parts else ""


def _automation(material: Material) -> str:
    hides = "leaves out those below a cut-off, as said above" if material.recall else "excludes none"
    model = f"; model {material.making.model[:12]}" if material.making.model else ""
    ranking = f"It orders the records for reading ({material.making.ranking}{model}) and {hides}." if material.making.ranking else ""
    software = f" Software: {material.making.software}." if material.making.software else ""
    whole = "A program searches, merges duplicates, pools and drafts this text; people judge, and an editor signs."
    return f"{whole} {ranking}".strip() + software


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
