"""The WHO's search portal of trial registers (ICTRP), "Export results to XML": one <Trial> for each entry, text alone in its fields.

Not tried with a real file. Field names and quirks (every text ends with a line end and blanks, big exports lack the closing root tag) as public
parsers of such exports describe them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from bot.domain.records import Record
from bot.sources.files import Refused, fields, xml

BEGIN, END = b"<Trial>", b"</Trial>"
# What of an entry says what the trial is about, under a label of its own.
SECTIONS = (("Condition", "CONDITION"), ("Intervention", "INTERVENTION"), ("Study_type", "STUDY TYPE"), ("Study_design", "DESIGN"),
            ("Phase", "PHASE"), ("Inclusion_Criteria", "INCLUSION"), ("Exclusion_Criteria", "EXCLUSION"), ("Primary_outcome", "PRIMARY OUTCOME"),
            ("Secondary_outcome", "SECONDARY OUTCOME"), ("Target_size", "TARGET SIZE"), ("Recruitment_Status", "RECRUITMENT"),
            ("Countries", "COUNTRIES"), ("Date_enrollement", "ENROLMENT FROM"), ("results_summary", "RESULTS"))


def claims(head: str) -> bool:
    """Return whether a file that begins so is an export of ICTRP."""
    return "<Trials_downloaded_from_ICTRP" in head or bool(re.search(r"<Trial>\s*<(Export_date|Internal_Number|TrialID)\b", head))


def entries(file: IO[bytes], source: str) -> Iterator[Record | Refused]:
    """Return each record of a file, or why it could not be taken."""
    content = file.read()
    first, *others = content.split(BEGIN)
    line = 1 + first.count(b"\n")
    for number, one in enumerate(others, start=1):
        body, end, _ = one.partition(END)
        element = xml.parsed(BEGIN + body + END)
        given = {child.tag: fields.lines("".join(child.itertext())) for child in element} if element is not None else {}
        record = _record(given, source)
        if not end:
            yield Refused(number, line, "the entry does not end (</Trial> is missing); was the file cut off?")
        elif record.title:
            yield record
        else:
            yield Refused(number, line, "no title (Public_title or Scientific_title): a record has at least one")
        line += one.count(b"\n")


def _record(given: dict[str, Any], source: str) -> Record:
    def get(*names: str) -> str:
        return next((given[name] for name in names if given.get(name)), "")

    number, registered = get("TrialID"), fields.one_line(get("Date_registration3", "Date_registration"))
    others = " ".join(get(name) for name in ("other_records", "Secondary_ID", "SecondaryIDs", "Secondary_IDs", "Bridging_flag_parent"))
    title, other_title = get("Scientific_title", "Public_title"), get("Public_title")
    sections = [f"{label}: {given[name]}" for name, label in SECTIONS if given.get(name)]
    sections += [f"PUBLIC TITLE: {other_title}"] if other_title and other_title != title else []
    return Record(
        source=source,
        source_id=number,
        title=fields.one_line(title),
        abstract="\n".join(sections),
        authors=tuple(filter(None, (get("Primary_sponsor"),))),
        year=fields.year(registered),
        date=fields.day_first(registered),
        entered=fields.day_first(fields.one_line(get("Date_registration3", "Date_registration"))),
        journal=get("Source_Register"),
        registrations=tuple(dict.fromkeys((*((number.upper(),) if number else ()), *fields.registrations(others)))),
        publication_types=("Register entry",),
        url=get("web_address"),
    )
