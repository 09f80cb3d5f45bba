"""The whole web as strangers' programs meet it: schemathesis draws requests to every address and form, allowed and forbidden ones.

    ./perennial bench contract [--examples 100] [--folder DIR] [--seed 1]

What is asked: the open API by its own description, every route by its pattern, and every form that a walk through all pages and mails of a
demonstration finds, as an editor sees it. What is held: no fault of the server, no status that is not described, and of the API the fields
and types that its description names. --folder: a demonstration that came to its end; without it one is played first (half a minute).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from logging import CRITICAL
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from bot.telemetry import configure
from bot.web.server import listen
from tests.asgi import FORM
from tests.crawling import Crawl, every_link, named_in_mails
from tests.fixtures_attack import ACTIONS, PURPOSES, Target, attacked
from tests.fixtures_demo import play

API = "/api/v1"
CHECKS = "not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance"
# What pages and forms may answer: shown or done, sent on, not understood, not allowed, not there, too late, too much, too often.
OF_PAGES = (200, 302, 303, 304, 307, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429)
BEGINNINGS = ("/", "/sign-in", "/team", "/mail")
# Of a field of free text so much is drawn.
LONGEST = 300


def main(argv: list[str]) -> int:
    """Draw requests, and print what was asked and what was answered amiss; 1 if anything was."""
    asked = argparse.ArgumentParser(prog="perennial bench contract", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--examples", type=int, default=100, help="requests drawn for each address and form, beside those of the boundaries")
    asked.add_argument("--phases", default="coverage,fuzzing", help="of schemathesis; coverage: each boundary of each field once")
    asked.add_argument("--folder", type=Path, help="a demonstration that came to its end")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args(argv)
    # What is refused is refused by the thousand here.
    configure(least=CRITICAL)
    with tempfile.TemporaryDirectory(prefix="perennial-contract-") as folder, ExitStack() as playing:
        home = given.folder or playing.enter_context(play(Path(folder) / "demo")).home
        (Path(folder) / "copy").mkdir()
        for target in attacked(home, Path(folder) / "copy"):
            found = _asked(target, home / "mailboxes", Path(folder), given)
    for line in found["amiss"]:
        print(line)
    print(json.dumps(found | {"amiss": len(found["amiss"])}))
    return 1 if found["amiss"] else 0


def _asked(target: Target, mailboxes: Path, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Describe what there is, serve it, let schemathesis draw, and return what came of it."""
    editor = target.session_of(target.people["editor"])
    crawl = Crawl(target.browser(client="127.0.0.1"), editor)
    crawl.walk([*BEGINNINGS, *every_link(target), *named_in_mails(mailboxes)])
    described = description(target, crawl)
    (folder / "description.json").write_text(json.dumps(described), encoding="utf-8")
    with _served(target.web) as (address, answers):
        command = [sys.executable, "-P", "-m", "schemathesis.cli", "run", str(folder / "description.json"), "--url", address, "--checks", CHECKS,
                   "--phases", given.phases, "--max-examples", str(given.examples), "--seed", str(given.seed), "--no-color",
                   "--continue-on-failure", "--generation-database", "none", "--suppress-health-check", "all", "--header",
                   f"Cookie:{editor['cookie']}", "--report", "ndjson", "--report-ndjson-path", str(folder / "report.ndjson")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    amiss = _amiss(folder / "report.ndjson")
    if done.returncode not in (0, 1) or (done.returncode and not amiss):
        raise SystemExit(f"schemathesis came to no end:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return {"cases": answers.total(), "operations": sum(len(one) for one in described["paths"].values()),
            "forms": sum("x-form" in one for one in described["paths"].values()),
            "answers": {str(status): number for status, number in sorted(answers.items())}, "amiss": amiss}


def description(target: Target, crawl: Crawl) -> dict[str, Any]:
    """Return one description (OpenAPI 3.1) of the API, of every route by its pattern, and of every form that the walk found."""
    given = target.browser().get(f"{API}/openapi.json").json()
    paths: dict[str, Any] = {f"{API}{path}": operations for path, operations in given["paths"].items()}
    for method, pattern in target.routes():
        if method in ("GET", "POST"):
            names = [part[1:-1].partition(":")[0] for part in pattern.split("/") if part.startswith("{")]
            one = {"parameters": [_in_path(target, pattern, name) for name in names], "responses": _answers()}
            body = {"requestBody": _anything()} if method == "POST" else {}
            paths.setdefault(pattern.replace(":path}", "}"), {})[method.lower()] = one | body
    for form in crawl.forms():
        address, _, query = form["action"].partition("?")
        if not query:
            paths.setdefault(address, {"x-form": True})["post"] = {"requestBody": _form(form), "responses": _answers()}
    return given | {"paths": paths, "servers": []}


def _in_path(target: Target, pattern: str, name: str) -> dict[str, Any]:
    """Describe a part of an address: what there is, or anything that no browser would take for another address."""
    there = {"slug": ["digital-peer-support"], "outcome": ["depression"]}.get(name, ["1", "2"])
    if name == "token":
        purpose = PURPOSES.get(pattern.split("/")[1], "sign_in")
        there = [target.token(purpose, person) for person in target.people.values()] if purpose in ACTIONS else []
    return {"name": name, "in": "path", "required": True,
            "schema": {"anyOf": [{"enum": there}] * bool(there) + [{"type": "string", "minLength": 1, "maxLength": 60}]}}


def _form(form: dict[str, Any]) -> dict[str, Any]:
    """Describe a form: its choices, and any text in its fields; what stands in it is an example."""
    fields: dict[str, Any] = {name: {"type": "string", "maxLength": LONGEST, "examples": [value]} for name, value in form["fields"].items()}
    fields |= {name: {"enum": sorted({*values, ""})} for name, values in form["choices"].items()}
    return {"content": {form["enctype"]: {"schema": {"type": "object", "properties": fields}}}}


def _anything() -> dict[str, Any]:
    return {"content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string", "maxLength": LONGEST}}}}}


def _answers() -> dict[str, Any]:
    return {str(status): {"description": "as a page"} for status in OF_PAGES}


def _amiss(report: Path) -> list[str]:
    """Return a line for each check that failed: what was asked, and what was wrong with the answer."""
    found = set[str]()
    for line in report.read_text(encoding="utf-8").splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for case, checks in recorder.get("checks", {}).items():
            failed = [one for one in checks if one["status"] == "failure" and one["name"] in CHECKS.split(",")]
            answer = (recorder["interactions"].get(case) or {}).get("response") or {}
            asked = recorder["cases"][case]["value"]
            found |= {f"{asked['method']} {asked['path']}: {one['name']}, {answer.get('status_code')}; sent "
                      f"{json.dumps(asked.get('path_parameters'))} {json.dumps(asked.get('body'))[:300]}" for one in failed}
    return sorted(found)


@contextmanager
def _served(web: FastAPI) -> Iterator[tuple[str, Counter[int]]]:
    """Serve on loopback, each request as if from another address, so that what is limited is reached; gives the address and status → answers."""
    answers, chance = Counter[int](), random.Random(1)

    async def anybody(scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                answers[message["status"]] += 1
            await send(message)

        if scope["type"] == "http":
            scope["client"] = (f"198.{chance.randrange(18, 20)}.{chance.randrange(256)}.{chance.randrange(256)}", 1)
        await web(scope, receive, counted)

    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(anybody, log_level="critical", access_log=False, lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener.socket]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        sleep(0.01)
    try:
        yield listener.address, answers
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
