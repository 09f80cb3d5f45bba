"""How far long work is, on the terminal: bars with the time that is left, on stderr, and none where nobody looks (pipes, logs)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from bot.app import App

LOOK_SECONDS = 0.5


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while the block runs; give what moves it: (done, of)."""
    with _progress() as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def showing_the_search(app: App, slug: str) -> Iterator[None]:
    """While the block runs, show for each source how many of the records that it found are here; it is read from the database."""
    ended = threading.Event()
    with _progress() as progress:
        if progress.disable:
            yield
            return
        watching = threading.Thread(target=_watch, args=(app, slug, progress, ended), daemon=True)
        watching.start()
        try:
            yield
        finally:
            ended.set()
            watching.join()


def _watch(app: App, slug: str, progress: Progress, ended: threading.Event) -> None:
    from db import reviews, searches

    tasks = {}
    while not ended.wait(LOOK_SECONDS):
        with app.database.reading() as session:
            review_id = next((row.id for row in reviews.all_reviews(session) if row.slug == slug), None)
            latest = reviews.latest_cycle(session, review_id) if review_id else None
            runs = searches.runs_of_cycle(session, latest.id) if latest else []
            counts = {run.source: searches.hit_counts(session, run.id) for run in runs if run.state == "running"}
        for source, (total, here) in counts.items():
            if source not in tasks:
                tasks[source] = progress.add_task(source, total=None)
            progress.update(tasks[source], total=total or None, completed=here)
        for source in set(tasks) - set(counts):
            progress.update(tasks[source], visible=False)


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"),
               TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True,
                    # What goes to stdout is for programs: it stays there.
                    redirect_stdout=False)
