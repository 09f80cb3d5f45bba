"""What a person does with a web page: open a link, read it, fill its form, send it. It knows pages only by what stands on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html

TIMEOUT = 30


@dataclass(frozen=True)
class Form:
    """One form of a page. hidden: what it sends anyway; choices: name → values that can be picked; typed: names of text fields
    with what stands in them already; ticked: what is picked already (nothing, where a real choice is asked)."""

    page: str
    action: str
    method: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    ticked: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> set[str]:
        """The names of everything that a person can fill in."""
        return {*self.choices, *self.typed, *(name for name, _ in self.buttons if name)}


@dataclass(frozen=True)
class Page:
    """A page as it came: its address after redirects, its status and its content."""

    address: str
    status: int
    tree: Any

    def heading(self) -> str:
        """Return the first heading's words."""
        return self.words("//h1")

    def words(self, xpath: str) -> str:
        """Return the words of the first element that `xpath` finds, "" if there is none."""
        found = self.tree.xpath(xpath)
        return " ".join(found[0].text_content().split()) if found else ""

    def links(self) -> list[str]:
        """Return the addresses that the page links to."""
        return [urljoin(self.address, address) for address in self.tree.xpath("//a/@href")]

    def forms(self) -> list[Form]:
        """Return the page's forms."""
        return [_form(self.address, element) for element in self.tree.xpath("//form")]


class Visitor:
    """Somebody with a browser. Goes nowhere but to the site whose links stand in the mails."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business on loopback

    def open(self, address: str) -> Page:
        """Open a link."""
        self._stay(address)
        return _page(self._session.get(address, timeout=TIMEOUT))

    def send(self, form: Form, answers: Mapping[str, str]) -> Page:
        """Fill a form and send it. Raises ValueError for an answer that the form does not ask for."""
        unknown = set(answers) - form.names
        if unknown:
            raise ValueError(f"{form.page} does not ask for {', '.join(sorted(unknown))}; it asks for {', '.join(sorted(form.names))}")
        self._stay(form.action)
        data = {**form.hidden, **form.typed, **form.ticked, **answers}
        if form.method == "get":
            return _page(self._session.get(form.action, params=data, timeout=TIMEOUT))
        return _page(self._session.post(form.action, data=data, timeout=TIMEOUT))

    def _stay(self, address: str) -> None:
        if urlsplit(address).netloc != urlsplit(self.site).netloc:
            raise ValueError(f"{address} is not on {self.site}")


def _page(response: requests.Response) -> Page:
    return Page(response.url, response.status_code, html.document_fromstring(response.content or b"<html></html>"))


def _form(address: str, element: Any) -> Form:
    hidden: dict[str, str] = {}
    choices: dict[str, list[str]] = {}
    typed: dict[str, str] = {}
    ticked: dict[str, str] = {}
    for control in element.xpath(".//input[@name]"):
        name, kind, value = control.get("name"), control.get("type", "text"), control.get("value", "")
        if kind == "hidden":
            hidden[name] = value
        elif kind in ("radio", "checkbox"):
            choices.setdefault(name, []).append(value)
            if control.get("checked") is not None:
                ticked[name] = value
        elif kind not in ("submit", "button", "image", "file"):
            typed[name] = value
    for control in element.xpath(".//textarea[@name]"):
        typed[control.get("name")] = (control.text or "").lstrip("\n")
    for control in element.xpath(".//select[@name]"):
        options = control.xpath(".//option")
        choices[control.get("name")] = [option.get("value", option.text_content().strip()) for option in options]
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        ticked[control.get("name")] = chosen[0].get("value", chosen[0].text_content().strip()) if chosen else ""
    buttons = tuple((button.get("name", ""), button.get("value", "")) for button in element.xpath(".//button | .//input[@type='submit']"))
    return Form(page=address, action=urljoin(address, element.get("action") or address), method=element.get("method", "get").lower(),
                hidden=hidden, choices={name: tuple(values) for name, values in choices.items()}, typed=typed, ticked=ticked, buttons=buttons)
