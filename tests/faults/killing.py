"""Play the small month in processes that are killed with SIGKILL at chosen places, each time taken up by a new process.

Run as a program it forks: what is imported is shared, so a process costs little. The month itself: month.py; what must be equal: tables.py.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import itertools
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo import material
from bot.demo.standins.eutils import EutilsStandIn
from db.session import Database, Session
from tests.faults.month import MORE_READERS, citations, month, write_home
from tests.faults.tables import tables
from tests.quiet_sources import QuietSources

MOST_PROCESSES = 2000


@dataclass
class Places:
    """Kills at every place that commits, just before and just after: `folder` remembers over all processes where that was.

    only_commit: kill at this commit (from 1) of this process instead, before (-) or after (+) it; 0 for never.
    at_visits: a place kills at its first visit, or at others as well. The second one takes up what the first left.
    """

    folder: Path
    at_visits: Sequence[int] = (1,)
    only_commit: int | None = None
    commits: int = 0
    visits: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.visits = Counter(self._lines("visits"))

    @property
    def kills(self) -> list[str]:
        """Where it was killed, one line for each kill."""
        return self._lines("kills")

    def reached(self, place: str) -> None:
        """Come to a place; perhaps never to leave it."""
        if self.only_commit is not None:
            self._count(place)
            return
        # A mail of the sign-up may be sent again, one of the month may not: what is done twice in the one is done twice in the other.
        place = f"{'month' if (self.folder / 'begun').exists() else 'sign-up'}: {place}"
        self.visits[place] += 1
        self._write("visits", place)
        if self.visits[place] in self.at_visits:
            self._kill(place)

    def _count(self, place: str) -> None:
        before = place.endswith("before")
        self.commits += before
        if self.only_commit and self.commits == abs(self.only_commit) and before == (self.only_commit < 0):
            self._kill(place)

    def _kill(self, place: str) -> None:
        self._write("kills", place)
        os.kill(os.getpid(), signal.SIGKILL)

    def _write(self, name: str, line: str) -> None:
        with (self.folder / f"{name}.txt").open("a") as file:
            file.write(f"{line}\n")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / f"{name}.txt"
        return path.read_text().splitlines() if path.exists() else []


def watch_commits(places: Places) -> None:
    """Make every commit of this process a place where it may be killed."""
    original = Database.writing

    @contextmanager
    def writing(self: Database, *, by: str) -> Iterator[Session]:
        place = _caller()
        with original(self, by=by) as session:
            yield session
            session.flush()
            places.reached(f"{place} before")
        places.reached(f"{place} after")

    Database.writing = writing  # type: ignore[method-assign]


def _caller() -> str:
    """Return file, function and line from where a transaction was opened."""
    frame = inspect.currentframe()
    while frame is not None and ("contextlib" in frame.f_code.co_filename or frame.f_code.co_filename == __file__):
        frame = frame.f_back
    assert frame is not None
    return f"{'/'.join(Path(frame.f_code.co_filename).parts[-2:])}:{frame.f_code.co_name}:{frame.f_lineno}"


def in_a_process(home: Path, url: str, eutils: str, kill: Kill) -> int:
    """Play on in a process of its own, and return 0, or the signal that ended it. Raises RuntimeError if it failed."""
    child = os.fork()
    if child == 0:
        _play(home, url, eutils, kill)
    after = getattr(kill, "after", None)
    if after is not None:
        _kill_later(child, after, home)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise RuntimeError(f"the month failed after {len(Places(home).kills)} kills, the last at {Places(home).kills[-1:]}; see above")
    return 0


def _kill_later(child: int, seconds: float, home: Path) -> None:
    """Kill a process at a moment that it knows nothing of, unless it has ended by then."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.002)
    with (home / "kills.txt").open("a") as file:
        file.write(f"moment {seconds:.3f}\n")
    os.kill(child, signal.SIGKILL)


def _play(home: Path, url: str, eutils: str, kill: Kill) -> None:
    code = 1
    try:
        places = kill(home)
        watch_commits(places)
        one = month(home, url, eutils, delivered=lambda: places.reached("the mail server: delivered"))
        one.play()
        (home / "commits.txt").write_text(str(places.commits))
        (home / "modules.txt").write_text("\n".join(sys.modules))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def result(home: Path, url: str) -> dict:
    """Return what a month came to: its tables, its kills, what was unsure, and mails that arrived twice."""
    database = Database(url)
    found = tables(database)
    database.close()
    unsure = (home / "unsure.txt").read_text().split() if (home / "unsure.txt").exists() else []
    boxes = [path.name for path in (home / "mailboxes").glob("*/*.eml")]
    return {"tables": found, "kills": Places(home).kills, "unsure": unsure, "mails": len(boxes),
            "twice": [name for name in boxes if "-again-" in name],
            "commits": int((home / "commits.txt").read_text())}


def play_through(home: Path, url: str, eutils: str, kills: Iterator[Kill]) -> dict:
    """Play a month in as many processes as it takes; `kills` says for each where it dies."""
    write_home(home)
    for _ in range(MOST_PROCESSES):
        if in_a_process(home, url, eutils, next(kills, never)) == 0:
            return result(home, url)
    raise RuntimeError(f"the month did not come to its end in {MOST_PROCESSES} processes; killed at {Places(home).kills[-20:]}")


def import_as(home: Path) -> None:
    """Import what a month needed in the end: the processes that are forked from here on need not."""
    for name in (home / "modules.txt").read_text().splitlines():
        with suppress(ImportError):
            importlib.import_module(name)


Kill = Callable[[Path], Places]


def never(home: Path) -> Places:
    """Let a process come to the end."""
    return Places(home, only_commit=0)


def everywhere(at_visits: Sequence[int]) -> Iterator[Kill]:
    """Kill at each place that commits."""
    return itertools.repeat(lambda home: Places(home, at_visits))


@dataclass(frozen=True)
class Moment:
    """Let a process play, and kill it so many seconds after its beginning, wherever it is."""

    after: float

    def __call__(self, home: Path) -> Places:
        """No place of its own kills it."""
        return Places(home, only_commit=0)


def at_moments(seed: int, most: int, longest: float) -> Iterator[Kill]:
    """Kill `most` processes, each at a moment drawn by chance, at most `longest` seconds after it began."""
    chance = random.Random(seed)
    for _ in range(most):
        yield Moment(chance.uniform(0.05, longest))


@contextmanager
def standin() -> Iterator[str]:
    """Play PubMed, and sources that have nothing, in a process of its own: one that forks must have no threads. Gives PubMed's address."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with EutilsStandIn(material.for_eutils(citations())) as one, QuietSources() as quiet:
            os.write(writer, json.dumps({"PERENNIAL_EUTILS_ADDRESS": one.address} | quiet.settings).encode())
            os.close(writer)
            threading.Event().wait()
    os.close(writer)
    with os.fdopen(reader) as pipe:
        os.environ.update(json.load(pipe))
    try:
        yield os.environ["PERENNIAL_EUTILS_ADDRESS"]
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def main() -> None:
    """Play a month without kills and one with; print what both came to as JSON."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--database", action="append", default=[], help="two addresses: for the calm month and for the killed one")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--visits", type=int, nargs="*", default=[1], help="at which of its visits a place kills")
    arguments.add_argument("--moments", type=int, default=0, help="so many kills at moments drawn by chance, instead")
    arguments.add_argument("--longest", type=float, default=1.5, help="with --moments: how many seconds a process has at most")
    arguments.add_argument("--readers", type=int, default=0, help="so many readers more, who get the bulletin")
    given = arguments.parse_args()
    os.environ[MORE_READERS] = str(given.readers)
    homes = [given.folder / name for name in ("calm", "killed")]
    urls = given.database or [f"sqlite:///{home / 'perennial.sqlite'}" for home in homes]
    kills = at_moments(given.seed, given.moments, given.longest) if given.moments else everywhere(given.visits)
    with standin() as eutils:
        calm = play_through(homes[0], urls[0], eutils, iter([never]))
        import_as(homes[0])
        killed = play_through(homes[1], urls[1], eutils, kills)
    print(json.dumps({"calm": calm, "killed": killed}))


if __name__ == "__main__":
    main()
