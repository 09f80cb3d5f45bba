"""Zenodo's deposit API: a deposition is created, described, given a file and published. What goes there: bot/steps/bulletins/deposit.py.

Shapes and statuses: developers.zenodo.org (REST API, "Depositions", "Deposition actions"); the token goes in a header, never in an address.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from bot.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PerennialError,
    RefusedError,
    SourceUnavailableError,
    TooOftenError,
)
from bot.http import Answer, Http
from bot.telemetry import redact

REFUSALS = frozenset(range(400, 500)) - {408, 429}
# Newest first, this many on a page: more depositions than that are not made between two tries.
ON_A_PAGE = 100
LICENCES = {"CC BY 4.0": "cc-by-4.0", "CC0 1.0": "cc-zero"}
KEPT = "What was done so far is kept: run the same again."


@dataclass(frozen=True, slots=True)
class Deposition:
    """A deposition as Zenodo knows it. doi: reserved while it is a draft; bucket: where files go; page: for people; md5: by file name."""

    id: str
    doi: str
    bucket: str
    page: str
    is_published: bool
    md5: Mapping[str, str]


def described(content: Mapping[str, Any], *, version_of: str = "") -> dict[str, Any]:
    """Return what Zenodo is told of a published bulletin. version_of: the DOI of the deposit before, "" for none."""
    review, notice = content["review"], content["notice"]
    authors = content["protocol"]["authors"] or [content.get("site") or review["title"]]
    about = [notice, content["headline"], review["question"]]
    related = [{"identifier": content["address"], "relation": "isIdenticalTo", "scheme": "url"},
               *([{"identifier": version_of, "relation": "isNewVersionOf", "scheme": "doi"}] if version_of else [])]
    return {
        "upload_type": "dataset", "title": f"{review['title']}. Bulletin {content['number']}", "publication_date": content["dated"],
        "creators": [{"name": name} for name in authors], "version": str(content["number"]), "language": "eng", "access_right": "open",
        "license": LICENCES.get(content["licence"], content["licence"].lower().replace(" ", "-")),
        "description": "".join(f"<p>{escape(one)}</p>" for one in about if one), "notes": escape(content["cite"]),
        "keywords": ["living systematic review", "meta-analysis", review["short_title"]], "related_identifiers": related,
    }


class Zenodo:
    """Zenodo, or its sandbox, at `address` (such as https://zenodo.org/api), asked with a token of scopes deposit:write and deposit:actions.

    Every method raises RefusedError (token), InvalidInputError (metadata), TooOftenError and SourceUnavailableError, with a sentence.
    """

    def __init__(self, http: Http, *, address: str, token: str) -> None:
        self._http, self.address, self._token = http, address.rstrip("/"), token

    def find(self, bulletin: str) -> Deposition | None:
        """Return the newest own deposition that names the address of a bulletin, or None."""
        params = {"size": str(ON_A_PAGE), "sort": "mostrecent"}
        answer = self._http.get(f"{self.address}/deposit/depositions", params, headers=self._headers(), accept=REFUSALS)
        listed = self._json(answer)
        if not isinstance(listed, list):
            raise SourceUnavailableError(f"Zenodo answered something else than a list of depositions. {KEPT}")
        return next((_deposition(one) for one in listed if bulletin in _identifiers(one)), None)

    def create(self, metadata: Mapping[str, Any]) -> Deposition:
        """Create a deposition. Asked once only: where no answer comes, it may be there all the same."""
        return _deposition(self._send("POST", "/deposit/depositions", {"metadata": metadata}))

    def look(self, number: str) -> Deposition:
        """Return a deposition. Raises NotFoundError for one that was deleted."""
        answer = self._http.get(f"{self.address}/deposit/depositions/{number}", {}, headers=self._headers(), accept=REFUSALS)
        if answer.status in (404, 410):
            raise NotFoundError(f"Zenodo has no deposition {number} any more.")
        return _deposition(self._json(answer))

    def describe(self, number: str, metadata: Mapping[str, Any]) -> None:
        """Write the metadata of a draft."""
        self._send("PUT", f"/deposit/depositions/{number}", {"metadata": metadata})

    def upload(self, deposition: Deposition, name: str, content: bytes) -> None:
        """Put a file into a draft; one of this name is replaced. Raises ConflictError if other bytes arrived."""
        answer = self._http.send("PUT", f"{deposition.bucket}/{quote(name)}", content, kind="application/octet-stream",
                                 headers=self._headers(), accept=REFUSALS)
        arrived, ours = str(_mapping(self._json(answer)).get("checksum", "")).removeprefix("md5:"), checksum(content)
        if arrived != ours:
            raise ConflictError(f"Zenodo has other bytes of {name} than were sent (MD5 {arrived or 'missing'}, sent {ours}). {KEPT}")

    def publish(self, number: str) -> Deposition:
        """Publish a draft for good: it gets its DOI and can never be deleted. Asked once only, as `create`."""
        return _deposition(self._send("POST", f"/deposit/depositions/{number}/actions/publish", None))

    def _send(self, method: str, path: str, value: Mapping[str, Any] | None) -> Any:
        body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        answer = self._http.send(method, self.address + path, body, kind="application/json", headers=self._headers(),
                                 accept=REFUSALS | {429}, tries=1 if method == "POST" else 0)
        return self._json(answer)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    def _json(self, answer: Answer) -> Any:
        """Return what an answer says. Raises for a refusal, with a sentence."""
        try:
            told = json.loads(answer.content)
        except ValueError:
            told = None
        if answer.status < 400 and told is None:
            raise SourceUnavailableError(f"Zenodo answered something that is no JSON (HTTP {answer.status}). {KEPT}")
        if answer.status >= 400:
            raise self._refusal(answer, _mapping(told))
        return told

    def _refusal(self, answer: Answer, told: Mapping[str, Any]) -> PerennialError:
        """Return what a refusal means."""
        said = redact(str(told.get("message", "")).replace(self._token, "<token>"))[:300]
        if answer.status in (401, 403):
            return RefusedError(f"Zenodo does not take the token (HTTP {answer.status}: {said or 'no reason'}). Make one with the scopes "
                                "deposit:write and deposit:actions in your account there, set PERENNIAL_ZENODO_TOKEN, and run the same again.")
        if answer.status == 429:
            wait = str(answer.headers.get("Retry-After", "")).strip()
            return TooOftenError(f"Zenodo asks us to come back later (HTTP 429{f', in {wait} s' if wait.isdigit() else ''}). {KEPT}")
        faults = [f"{one.get('field', '?')}: {one.get('message', '?')}" for one in told.get("errors") or () if isinstance(one, Mapping)]
        return InvalidInputError(f"Zenodo refuses this (HTTP {answer.status}): {'; '.join(faults)[:500] or said or 'no reason given'}. {KEPT}")


def checksum(content: bytes) -> str:
    """Return the MD5 by which Zenodo names bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _deposition(told: Any) -> Deposition:
    given = _mapping(told)
    links, metadata = _mapping(given.get("links")), _mapping(given.get("metadata"))
    if not given.get("id") or not (links.get("bucket") or given.get("submitted")):
        raise SourceUnavailableError(f"Zenodo answered something else than a deposition. {KEPT}")
    reserved = _mapping(metadata.get("prereserve_doi")).get("doi", "")
    files: Sequence[Any] = given.get("files") or ()
    return Deposition(
        id=str(given["id"]), doi=str(given.get("doi") or metadata.get("doi") or reserved or ""), bucket=str(links.get("bucket") or ""),
        page=str(links.get("record_html") or links.get("html") or ""), is_published=bool(given.get("submitted")),
        md5={str(one["filename"]): str(one.get("checksum", "")).removeprefix("md5:") for one in files if one.get("filename")})


def _identifiers(told: Any) -> set[str]:
    related = _mapping(_mapping(told).get("metadata")).get("related_identifiers") or ()
    return {str(one.get("identifier")) for one in related if isinstance(one, Mapping)}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
