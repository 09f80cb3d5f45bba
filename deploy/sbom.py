"""Print what Perennial is made of as a CycloneDX 1.6 bill of materials, from the lock file alone: no network, the same bytes each time.

    .venv/bin/python -P deploy/sbom.py > sbom.cdx.json                     what the program runs on
    .venv/bin/python -P deploy/sbom.py requirements-dev.txt > …            with what its tests need
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^(?P<name>[a-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<where>[^\\]+?))?\s*\\?$", re.IGNORECASE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NEEDED_BY = re.compile(r"^    #\s+(?:via\s+)?([a-z0-9._-]+)$", re.IGNORECASE)


def components(lock: str) -> list[dict[str, Any]]:
    """Return the packages that a lock pins, each with its hashes and who needs it. Raises ValueError if one has no hash."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if match := PINNED.match(line):
            name = re.sub(r"[-_.]+", "-", match["name"]).lower()
            found.append({"name": name, "version": match["version"], "where": match["where"] or "", "hashes": [], "by": []})
        elif digest := HASH.search(line):
            found[-1]["hashes"].append(digest[1])
        elif by := NEEDED_BY.match(line):
            found[-1]["by"].append(re.sub(r"[-_.]+", "-", by[1]).lower())
    if bare := [one["name"] for one in found if not one["hashes"]]:
        raise ValueError(f"without a hash in the lock: {', '.join(bare)}; pin it again (CONTRIBUTING.md)")
    return found


def bill(lock: str) -> dict[str, Any]:
    """Return the bill of materials of a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made_of = components(lock)
    names = {one["name"] for one in made_of}
    needs: dict[str, list[str]] = {name: sorted(_purl(one) for one in made_of if name in one["by"]) for name in names}
    direct = sorted(_purl(one) for one in made_of if not names & set(one["by"]))
    own = f"pkg:generic/{project['name']}@{project['version']}"
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        # Of the content and not of the moment: the same lock is the same bill.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(lock.encode()).hexdigest())}",
        "metadata": {"component": {"type": "application", "bom-ref": own, "name": project["name"], "version": project["version"],
                                   "description": project["description"], "licenses": [{"license": {"id": project["license"]}}]}},
        "components": [_component(one) for one in made_of],
        "dependencies": [{"ref": own, "dependsOn": direct}, *({"ref": _purl(one), "dependsOn": needs[one["name"]]} for one in made_of)],
    }


def _component(one: dict[str, Any]) -> dict[str, Any]:
    told = {"type": "library", "bom-ref": _purl(one), "name": one["name"], "version": one["version"], "purl": _purl(one),
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in sorted(set(one["hashes"]))]}
    if one["where"]:
        told["properties"] = [{"name": "perennial:marker", "value": one["where"]}]
    return told


def _purl(one: dict[str, Any]) -> str:
    return f"pkg:pypi/{one['name']}@{one['version']}"


def main(argv: list[str]) -> int:
    """Print the bill of the lock that is named."""
    lock = ROOT / (argv[0] if argv else "requirements.txt")
    if not lock.is_file():
        there = ", ".join(sorted(one.name for one in ROOT.glob("requirements*.txt")))
        print(f"there is no lock {lock.name}; there are: {there}", file=sys.stderr)
        return 2
    try:
        print(json.dumps(bill(lock.read_text(encoding="utf-8")), indent=2))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
