"""Where webhooks may go: never into private networks, unless the operator allows the host.

Checked twice: when a channel is saved, and again for each connection, which is made to the very address that was
checked (posting.py), so that a name cannot point elsewhere in between.
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

# Global by their number, in some versions of Python, and yet no place on the internet: the agents of cloud machines,
# what is reserved or was once local, and the prefixes of old tunnels, which can lead anywhere.
_NEVER = (
    ip_network("168.63.129.16/32"),
    ip_network("192.0.0.0/24"),
    ip_network("192.88.99.0/24"),
    ip_network("2002::/16"),
    ip_network("2001::/32"),
    ip_network("3fff::/20"),
    ip_network("fec0::/10"),
    ip_network("64:ff9b:1::/48"),
)
_NAT64 = ip_network("64:ff9b::/96")  # the last four bytes are the IPv4 address that is meant

_SAVE_SECONDS = 5.0  # to look a name up when a channel is saved or opened


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be posted to, as far as can be seen without looking its name up.

    `url` is as it will be sent, `host` in lower case (of another script: in its ASCII form), without brackets and final
    dot. `private_allowed` says that the operator allows this host to be in a private network.
    """

    url: str = field(repr=False)
    host: str
    port: int
    private_allowed: bool


def allowed_hosts(setting: str) -> frozenset[str]:
    """The hosts of AWARD_ALLOW_PRIVATE_HOSTS, with blanks or commas between."""
    return frozenset(_plain(host) for host in re.split(r"[\s,]+", setting) if host)


def read_address(text: str, allowed: frozenset[str]) -> Address:
    """The address of a webhook. Raises BadArgument, without showing more of it than the host, for one that cannot be.

    `https` only, at port 443 or above 1023; a host that is allowed may also have `http` and any port.
    """
    # Backslashes, blanks and control characters are read differently by different programs.
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise InvalidArgument("a webhook's address has no blanks and no backslashes")
    if not re.match(r"https?://", text, re.IGNORECASE):
        raise InvalidArgument("a webhook's address begins with https://")
    try:
        url = requests.Request("POST", text).prepare().url or ""
        parts = urlsplit(url)
        host, port = _plain(parts.hostname or ""), parts.port
    except (requests.RequestException, ValueError):
        raise InvalidArgument("this is not an address of a webhook; write https://HOST/PATH") from None
    if not host:
        raise InvalidArgument("a webhook's address names a host: https://HOST/PATH")
    if "@" in parts.netloc:
        raise InvalidArgument(f"the address at {host} holds a user name or password; give a header instead")
    private_allowed = host in allowed
    if parts.scheme != "https" and not private_allowed:
        raise InvalidArgument(
            f"the address at {host} is not https; http is for hosts that AWARD_ALLOW_PRIVATE_HOSTS names"
        )
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    if port < 1024 and port != 443 and not private_allowed:
        raise InvalidArgument(f"the address at {host} has port {port}; webhooks go to 443 or above 1023")
    return Address(url, host, port, private_allowed)


def check_public(address: Address) -> None:
    """Raise BadArgument where the host of an address is in a private network.

    A name that cannot be looked up now is let through: that may pass, and each connection checks again.
    """
    if address.private_allowed:
        return
    try:
        found = look_up(address.host, address.port, _SAVE_SECONDS)
    except OSError:
        return
    if bad := first_private(found):
        raise InvalidArgument(not_public(address.host, bad))


def not_public(host: str, address: str) -> str:
    """The sentence for a host that leads to a private address."""
    where = "is" if host == address else f"leads to {address},"
    return f"{host} {where} no public address; the operator can allow the host with AWARD_ALLOW_PRIVATE_HOSTS"


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """The IP addresses of a host name, or of an address in any spelling, in the system's order of preference.

    Raises OSError where there are none, TimeoutError (an OSError) where that is not known within `seconds`.
    """
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except OSError as error:
            answers.put(error)
        except UnicodeError:  # a label that is too long
            answers.put(socket.gaierror(socket.EAI_NONAME, "no such name"))

    # In a thread, because the system's own time-out can be a minute.
    threading.Thread(target=ask, name="awardspider name lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the name server did not answer in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def first_private(addresses: Sequence[str]) -> str | None:
    """The first that is not on the public internet; None where all are."""
    return next((address for address in addresses if not is_public(address)), None)


def is_public(text: str) -> bool:
    """Whether an IP address, as `look_up` gives it, is on the public internet."""
    address: IPv4Address | IPv6Address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id:
            return False
        if address.ipv4_mapped:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = IPv4Address(address.packed[-4:])
    refused = any(address.version == network.version and address in network for network in _NEVER)
    return address.is_global and not address.is_multicast and not address.is_reserved and not refused


def _plain(host: str) -> str:
    return host.lower().strip("[]").rstrip(".")
