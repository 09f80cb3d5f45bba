"""Read a review's folder into a Protocol, or refuse it with one sentence before anything runs.

Every fault at once, with its line: bot/protocols/check.py. What may stand in the files: forms.py, outcome_forms.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.domain.protocols import Protocol
from bot.errors import ProtocolError
from bot.protocols import snapshot
from bot.protocols.build import ReviewForms, build
from bot.protocols.forms import ProtocolForm
from bot.protocols.outcome_forms import OutcomeForm, PublishedForm
from bot.protocols.snapshot import Snapshot


def load(folder: Path) -> Protocol:
    """Return the protocol in a folder, shipped or of a team's own; its slug is the folder's name.

    Raises ProtocolError with the first fault and its line, and how many more there are.
    """
    return load_snapshot(snapshot.read(folder))


def load_snapshot(given: Snapshot) -> Protocol:
    """Return the protocol that a snapshot holds. Raises ProtocolError if this program reads protocols otherwise than the one that wrote it."""
    try:
        return build(_forms(given.files), slug=given.slug, sha256=given.sha256)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProtocolError(f"the stored protocol {given.sha256[:12]} of {given.slug}, {where}: {first['msg']}") from error


def _forms(files: dict[str, Any]) -> ReviewForms:
    outcomes = {name: table for name, table in files.items() if name.startswith("outcomes/")}
    return ReviewForms(
        protocol=ProtocolForm.model_validate(files["protocol.toml"]),
        published=PublishedForm.model_validate(files["published.toml"]) if "published.toml" in files else None,
        outcomes={Path(name).stem: OutcomeForm.model_validate(table) for name, table in outcomes.items()},
        strategies={name: text for name, text in files.items() if name.startswith("searches/")},
    )
