"""Where the parts of the program lie on this machine. Nobody else joins paths to the tree.

PERENNIAL_HOME comes in as an argument: only bot/settings.py reads the environment.
"""

from __future__ import annotations

from pathlib import Path


def root() -> Path:
    """Return the folder of the launcher; the tree runs where it stands."""
    return Path(__file__).resolve().parents[1]


def templates() -> Path:
    """Return the folder of every text a person reads."""
    return root() / "templates"


def migrations() -> Path:
    """Return the folder of the Alembic migrations."""
    return root() / "migrations"


def reviews() -> Path:
    """Return the folder of the reviews that are shipped."""
    return root() / "reviews"


def examples() -> Path:
    """Return the folder of the reviews that are shipped as examples: they run only where somebody has copied one."""
    return reviews() / "examples"


def default_home() -> Path:
    """Return where database, keys and people's own reviews lie unless PERENNIAL_HOME says otherwise."""
    return root() / "data"


def review_folders(home: Path | None = None) -> dict[str, Path]:
    """Return slug -> folder of every review: the shipped ones and those under `home`/reviews.

    home: PERENNIAL_HOME as the settings give it. A review there replaces a shipped one of the same name,
    so that a team changes its copy and never the program's files.
    """
    places = [reviews()] if home is None else [reviews(), home / "reviews"]
    found = [folder for place in places if place.is_dir() for folder in sorted(place.iterdir())]
    return {folder.name: folder for folder in found if (folder / "protocol.toml").is_file()}
