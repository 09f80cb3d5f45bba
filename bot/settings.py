"""The settings, read once from the environment (`PERENNIAL_…`) and, beside them, a file `.env` in PERENNIAL_HOME. Nothing else reads it."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import paths
from bot.errors import InvalidInputError, SettingsError
from bot.links import LinkKeys
from bot.mail.message import parse_address

PREFIX = "PERENNIAL_"
# Each may stand in a file instead, named by the same setting with _FILE behind it.
SECRETS = ("database", "proxy", "smtp_password", "imap_password", "ncbi_api_key", "openalex_api_key", "elsevier_api_key",
           "elsevier_institution_token")


def _web_address(text: str) -> str:
    if not WEB_ADDRESS.fullmatch(text):
        raise ValueError("must be an address like https://review.example.org")
    return text.rstrip("/")


def _database(text: str) -> str:
    if text and not DATABASE.fullmatch(text):
        raise ValueError("must be sqlite:///path/to/file or postgresql://user:password@host/name; empty: SQLite in the home")
    return text


def _mail_address(text: str) -> str:
    if text:
        try:
            parse_address(text)
        except InvalidInputError as error:
            raise ValueError(str(error)) from error
    return text


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be one line, and not empty")
    return text


WEB_ADDRESS = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[^\s/?#:@\[\]]+)(:[0-9]{1,5})?(/[^\s?#]*)?")
PROXY = re.compile(r"https?://([^\s/?#@]+@)?(\[[0-9a-fA-F:.]+\]|[^\s/?#:@\[\]]+)(:[0-9]{1,5})?/?")
DATABASE = re.compile(r"sqlite:///[^?#]+|postgresql(\+psycopg)?://\S+")
def _proxy_address(text: str) -> str:
    if text and not PROXY.fullmatch(text):
        raise ValueError("must be an address like http://proxy.example.org:3128, with user:password@ before the host if it asks for them")
    return text


def _existing_file(text: str) -> str:
    if text and not Path(text).expanduser().is_file():
        raise ValueError("must be the path of a file that exists")
    return str(Path(text).expanduser().absolute()) if text else ""


def _proxies(text: str) -> str:
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise ValueError(f"{one!r} is no address or network; allowed: 127.0.0.1, 10.0.0.0/8, with commas") from error
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
OptionalWebAddress = Annotated[str, AfterValidator(lambda text: _web_address(text) if text else "")]
ProxyAddress = Annotated[str, AfterValidator(_proxy_address)]
ExistingFile = Annotated[str, AfterValidator(_existing_file)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
OneLine = Annotated[str, AfterValidator(_one_line)]
Proxies = Annotated[str, AfterValidator(_proxies)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


class Settings(BaseSettings):
    """Everything that differs from one site to another. Unknown PERENNIAL_ settings are refused."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    home: Folder = Field(default_factory=paths.default_home, description="where the database, keys and people's own reviews lie")
    database: Annotated[str, AfterValidator(_database)] = Field(
        default="", repr=False, description="sqlite:///path or postgresql://user:password@host/name; empty: SQLite in the home")
    reviews: str = Field(default="", description="the reviews that this site runs, by name, with commas; empty: every one there is")
    address: WebAddress = Field(default="http://127.0.0.1:8000", description="the site's public address, as links in mails name it")
    site_name: OneLine = Field(default="Perennial", max_length=80)
    listen: OneLine = Field(default="127.0.0.1", description="the interface that the web server listens on")
    port: int = Field(default=8000, ge=0, le=65535)
    trusted_proxies: Proxies = Field(default="127.0.0.1,::1", description="addresses or networks, with commas, of the proxies in front: what "
                                     "they say of the client is believed")
    sender: MailAddress = Field(min_length=1, default="perennial@localhost.localdomain", description="the address that mails come from")
    operator: MailAddress = Field(default="", description="the address that is told of troubles, and when they are over; empty: nobody is")
    ping_address: OptionalWebAddress = Field(default="", description="an address that is asked for every few minutes while all is well, for a "
                                             "watch that says so when it is not")
    smtp_host: str = Field(default="", description="the mail server; empty: mails are put into a folder")
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    mail_per_minute: int = Field(default=0, ge=0, le=100_000, description="no more mails a minute than the mail server takes; 0: no limit")
    imap_host: str = Field(default="", description="the mail server with the mailbox for alerts; empty: none is read")
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    imap_user: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: OneLine = Field(default="INBOX", description="the folder of the mailbox that alerts arrive in")
    returns: MailAddress = Field(default="", description="the address of the mailbox for alerts: undeliverable mails come back to it, with "
                                 "+return-… before the @; empty: to the sender, unread by the program")
    imap_review: str = Field(default="", description="the review that the alerts are for, where there are several")
    imap_minutes: int = Field(default=10, ge=1, le=1440, description="how often the mailbox is looked into")
    ncbi_email: MailAddress = Field(default="", description="the address that NCBI may write to; E-utilities ask for one")
    ncbi_api_key: SecretStr = SecretStr("")
    eutils_address: WebAddress = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    clinicaltrials_address: WebAddress = "https://clinicaltrials.gov/api/v2"
    europepmc_address: WebAddress = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    openalex_address: WebAddress = "https://api.openalex.org"
    openalex_api_key: SecretStr = SecretStr("")
    openalex_daily_usd: float | None = Field(default=None, ge=0, le=1000, description="the most that a day may cost; empty: what is free")
    crossref_address: WebAddress = "https://api.crossref.org"
    unpaywall_address: WebAddress = "https://api.unpaywall.org/v2"
    elsevier_address: WebAddress = "https://api.elsevier.com"
    elsevier_api_key: SecretStr = Field(default=SecretStr(""), description="with it the source `scopus` can be searched")
    elsevier_institution_token: SecretStr = SecretStr("")
    zenodo_address: WebAddress = Field(default="https://zenodo.org/api", description="where bulletins are deposited; to try it: "
                                       "https://sandbox.zenodo.org/api")
    zenodo_token: SecretStr = Field(default=SecretStr(""), description="with it (scopes deposit:write and deposit:actions) bulletins can be "
                                    "deposited")
    contact_email: MailAddress = Field(default="", description="the address that sources may write to; empty: that for NCBI")
    proxy: ProxyAddress = Field(default="", repr=False, description="http://[user:password@]host:port of the proxy that leads to the sources")
    ca_file: ExistingFile = Field(default="", description="certificates (PEM) to trust in place of the usual ones, where a proxy brings its own")
    demo: bool = Field(default=False, description="set by ./perennial demo alone: every page and mail says that it is one")

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        if self.smtp_host and self.smtp_security == "none" and not is_loopback(self.smtp_host):
            raise ValueError("PERENNIAL_SMTP_SECURITY: none is for a mail server on this machine; allowed for another one: starttls, tls")
        if self.smtp_host and not is_loopback(self.smtp_host) and is_loopback(urlsplit(self.address).hostname or ""):
            raise ValueError("PERENNIAL_ADDRESS: mails would carry links to this machine; set it to the public address first")
        if self.imap_host and self.imap_security == "none" and not is_loopback(self.imap_host):
            raise ValueError("PERENNIAL_IMAP_SECURITY: none is for a mail server on this machine; allowed for another one: tls, starttls")
        if self.imap_host and not self.imap_user:
            raise ValueError("PERENNIAL_IMAP_USER: is missing, while PERENNIAL_IMAP_HOST names a mail server")
        if self.returns and not self.imap_host:
            raise ValueError("PERENNIAL_RETURNS: nobody reads what comes back there; set PERENNIAL_IMAP_HOST and its kin to that mailbox")
        return self

    @property
    def database_url(self) -> str:
        """The database's address."""
        return self.database or f"sqlite:///{self.home / 'perennial.sqlite'}"

    @property
    def contact(self) -> str:
        """The address that sources may write to, "" for none."""
        return self.contact_email or self.ncbi_email

    @property
    def mail_folder(self) -> Path:
        """Where mails are put as long as no mail server is set; in the demonstration, where its mail server keeps them."""
        return self.home / ("mailboxes" if self.demo else "mail")

    @property
    def shows_mail_on_web(self) -> bool:
        """Whether the web may show the mail folder: on loopback only."""
        return (self.demo or not self.smtp_host) and is_loopback(self.listen)

    def new_link_key(self) -> str:
        """Make a link key that new links are made with from the next start on, and return its name. The older ones keep old links alive."""
        current = self.link_keys().current
        number = current.rpartition("-")[2]
        if not number.isdigit():
            raise SettingsError(f"{self.home / 'keys' / current}.key: its name must end in a number, like link-0002.key")
        name = f"link-{int(number) + 1:04d}"
        _write_once(self.home / "keys" / f"{name}.key", secrets.token_bytes(32))
        return name

    def link_keys(self) -> LinkKeys:
        """Return the link keys in the home, made on first use. The file named last in order is the current one."""
        folder = self.home / "keys"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(f"PERENNIAL_HOME: cannot make {folder}: {error.strerror}. Name a folder that can be written") from error
        if not list(folder.glob("link-*.key")):
            _write_once(folder / "link-0001.key", secrets.token_bytes(32))
        keys = {path.stem: path.read_bytes() for path in sorted(folder.glob("link-*.key"))}
        short = [name for name, key in keys.items() if len(key) < 32]
        if short:
            raise SettingsError(f"{folder / short[0]}.key is shorter than 32 bytes; take it from your backup, or remove it: "
                                "then the links made with it end")
        return LinkKeys(current=max(keys), keys=keys)


def load(**given: Any) -> Settings:
    """Return the settings; `given` wins over the environment. Raises SettingsError with one sentence per fault."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    in_files = {PREFIX + name.upper() + "_FILE": name for name in SECRETS}
    others = {"PERENNIAL_PYTHON", "PERENNIAL_REQUIRE", *in_files}
    extra = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known | others)
    if extra:
        raise SettingsError(f"{extra[0]} is not a setting; allowed: {', '.join(sorted(known))}")
    for variable, name in in_files.items():
        if path := os.environ.get(variable):
            given.setdefault(name, _secret_in(variable, path))
    home = given.get("home") or Path(os.environ.get(PREFIX + "HOME") or paths.default_home())
    try:
        return Settings(_env_file=Path(home) / ".env", **given)  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(fault) for fault in error.errors())) from error


def _secret_in(variable: str, path: str) -> str:
    """Return what stands in the file of a secret, as container systems give them. Raises SettingsError."""
    if os.environ.get(variable.removesuffix("_FILE")):
        raise SettingsError(f"{variable}: {variable.removesuffix('_FILE')} is set as well; set one of the two")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}: {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    if host in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _sentence(fault: Any) -> str:
    says = str(fault["msg"]).removeprefix("Value error, ")
    if not fault["loc"]:
        return says
    # A name that stands in the file with its prefix is one that is not known.
    name = PREFIX + str(fault["loc"][0]).upper().removeprefix(PREFIX)
    return f"{name} is not a setting" if fault["type"] == "extra_forbidden" else f"{name}: {says}"


def _write_once(path: Path, content: bytes) -> None:
    """Write a new file that only we may read; whoever comes second keeps the first one's."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    try:
        os.link(half, path)
    except FileExistsError:
        return
    finally:
        half.unlink()
