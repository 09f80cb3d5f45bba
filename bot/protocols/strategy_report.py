"""What `./perennial searches check` says: findings in each strategy, who reviewed it, and what differs between the sources' versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bot.methods.strategies import compare, lint
from bot.protocols.strategy_files import StrategyFile

# Where headings are MeSH: PubMed, CENTRAL, and MEDLINE on whatever platform. Embase's and PsycInfo's are of their own.
MESH_SYNTAXES = ("pubmed", "cochrane")


def report(files: Sequence[StrategyFile]) -> dict[str, Any]:
    """Return what was found as plain values: `strategies` with their findings, `differences`, and `errors`, how many are to be mended."""
    strategies = [{name: value for name, value in asdict(one).items() if name != "text"}
                  | {"findings": [asdict(finding) for finding in lint.check(one.text, one.syntax)], "peer_reviewed": is_reviewed(one)}
                  for one in files]
    differing = compare.differences({one.source: (one.text, one.syntax) for one in files}, mesh=frozenset(filter(None, map(_mesh, files))))
    return {"strategies": strategies, "differences": [asdict(one) for one in differing],
            "errors": sum(finding["level"] == "error" for one in strategies for finding in one["findings"])}


def lines(found: dict[str, Any]) -> list[str]:
    """Return the report as lines to read."""
    said: list[str] = []
    for one in found["strategies"]:
        reviewed = f"peer reviewed by {one['reviewer']}" if one["peer_reviewed"] else "search not peer reviewed"
        by = f"{one['state']}, by {one['author'] or 'nobody named'}, {one['dated']}"
        said.append(f"{one['source']} ({one['file']}, {one['syntax']}): {by}; {reviewed}")
        said += [f"  {finding['level']}: line {finding['number']} ({one['file']}:{finding['at']}), {finding['kind']}: {finding['text']}"
                 for finding in one["findings"]]
    for one in found["differences"]:
        said.append(f"differs: {one['kind']} “{one['term']}” stands in {', '.join(one['has'])}; not in {', '.join(one['lacks'])}")
    return said


def is_reviewed(one: StrategyFile) -> bool:
    """Return whether somebody has reviewed a strategy by PRESS."""
    return one.state in ("reviewed", "approved") and one.reviewer.casefold() not in ("", "none")


def _mesh(one: StrategyFile) -> str:
    is_mesh = one.syntax in MESH_SYNTAXES or "medline" in f"{one.source} {one.label}".casefold()
    return one.source if is_mesh else ""
