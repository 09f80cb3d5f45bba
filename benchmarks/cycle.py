"""How long a cycle takes that finds so many new records, and how much memory: search, deduplicate, rank, invite, in a process of its own.

    ./perennial bench cycle --records 10000 [--there 200000] [--database postgresql://…]

PubMed is a stand-in on loopback without pauses; all else is the product with its shipped review. --there: records that the review has already.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._site import BY, INCLUDED_EVERY, SLUG, app_of, citation, make_site

ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str]) -> int:
    """Make the review, run the cycle, print what it took."""
    asked = argparse.ArgumentParser(prog="perennial bench cycle", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--records", type=int, default=10_000)
    asked.add_argument("--there", type=int, default=0)
    asked.add_argument("--database", default="")
    asked.add_argument("--run", default="", help=argparse.SUPPRESS)
    given = asked.parse_args(argv)
    if given.run:
        return _run(Path(given.run), given.database)
    from bot.demo.standins.eutils import EutilsStandIn
    from tests.quiet_sources import QuietSources

    new = [citation(number) for number in range(given.there, given.there + given.records)]
    # What was included is looked up each month: was it retracted?
    new += [citation(number) | {"entered": "1999-01-01"} for number in range(0, given.there, INCLUDED_EVERY)]
    with tempfile.TemporaryDirectory(prefix="perennial-cycle-") as folder, EutilsStandIn(new) as pubmed, QuietSources() as quiet:
        url = given.database or f"sqlite:///{folder}/perennial.sqlite"
        sources = quiet.settings | {"PERENNIAL_EUTILS_ADDRESS": pubmed.address}
        make_site(Path(folder), url, given.there)
        command = [sys.executable, "-P", "-m", "benchmarks", "cycle", "--run", folder, "--database", url]
        environment = os.environ | sources | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the cycle failed:\n{done.stderr[-4000:]}")
    found = json.loads(done.stdout.splitlines()[-1]) | {"there": given.there}
    print(f"{found['new']} new records beside {given.there}: {found['seconds']} s, {found['peak_mib']} MiB at most")
    print(json.dumps(found))
    return 0 if found["new"] == given.records else 1


def _run(home: Path, url: str) -> int:
    """Run the cycle in this process; print seconds and the most memory that it had."""
    from bot.jobs import run_now

    app, began = app_of(home, url), time.monotonic()
    account = run_now(app, SLUG, by=BY)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"records": account["records"], "new": account["records"] - account["duplicates"], "flagged": account["flagged"],
                      "seconds": round(seconds, 1), "peak_mib": round(peak)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
