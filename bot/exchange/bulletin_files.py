"""A published bulletin's numbers as files: CSV with a data dictionary, and everything in one ZIP that is ready to be deposited.

All is made from the frozen content and files, and the same content gives the same bytes. Effects of studies as extracted: everything.py.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.exchange import zenodo
from bot.exchange.tables import table

# Column → what it holds. In the order of the columns.
RESULTS = {
    "outcome": "the outcome's id in the protocol",
    "label": "the outcome's name",
    "importance": "critical, important or other, by the protocol",
    "measure": "effect measure: SMD, MD, OR, RR or RD; ratios are given as such, not as logarithms",
    "k": "studies pooled; 1: that study's own numbers",
    "participants": "people in the studies pooled",
    "estimate": "the estimate; SMD: standard deviations, negative favours the intervention for symptoms",
    "ci_low": "lower end of the 95 % interval",
    "ci_high": "upper end of the 95 % interval",
    "pi_low": "lower end of the 95 % prediction interval",
    "pi_high": "upper end of the 95 % prediction interval",
    "tau2": "between-study variance, REML unless the method says otherwise",
    "i2": "I², per cent",
    "model": "model",
    "interval": "how the interval was made",
    "prediction_interval": "how the prediction interval was made",
    "certainty": "certainty of evidence (GRADE) as signed, or not rated yet",
    "answer": "the outcome's answer in a sentence",
    "inputs_sha256": "SHA-256 of the frozen inputs; ./perennial reproduce computes the numbers from them again",
}
TRIALS = {
    "outcome": "the outcome's id in the protocol",
    "study_id": "the study's number on this site",
    "study": "the study's label",
    "design": "randomised or non-randomised",
    "experimental": "experimental arm",
    "comparator": "comparator arm",
    "instrument": "instrument",
    "time_point": "when it was measured, as reported",
    "window": "time window of the protocol",
    "participants": "people analysed",
    "estimate": "the study's effect, measure and direction as in results.csv",
    "ci_low": "lower end of its 95 % interval",
    "ci_high": "upper end of its 95 % interval",
    "weight": "its weight in the pooled estimate, from 0 to 1",
    "source": "where its numbers are from",
    "note": "remark of who extracted it",
    "question": "open question about its numbers",
    "answer": "what was answered",
}
STUDIES = {
    "id": "the study's number on this site",
    "label": "label",
    "year": "year of the main report",
    "title": "title of the main report",
    "journal": "journal",
    "doi": "DOI",
    "pmid": "PubMed number",
    "registration": "trial registration",
    "state": "where the study stands",
    "reason": "why it stands there",
    "outcomes": "outcomes that it has results for, by id",
    "experimental": "experimental arm",
    "comparator": "comparator arm",
}
FLOW = {
    "period": "the cycle that brought these records, YYYY-MM; what is said of them is as of this bulletin",
    "box": "the box's id",
    "number": "the box among the 16 of PRISMA for living reviews; empty for one that waits for somebody",
    "label": "what the box holds",
    "n": "how many records or reports are in it",
}
TABLES: dict[str, Mapping[str, str]] = {"results.csv": RESULTS, "trials.csv": TRIALS, "studies.csv": STUDIES, "flow.csv": FLOW}
DICTIONARY, METADATA, READ_ME, EVERYTHING = "data_dictionary.csv", "datacite.json", "README.txt", "everything.zip"
ZENODO = "zenodo.json"
LINKED = "bulletin.jsonld"
LICENCES = {"CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/"}
NAMES = (*TABLES, DICTIONARY, METADATA, ZENODO, LINKED, EVERYTHING)


def results(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per outcome that has a result, with the columns of RESULTS; numbers as computed."""
    rows = []
    for outcome in content["outcomes"]:
        if outcome["result"]:
            values = {**outcome["result"], "outcome": outcome["id"]}
            rows.append({name: values.get(name, outcome.get(name)) for name in RESULTS})
    return rows


def trials(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per outcome and study, with the columns of TRIALS."""
    return [{name: {**trial, "outcome": outcome["id"]}.get(name) for name in TRIALS}
            for outcome in content["outcomes"] for trial in outcome["trials"]]


def studies(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per study, with the columns of STUDIES."""
    return [{name: " ".join(map(str, study[name])) if isinstance(study.get(name), list) else study.get(name) for name in STUDIES}
            for study in content["studies"]]


def flow(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per cycle and box from records to reports, with the columns of FLOW."""
    boxes = {box["id"]: box for box in content["flow"]}
    return [{"period": cycle["period"], "box": name, "number": boxes[name].get("number"), "label": boxes[name]["label"], "n": n}
            for cycle in content.get("flow_cycles", ()) for name, n in cycle["boxes"].items() if name in boxes]


ROWS: dict[str, Callable[[Mapping[str, Any]], list[dict[str, Any]]]] = {
    "results.csv": results, "trials.csv": trials, "studies.csv": studies, "flow.csv": flow}


def data_file(content: Mapping[str, Any], name: str) -> tuple[bytes, str]:
    """Return a file of NAMES but the ZIP, and its media type. Raises KeyError for another name."""
    if name == METADATA:
        return _json(metadata(content)), "application/json"
    if name == ZENODO:
        return _json({"metadata": zenodo.described(content)}), "application/json"
    if name == LINKED:
        return _json(linked_data(content)), "application/ld+json"
    if name == DICTIONARY:
        rows = [{"file": file, "column": column, "holds": holds} for file, columns in TABLES.items() for column, holds in columns.items()]
        return _csv(rows, ("file", "column", "holds"), content["notice"]), "text/csv; charset=utf-8"
    return _csv(ROWS[name](content), tuple(TABLES[name]), content["notice"]), "text/csv; charset=utf-8"


def metadata(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a deposit says about itself, in the words of DataCite 4.5; no DOI is claimed. Zenodo's own words: zenodo.py."""
    review = content["review"]
    notice = [f"{content['notice']}. "] if content["notice"] else []
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "titles": [{"title": f"{review['title']}. Bulletin {content['number']}"}],
        "creators": [{"name": name} for name in content["protocol"]["authors"] or [content.get("site") or review["title"]]],
        "publisher": {"name": content.get("site") or review["title"]},
        "publicationYear": date.fromisoformat(content["dated"]).year,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Living systematic review, bulletin with data"},
        "dates": [{"date": content["dated"], "dateType": "Issued"}],
        "version": str(content["number"]),
        "language": "en",
        "rightsList": [{"rights": content["licence"], **({"rightsUri": uri} if (uri := LICENCES.get(content["licence"])) else {})}],
        "descriptions": [{"description": "".join([*notice, review["question"]]), "descriptionType": "Abstract"}],
        "relatedIdentifiers": [{"relatedIdentifier": content["address"], "relatedIdentifierType": "URL", "relationType": "IsIdenticalTo"}],
    }


def linked_data(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a bulletin in the words of schema.org (JSON-LD), for search engines and catalogues."""
    review, address = content["review"], content["address"]
    page = address.rsplit("/bulletins/", 1)[0]
    said = [outcome["answer"] for outcome in content["outcomes"] if outcome["result"] or outcome["published"]]
    return {
        "@context": "https://schema.org", "@type": "MedicalScholarlyArticle", "@id": address, "url": address,
        "headline": f"{review['title']}. Bulletin {content['number']}", "alternativeHeadline": content["headline"],
        "abstract": " ".join([*([f"{content['notice']}."] if content["notice"] else []), *said]),
        "about": {"@type": "Thing", "description": review["question"]}, "inLanguage": "en", "version": str(content["number"]),
        "datePublished": content["dated"], "temporalCoverage": f"../{content['searched_to']}", "publicationType": "Systematic review",
        "author": [{"@type": "Person" if " " in name else "Organization", "name": name} for name in content["protocol"]["authors"]],
        "license": LICENCES.get(content["licence"], content["licence"]), "isAccessibleForFree": True,
        "isPartOf": {"@type": "CreativeWorkSeries", "name": review["title"], "url": page},
        "citation": [f"https://doi.org/{study['doi']}" for study in content["studies"] if study["doi"]],
        "subjectOf": {"@type": "Dataset", "name": f"{review['title']}: data of bulletin {content['number']}", "description": review["question"],
                      "license": LICENCES.get(content["licence"], content["licence"]),
                      "distribution": [{"@type": "DataDownload", "encodingFormat": "text/csv", "contentUrl": f"{address}/{name}"}
                                       for name in TABLES]},
    }


def everything(content: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of a bulletin's frozen files (name → content) and of its data, the same bytes for the same bulletin."""
    data = {name: data_file(content, name)[0] for name in (*TABLES, DICTIONARY, METADATA, ZENODO)}
    members = {**{f"bulletin/{name}": one for name, one in files.items()}, **{f"data/{name}": one for name, one in data.items()},
               READ_ME: _read_me(content).encode()}
    day, out = date.fromisoformat(content["dated"]), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            packed.writestr(member, members[name])
    return out.getvalue()


def _read_me(content: Mapping[str, Any]) -> str:
    lines = [content["cite"], "", *([content["notice"], ""] if content["notice"] else []), f"Licence: {content['licence']}",
             f"This bulletin, as it stays: {content['address']}", "",
             "bulletin/  the page, the text, the pictures and the content (bulletin.json) as they were published and frozen",
             "data/      results, trials, studies and the flow of records as tables",
             f"           what each column holds: data/{DICTIONARY}",
             f"           about a deposit: data/{METADATA} (DataCite), data/{ZENODO} (Zenodo's deposit API)"]
    return "\n".join(lines) + "\n"


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], notice: str) -> bytes:
    # The mark in front tells a spreadsheet that it is UTF-8; what a demonstration gives out says in every row that it is one.
    marked = [{**row, "notice": notice} for row in rows]
    return "\ufeff".encode() + table((*columns, "notice") if notice else columns, marked).encode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
