"""Check a review's folder: every fault at once, with file, line, key and what is allowed. Nothing is changed or run.

The rules themselves: forms.py, outcome_forms.py (each key), rules.py, rules_of_outcomes.py (between keys and files).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.errors import ProtocolError
from bot.protocols import rules, rules_of_outcomes, starting_set
from bot.protocols.build import ReviewForms
from bot.protocols.explain import explain
from bot.protocols.findings import Fault, Finding, key_in_words
from bot.protocols.forms import ProtocolForm
from bot.protocols.outcome_forms import OutcomeForm, PublishedForm
from bot.protocols.positions import Positions, positions
from bot.protocols.snapshot import Snapshot, content, protocol_files, text_of
from bot.protocols.syntax import syntax_finding, unreadable_finding

AnyForm = TypeVar("AnyForm", bound=BaseModel)
LARGEST = 1_000_000
SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
OUTCOME_FILE = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass
class Examined:
    """What a check found out about a folder. forms, snapshot: None unless every file could be read and has its form."""

    findings: list[Finding] = field(default_factory=list)
    forms: ReviewForms | None = None
    snapshot: Snapshot | None = None


def check(folder: Path) -> list[Finding]:
    """Return everything that is wrong with a review's folder, by file and line; [] if nothing is.

    A fault inside one file hides those between files: mend, and check again.
    """
    return examine(folder).findings


def examine(folder: Path) -> Examined:
    """Return the findings of a folder and, as far as the files have their form, the forms and the snapshot."""
    missing = _missing(folder)
    if missing:
        return Examined([_in_folder(folder, missing)])
    reader = _Reader(folder)
    tables, strategies = reader.read()
    forms = reader.forms(tables, strategies)
    rows = reader.starting_set()
    if forms:
        reader.note(_between(forms, rows))
    findings = sorted({_in_folder(folder, finding) for finding in reader.findings})
    snapshot = None if findings else Snapshot(folder.name, {**tables, **strategies})
    return Examined(findings, forms, snapshot)


def _in_folder(folder: Path, finding: Finding) -> Finding:
    return replace(finding, file=f"{folder.name}/{finding.file}")


def _missing(folder: Path) -> Finding | None:
    if not folder.is_dir():
        return Finding("protocol.toml", 1, "", f"there is no folder {folder.name}", "the folder of a review, with a protocol.toml")
    if not (folder / "protocol.toml").is_file():
        return Finding("protocol.toml", 1, "", f"there is no protocol.toml in {folder.name}", "make one; docs/guide/protocol.md says how")
    if not SLUG.match(folder.name):
        return Finding("protocol.toml", 1, "", f'the folder "{folder.name}" names the review in addresses', "small letters, digits and single -")
    return None


def _between(forms: ReviewForms, rows: dict[int, starting_set.StartingEffectForm]) -> Iterable[Fault]:
    yield from rules.of_protocol(forms)
    yield from rules.of_strategies(forms)
    yield from rules_of_outcomes.of_outcomes(forms)
    yield from rules_of_outcomes.of_leading(forms)
    yield from rules_of_outcomes.of_published(forms)
    yield from rules_of_outcomes.of_starting_set(forms, rows)


@dataclass
class _Reader:
    """Reads the files of one folder and collects what is wrong with them."""

    folder: Path
    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    where: dict[str, Positions] = field(default_factory=dict)

    def read(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the parsed TOML files and the texts of the strategies, by name; what cannot be read is noted and left out."""
        strategies: dict[str, str] = {}
        for path in protocol_files(self.folder):
            name = path.relative_to(self.folder).as_posix()
            text = self.text(path, name)
            if text is None:
                continue
            if not name.endswith(".toml"):
                strategies[name] = content(name, text)
                continue
            try:
                self.tables[name] = content(name, text)
                self.where[name] = positions(text)
            except (ValueError, RecursionError, ProtocolError) as error:
                self.findings.append(syntax_finding(name, text, error))
        return self.tables, strategies

    def text(self, path: Path, name: str) -> str | None:
        raw = path.read_bytes()
        if len(raw) > LARGEST:
            self.findings.append(Finding(name, 1, "", f"the file has {len(raw):,} bytes", f"at most {LARGEST:,}"))
            return None
        try:
            return text_of(raw)
        except UnicodeDecodeError as error:
            self.findings.append(unreadable_finding(name, raw, error))
            return None

    def forms(self, tables: dict[str, Any], strategies: dict[str, str]) -> ReviewForms | None:
        """Return the forms if every file has its form; what they refuse is noted."""
        protocol = self.form(ProtocolForm, "protocol.toml", tables)
        published = self.form(PublishedForm, "published.toml", tables)
        outcomes: dict[str, OutcomeForm] = {}
        for name in [name for name in tables if name.startswith("outcomes/")]:
            outcome = self.form(OutcomeForm, name, tables)
            if outcome:
                outcomes[Path(name).stem] = outcome
            if not OUTCOME_FILE.match(Path(name).stem):
                self.findings.append(Finding(name, 1, "", "the file's name is the outcome's id", "small letters, digits and _"))
        if not list(self.folder.glob("outcomes/*.toml")):
            self.findings.append(Finding("outcomes", 1, "", "there is no outcome", "at least one file outcomes/<id>.toml"))
        if self.findings or protocol is None:
            return None
        return ReviewForms(protocol, published, outcomes, strategies)

    def form(self, form: type[AnyForm], name: str, tables: dict[str, Any]) -> AnyForm | None:
        if name not in tables:
            return None
        try:
            return form.model_validate(tables[name])
        except ValidationError as error:
            self.note(explain(error, form, name))
            return None

    def starting_set(self) -> dict[int, starting_set.StartingEffectForm]:
        """Return line -> row of the starting set; rows that its form refuses are noted and left out."""
        path = self.folder / starting_set.FILE
        text = self.text(path, starting_set.FILE) if path.is_file() else None
        if text is None:
            return {}
        try:
            rows = starting_set.rows_of(text)
        except starting_set.RowsError as error:
            self.findings.append(Finding(starting_set.FILE, error.line, "", error.fault, error.allowed))
            return {}
        read: dict[int, starting_set.StartingEffectForm] = {}
        for row in rows:
            try:
                read[row.line] = starting_set.StartingEffectForm.model_validate(row.cells)
            except ValidationError as error:
                faults = explain(error, starting_set.StartingEffectForm, starting_set.FILE)
                self.note(Fault(fault.file, (row.line, *fault.path), fault.message, fault.allowed) for fault in faults)
        return read

    def note(self, faults: Iterable[Fault]) -> None:
        """Give each fault its line."""
        self.findings.extend(self.located(fault) for fault in faults)

    def located(self, fault: Fault) -> Finding:
        file, path = fault.file, fault.path
        if file.endswith(".toml"):
            line = self.where[file].line_of(path) if file in self.where else 1
            return Finding(file, line, key_in_words(path, self.tables.get(file)), fault.message, fault.allowed)
        # Files without keys say their line themselves: (line, column name).
        line = path[0] if path and isinstance(path[0], int) else 1
        return Finding(file, line, ".".join(str(part) for part in path[1:]), fault.message, fault.allowed)
