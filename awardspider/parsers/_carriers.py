"""Operating carriers named in a text, such as `Operated by SkyWest Airlines as Alaska SkyWest`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from awardspider.parsers._collector import Collector

# Codes keyed by a pattern that the operator's name begins with. A regional airline's name can be combined with that of
# the airline for which it flies.
OPERATORS = {
    "(?:alaska ?)?skywest": "OO",
    "(?:alaska ?)?horizon": "QX",
    "envoy": "MQ",
    "psa airlines": "OH",
    "piedmont": "PT",
    "republic air(?:ways|lines)?": "YX",
    "mesa air(?:lines)?": "YV",
    "air wisconsin": "ZW",
    "alaska(?: airlines|[^a-z]*$)": "AS",  # not Alaska Seaplanes
    "american(?: airlines|[^a-z]*$)": "AA",  # not American Eagle, which several regional airlines operate
    "hawaiian(?: airlines|[^a-z]*$)": "HA",
    "iberia express": "I2",
    "british airways": "BA",
    "iberia": "IB",
    "finnair": "AY",
    "aer lingus": "EI",
    "japan airlines": "JL",
    "qantas": "QF",
    "qatar airways": "QR",
    "cathay pacific": "CX",
    "royal jordanian": "RJ",
    "royal air maroc": "AT",
    "malaysia airlines": "MH",
    "srilankan": "UL",
    "fiji airways": "FJ",
    "etihad": "EY",
    "oman air": "WY",
    "gol": "G3",
    "korean air": "KE",
    "singapore airlines": "SQ",
    "starlux": "JX",
    "philippine airlines": "PR",
    "icelandair": "FI",
    "condor": "DE",
    "porter": "PD",
    "air tahiti nui": "TN",
    "bahamasair": "UP",
    "cape air": "9K",
}

_PATTERNS = [(re.compile(rf"{name}(?![a-z])"), code) for name, code in OPERATORS.items()]
_BEFORE_NAME = re.compile(r"(?:.*\boperated\s+by\b)?[^a-z]*", re.DOTALL)


def operating_carrier(disclosure: object, marketing_carrier: str) -> str | None:
    """Return the code of the operating carrier named in a text, or the marketing carrier if the text is empty."""
    if isinstance(disclosure, str):
        return _code(disclosure) if disclosure.strip() else marketing_carrier
    return None


def warn_unknown_carriers(disclosures: Iterable[object], offers: Collector) -> None:
    """Warn about each text that names no known carrier."""
    for disclosure in disclosures:
        if isinstance(disclosure, str) and disclosure.strip() and _code(disclosure) is None:
            offers.warn("operationalDisclosure", disclosure)


@lru_cache(maxsize=1024)
def _code(disclosure: str) -> str | None:
    """Return the code of the carrier that a text begins with; the name of another carrier or a remark may follow."""
    name = _BEFORE_NAME.sub("", " ".join(disclosure.lower().split()), count=1)
    return next((code for pattern, code in _PATTERNS if pattern.match(name)), None)
