"""How long a backup and a restore on an empty machine take, and whether every row is there again.

    ./perennial bench backup --records 200000 [--database postgresql://…/full --database postgresql://…/empty]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._site import BY, NOW, app_of, make_site
from bot import paths
from bot.steps.keeping.backup import back_up
from bot.steps.keeping.restore import restore
from db import outbox
from db.session import Database


def main(argv: list[str]) -> int:
    """Make a site, back it up, restore it elsewhere; 1 if a mail would go out or a row is missing (restore compares every table's sum)."""
    asked = argparse.ArgumentParser(prog="perennial bench backup", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--records", type=int, default=200_000)
    asked.add_argument("--database", action="append", default=[], help="two addresses; default: SQLite in new folders")
    given = asked.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="perennial-backup-") as folder:
        homes = [Path(folder) / "full", Path(folder) / "empty"]
        urls = given.database or [f"sqlite:///{home}/perennial.sqlite" for home in homes]
        for home in homes:
            home.mkdir()
        make_site(homes[0], urls[0], given.records)
        found = _there_and_back(homes, urls, Path(folder) / "backup.tar")
    found |= {"records": given.records, "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
    print(f"{given.records} records: backup {found['backup_s']} s, {found['mib']} MiB; restore {found['restore_s']} s")
    print(json.dumps(found))
    return 0 if found["rows"] == found["rows_restored"] and found["mails_held"] else 1


def _there_and_back(homes: list[Path], urls: list[str], file: Path) -> dict[str, object]:
    app, began = app_of(homes[0], urls[0]), time.monotonic()
    made = back_up(database=app.database, home=homes[0], target=file, by=BY, now=NOW, progress=lambda *_: None)
    between, worked = time.monotonic(), time.process_time()
    app.database.close()
    database = Database(urls[1])
    came = restore(database=database, home=homes[1], migrations=paths.migrations(), file=file, by=BY, now=NOW, progress=lambda *_: None)
    ended, worked = time.monotonic(), time.process_time() - worked
    with database.reading() as session:
        held = bool(outbox.held(session))
    database.close()
    return {"rows": made.rows, "rows_restored": came.rows, "mib": round(file.stat().st_size / 2**20, 1), "backup_s": round(between - began, 1),
            "restore_s": round(ended - between, 1), "restore_cpu_s": round(worked, 1), "mails_held": held}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
