"""ClinicalTrials.gov, API version 2: registered trials as records, with their dates and posted results. Source: clinicaltrials.gov/data-api.

A window is over the day of the last update, so a trial comes again whenever its entry changes: a new state, a new date, results.
Posted results: clinicaltrials_results.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.domain.records import Record, Relation
from bot.domain.trials import Trial
from bot.errors import SourceError
from bot.http import Http
from bot.sources import FIRST, Batch, Found, Window, answers
from bot.sources.clinicaltrials_results import posted_results
from bot.sources.files import fields

LABEL = "ClinicalTrials.gov"
# 1,000 is the most of a page; entries with results are long, so few are fetched at a time.
PAGE, BATCH = 1000, 20
# No limit is published; one request a second is what robots.txt asks for.
INTERVAL = 1.0
NUMBER = re.compile(r"NCT\d{8}")
# What the register writes where nobody knows how many took part.
UNKNOWN_ENROLMENT = 99_999_999
ESCAPED = re.compile(r"\\([<>=*_\[\]~#&`|\\-])")


class ClinicalTrials:
    """The source `clinicaltrials`. base_address: of the API with its version, without a slash at its end."""

    name = "clinicaltrials"
    batch = BATCH

    def __init__(self, http: Http, *, base_address: str) -> None:
        self._http, self._base = http, base_address
        self._interval = INTERVAL if (urlsplit(base_address).hostname or "").endswith("clinicaltrials.gov") else 0.0

    def ask(self, query: str, window: Window, part: str = FIRST) -> Found:
        """Return the numbers of the trials whose entry changed in the window, a page at a time. A part is "seen<TAB>total<TAB>token"."""
        seen, total, token = _position(part)
        term = " ".join(query.split())
        params = {"query.term": term, "filter.advanced": _range(window), "fields": "NCTId", "pageSize": str(PAGE), "format": "json"}
        params |= {"pageToken": token} if token else {"countTotal": "true"}
        found = answers.get(self._http, LABEL, f"{self._base}/studies", params, interval=self._interval, check=_no_studies)
        total = _count(found) if part == FIRST else total
        ids = tuple(_identification(study)["nctId"] for study in found["studies"])
        following = str(found.get("nextPageToken", ""))
        answers.listed(LABEL, total=total, seen=seen, page=len(ids), is_last=not following)
        parts = (f"{seen + len(ids)}\t{total}\t{following}",) if following else ()
        sent = f"query.term={term} & filter.advanced={params['filter.advanced']}"
        # The register does not say how it read a query, and refuses one that it cannot read.
        return Found(hits=total - seen, ids=ids, as_sent=sent, as_understood=sent, reading=term, address=f"{self._base}/studies", parts=parts)

    def fetch(self, ids: tuple[str, ...]) -> Batch:
        """Return the entries of these trials as records, and what a record has no place for as trials."""
        known = [one for one in ids if NUMBER.fullmatch(one)]
        studies = self._studies(known) if known else {}
        return Batch(records=tuple(record_of(study) for study in studies.values()), missing=tuple(one for one in ids if one not in studies),
                     trials=tuple(trial_of(study) for study in studies.values()))

    def _studies(self, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        params = {"filter.ids": "|".join(ids), "pageSize": str(len(ids)), "format": "json"}
        found = answers.get(self._http, LABEL, f"{self._base}/studies", params, interval=self._interval, check=_no_studies)
        given = {_identification(study)["nctId"]: study for study in found["studies"]}
        return {one: given[one] for one in ids if one in given}


def record_of(study: Mapping[str, Any]) -> Record:
    """Return an entry of the register as a record."""
    named, protocol = _identification(study), study["protocolSection"]
    status, posted = protocol.get("statusModule", {}), _day(protocol.get("statusModule", {}), "studyFirstPostDateStruct")
    return Record(
        source=ClinicalTrials.name, source_id=named["nctId"], title=fields.one_line(named.get("officialTitle") or named.get("briefTitle", "")),
        abstract=_abstract(protocol), authors=tuple(one for one in (_sponsor(protocol),) if one),
        year=fields.year(posted or str(status.get("studyFirstSubmitDate", ""))), date=posted, entered=posted, journal=LABEL,
        registrations=_registrations(named),
        publication_types=("Clinical Trial Registration" + (" with Results" if study.get("hasResults") else ""),),
        keywords=tuple(fields.one_line(one) for one in _conditions(protocol)), url=_link(named["nctId"]),
        relations=_references(protocol))


def trial_of(study: Mapping[str, Any]) -> Trial:
    """Return what the register says of a trial now."""
    named, protocol = _identification(study), study["protocolSection"]
    status = protocol.get("statusModule", {})
    references = protocol.get("referencesModule", {}).get("references", ())
    return Trial(
        registration=named["nctId"], source=ClinicalTrials.name,
        title=fields.one_line(named.get("briefTitle") or named.get("officialTitle", "")), state=str(status.get("overallStatus", "")),
        started=_day(status, "startDateStruct"), primary_completion=_day(status, "primaryCompletionDateStruct"),
        primary_completion_expected=_is_expected(status, "primaryCompletionDateStruct"), completion=_day(status, "completionDateStruct"),
        completion_expected=_is_expected(status, "completionDateStruct"), results_posted=_day(status, "resultsFirstPostDateStruct"),
        updated=_day(status, "lastUpdatePostDateStruct"), enrolment=_enrolment(protocol), link=_link(named["nctId"]),
        publications=tuple(dict.fromkeys(one["pmid"] for one in references if one.get("pmid"))), results=posted_results(study))


def _position(part: str) -> tuple[int, int, str]:
    seen, total, token = part.split("\t") if part else ("0", "0", "")
    return int(seen), int(total), token


def _range(window: Window) -> str:
    return f"AREA[LastUpdatePostDate]RANGE[{window.start or 'MIN'},{window.end}]"


def _no_studies(found: Mapping[str, Any]) -> str:
    return "" if isinstance(found.get("studies"), list) else "answered without a list of studies"


def _count(found: Mapping[str, Any]) -> int:
    if not isinstance(found.get("totalCount"), int):
        raise SourceError(f"{LABEL} answered without a count; nothing is known about what is new")
    return found["totalCount"]


def _identification(study: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        named = study["protocolSection"]["identificationModule"]
    except (KeyError, TypeError) as error:
        raise SourceError(f"{LABEL} gave an entry without a number; nothing is known about what is new") from error
    if not NUMBER.fullmatch(str(named.get("nctId", ""))):
        raise SourceError(f"{LABEL} gave an entry without a number; nothing is known about what is new")
    return named


def _abstract(protocol: Mapping[str, Any]) -> str:
    """Return what reviewers read: summary, design, arms, outcomes, who takes part; each paragraph begins with its label."""
    outcomes = protocol.get("outcomesModule", {}).get("primaryOutcomes", ())
    arms = protocol.get("armsInterventionsModule", {})
    found = [
        ("SUMMARY", protocol.get("descriptionModule", {}).get("briefSummary", "")),
        ("DESIGN", _design(protocol.get("designModule", {}))),
        ("CONDITIONS", "; ".join(_conditions(protocol))),
        ("ARMS", "; ".join(_said(one, "label", "description") for one in arms.get("armGroups", ()))),
        ("INTERVENTIONS", "; ".join(_said(one, "name", "description") for one in arms.get("interventions", ()))),
        ("PRIMARY OUTCOMES", "; ".join(_said(one, "measure", "timeFrame") for one in outcomes)),
        ("ELIGIBILITY", protocol.get("eligibilityModule", {}).get("eligibilityCriteria", "")),
    ]
    return "\n".join(f"{label}: {text}" for label, given in found if (text := fields.one_line(ESCAPED.sub(r"\1", given))))


def _design(design: Mapping[str, Any]) -> str:
    info = design.get("designInfo", {})
    words = (design.get("studyType", ""), info.get("allocation", ""), info.get("interventionModel", ""),
             info.get("maskingInfo", {}).get("masking", ""), *design.get("phases", ()))
    return ", ".join(word.replace("_", " ").lower() for word in words if word and word != "NA")


def _said(one: Mapping[str, Any], name: str, more: str) -> str:
    return f"{one.get(name, '')} ({one[more]})" if one.get(more) else str(one.get(name, ""))


def _conditions(protocol: Mapping[str, Any]) -> list[str]:
    module = protocol.get("conditionsModule", {})
    return [*module.get("conditions", ()), *module.get("keywords", ())]


def _sponsor(protocol: Mapping[str, Any]) -> str:
    return str(protocol.get("sponsorCollaboratorsModule", {}).get("leadSponsor", {}).get("name", ""))


def _registrations(named: Mapping[str, Any]) -> tuple[str, ...]:
    others = " ".join(str(one.get("id", "")) for one in named.get("secondaryIdInfos", ()))
    return tuple(dict.fromkeys((named["nctId"], *fields.registrations(others))))


def _references(protocol: Mapping[str, Any]) -> tuple[Relation, ...]:
    """Return the articles that the entry names as reports of this trial; what it names as background tells of others."""
    found = protocol.get("referencesModule", {}).get("references", [])
    return tuple(Relation(f"reference_{one['type'].casefold()}", fields.one_line(str(one.get("citation", ""))), pmid=str(one["pmid"]))
                 for one in found if one.get("pmid") and one.get("type") in ("RESULT", "DERIVED"))


def _enrolment(protocol: Mapping[str, Any]) -> int | None:
    count = protocol.get("designModule", {}).get("enrollmentInfo", {}).get("count")
    return count if isinstance(count, int) and count != UNKNOWN_ENROLMENT else None


def _day(status: Mapping[str, Any], name: str) -> str:
    return str(status.get(name, {}).get("date", ""))


def _is_expected(status: Mapping[str, Any], name: str) -> bool:
    return status.get(name, {}).get("type") == "ESTIMATED"


def _link(number: str) -> str:
    return f"https://clinicaltrials.gov/study/{number}"
