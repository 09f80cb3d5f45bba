"""What the scripted extractors do: enter what a paper reports, say what is not known, and compare what the other one entered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.demo.browser import Form, Page, Visitor
from bot.demo.knowledge import Result

AWAITED = "the full text: the demonstration has citations and abstracts' facts only"
OTHER_INSTRUMENT = "other"


def extraction(results: Mapping[str, list[Result]]) -> Callable[[Visitor, str], None]:
    """Return what an extractor does with a study: enter what is known of it and hand it in, else put it aside."""

    def work(visitor: Visitor, link: str) -> None:
        page = visitor.open(link)
        if _same_trial(visitor, page):
            return
        known = results.get(page.heading(), [])
        if not known or _has_results(page):
            _put_aside(visitor, page)
            return
        for result in known:
            _enter(visitor, f"{link}/effects/{result.row['outcome']}?gives={result.row['route']}", result)
        _hand_in(visitor, visitor.open(link))

    return work


def verification(results: Mapping[str, list[Result]]) -> Callable[[Visitor, str], None]:
    """Return what a verifier does: agree with each number that is the paper's, dispute any other."""

    def work(visitor: Visitor, link: str) -> None:
        page = visitor.open(link)
        study = page.heading()
        for form in page.forms():
            answers = {name: _verdict(page, name, results.get(study, [])) for name in form.choices if name.startswith(("effect_", "list"))}
            if answers:
                visitor.send(form, answers)

    return work


def _verdict(page: Page, name: str, known: list[Result]) -> str:
    if name == "list":
        return "agree"
    card = page.tree.xpath(f"//section[.//input[@name='{name}']]")[0]
    words = " ".join(card.text_content().split())
    return "agree" if any(result.row["n_e"] in words and result.row["n_c"] in words for result in known) else "dispute"


def _has_results(page: Page) -> bool:
    return bool(page.tree.xpath("//section//article"))


def _same_trial(visitor: Visitor, page: Page) -> bool:
    """Put a report to the trial that the page offers, where both are by the same first author in the same year."""
    own = re.sub(r"(?<=\d)[a-z]$", "", page.heading())
    for form in page.forms():
        for value in form.choices.get("study", ()):
            label = page.words(f"//label[input[@name='study' and @value='{value}']]").removeprefix("It is a report of ")
            if label == own:
                visitor.send(form, {"study": value})
                return True
    return False


def _put_aside(visitor: Visitor, page: Page) -> None:
    for form in page.forms():
        if "waits_for" in form.typed:
            visitor.send(form, {"waits_for": AWAITED})
            return


def _enter(visitor: Visitor, address: str, result: Result) -> None:
    """Fill the form of one outcome, look at what is computed from it, answer what is asked, and store it."""
    form = _first(visitor.open(address))
    page = visitor.send(form, {name: value for name, value in _filled(form, result.row).items() if name in form.names})
    check = _first(page)
    if "window" not in check.choices:
        problem = page.words("//*[@id='problem']")
        raise RuntimeError(f"the form did not take {result.row['study']}, {result.row['outcome']}: {problem}")
    row = result.row
    answers = {name: row["answer"] or AWAITED for name in check.typed if name.startswith("answer_")}
    visitor.send(check, {"window": row["window"], "window_reason": row["window_reason"], "step": "store"} | answers)


def _filled(form: Form, row: Mapping[str, str]) -> dict[str, str]:
    listed = row["instrument"] in form.choices.get("instrument", ())
    other = next((value for value in form.choices.get("instrument", ()) if value and value == OTHER_INSTRUMENT), OTHER_INSTRUMENT)
    favours_more = row["higher_is_better"] == "yes"
    return {
        "report": form.choices.get("report", ("",))[0],
        "experimental": row["experimental"], "comparator": row["comparator"], "design": row["design"],
        "instrument": row["instrument"] if listed else other,
        "instrument_other": "" if listed else row["instrument"],
        "higher_is_better": "" if listed else row["higher_is_better"],
        "time_point": row["time_point"], "since": row["months_since_randomisation"],
        "since_unit": "months" if row["months_since_randomisation"] else "",
        "route": row["route"], "smd": row["smd_reported"].lstrip("-"),
        "favours": "intervention" if (row["smd_reported"].startswith("-")) != favours_more else "comparison",
        "source": row["source"], "note": row["note"], "question": row["question"], "answer": row["answer"],
    } | {name: row[name] for name in ("n_e", "mean_e", "sd_e", "n_c", "mean_c", "sd_c", "events_e", "events_c")}


def _hand_in(visitor: Visitor, page: Page) -> None:
    form = next(form for form in page.forms() if any(name.startswith("outcome_") for name in form.choices))
    answers = {name: _not_known(values) for name, values in form.choices.items()}
    visitor.send(form, answers)


def _not_known(kinds: tuple[str, ...]) -> str:
    return "not_read" if "not_read" in kinds else kinds[-1]


def _first(page: Page) -> Form:
    return next(form for form in page.forms() if form.method == "post")
