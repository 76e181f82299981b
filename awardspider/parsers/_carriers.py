"""Who flies, where an answer says so in words only: `Operated by SkyWest Airlines as Alaska SkyWest`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from awardspider.items import ParseWarning
from awardspider.parsers._collector import Collector

# Names in the midst of free text, and their codes. The first that stands in the text counts: those that fly for
# another airline come before the airlines that they name, a longer name before the shorter one within it.
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


def operator_told(disclosure: object, marketing: str, odd: list[ParseWarning]) -> str | None:
    """The code of who flies: the marketing carrier where nothing else is disclosed (empty text).

    None where the answer does not say, or where the name is not known: that is added to `odd`.
    """
    if disclosure == "":
        return marketing
    if not isinstance(disclosure, str):
        return None
    code = _code(disclosure)
    if code is None:
        odd.append(ParseWarning("operationalDisclosure", disclosure[:80]))
    return code


@lru_cache(maxsize=1024)
def _code(disclosure: str) -> str | None:
    named = disclosure.lower() + " "
    return next((code for name, code in OPERATORS.items() if name in named), None)


def operating_carrier(disclosure: object, marketing_carrier: str) -> str | None:
    """Return the code of the operating carrier that a text names: the marketing carrier if the text is empty."""
    if disclosure == "":
        return marketing_carrier
    return _code(disclosure) if isinstance(disclosure, str) else None


def warn_unknown_carriers(disclosures: Iterable[object], offers: Collector) -> None:
    """Warn about each text that names no known carrier."""
    for disclosure in disclosures:
        if isinstance(disclosure, str) and disclosure and _code(disclosure) is None:
            offers.warn("operationalDisclosure", disclosure)
