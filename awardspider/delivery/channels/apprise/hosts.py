"""The hosts that an Apprise service connects to, taken from the service and not from the text of its address."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from awardspider.delivery.channels.addresses import Address, check_public
from awardspider.outcomes import InvalidArgument

if TYPE_CHECKING:
    from apprise import NotifyBase

# Attributes of services that become a connection: `host`, `smtp_host`, `relays`, `blossom`, `api_url` and so on. URLs
# that the recipient opens, such as `avatar_url`, are not among them.
_CONNECTED = re.compile(
    r"(\w+_)?(host(name)?|server|relay|blossom|smtp|gateway|endpoint)s?|(api|base|notify|server)_urls?"
)
# Modes in which a service has a fixed host, and a topic or token in place of the host.
_FIXED_HOST_MODES = frozenset({"cloud", "official", "t2bot"})

_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")


def check_hosts(service: NotifyBase, allowed: frozenset[str]) -> None:
    """Raise InvalidArgument if a service would connect to a private host that is not in `allowed`.

    A host that cannot be parsed is refused too. The hosts of most services are fixed; they have a token in place of the
    host, which a DNS lookup would expose.
    """
    for text in _hosts(service):
        host = _parse_host(text)
        check_public(Address(url="", host=host, port=443, private_allowed=host in allowed))


def _hosts(service: NotifyBase) -> Iterator[str]:
    """Yield the hosts and URLs in the attributes of a service."""
    for name, value in vars(service).items():
        if not _CONNECTED.fullmatch(name) or (name == "host" and not _has_own_host(service)):
            continue
        for text in value if isinstance(value, list | tuple | set) else (value,):
            if isinstance(text, str) and text:
                yield text


def _has_own_host(service: NotifyBase) -> bool:
    return "host" in service.template_tokens and str(getattr(service, "mode", "")) not in _FIXED_HOST_MODES


def _parse_host(text: str) -> str:
    """Return the host of a URL, or a host as it is. Raise InvalidArgument if it is neither."""
    try:
        host = (urlsplit(text).hostname or "") if "://" in text else text
    except ValueError:
        host = ""
    host = host.lower().rstrip(".")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in bare:
        with contextlib.suppress(ValueError):
            return str(IPv6Address(bare))
    elif _HOST_NAME.fullmatch(host):
        return host
    raise InvalidArgument("the address contains an invalid host; write only a host name or an IP address")
