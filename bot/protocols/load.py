"""Read a review's folder into a Protocol, or refuse it with one sentence before anything runs.

Every fault at once, with its line: bot/protocols/check.py. What may stand in the files: forms.py, outcome_forms.py.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bot.domain.protocols import Protocol
from bot.errors import ProtocolError
from bot.protocols.build import ReviewForms, build
from bot.protocols.check import examine
from bot.protocols.forms import ProtocolForm
from bot.protocols.outcome_forms import OutcomeForm, PublishedForm
from bot.protocols.snapshot import Snapshot, from_document


def load(folder: Path) -> Protocol:
    """Return the protocol in a folder, shipped or a team's own; its slug is the folder's name.

    Raises ProtocolError with the first fault and its line, and how many more there are.
    """
    examined = examine(folder)
    if examined.forms is None or examined.snapshot is None:
        first, *others = examined.findings
        more = f" (and {len(others)} more: ./perennial check lists them)" if others else ""
        raise ProtocolError(f"{first}{more}")
    return build(examined.forms, examined.snapshot)


def load_document(document: bytes) -> Protocol:
    """Return the protocol that was kept as `Protocol.document`: the one under which an old cycle ran.

    Raises ProtocolError if the document is none, or if it was written for other forms than this program has.
    """
    given = from_document(document)
    try:
        return build(_forms(given), given)
    except (ValidationError, KeyError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": error.args, "msg": "is missing"}
        where = ".".join(str(part) for part in first["loc"])
        raise ProtocolError(f"the kept protocol {given.sha256[:12]} of {given.slug}: {where}: {first['msg']}") from error


def _forms(given: Snapshot) -> ReviewForms:
    files = given.files
    published = files.get("published.toml")
    return ReviewForms(
        protocol=ProtocolForm.model_validate(files["protocol.toml"]),
        published=None if published is None else PublishedForm.model_validate(published),
        outcomes={Path(name).stem: OutcomeForm.model_validate(files[name]) for name in sorted(files) if name.startswith("outcomes/")},
        strategies={name: text for name, text in files.items() if name.startswith("searches/")},
    )
