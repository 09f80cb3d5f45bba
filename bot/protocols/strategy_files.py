"""The strategies of a review as files, whatever else of its protocol is finished: what `./perennial searches check` reads."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bot.errors import InvalidInputError, ProtocolError
from bot.methods.strategies.lint import SYNTAXES


@dataclass(frozen=True, slots=True)
class StrategyFile:
    """One source's strategy. file: as the protocol names it; state: `draft`, `reviewed` or `approved`; reviewer: by PRESS, "none" if nobody."""

    source: str
    label: str
    platform: str
    file: str
    syntax: str
    state: str
    author: str
    reviewer: str
    dated: str
    text: str


def strategy_files(folder: Path) -> list[StrategyFile]:
    """Return the strategies that a review's protocol names and that can be checked. Raises ProtocolError if it or one of them cannot be read."""
    try:
        protocol = tomllib.loads((folder / "protocol.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProtocolError(f"{folder / 'protocol.toml'}: cannot be read ({error})") from error
    found = []
    for source in protocol.get("sources", ()):
        given = source.get("strategy") or {}
        if given.get("syntax") in SYNTAXES and given.get("file"):
            try:
                text = (folder / given["file"]).read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                raise ProtocolError(f"{folder / given['file']}: cannot be read ({error})") from error
            name = source.get("name", "")
            found.append(StrategyFile(name, source.get("label", name), source.get("platform", ""), given["file"], given["syntax"],
                                      given.get("state", "draft"), given.get("author", ""),
                                      given.get("peer_reviewer", "none"), str(given.get("dated", "")), text))
    return found


def single_file(path: Path, syntax: str) -> StrategyFile:
    """Return one strategy that belongs to no review. Raises InvalidInputError for an unknown syntax or a file that cannot be read."""
    if syntax not in SYNTAXES:
        raise InvalidInputError(f"say how {path.name} is written: --syntax {', '.join(SYNTAXES)}")
    try:
        return StrategyFile(path.stem, path.stem, "", path.name, syntax, "draft", "", "none", "", path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path}: cannot be read ({error})") from error
