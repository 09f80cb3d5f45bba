"""Score PubMed's yearly and daily files for many reviews in one pass: each file by itself, in a process of its own, once.

What is done stays: a file's scores are written whole or not at all, under a name that holds the models and the file's content, so that a
run that was killed goes on, and the same files give the same result however the work was cut. What a review gets: collect.py.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import InvalidInputError
from bot.sources.files import medline_texts
from classifiers.bulk import BulkModel, BulkScorer

TOGETHER = 500
TRIES = 3
WAIT = 0.05
PATIENCE = "30s"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One file to score. target: where its scores are written."""

    path: str
    target: str
    models: str


@dataclass(slots=True)
class ScoreAccount:
    """files: all there are; scored: in this run; known: from earlier ones; failed: a sentence for each that could not be scored."""

    files: int = 0
    scored: int = 0
    known: int = 0
    records: int = 0
    failed: list[str] = field(default_factory=list)


def score_folder(*, folder: Path, out: Path, models: Sequence[BulkModel], workers: int, scheduler: str = "",
                 progress: Progress = lambda _done, _of: None) -> tuple[ScoreAccount, list[Path]]:
    """Score every .xml.gz of a folder that was not scored by these models yet; return the account and the files of scores, oldest first.

    workers: processes on this machine; scheduler: the address of a Dask cluster instead, whose machines see both folders under the same
    paths. progress: told (done, of) after each file. Raises InvalidInputError if there is no such file, or Dask is asked for and absent.
    """
    paths = sorted(folder.glob("*.xml.gz")) if folder.is_dir() else []
    if not paths:
        raise InvalidInputError(f"{folder} holds no .xml.gz file; give the folder with PubMed's baseline or update files")
    stored = _store(out, models)
    jobs = [Job(str(path.resolve()), str(_target(stored.parent, path)), str(stored)) for path in paths]
    account = ScoreAccount(files=len(jobs))
    todo = [job for job in jobs if not Path(job.target).exists()]
    account.known = len(jobs) - len(todo)
    progress(account.known, len(jobs))
    run = _on_dask(todo, scheduler) if scheduler else _on_this_machine(todo, workers)
    for number, (job, fault) in enumerate(run, start=1):
        if fault:
            account.failed.append(f"{Path(job.path).name}: {fault}")
        else:
            account.scored += 1
            with np.load(job.target, allow_pickle=False) as arrays:
                account.records += len(arrays["pmid"])
        progress(account.known + number, len(jobs))
    return account, [Path(job.target) for job in jobs if Path(job.target).exists()]


def score_file(job: Job) -> str:
    """Score one file and return "", or in words what is wrong with it. Its scores appear at once and whole."""
    try:
        deleted: set[int] = set()
        began = time.process_time()
        scorer = _scorer(job.models)
        pmids, scores = [], []
        articles = medline_texts.read(Path(job.path), deleted)
        while some := list(islice(articles, TOGETHER)):
            pmids += [one.pmid for one in some]
            scores.append(scorer.score_texts([one.text for one in some]))
        found = np.concatenate(scores) if scores else np.zeros((0, len(scorer.models)), dtype=np.float32)
    except InvalidInputError as error:
        return str(error)
    unfinished = Path(f"{job.target}.{os.getpid()}.unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, pmid=np.array(pmids, dtype="<i4"), score=found, deleted=np.array(sorted(deleted), dtype="<i4"),
                 cpu_seconds=np.array(time.process_time() - began))
    unfinished.replace(job.target)
    return ""


_LOADED: dict[str, BulkScorer] = {}


def _scorer(path: str) -> BulkScorer:
    """Return the models of a file, read once in each process."""
    if path not in _LOADED:
        _LOADED.clear()
        with np.load(path, allow_pickle=False) as arrays:
            # Out of the file once: it reads an array anew each time that it is named.
            weights, begins = arrays["weights"], arrays["begins"]
            _LOADED[path] = BulkScorer([
                BulkModel(str(name), str(basis), weights[:, begin:end], float(intercept))
                for name, basis, intercept, begin, end in zip(arrays["names"], arrays["bases"], arrays["intercepts"],
                                                              begins[:-1], begins[1:], strict=True)])
    return _LOADED[path]


def _store(out: Path, models: Sequence[BulkModel]) -> Path:
    """Write the models once, for the workers to read, in a folder named by their hash."""
    name = hashlib.sha256("".join(one.digest for one in models).encode()).hexdigest()[:16]
    path = out / name / "models.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        with unfinished.open("wb") as file:
            np.savez(file, names=np.array([one.name for one in models]), bases=np.array([one.basis for one in models]),
                     intercepts=np.array([one.intercept for one in models]), weights=np.hstack([one.weights for one in models]),
                     begins=np.cumsum([0, *(one.weights.shape[1] for one in models)]))
        unfinished.replace(path)
    return path


def _target(folder: Path, path: Path) -> Path:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return folder / f"{path.name.removesuffix('.xml.gz')}.{digest.hexdigest()[:16]}.npz"


def _in_process(job: Job, answer: Any) -> None:
    answer.send(score_file(job))
    answer.close()


def _on_this_machine(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, str]]:
    """Score each file in a process of its own, so many at a time; one that is killed costs its file alone, which is tried again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bot.steps.medline.score"])
    waiting = [(job, 1) for job in jobs]
    running: list[tuple[Any, Any, Job, int]] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job, attempt = waiting.pop(0)
                receiving, sending = context.Pipe(duplex=False)
                process = context.Process(target=_in_process, args=(job, sending))
                process.start()
                sending.close()
                running.append((process, receiving, job, attempt))
            time.sleep(WAIT)
            for one in [one for one in running if not one[0].is_alive()]:
                running.remove(one)
                process, receiving, job, attempt = one
                fault = _answer(receiving)
                if fault is None and attempt < TRIES:
                    waiting.append((job, attempt + 1))
                else:
                    yield job, f"its worker ended {TRIES} times (exit code {process.exitcode})" if fault is None else fault
    finally:
        for process, *_ in running:
            process.terminate()


def _answer(receiving: Any) -> str | None:
    """Return what a worker said, None if it ended without a word."""
    try:
        return str(receiving.recv()) if receiving.poll() else None
    except EOFError:
        return None


def _on_dask(jobs: Sequence[Job], scheduler: str) -> Iterator[tuple[Job, str]]:
    try:
        from distributed import Client, as_completed  # type: ignore[import-not-found]  optional: requirements-dask.txt
    except ImportError as error:
        raise InvalidInputError("--scheduler needs Dask here and on the cluster:  "
                                ".venv/bin/pip install --require-hashes -r requirements-dask.txt") from error
    try:
        connected = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"no Dask scheduler answers at {scheduler!r} ({str(error).splitlines()[0]}); an address looks like "
                                "tcp://10.0.0.5:8786, as `dask scheduler` prints it") from error
    with connected as client:
        futures = {client.submit(score_file, job, key=f"perennial-{Path(job.target).parent.name}-{Path(job.target).name}", retries=TRIES): job
                   for job in jobs}
        for future in as_completed(futures):
            fault = future.exception()
            yield futures[future], f"its worker ended {TRIES} times ({fault})" if fault is not None else str(future.result())
