"""A bulletin for print, made from its content alone: the same content gives the same bytes. How pieces look: paper.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reportlab.platypus import Flowable

from bot.bulletin import paper, pictures
from bot.bulletin.digest import is_told, next_search, pending, searched
from bot.bulletin.paper import CELL, HEAD, ITEM, LEAD, SMALL, SUBHEAD, TEXT, TITLE, paragraph, table, together
from bot.rendering import day, plural

Content = Mapping[str, Any]


def pdf(content: Content) -> bytes:
    """Return a published bulletin as PDF."""
    review, number = content["review"], content["number"]
    parts = [part for section in (_top, _answers, _changed, _published, _findings, _trials, _closer, _studies, _ongoing, _flow, _made, _citing)
             for part in section(content)]
    return paper.printed(parts, title=f"{review['title']}. Bulletin {number}", subject=review["question"],
                         authors=", ".join(content["protocol"]["authors"]), notice=content["notice"],
                         foot=f"{review['short_title']} · bulletin {number}, {day(content['dated'])} · {content['address']}")


def _top(content: Content) -> Iterator[Flowable]:
    yield paragraph(f"Bulletin {content['number']} · {day(content['dated'])} · {content['headline']}", SMALL)
    yield paragraph(content["review"]["title"], TITLE)
    yield paragraph(content["review"]["question"], LEAD)
    for one in content.get("corrects", ()):
        yield paragraph(f"Correction. In bulletin {one['number']} something was wrong: {one['what']}", SUBHEAD)
    if content["failed"]:
        failed = ", ".join(content["failed"])
        yield paragraph(f"Not everything could be searched: {failed} failed in this cycle; what is new there is not known.", SUBHEAD)
    yield paragraph(searched(content), SMALL)
    yield paragraph(f"Pending: {pending(content)}. Next search: {next_search(content)}.", SMALL)


def _answers(content: Content) -> Iterator[Flowable]:
    yield paragraph("What the evidence says now", HEAD)
    for outcome in content["outcomes"]:
        if is_told(outcome):
            yield together([paragraph(outcome["label"] + (" (harm)" if outcome["harm"] else ""), SUBHEAD), paragraph(outcome["answer"]),
                            *_numbers(outcome), *_apart(outcome)])
    silent = [outcome["label"] for outcome in content["outcomes"] if not is_told(outcome)]
    if silent:
        yield paragraph(f"Asked about too, without a confirmed result so far: {', '.join(silent)}.")
    for one in content["measures"]:
        yield paragraph(f"{one['short']}, {one['name']}: {one['meaning']}.", SMALL)


def _amended(content: Content) -> Iterator[Flowable]:
    found = content.get("amended")
    if found:
        yield paragraph("The protocol was amended", SUBHEAD)
        yield paragraph(f"From version {found['since']} to {found['version']}, since the last bulletin.")
        for one in found["amendments"]:
            yield paragraph(f"Version {one['version']}: {one['what']} Why: {one['why']} Results seen before: {one['after_seeing']}.", SMALL)
        if found["both"]:
            yield table(("Outcome", "By the old rule", "By the new rule"),
                        [(one["outcome"], f"{one['old']} (k = {one['k_old']})",
                          "the same" if one["same"] else f"{one['new']} (k = {one['k_new']})") for one in found["both"]], (3, 4, 4))


def _numbers(outcome: Content) -> Iterator[Flowable]:
    if outcome["figures"]:
        whose = "The trials found so far: " if outcome.get("leads") == "published" else ""
        yield paragraph(" ".join(part for part in (f"{whose}{outcome['figures']}.", outcome["in_points"], outcome["prediction"]) if part), SMALL)
        yield paragraph(f"{outcome['caveat']} Certainty: {outcome['certainty']}.", SMALL)
    for reason in (outcome["rating"] or {}).get("reasons", ()):
        yield paragraph(f"{reason['domain'].capitalize()}, {plural(abs(reason['steps']), 'level')} {'down' if reason['steps'] < 0 else 'up'}: "
                        f"{reason['words']}", SMALL)


def _apart(outcome: Content) -> Iterator[Flowable]:
    apart = outcome.get("apart")
    if apart:
        yield paragraph(f"{apart['sentence']} They are never pooled with randomised trials.", SMALL)
        for one in apart["trials"]:
            yield paragraph(f"{one['study']} (not randomised): {outcome['measure']} {one['words']}", ITEM)


def _changed(content: Content) -> Iterator[Flowable]:
    yield paragraph("What changed, and why", HEAD)
    for one in content.get("triggers", ()):
        yield paragraph(f"Besides the calendar, this asked for a bulletin: {one['text']} ({one['why']})")
    if content["previous"] is None:
        yield paragraph("This is the first bulletin: there is nothing to compare it with yet.")
        return
    moved = [outcome["change"]["sentence"] for outcome in content["outcomes"] if outcome["change"]["changed"]]
    still = [outcome["label"] for outcome in content["outcomes"] if outcome["change"]["compared"] and not outcome["change"]["changed"]]
    yield from (paragraph(f"• {sentence}", ITEM) for sentence in moved)
    if still:
        yield paragraph(f"Nothing changed for: {', '.join(still)}.")
    for one in content["told"]:
        yield paragraph(f"Notice. {' '.join([one['sentence'], *one['both'], one['words']])}", ITEM, link=one["link"])
    yield from _amended(content)
    yield paragraph(f"Compared with bulletin {content['previous']}.", SMALL)


def _published(content: Content) -> Iterator[Flowable]:
    benchmark = content["benchmark"]
    if not benchmark:
        return
    yield paragraph("What others have published", HEAD)
    yield paragraph(f"Apart from ours, as a benchmark. To {benchmark['short']}, this site is {benchmark['independence']}.")
    yield table(("Outcome", "Published estimate (95% interval)", "Updated with trials since (approximate)"),
                [(outcome["label"], one["words"], f"{one['updated']['words']}, with {', '.join(one['updated']['studies'])}" if one["updated"]
                  else "as published: no trial reported since") for outcome in content["outcomes"] for one in outcome["published"]], (2, 3, 3))
    yield paragraph(benchmark["citation"], SMALL, link=benchmark["url"] or "")


def _findings(content: Content) -> Iterator[Flowable]:
    yield paragraph("Findings in a table", HEAD)
    yield paragraph(content["provisional"], SMALL)
    yield table(("Outcome", "Trials", "Result (95% interval)", "In a new setting", "Certainty"),
                [(row["outcome"] + (" (harm)" if row["harm"] else ""), row["trials"], _result(row), row["spread"], row["certainty"])
                 for row in content["table"]], (2.2, 1.8, 5, 1.8, 1.8))


def _result(row: Content) -> str:
    return f"{row['lead']}. Apart, trials found so far, incomplete: {row['result']}" if row.get("lead") else row["result"]


def _trials(content: Content) -> Iterator[Flowable]:
    yield paragraph("The trials, one by one", HEAD)
    drawn = list(pictures.drawn_of(content))
    for outcome in content["outcomes"]:
        mine = [one for one in drawn if one.outcome == outcome["id"] and one.kind not in ("cumulative", "funnel")]
        for place, one in enumerate(mine):
            name = [] if place else [paragraph(outcome["label"], SUBHEAD)]
            yield together([*name, *paper.picture(one.wide()), paragraph(one.alt, SMALL)])
        for gap in outcome["missing"]:
            if gap["kind"] != "not_measured":
                people = f", {plural(gap['participants'], 'person', 'people')}" if gap.get("participants") else ""
                yield paragraph(f"{gap['study']}{people}: {gap['words']}{' (' + gap['known'] + ')' if gap['known'] else ''}", ITEM)


def _closer(content: Content) -> Iterator[Flowable]:
    looked = [outcome for outcome in content["outcomes"] if outcome.get("closer")]
    if looked:
        yield paragraph("A closer look, for statisticians", HEAD)
    drawn = [one for one in pictures.drawn_of(content) if one.kind in ("cumulative", "funnel")]
    for outcome in looked:
        yield paragraph(f"{outcome['label']}: what other choices would give", SUBHEAD)
        yield table(("Choice", "Pooled", f"{outcome['measure']} (95% interval)", "Left out"),
                    [(row["label"], row["studies"], row["words"], ", ".join(row["left_out"]) or ("none: as above" if row["same"] else "–"))
                     for row in outcome["closer"]["sensitivity"]["rows"]], (4, 1.6, 2.6, 3))
        for one in drawn:
            if one.outcome == outcome["id"]:
                yield from paper.picture(one.wide())
        if outcome["closer"]["asymmetry"]:
            yield paragraph(outcome["closer"]["asymmetry"], SMALL)
        for one in outcome["closer"]["next"] or ():
            yield paragraph(f"What the next trial could change, against {one['about']}: {one['sentence']}", SMALL)


def _studies(content: Content) -> Iterator[Flowable]:
    yield paragraph("Included studies", HEAD)
    for one in content["studies"]:
        names = (one["title"], one["journal"], f"Registered: {one['registration']}" if one["registration"] else "",
                 f"Numbers on {', '.join(one['outcomes']).lower()}" if one["outcomes"] else "Included, without a confirmed number yet")
        yield paragraph(f"{one['label']}{' (new)' if one['is_new'] else ''}: {'. '.join(name.rstrip('.') for name in names if name)}.", ITEM,
                        link=f"https://doi.org/{one['doi']}" if one["doi"] else "")
        for caveat in one["caveats"]:
            kind, answer = ("Question", f" Answer: {caveat['answer']}") if caveat["answer"] else ("Caveat", "")
            yield paragraph(f"{kind} ({', '.join(caveat['outcomes']).lower()}): {caveat['question']}{answer}", SMALL)
    if not content["studies"]:
        yield paragraph("No study has been confirmed yet.")


def _ongoing(content: Content) -> Iterator[Flowable]:
    if not content.get("ongoing"):
        return
    yield paragraph("Trials that are awaited", HEAD)
    yield table(("Trial", "In the register", "Results", "People"),
                [(f"{one['registration']}: {one['title']}", one["state"], one["due"] + (", posted in the register" if one["has_posted"] else ""),
                  "–" if one["enrolment"] is None else str(one["enrolment"])) for one in content["ongoing"]], (5, 2, 2, 1))


def _flow(content: Content) -> Iterator[Flowable]:
    yield paragraph("From records to studies", HEAD)
    for one in pictures.drawn_of(content):
        if one.kind == "flow":
            yield from paper.picture(one.wide())
    yield from (paragraph(f"This does not add up and is being looked into: {remark}") for remark in content["flow_remarks"])


def _made(content: Content) -> Iterator[Flowable]:
    yield paragraph("How this was made", HEAD)
    yield from (paragraph(one) for one in content["methods"])
    protocol = content["protocol"]
    yield paragraph(f"Protocol version {protocol['version']} of {day(protocol['dated'])} ({protocol['registration']}; "
                    f"SHA-256 {protocol['sha256']}).", SMALL)
    for one in protocol["amendments"]:
        yield paragraph(f"Version {one['version']}, {day(one['dated'])}: {one['what']} Why: {one['why']} "
                        f"Results seen before: {one['after_seeing']}.", SMALL)
    yield paragraph("The searches, word by word", SUBHEAD)
    for source in content["sources"]:
        state = f"searched to {day(source['searched_to'])}" if source["searched_to"] else "not searched yet"
        yield paragraph(f"{source['label']} ({source['platform']}), {state}; strategy: {source['strategy_state'] or 'none'}, "
                        f"{'peer reviewed' if source['peer_reviewed'] else 'search not peer reviewed'}."
                        + (f" Failed: {source['error']}" if source["state"] == "failed" else ""), CELL)
        if source["query"]:
            yield paragraph(source["query"], SMALL)


def _citing(content: Content) -> Iterator[Flowable]:
    yield paragraph("How to cite this", HEAD)
    yield paragraph(content["cite"])
    for one in content.get("deposits", ()):
        yield paragraph(f"Deposited before: bulletin {one['number']}, https://doi.org/{one['doi']}", SMALL)
    signed_by = f" Signed by {content['signed']['by']} on {day(content['signed']['on'])}." if content["signed"] else ""
    yield paragraph(f"Licence: {content['licence']}. Funding: {content['funding']}. Interests: {content['interests']}.{signed_by}", SMALL)
    for one in content.get("roles", ()):
        yield paragraph(f"{one['role']}: {one['who']}, {one['did']}.", SMALL)
    if content.get("audit"):
        yield paragraph(f"Audit: {content['audit']['events']:,} events until then; their chain ends in {content['audit']['sha256']}.", SMALL)
    crisis = content["crisis"]
    helped = [paragraph(f"{one['country']}: {one['name']}, {one['contact']}", ITEM) for one in crisis["help"]]
    yield together([paragraph("If you need help now", SUBHEAD), paragraph(crisis["text"], TEXT), *helped])
