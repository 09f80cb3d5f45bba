"""The composition root: wires what the settings ask for, and holds it. No logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path

import classifiers
from bot import paths, settings
from bot.domain.known_items import KnownItem
from bot.domain.protocols import Protocol
from bot.domain.starting_set import StartingEffect
from bot.errors import NotFoundError, ProtocolError, SettingsError
from bot.exchange.zenodo import Zenodo
from bot.http import Http
from bot.links import LinkKeys
from bot.mail.folder import FolderTransport
from bot.mail.message import parse_address
from bot.mail.smtp import SmtpTransport
from bot.mail.transport import Transport
from bot.protocols import known_items, starting_set
from bot.protocols.load import load
from bot.rendering import Renderer, Site
from bot.sources import Source, Watch
from bot.sources.citations import Citations
from bot.sources.cited_by_europe_pmc import EuropePmcCitations
from bot.sources.clinicaltrials import ClinicalTrials
from bot.sources.crossref import Crossref
from bot.sources.mailbox import Mailbox
from bot.sources.preprints import Preprints
from bot.sources.pubmed import PubMed
from bot.sources.pubmed_notices import PubMedNotices
from bot.sources.scopus import Scopus
from bot.sources.unpaywall import Unpaywall
from bot.steps.mail.deliver import Post
from bot.steps.records.daily_budget import daily_budget
from db.session import Database

Clock = Callable[[], datetime]
FREE_USD, FREE_WITH_KEY_USD = 0.10, 1.00
PING_SECONDS = 10
UPLOAD_SECONDS = 300


@dataclass(frozen=True)
class Alerts:
    """The mailbox for alerts, the review that they are for, and how often it is looked into."""

    mailbox: Mailbox
    review: str
    every: timedelta


@dataclass(frozen=True)
class App:
    """Everything that pages, commands and the worker need.

    mail_folder: the folder that the web may show, or None; alerts: None if no mailbox is set. operator: who is told of troubles;
    ping: tells a watch elsewhere that all is well; archive: where bulletins are deposited, None without a token.
    """

    database: Database
    protocols: Mapping[str, Protocol]
    sources: Mapping[str, Source | Watch]
    renderer: Renderer
    keys: LinkKeys
    post: Post
    clock: Clock
    home: Path
    starting_sets: Mapping[str, Sequence[StartingEffect]]
    mail_folder: Path | None
    is_loopback: Callable[[str], bool]
    alerts: Alerts | None = None
    operator: Address | None = None
    ping: Callable[[], object] | None = None
    known_items: Mapping[str, Sequence[KnownItem]] = field(default_factory=dict)
    free_copies: Unpaywall | None = None
    archive: Zenodo | None = None

    def protocol(self, slug: str) -> Protocol:
        """Return the protocol of a review. Raises NotFoundError."""
        if slug not in self.protocols:
            raise NotFoundError(f"there is no review called {slug!r} here; there are: {', '.join(self.protocols) or 'none'}")
        return self.protocols[slug]


def system_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def build(chosen: settings.Settings, *, clock: Clock = system_clock) -> App:
    """Return the application that these settings describe."""
    renderer = Renderer(paths.templates(), Site(name=chosen.site_name, address=chosen.address, demo=chosen.demo))
    keys = chosen.link_keys()
    folders = _chosen(paths.review_folders(chosen.home), chosen.reviews)
    protocols = {slug: load(folder) for slug, folder in folders.items()}
    database = Database(chosen.database_url)
    sources = _sources(chosen, database, clock)
    for protocol in protocols.values():
        _require_parts(protocol, sources)
    words = {slug: {"slug": slug, "title": one.title, "short_title": one.short_title} for slug, one in protocols.items()}
    return App(
        database=database,
        protocols=protocols,
        sources=sources,
        renderer=renderer,
        keys=keys,
        post=Post(renderer=renderer, keys=keys, transport=_transport(chosen), sender=parse_address(chosen.sender, chosen.site_name),
                  returns=parse_address(chosen.returns) if chosen.returns else None,
                  review_words=words, per_minute=chosen.mail_per_minute),
        clock=clock,
        home=chosen.home,
        starting_sets={slug: starting_set.read(folder) for slug, folder in folders.items()},
        mail_folder=chosen.mail_folder if chosen.shows_mail_on_web else None,
        is_loopback=settings.is_loopback,
        alerts=_alerts(chosen, protocols),
        operator=parse_address(chosen.operator) if chosen.operator else None,
        ping=_ping(chosen),
        # The demonstration's stand-ins do not have the real reports.
        free_copies=_free_copies(chosen),
        archive=_archive(chosen),
        known_items={} if chosen.demo else {slug: known_items.read(folder) for slug, folder in folders.items()},
    )


def _alerts(chosen: settings.Settings, protocols: Mapping[str, Protocol]) -> Alerts | None:
    """Return the mailbox for alerts, if one is set. Raises SettingsError if it is not clear which review it is for."""
    if not chosen.imap_host:
        return None
    slug = chosen.imap_review or (next(iter(protocols)) if len(protocols) == 1 else "")
    if slug not in protocols:
        raise SettingsError(f"PERENNIAL_IMAP_REVIEW: {slug!r} names no review; allowed: {', '.join(protocols) or 'none'}")
    mailbox = Mailbox(host=chosen.imap_host, port=chosen.imap_port, security=chosen.imap_security, user=chosen.imap_user,
                      password=chosen.imap_password.get_secret_value(), folder=chosen.imap_folder)
    return Alerts(mailbox, slug, timedelta(minutes=chosen.imap_minutes))


def _chosen(folders: Mapping[str, Path], names: str) -> Mapping[str, Path]:
    """Return the folders of the reviews that the settings name. Raises SettingsError for a name that is not there."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    missing = [name for name in wanted if name not in folders]
    if missing:
        raise SettingsError(f"PERENNIAL_REVIEWS: there is no review {missing[0]!r}; there are: {', '.join(folders) or 'none'}")
    return {name: folders[name] for name in wanted} if wanted else folders


def _require_parts(protocol: Protocol, sources: Mapping[str, Source | Watch]) -> None:
    """Raise ProtocolError if a protocol names a ranker or a source that is not here: nothing may be left out in silence."""
    if protocol.ranker.name not in classifiers.available():
        raise ProtocolError(f"{protocol.slug}, ranker.name: {protocol.ranker.name!r} is not here; allowed: {', '.join(classifiers.available())}")
    for plan in protocol.sources:
        if plan.kind == "api" and plan.name not in sources:
            raise ProtocolError(f"{protocol.slug}, source {plan.name!r}: there is no interface for it here; allowed: {', '.join(sources)}. "
                                "Make its kind \"file\", or its status \"planned\"")


def the_pubmed(chosen: settings.Settings) -> PubMed:
    """Return PubMed as these settings reach it: it is asked for a published review before there is a protocol."""
    return PubMed(_http(chosen, chosen.eutils_address), base_address=chosen.eutils_address, api_key=chosen.ncbi_api_key.get_secret_value(),
                  email=chosen.ncbi_email)


def _sources(chosen: settings.Settings, database: Database, clock: Clock) -> dict[str, Source | Watch]:
    """Return every source that has an interface and may be asked with these settings, by name. A new one is a line here."""
    pubmed = the_pubmed(chosen)
    found: list[Source | Watch] = [
        pubmed,
        PubMedNotices(pubmed, address=chosen.eutils_address),
        Crossref(_http(chosen, chosen.crossref_address), base_address=chosen.crossref_address, email=chosen.contact),
        _citations(chosen, database, clock),
        Preprints(_http(chosen, chosen.europepmc_address), base_address=chosen.europepmc_address, email=chosen.contact),
        ClinicalTrials(_http(chosen, chosen.clinicaltrials_address), base_address=chosen.clinicaltrials_address),
    ]
    if elsevier := chosen.elsevier_api_key.get_secret_value():
        found.append(Scopus(_http(chosen, chosen.elsevier_address), base_address=chosen.elsevier_address, api_key=elsevier,
                            token=chosen.elsevier_institution_token.get_secret_value()))
    return {one.name: one for one in found}


def _free_copies(chosen: settings.Settings) -> Unpaywall | None:
    """Return Unpaywall, which answers only those who leave an address."""
    if not chosen.contact:
        return None
    return Unpaywall(_http(chosen, chosen.unpaywall_address), base_address=chosen.unpaywall_address, email=chosen.contact)


def _citations(chosen: settings.Settings, database: Database, clock: Clock) -> Citations:
    """Return who follows citations. Free of charge are, by day, $1 with a key and $0.10 without (developers.openalex.org, 2026)."""
    key = chosen.openalex_api_key.get_secret_value()
    free = FREE_WITH_KEY_USD if key else FREE_USD
    daily_usd = free if chosen.openalex_daily_usd is None else chosen.openalex_daily_usd
    return Citations(
        _http(chosen, chosen.openalex_address), base_address=chosen.openalex_address, api_key=key,
        spend=daily_budget(database, service="openalex", daily_usd=daily_usd, clock=clock),
        fallback=EuropePmcCitations(_http(chosen, chosen.europepmc_address), base_address=chosen.europepmc_address))


def _archive(chosen: settings.Settings) -> Zenodo | None:
    token, address = chosen.zenodo_token.get_secret_value(), chosen.zenodo_address
    if not token:
        return None
    http = Http(allowed=(address,), proxy=chosen.proxy, ca_file=chosen.ca_file, timeout=UPLOAD_SECONDS)
    return Zenodo(http, address=address, token=token)


def _ping(chosen: settings.Settings) -> Callable[[], object] | None:
    """Return what asks for the address of a dead man's switch, None if none is set."""
    address = chosen.ping_address
    if not address:
        return None
    http = Http(allowed=(address,), proxy=chosen.proxy, ca_file=chosen.ca_file, tries=1, timeout=PING_SECONDS)
    return lambda: http.get(address, {})


def _http(chosen: settings.Settings, *addresses: str) -> Http:
    return Http(allowed=addresses, proxy=chosen.proxy, ca_file=chosen.ca_file)


def _transport(chosen: settings.Settings) -> Transport:
    if not chosen.smtp_host:
        return FolderTransport(chosen.mail_folder)
    return SmtpTransport(host=chosen.smtp_host, port=chosen.smtp_port, security=chosen.smtp_security, user=chosen.smtp_user,
                         password=chosen.smtp_password.get_secret_value())
