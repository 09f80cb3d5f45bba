"""A stand-in for Zenodo's deposit API. Shapes and statuses: developers.zenodo.org; no real reply was at hand.

It takes one token, checks what Zenodo checks of metadata, gives DOIs of the prefix for tests, and holds what was deposited.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from bot.demo.standins.server import Faults, Reply, StandIn, json_reply

TOKEN = "a-token-for-the-stand-in"
NEEDED = ("upload_type", "title", "creators", "description", "publication_date")
NOT_AUTHORISED = "The server could not verify that you are authorized to access the URL requested."


class ZenodoStandIn(StandIn):
    """Kinds of requests: `list`, `create`, `look`, `describe`, `upload`, `publish`. Faults of its own: `unlisted` (the list lags behind),
    `other-bytes` (says another checksum). `cut` does what is asked, and its answer never arrives.
    """

    base: ClassVar[str] = "/api"
    error_in_200: ClassVar[Reply] = json_reply({"message": "Internal error"})
    refusal: ClassVar[Reply] = json_reply({"status": 429, "message": "429 Too Many Requests"}, 429, Retry_After="0")

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.depositions: dict[int, dict[str, Any]] = {}
        self._asked = threading.local()

    def answer(self, handler: BaseHTTPRequestHandler, query: str) -> None:
        """Answer one request; what it brings stays at hand until then."""
        self._asked.method, self._asked.body = handler.command, getattr(handler, "body", b"")
        self._asked.token = handler.headers.get("Authorization", "")
        super().answer(handler, query if handler.command == "GET" else "")

    def what(self, path: str, given: Mapping[str, str]) -> str:
        """Return the kind of a request."""
        if path.startswith("files/"):
            return "upload"
        if path.endswith("/actions/publish"):
            return "publish"
        kinds = {("GET", True): "list", ("POST", True): "create", ("GET", False): "look", ("PUT", False): "describe"}
        return kinds.get((self._asked.method, path == "deposit/depositions"), "other")

    def reply(self, what: str, path: str, given: dict[str, str], fault: str) -> Reply:
        """Answer, and keep what was brought."""
        if self._asked.token != f"Bearer {TOKEN}":
            return json_reply({"status": 401, "message": NOT_AUTHORISED}, 401)
        if what == "list":
            shown = [] if fault == "unlisted" else [self._shown(one) for one in sorted(self.depositions, reverse=True)]
            return json_reply(shown)
        if what == "create":
            return self._create()
        number = int(found[0]) if (found := re.findall(r"\d+", path)) else 0
        if number not in self.depositions:
            return json_reply({"status": 404, "message": "PID does not exist."}, 404)
        if what == "upload":
            return self._upload(number, path.rpartition("/")[2], fault)
        if what == "describe":
            return self._describe(number, 200)
        return self._publish(number) if what == "publish" else json_reply(self._shown(number))

    def _create(self) -> Reply:
        number = 1000 + len(self.depositions)
        self.depositions[number] = {"metadata": {}, "files": {}, "submitted": False}
        reply = self._describe(number, 201)
        if reply.status != 201:
            del self.depositions[number]
        return reply

    def _describe(self, number: int, status: int) -> Reply:
        metadata = json.loads(self._asked.body or b"{}").get("metadata", {})
        faults = [{"field": f"metadata.{name}", "message": "Missing data for required field."} for name in NEEDED if not metadata.get(name)]
        if faults:
            return json_reply({"status": 400, "message": "Validation error.", "errors": faults}, 400)
        self.depositions[number]["metadata"] = metadata
        return json_reply(self._shown(number), status)

    def _upload(self, number: int, name: str, fault: str) -> Reply:
        if self.depositions[number]["submitted"]:
            return json_reply({"status": 403, "message": "Bucket is locked for modifications."}, 403)
        self.depositions[number]["files"][name] = self._asked.body
        md5 = "0" * 32 if fault == "other-bytes" else _md5(self._asked.body)
        return json_reply({"key": name, "checksum": f"md5:{md5}", "size": len(self._asked.body)}, 201)

    def _publish(self, number: int) -> Reply:
        if not self.depositions[number]["files"]:
            return json_reply({"status": 400, "message": "Validation error.",
                               "errors": [{"field": "files", "message": "Minimum one file must be provided."}]}, 400)
        self.depositions[number]["submitted"] = True
        return json_reply(self._shown(number), 202)

    def _shown(self, number: int) -> dict[str, Any]:
        one, here = self.depositions[number], f"{self.address}/deposit/depositions/{number}"
        doi = f"10.5072/zenodo.{number}"
        done = {"doi": doi, "doi_url": f"https://doi.org/{doi}"} if one["submitted"] else {}
        return {
            "id": number, "state": "done" if one["submitted"] else "unsubmitted", "submitted": one["submitted"], **done,
            "metadata": {**one["metadata"], "prereserve_doi": {"doi": doi, "recid": number}},
            "links": {"self": here, "html": f"{self.address}/deposit/{number}", "bucket": f"{self.address}/files/{number}-bucket",
                      "publish": f"{here}/actions/publish"},
            "files": [{"id": name, "filename": name, "filesize": len(body), "checksum": _md5(body)} for name, body in one["files"].items()],
        }


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
