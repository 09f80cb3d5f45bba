"""Look a site over before its readers do: settings, folder, database, mail server, sources, clock; name the mends. Changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import requests

from bot import paths
from bot.errors import MailError, PerennialError
from bot.mail.dns import TextRecords, name_servers, text_records
from bot.mail.smtp import SmtpTransport
from bot.settings import Settings, is_loopback
from bot.steps.keeping.thin_out import backups
from db import outbox, schema
from db.session import Database

OK, WARN, BAD = "ok", "warn", "bad"
LEAST_FREE = 1_000_000_000
LONGEST_WITHOUT_BACKUP_DAYS = 2
MOST_CLOCK_SECONDS = 60
ASK_SECONDS = 10
# A small answer of each source; the address of its setting stands in front.
SOURCES = {
    "PubMed": ("eutils_address", "/einfo.fcgi"), "ClinicalTrials.gov": ("clinicaltrials_address", "/version"),
    "Europe PMC": ("europepmc_address", "/fields?format=json"), "OpenAlex": ("openalex_address", "/works?per-page=1&select=id"),
    "Crossref": ("crossref_address", "/works?rows=0"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look showed. state: ok, warn or bad; mend: what to do, empty where nothing is."""

    what: str
    state: str
    says: str
    mend: str = ""

    @property
    def line(self) -> str:
        """The finding as a line."""
        return f"{self.state.upper():4}  {self.what}: {self.says}" + (f". {self.mend}" if self.mend else "")


def examine(settings: Settings, *, offline: bool, now: Callable[[], float] = time.time) -> list[Finding]:
    """Return every finding, in the order in which one would mend them. offline: ask neither the mail server nor the sources."""
    found = [*_address(settings), *_home(settings), *_database(settings, now)]
    if not offline:
        found += [*_mail(settings), *_sources(settings, now)]
    return found


def _address(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.address)
    if is_loopback(parts.hostname or ""):
        yield Finding("public address", WARN, f"{settings.address} is this machine alone", "For readers elsewhere set PERENNIAL_ADDRESS=https://…")
    elif parts.scheme != "https":
        yield Finding("public address", BAD, f"{settings.address} is not encrypted, and links in mails are keys",
                      "Put a proxy with TLS in front (deploy/Caddyfile) and set PERENNIAL_ADDRESS=https://…")
    else:
        yield Finding("public address", OK, settings.address)
    if not settings.contact:
        yield Finding("contact", WARN, "no address that sources may write to", "Set PERENNIAL_NCBI_EMAIL; NCBI asks for one")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    if not home.is_dir():
        yield Finding("folder", WARN, f"{home} is not there yet", "The first command that needs it makes it")
        return
    free = shutil.disk_usage(home).free
    yield Finding("disk", OK if free >= LEAST_FREE else BAD, f"{free / 1e9:.1f} GB free in {home}",
                  "" if free >= LEAST_FREE else "Free at least 1 GB: a full disk stops the site")
    try:
        (home / ".doctor").touch()
        (home / ".doctor").unlink()
    except OSError as error:
        yield Finding("folder", BAD, f"{home} cannot be written: {error.strerror}", "Run as the user that owns it, or set PERENNIAL_HOME")
    open_to_others = [path for path in _secrets(home) if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    for path in open_to_others:
        yield Finding("permissions", BAD, f"others on this machine may read {path}", f"chmod 600 '{path}'")
    if not open_to_others:
        yield Finding("permissions", OK, "keys, settings and database are their owner's alone")


def _secrets(home: Path) -> list[Path]:
    named = [home / ".env", home / "perennial.sqlite", *sorted((home / "keys").glob("*"))]
    return [path for path in named if path.is_file()]


def _database(settings: Settings, now: Callable[[], float]) -> Iterator[Finding]:
    database = Database(settings.database_url)
    try:
        have, need = schema.revision(database), schema.newest(paths.migrations())
        if have != need:
            yield Finding("database", WARN if have is None else BAD, f"its schema is at {have or 'nothing'}, this version needs {need}",
                          "Run:  perennial migrate")
            return
        host = database.url.host or ""
        if host and not is_loopback(host) and database.url.query.get("sslmode") != "verify-full":
            yield Finding("database", WARN, f"what goes to {host} may be read or changed on its way",
                          "On a network that others share, add to PERENNIAL_DATABASE:  ?sslmode=verify-full")
        broken = schema.integrity(database)
        yield Finding("database", BAD if broken else OK, broken or f"{'SQLite' if database.is_sqlite else 'Postgres'}, schema {have}, whole",
                      "Stop the site and restore the newest backup into an empty home" if broken else "")
        with database.reading() as session:
            counts, held = outbox.counts(session), outbox.held(session)
        if held:
            yield Finding("mails", WARN, f"held back: {held}", "Let them go with:  perennial mail release")
        for state in ("unsure", "failed"):
            if counts[state]:
                yield Finding("mails", WARN, f"{counts[state]} {state}", "See them with:  perennial mail unsure")
        yield from _backups(settings.home / "backups", now)
    except PerennialError as error:
        yield Finding("database", BAD, str(error))
    finally:
        database.close()


def _backups(folder: Path, now: Callable[[], float]) -> Iterator[Finding]:
    found = backups(folder)
    age = (now() - found[-1].stat().st_mtime) / 86400 if found else None
    if age is None:
        yield Finding("backup", WARN, f"none in {folder}", "Make one:  perennial backup   (every night: deploy/perennial-backup.timer)")
    elif age > LONGEST_WITHOUT_BACKUP_DAYS:
        yield Finding("backup", WARN, f"the newest is {age:.0f} days old", "See why the timer does not run:  systemctl status perennial-backup")
    else:
        yield Finding("backup", OK, f"{found[-1].name}")


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield Finding("mail", WARN, f"no mail server is set; mails are put into {settings.mail_folder}", "Set PERENNIAL_SMTP_HOST")
        return
    transport = SmtpTransport(host=settings.smtp_host, port=settings.smtp_port, security=settings.smtp_security, user=settings.smtp_user,
                              password=settings.smtp_password.get_secret_value(), timeout=ASK_SECONDS)
    try:
        transport.connect()
    except MailError as error:
        yield Finding("mail", BAD, str(error), "Look at PERENNIAL_SMTP_HOST, _PORT, _SECURITY, _USER and _PASSWORD")
    else:
        yield Finding("mail", OK, f"{settings.smtp_host}:{settings.smtp_port} lets us in; nothing was sent")
    finally:
        transport.close()
    domain = settings.sender.rpartition("@")[2]
    if "." not in domain or domain.endswith(".localdomain"):
        yield Finding("mail", WARN, f"mails come from {settings.sender}", "Set PERENNIAL_SENDER to an address of a domain of yours")
        return
    yield from domain_says(domain, lambda name: text_records(name, servers=name_servers()))


def domain_says(domain: str, ask: Callable[[str], TextRecords | None]) -> Iterator[Finding]:
    """Return what a domain says of who may send its mails: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489). ask: for TXT records."""
    own = ask(domain)
    if own is None:
        yield Finding("SPF, DKIM, DMARC", WARN, f"no name server answers for {domain}",
                      f"See yourself:  dig TXT {domain}  and  dig TXT _dmarc.{domain}")
        return
    senders = [text for text in own.texts if text.lower().split(" ")[0] == "v=spf1"]
    if len(senders) == 1:
        everybody = "+all" in senders[0].lower().split()
        yield Finding("SPF", BAD if everybody else OK, f"{domain}: {senders[0]}",
                      "Everybody may send: end it in -all or ~all" if everybody else "")
    else:
        yield Finding("SPF", BAD, f"{domain} has {len(senders)} SPF records; must be one",
                      "Name the mail server in one TXT record:  v=spf1 … -all")
    keys = ask(f"_domainkey.{domain}")
    signs = keys is not None and keys.exists
    yield Finding("DKIM", OK if signs else WARN, f"{domain}: {'there is a key' if signs else 'there is no key'} below _domainkey.{domain}",
                  "" if signs else "Let the mail server sign, and publish its key")
    found = ask(f"_dmarc.{domain}")
    policies = [text for text in (found.texts if found else ()) if text.lower().replace(" ", "").startswith("v=dmarc1")]
    yield Finding("DMARC", OK if len(policies) == 1 else WARN, f"{domain}: {policies[0] if len(policies) == 1 else f'{len(policies)} records'}",
                  "" if len(policies) == 1 else f"Publish one TXT record at _dmarc.{domain}:  v=DMARC1; p=quarantine")


def _sources(settings: Settings, now: Callable[[], float]) -> Iterator[Finding]:
    clocks = []
    ignored = next((name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") if os.environ.get(name)), "")
    if ignored and not settings.proxy:
        yield Finding("proxy", WARN, f"{ignored} is set in the environment, which is not read",
                      f"If it leads to the sources:  PERENNIAL_PROXY=${ignored}")
    # As the searches ask: by the settings alone.
    asking = requests.Session()
    asking.trust_env = False
    for name, (setting, path) in SOURCES.items():
        address = getattr(settings, setting)
        try:
            answer = asking.get(f"{address}{path}", timeout=ASK_SECONDS, headers={"User-Agent": "Perennial (doctor)"},
                                  proxies={"http": settings.proxy, "https": settings.proxy} if settings.proxy else None,
                                  verify=settings.ca_file or True)
        except requests.RequestException as error:
            yield Finding(name, BAD, f"cannot be reached ({type(error).__name__})", "Is there a network, or a proxy?  PERENNIAL_PROXY")
            continue
        yield Finding(name, OK if answer.ok else WARN, f"answers {answer.status_code}", "" if answer.ok else "Try again in an hour")
        if "date" in answer.headers:
            clocks.append(now() - parsedate_to_datetime(answer.headers["date"]).timestamp())
    if clocks:
        off = min(clocks, key=abs)
        yield Finding("clock", OK if abs(off) <= MOST_CLOCK_SECONDS else BAD, f"{abs(off):.0f} s from the sources' own",
                      "" if abs(off) <= MOST_CLOCK_SECONDS else "Let the machine keep time:  timedatectl set-ntp true")
