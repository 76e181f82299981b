"""The addresses that webhooks may post to: public ones, and private ones that the operator allows.

An address is checked when a channel is saved and again before each connection. The connection goes to the IP address
that was checked, which prevents DNS rebinding.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import requests

from awardspider.outcomes import InvalidArgument

# Networks that are not on the internet, although `is_global` accepts them in some versions of Python: cloud metadata
# services, reserved or formerly local ranges, and prefixes of old tunnels, which can lead anywhere.
_PRIVATE_NETWORKS = (
    ip_network("168.63.129.16/32"),
    ip_network("192.0.0.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("2002::/16"),
    ip_network("2001::/32"),
    ip_network("3fff::/20"),
    ip_network("fec0::/10"),
    ip_network("64:ff9b:1::/48"),
)
_NAT64 = ip_network("64:ff9b::/96")  # the last four bytes are an IPv4 address

_CHECK_SECONDS = 5.0  # time to resolve a name when a channel is saved or opened


@dataclass(frozen=True, slots=True)
class Address:
    """An address that passed every check that needs no DNS lookup."""

    #: The URL exactly as it will be requested.
    url: str = field(repr=False)
    #: Lowercase ASCII, without brackets or a final dot.
    host: str
    port: int
    #: True if the operator allows this host even if it is in a private network.
    private_allowed: bool


def parse_allowed_hosts(setting: str) -> frozenset[str]:
    """Parse AWARD_ALLOW_PRIVATE_HOSTS: host names separated by spaces or commas."""
    return frozenset(_normalize(host) for host in re.split(r"[\s,]+", setting) if host)


def parse_webhook_url(text: str, allowed: frozenset[str]) -> Address:
    """Parse the address of a webhook. Raise InvalidArgument with a message that shows only the host.

    Only `https` on port 443 or a port above 1023 is valid; hosts in `allowed` may also use `http` and any port.
    """
    # URL parsers disagree about backslashes, spaces and control characters.
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise InvalidArgument("a webhook address must not contain spaces or backslashes")
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise InvalidArgument("a webhook address must begin with https://")
    try:
        url = requests.Request("POST", text).prepare().url or ""
        parts = urlsplit(url)
        host, port = _normalize(parts.hostname or ""), parts.port
    except (requests.RequestException, ValueError):
        raise InvalidArgument("invalid webhook address; write https://HOST/PATH") from None
    if not host:
        raise InvalidArgument("the webhook address has no host; write https://HOST/PATH")
    if "@" in parts.netloc:
        raise InvalidArgument(f"the address at {host} contains a user name or password; use a header option instead")
    private_allowed = host in allowed
    if parts.scheme != "https" and not private_allowed:
        raise InvalidArgument(f"the address at {host} must use https, unless AWARD_ALLOW_PRIVATE_HOSTS names the host")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    if port < 1024 and port != 443 and not private_allowed:
        raise InvalidArgument(f"the address at {host} has port {port}; use 443 or a port above 1023")
    return Address(url, host, port, private_allowed)


def check_public(address: Address) -> None:
    """Raise InvalidArgument if the host of an address is in a private network.

    A host name that does not resolve is accepted: the failure may be temporary, and each connection checks again.
    """
    if address.private_allowed:
        return
    try:
        found = resolve_host(address.host, address.port, _CHECK_SECONDS)
    except OSError:
        return
    if private := first_private(found):
        raise InvalidArgument(private_address_error(address.host, private))


def private_address_error(host: str, address: str) -> str:
    """Return the error message for a host with a private IP address."""
    name = host if host == address else f"{host} ({address})"
    return f"{name} is not a public address; AWARD_ALLOW_PRIVATE_HOSTS can allow the host"


def resolve_host(host: str, port: int, seconds: float) -> list[str]:
    """Resolve a host name, or an IP address in any notation, to IP addresses in the system's order.

    Raise OSError if resolution fails, and TimeoutError (an OSError) after `seconds`.
    """
    results: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put(list(dict.fromkeys(str(info[4][0]) for info in found)))
        except OSError as error:
            results.put(error)
        except UnicodeError:  # a label that is too long
            results.put(socket.gaierror(socket.EAI_NONAME, "no such name"))

    # In a thread, because the system's timeout can be a minute.
    threading.Thread(target=resolve, name="awardspider name resolution", daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the DNS server did not respond in time") from None
    if isinstance(result, OSError):
        raise result
    return result


def first_private(addresses: Sequence[str]) -> str | None:
    """Return the first IP address that is not on the public internet, or None."""
    return next((address for address in addresses if not is_public(address)), None)


def is_public(text: str) -> bool:
    """Return True if an IP address from `resolve_host` is on the public internet."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return False
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = IPv4Address(address.packed[-4:])
    private = any(address.version == network.version and address in network for network in _PRIVATE_NETWORKS)
    return address.is_global and not address.is_multicast and not address.is_reserved and not private


def _normalize(host: str) -> str:
    return host.lower().strip("[]").rstrip(".")
