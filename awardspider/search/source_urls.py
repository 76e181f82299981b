"""Check the URLs of sources of announcements: those that the operator adds, and those to which a site redirects."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from awardspider.outcomes import InvalidArgument

MOST_CHARACTERS = 2_000

#: Names of hosts that are not on the internet end with these labels (RFC 6761, RFC 6762, RFC 8375, RFC 9476, ICANN).
_PRIVATE_SUFFIXES = ("localhost", "local", "lan", "internal", "intranet", "home.arpa", "corp", "home", "alt")


def check_source_url(url: str, *, allows_private: bool = False) -> str:
    """Return a URL without its fragment. Raise InvalidArgument unless it is a public HTTP or HTTPS URL.

    `allows_private` allows hosts in private networks, for the sandbox, which receives all requests itself.
    """
    text = url.strip().partition("#")[0]
    shown = text if len(text) <= 100 else f"{text[:100]}…"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # an invalid port or IPv6 address
        host, port = "", 0
    if not host or port == 0 or any(character.isspace() or not character.isprintable() for character in text):
        raise InvalidArgument(f"{shown!r} is not a URL such as https://blog.example/feed/")
    if parts.scheme not in ("http", "https"):
        raise InvalidArgument(f"{shown!r} must start with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise InvalidArgument(f"the URL at {host} must not contain a user name or password")
    if len(text) > MOST_CHARACTERS:
        raise InvalidArgument(f"the URL at {host} is longer than {MOST_CHARACTERS:,} characters")
    if not allows_private and _is_private(host):
        raise InvalidArgument(f"{host} is not a public host")
    return text


def _is_private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        name = host.rstrip(".")
        last = name.rpartition(".")[2]
        if last.isdecimal() or last.startswith("0x"):  # other notations of addresses, such as 127.1
            return True
        return "." not in name or any(name == suffix or name.endswith(f".{suffix}") for suffix in _PRIVATE_SUFFIXES)
    return not address.is_global or address.is_multicast
