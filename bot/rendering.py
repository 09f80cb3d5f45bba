"""Every text a person reads is rendered here, strictly: a name that a template uses and nobody gave is an error.

Which data a page or mail gets: the step or route that asks for it. Pictures: bot/bulletin/figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

DEMO_NOTICE = "Demonstration: scripted reviewers, an incomplete set of trials, not for clinical use"
MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Site:
    """What every page and mail knows of the site. address: the public address without a slash at its end."""

    name: str
    address: str
    demo: bool


@dataclass(frozen=True, slots=True)
class MailText:
    """The words of one mail."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Renderer:
    """Renders templates/web, templates/mail and templates/bulletin."""

    templates: Path
    site: Site

    def page(self, template: str, **data: Any) -> str:
        """Return the page `templates/web/<template>`."""
        return self._render(f"web/{template}", data)

    def text(self, template: str, **data: Any) -> str:
        """Return `templates/bulletin/<template>`."""
        return self._render(f"bulletin/{template}", data)

    def protocol_file(self, template: str, **data: Any) -> str:
        """Return `templates/protocol/<template>`, a file of a new review, which people go on writing."""
        return self._render(f"protocol/{template}", data)

    def mail(self, name: str, data: Mapping[str, Any]) -> MailText:
        """Return the words of the mail `templates/mail/<name>/`; the HTML has its styles inlined."""
        from css_inline import CSSInliner

        subject = " ".join(self._render(f"mail/{name}/subject.txt", data).split())
        html = self._render(f"mail/{name}/body.html", data)
        # Without keep_style_tags the rules for small screens and dark mode would be lost.
        inlined = CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)
        return MailText(subject=subject, text=self._render(f"mail/{name}/body.txt", data), html=inlined)

    def _render(self, template: str, data: Mapping[str, Any]) -> str:
        return _environment(self.templates, self.site).get_template(template).render(**data)


@cache
def _environment(templates: Path, site: Site) -> Environment:
    """Return what renders a site's templates; one for all, since each compiles what it is asked for."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html", "xml", "atom", "svg"), default_for_string=True, default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"site": site, "demo_notice": DEMO_NOTICE if site.demo else ""}
    environment.filters |= {"number": number, "day": day, "moment": moment, "plural": plural, "safe_link": safe_link, "toml": toml}
    return environment


def number(value: float | None, digits: int = 2) -> str:
    """Return a number for reading: fixed digits, a true minus sign, a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def toml(value: object) -> str:
    """Return a value as a TOML file writes it. A basic string of TOML is one of JSON, but for U+007F."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def day(value: date | datetime | str | None) -> str:
    """Return a date for reading: "1 February 2025"; what is only a year or a month stays one."""
    if value is None or value == "":
        return "unknown"
    if isinstance(value, str):
        parts = value[:10].split("-")
        if len(parts) < 3:
            return f"{date(int(parts[0]), int(parts[1]), 1):%B %Y}" if len(parts) == 2 else value
        value = date.fromisoformat(value[:10])
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """Return a time for reading: "1 February 2025, 06:00 UTC"."""
    return "never" if value is None else f"{day(value)}, {value:%H:%M} UTC"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return "1 record", "3 records": the count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def safe_link(address: str | None) -> str:
    """Return an address that a record gave if it is http or https, else nothing: a record may not carry `javascript:`."""
    return address if address and address.lower().startswith(("https://", "http://")) else ""
