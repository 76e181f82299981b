"""The environment of the operator: paths with `~`, addresses of this machine, proxies (HTTP_PROXY), and the locale."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def expand_path(path: str | Path) -> Path:
    """Return a path in which `~` or `~USER` at the beginning is replaced by the home directory."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises an error without a home directory


def is_yes(setting: object) -> bool:
    """Return whether a setting is switched on."""
    return str(setting).strip().lower() in ("1", "yes", "true", "on")


def data_dir(settings: Mapping[str, Any] | BaseSettings) -> Path:
    """Return the folder of AWARD_DATA_DIR."""
    return expand_path(settings["AWARD_DATA_DIR"])


def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address is that of this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_proxies(sandbox_url: str | None) -> None:
    """Raise InvalidSetting for a proxy that is not an HTTP proxy, unless there is a sandbox."""
    proxies = {} if sandbox_url else getproxies_environment()
    for scheme in ("http", "https", "all"):
        if proxy := proxies.get(scheme):
            _http_proxy(proxy, scheme)


def proxy_for(url: str, sandbox_url: str | None = "") -> str | None:
    """Return the HTTP proxy for a URL, or None. Nothing goes through a proxy while there is a sandbox.

    Raise InvalidSetting for any other kind of proxy.
    """
    # Imported here because every command imports this module, and few send requests.
    from requests.utils import get_environ_proxies, select_proxy

    proxy = None if sandbox_url else select_proxy(url, get_environ_proxies(url))
    return _http_proxy(proxy, urlsplit(url).scheme) if proxy else None


def browser_proxy(sandbox_url: str | None) -> dict[str, str] | None:
    """Return Playwright's option `proxy` for a browser, or None. A browser has one proxy; that of HTTPS comes first.

    Raise InvalidSetting for a proxy that is not an HTTP proxy.
    """
    proxies = {} if sandbox_url else getproxies_environment()
    scheme = next((scheme for scheme in ("https", "http", "all") if proxies.get(scheme)), None)
    if scheme is None:
        return None
    bypassed = [host.lstrip(".") for host in re.split(r"[\s,]+", proxies.get("no", "")) if host.strip(".")]
    if "*" in bypassed:
        return None
    url = urlsplit(_http_proxy(proxies[scheme], scheme))
    option = {"server": f"http://{url.netloc.rpartition('@')[2]}"}
    if bypassed:
        option["bypass"] = ",".join(pattern for host in bypassed for pattern in (host, f".{host}"))
    if url.username:
        option |= {"username": unquote(url.username), "password": unquote(url.password or "")}
    return option


def proxy_hosts() -> frozenset[str]:
    """Return the hosts of all proxies."""
    proxies = [proxy for scheme, proxy in getproxies_environment().items() if scheme != "no"]
    hosts = (urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname for proxy in proxies)
    return frozenset(filter(None, hosts))


def bypass_proxies(hosts: Iterable[str]) -> None:
    """Add hosts to NO_PROXY of this process, for libraries that read the environment themselves."""
    known = [host for host in re.split(r"[\s,]+", getproxies_environment().get("no", "")) if host]
    added = [host for host in sorted(hosts) if host not in known]
    if added:
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join([*known, *added])


def _http_proxy(proxy: str, scheme: str) -> str:
    """Return the URL of a proxy; one without a scheme is an HTTP proxy."""
    url, name = proxy if "://" in proxy else f"http://{proxy}", f"{scheme.upper()}_PROXY"
    try:
        parts = urlsplit(url)
        is_valid = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:  # the message does not quote the value, which may contain a password
        raise InvalidSetting(f"{name} is not a valid address; write http://HOST:PORT")
    if parts.scheme != "http":
        raise InvalidSetting(f"{name}: {parts.scheme} is not supported; use a proxy with http://")
    return url


def default_locale(settings: Mapping[str, Any]) -> str:
    """Return the locale of texts for which nobody chose another one, that of AWARD_LOCALE."""
    return str(settings.get("AWARD_LOCALE") or "en")
