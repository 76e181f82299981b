"""Apprise services: created from the address of a channel, configured to send once and not to read files."""

from __future__ import annotations

import re
import warnings
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from awardspider.outcomes import InvalidArgument

with warnings.catch_warnings():  # Apprise imports a module that Python 3.13 removed, but works without it
    warnings.simplefilter("ignore", DeprecationWarning)
    from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyBase, OverflowMode
    from apprise.manager_plugins import NotificationManager
    from apprise.plugins.telegram import NotifyTelegram, TelegramMarkdownVersion
    from apprise.utils.parse import parse_urls

    _SERVICES = NotificationManager()  # type: ignore[no-untyped-call]  # much of Apprise is untyped
    _SERVICES.load_modules()  # type: ignore[no-untyped-call]

# Services that only show something on this machine or write to its log.
_LOCAL = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})

# Services and options that make Apprise read files while it creates the service, so they are rejected before that.
# The files of other services are attributes, which are checked after the service is created.
_FILE_SERVICES = frozenset({"vapid"})
_FILE_OPTIONS = frozenset({"keyfile", "subfile", "pgp", "pgpprv", "pgppub"})

#: The only services that the sandbox simulates.
SANDBOX_SERVICES = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 20.0


def create_service(address: str) -> NotifyBase:
    """Return the service for an address, configured to send once and not to follow redirects.

    Raise InvalidArgument for an invalid address, with a message that quotes only the scheme.
    """
    address = address.strip()
    scheme = address_scheme(address)
    several = "a channel has one recipient of one service; add a channel for each recipient"
    if len(parse_urls(address)) > 1:  # type: ignore[no-untyped-call]
        raise InvalidArgument(several)
    if scheme in _LOCAL:
        raise InvalidArgument(f"{scheme}:// only notifies on this machine; use a service that reaches a person")
    options = address_options(address)
    reads_files = f"this {scheme}:// address makes Apprise read files, which is not allowed"
    if scheme in _FILE_SERVICES or _FILE_OPTIONS & options.keys():
        raise InvalidArgument(reads_files)
    asset = AppriseAsset(
        app_id="awardspider",
        app_desc="Award fares and promotions with miles",
        app_url="",
        image_url_mask="",  # none of Apprise's images
        image_url_logo="",
        storage_mode="memory",
        async_mode=False,
        service_timeout=0,  # Apprise's own timeout leaves threads behind
        http_redirects=False,
        interpret_emojis=False,  # `:sa:` in a name is not an emoji
        allow_templates=False,
        secure_logging=True,
    )
    service = Apprise.instantiate(address, asset=asset)
    if service is None:
        raise InvalidArgument(_address_error(scheme))
    if any(isinstance(value, AppriseAttachment) and len(value) for value in vars(service).values()):
        raise InvalidArgument(reads_files)
    # Override the options of the address: the outbox retries, failures are reported, redirects are not followed.
    service.retry, service.optional, service.redirects = 0, False, False
    if len(service) > 1:
        raise InvalidArgument(several)
    if isinstance(service, NotifyTelegram) and "mdv" not in options:
        service.markdown_ver = TelegramMarkdownVersion.TWO  # version 1 cannot escape * and _ in bold text
    service.overflow_mode = OverflowMode.UPSTREAM
    service.socket_connect_timeout, service.socket_read_timeout = _CONNECT_SECONDS, _READ_SECONDS
    return service


def _address_error(scheme: str) -> str:
    """Explain why Apprise cannot create a service for an address."""
    if scheme in ("http", "https"):
        return "Apprise has no service for this web address; for an address that accepts JSON use kind webhook"
    if scheme not in _SERVICES:
        return f"Apprise has no service {scheme}://; docs/channels.md has examples"
    service = _SERVICES[scheme]
    if not service.enabled:
        needed = service.requirements.get("packages_required") or "a program that this system does not have"
        return f"{scheme}:// needs {needed if isinstance(needed, str) else ', '.join(needed)}"
    forms = " or ".join(form.replace("{schema}", scheme) for form in service.templates[:2])
    return f"invalid or incomplete {scheme}:// address; write {forms}"


def address_scheme(address: str) -> str:
    """Return the scheme of an address, which names its service. Raise InvalidArgument for an address without one."""
    scheme, _, rest = address.strip().partition("://")
    if not rest or not re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", scheme.lower()):
        raise InvalidArgument("an address of kind apprise must begin with a service, such as tgram:// or mailtos://")
    return scheme.lower()


def address_options(address: str) -> dict[str, str]:
    """Parse the query of an address. `#` does not begin a fragment, because Apprise allows it in room names."""
    return {name.lower(): value for name, value in parse_qsl(address.partition("?")[2], keep_blank_values=True)}


def sandbox_address(address: str, sandbox_url: str) -> str:
    """Return the address to use in the sandbox: the sandbox's host, with the real host as first path segment."""
    if not sandbox_url or address_scheme(address) not in SANDBOX_SERVICES:
        return address
    url, sandbox = urlsplit(address.strip()), urlsplit(sandbox_url)
    scheme = url.scheme.lower().removesuffix("s") + ("s" if sandbox.scheme == "https" else "")
    user, at, _ = url.netloc.rpartition("@")
    path = f"{sandbox.path.rstrip('/')}/{url.hostname}{url.path}"
    return urlunsplit((scheme, f"{user}{at}{sandbox.netloc}", path, url.query, url.fragment))
