"""A stand-in for ClinicalTrials.gov's API version 2. Shapes: real entries (ctrdata's), held against them by a test; errors are plain text.

A trial is a dict: nct, title, updated (YYYY-MM-DD), and where known summary, posted, state, started, primary_completion, completion,
expected (True: the last two lie ahead), enrolment, conditions, sponsor, pmids, others (further numbers), results (outcome measures as posted).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bot.demo.standins.pubmed_query import Entry, QueryError, entry, parse
from bot.demo.standins.server import Faults, Reply, StandIn, json_reply, text_reply

NUMBER = re.compile(r"NCT\d{8}")
UPDATED = re.compile(r"AREA\[LastUpdatePostDate\]RANGE\[(MIN|\d{4}-\d\d-\d\d),(MAX|\d{4}-\d\d-\d\d)\]")
DEFAULT_PAGE, LONGEST_PAGE = 10, 1000


class ClinicalTrialsStandIn(StandIn):
    """Kinds of requests: `list` (a query), `studies` (by number). Faults of its own: `count`, `missing`, `token` (the next page is refused)."""

    base: ClassVar[str] = "/api/v2"
    error_in_200: ClassVar[Reply] = json_reply({"message": "Service temporarily unavailable"})
    refusal: ClassVar[Reply] = Reply(b"Too Many Requests", "text/plain", 429, {"Retry-After": "0"})

    def __init__(self, trials: Iterable[dict[str, Any]], faults: Faults | None = None, *, longest_page: int = LONGEST_PAGE) -> None:
        super().__init__(faults)
        self.trials: dict[str, dict[str, Any]] = {}
        self.put(trials)
        self._longest = longest_page
        self._tokens: dict[str, int] = {}

    def put(self, trials: Iterable[dict[str, Any]]) -> None:
        """Take trials in; one whose number is known takes the place of the old one."""
        self.trials |= {one["nct"]: one for one in trials}

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return `studies` for trials by number, `list` for a query."""
        return "studies" if given.get("filter.ids") else "list"

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer `/studies`."""
        if path != "studies":
            return text_reply("Not Found", 404)
        numbers = [one for one in given.get("filter.ids", "").split("|") if one]
        wrong = [one for one in numbers if not NUMBER.fullmatch(one)]
        if wrong:
            return text_reply(f"Invalid value in parameter `filter.ids`: `{wrong[0]}` has incorrect format", 400)
        window = UPDATED.fullmatch(given.get("filter.advanced", "") or "AREA[LastUpdatePostDate]RANGE[MIN,MAX]")
        if window is None:
            return text_reply("Error parsing query in filter.advanced: mismatched input", 400)
        try:
            test = parse(given["query.term"]).test if given.get("query.term") else lambda _: True
        except QueryError as error:
            return text_reply(f"Error parsing query in query.term: {error}", 400)
        low, high = window.group(1).replace("MIN", "0"), window.group(2).replace("MAX", "9")
        found = [one for one in self.trials.values() if low <= one["updated"] <= high and (not numbers or one["nct"] in numbers)
                 and test(_entry(one))]
        return self._page(given, found, fault)

    def _page(self, given: dict[str, str], found: list[dict[str, Any]], fault: str) -> Reply:
        token = given.get("pageToken", "")
        if token and (token not in self._tokens or fault == "token"):
            return text_reply("Invalid value in parameter `pageToken`", 400)
        start, size = self._tokens.get(token, 0), min(int(given.get("pageSize") or DEFAULT_PAGE), self._longest)
        shown = found[start:start + size]
        shown = shown[:-1] if fault == "missing" else shown
        reply: dict[str, Any] = {"studies": [_short(one) if given.get("fields") == "NCTId" else study(one) for one in shown]}
        if given.get("countTotal") == "true":
            reply = {"totalCount": len(found) + (fault == "count"), **reply}
        if start + size < len(found):
            following = f"ZVNj{start + size:08x}"
            self._tokens[following] = start + size
            reply["nextPageToken"] = following
        return json_reply(reply)


def study(trial: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trial as the register gives it, all that is known of it."""
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": trial["nct"], "briefTitle": trial["title"], "officialTitle": trial["title"]},
        "statusModule": _status(trial),
        "descriptionModule": {"briefSummary": trial.get("summary", "")},
        "conditionsModule": {"conditions": list(trial.get("conditions", ()))},
        "designModule": {"studyType": "INTERVENTIONAL"},
    }
    if trial.get("others"):
        protocol["identificationModule"]["secondaryIdInfos"] = [{"id": one, "type": "REGISTRY"} for one in trial["others"]]
    if trial.get("sponsor"):
        protocol["sponsorCollaboratorsModule"] = {"leadSponsor": {"name": trial["sponsor"], "class": "OTHER"}}
    if trial.get("enrolment"):
        protocol["designModule"]["enrollmentInfo"] = {"count": trial["enrolment"], "type": _kind(trial)}
    if trial.get("pmids"):
        protocol["referencesModule"] = {"references": [{"pmid": one, "type": "RESULT", "citation": ""} for one in trial["pmids"]]}
    found: dict[str, Any] = {"protocolSection": protocol}
    if trial.get("results"):
        found["resultsSection"] = {"outcomeMeasuresModule": {"outcomeMeasures": list(trial["results"])}}
    return found | {"hasResults": bool(trial.get("results"))}


def _status(trial: Mapping[str, Any]) -> dict[str, Any]:
    status: dict[str, Any] = {"overallStatus": trial["state"]} if trial.get("state") else {}
    if trial.get("started"):
        status["startDateStruct"] = {"date": trial["started"]}
    for name, key in (("primaryCompletionDateStruct", "primary_completion"), ("completionDateStruct", "completion")):
        if trial.get(key):
            status[name] = {"date": trial[key], "type": _kind(trial)}
    status["studyFirstPostDateStruct"] = {"date": trial.get("posted", trial["updated"]), "type": "ACTUAL"}
    if trial.get("results"):
        status["resultsFirstPostDateStruct"] = {"date": trial["updated"], "type": "ACTUAL"}
    return status | {"lastUpdatePostDateStruct": {"date": trial["updated"], "type": "ACTUAL"}}


def _kind(trial: Mapping[str, Any]) -> str:
    return "ESTIMATED" if trial.get("expected") else "ACTUAL"


def _short(trial: Mapping[str, Any]) -> dict[str, Any]:
    return {"protocolSection": {"identificationModule": {"nctId": trial["nct"]}}}


def _entry(trial: Mapping[str, Any]) -> Entry:
    return entry({"pmid": trial["nct"], "entered": trial["updated"], "title": trial["title"],
                  "abstract": " ".join((trial.get("summary", ""), *trial.get("conditions", ())))})
