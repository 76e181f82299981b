"""World regions of airports as seats.aero names them. `regions` has those that a watch can name.

The regions are those of 1,819 rows of seats.aero (docs/sources/seatsaero.md). The Middle East is part of Asia.
"""

from __future__ import annotations

import functools

from awardspider.airports import airports

SEATSAERO_REGIONS = ("North America", "South America", "Africa", "Asia", "Europe", "Oceania")

# Country codes (ISO 3166) by region. All other countries are in North America.
_COUNTRIES = {
    "South America": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
    "Africa": (
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA "
        "NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"
    ),
    "Asia": (
        "AE AF BD BH BN BT CC CN CX HK ID IL IN IO IQ IR JO JP KG KH KP KR KW LA LB MM MN MO MY NP OM PH PK PS QA SA "
        "SG SY TH TJ TL TM TW UZ VN YE"
    ),
    "Europe": (
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK "
        "MT NL NO PL PT RO RS SE SI SJ SK SM UA VA XK"
    ),
    "Oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}
# Countries whose airports can be in either region: the API assigns some of them by route.
_AMBIGUOUS_COUNTRIES = {
    ("South America", "North America"): (
        "AG AI AW BB BL BQ BS BZ CR CU CW DM DO GD GP GT HN HT JM KN KY LC MF MQ MS NI PA PR SV SX TC TT VC VG VI"
    ),
    ("Africa", "Asia"): "LK MV",
    ("Europe", "Asia"): "AM AZ CY GE KZ RU TR",
}
# The parts of the United States that airportsdata does not list as countries.
_AMBIGUOUS_STATES = frozenset({"Puerto Rico", "Virgin Islands"})
# Airports in these countries that had the same region in each of five rows or more.
_AIRPORTS = {
    "South America": "AUA BZE LIR PUJ SXM",
    "North America": "PTY SAL SJO",
    "Africa": "MLE",
    "Asia": "LCA",
    "Europe": "IST",
}

_REGIONS_BY_COUNTRY = {country: (name,) for name, countries in _COUNTRIES.items() for country in countries.split()} | {
    country: names for names, countries in _AMBIGUOUS_COUNTRIES.items() for country in countries.split()
}
_REGIONS_BY_AIRPORT = {code: (name,) for name, codes in _AIRPORTS.items() for code in codes.split()}


@functools.cache
def seatsaero_regions(iata: str) -> tuple[str, ...]:
    """Return the regions in which an airport can be; none for an unknown airport."""
    airport = airports().get(iata)
    if airport is None:
        return ()
    if airport["country"] == "US" and airport["subd"] in _AMBIGUOUS_STATES:
        return _REGIONS_BY_COUNTRY["PR"]
    by_country = _REGIONS_BY_COUNTRY.get(airport["country"], ("North America",))
    return _REGIONS_BY_AIRPORT.get(iata, by_country)
