"""Operating carriers named in a text, such as `Operated by SkyWest Airlines as Alaska SkyWest`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from awardspider.parsers._collector import Collector

# Codes keyed by part of the text. The first match wins, so regional airlines come before the airlines for which they
# fly, and longer names before shorter names that they contain.
OPERATORS = {
    "skywest": "OO",
    "horizon": "QX",
    "envoy": "MQ",
    "psa airlines": "OH",
    "piedmont": "PT",
    "republic air": "YX",
    "mesa air": "YV",
    "air wisconsin": "ZW",
    "iberia express": "I2",
    "american airlines": "AA",
    "alaska airlines": "AS",
    "hawaiian airlines": "HA",
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
    "gol ": "G3",
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


def operating_carrier(disclosure: object, marketing_carrier: str) -> str | None:
    """Return the code of the operating carrier named in a text, or the marketing carrier if the text is empty."""
    if disclosure == "":
        return marketing_carrier
    return _code(disclosure) if isinstance(disclosure, str) else None


def warn_unknown_carriers(disclosures: Iterable[object], offers: Collector) -> None:
    """Warn about each text that names no known carrier."""
    for disclosure in disclosures:
        if isinstance(disclosure, str) and disclosure and _code(disclosure) is None:
            offers.warn("operationalDisclosure", disclosure)


@lru_cache(maxsize=1024)
def _code(disclosure: str) -> str | None:
    text = disclosure.lower() + " "
    return next((code for name, code in OPERATORS.items() if name in text), None)
