"""Delete old backups, and nothing else that lies beside them."""

from __future__ import annotations

import re
from pathlib import Path

NAME = "perennial-%Y%m%dT%H%M%SZ.tar"
OURS = re.compile(r"perennial-\d{8}T\d{6}Z\.tar")


def backups(folder: Path) -> list[Path]:
    """Return the backups in a folder that bear the name we give, oldest first."""
    return sorted(path for path in folder.glob("perennial-*.tar") if OURS.fullmatch(path.name))


def thin_out(*, folder: Path, keep: int, dry_run: bool) -> list[Path]:
    """Delete all backups of a folder but the newest `keep` (0: none is deleted) and return which; with dry_run only return them."""
    ours = backups(folder)
    doomed = ours[:-keep] if keep else []
    for path in () if dry_run else doomed:
        path.unlink()
    return doomed
