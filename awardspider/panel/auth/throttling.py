"""The limits of attempts to sign in, by account and by address."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awardspider.panel.auth.signing import signature
from awardspider.storage.accounts import normalized_name

#: The failures from which on each causes a pause. Several people can share an address.
ACCOUNT_FAILURES = 5
ADDRESS_FAILURES = 20

_IPV6_NETWORK_BITS = 64  # a provider gives each customer at least this many addresses


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects by which an attempt to sign in is counted."""

    account: str
    address: str

    @property
    def limits(self) -> Mapping[str, int]:
        """Return the limit of each subject."""
        return {self.account: ACCOUNT_FAILURES, self.address: ADDRESS_FAILURES}


def subjects_of(data_dir: Path, name: str, address: str) -> Subjects:
    """Return the subjects of an attempt. The name is stored as a digest: it may be a password in the wrong field."""
    return Subjects(account_subject(data_dir, name), f"address:{_network(address)}")


def account_subject(data_dir: Path, name: str) -> str:
    """Return the subject of an account name, of which there need not be an account."""
    return f"account:{signature(data_dir, 'account', normalized_name(name))}"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if isinstance(mapped, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((mapped, _IPV6_NETWORK_BITS), strict=False))
    return str(mapped)
