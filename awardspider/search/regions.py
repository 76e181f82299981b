"""Countries of airports, and the world regions that sources covering many programs use.

The Middle East is part of Asia.
"""

from __future__ import annotations

import functools

from awardspider.airports import airports

REGIONS = ("North America", "South America", "Africa", "Asia", "Europe", "Oceania")

# Country codes (ISO 3166) by region. All other countries are in North America, including Central America and the
# Caribbean.
_COUNTRIES = {
    "South America": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
    "Africa": (
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA "
        "NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"
    ),
    "Asia": (
        "AE AF AM AZ BD BH BN BT CC CN CX GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP "
        "OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE"
    ),
    "Europe": (
        "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME "
        "MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK"
    ),
    "Oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}
_REGIONS_BY_COUNTRY = {country: name for name, countries in _COUNTRIES.items() for country in countries.split()}


@functools.cache
def region(iata: str) -> str | None:
    """Return the region of an airport, or None for an unknown airport."""
    code = country(iata)
    return _REGIONS_BY_COUNTRY.get(code, "North America") if code is not None else None


def country(iata: str) -> str | None:
    """Return an airport's country code (ISO 3166), or None for an unknown airport."""
    airport = airports().get(iata)
    return airport["country"] if airport else None
