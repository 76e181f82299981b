"""Countries of airports, and their names in English, Portuguese and Spanish."""

from __future__ import annotations

import functools

from awardspider.airports import airports
from awardspider.search.city_names import fold

# Names of countries in CLDR: those of Brazil and Portugal, and of Spain, differ (Romênia and Roménia).
_LOCALES = ("en", "pt", "pt_PT", "es")
# Names in common use that CLDR lacks. England and other parts of countries are regions.
_OTHER_NAMES = {
    "AE": "UAE; Emirates; Emirados Árabes; Emiratos Árabes; Emirados; Emiratos",
    "AG": "Antigua; Antígua",
    "BA": "Bosnia; Bósnia",
    "BQ": "Caribbean Netherlands",
    "CD": "DR Congo; DRC",
    "CI": "Ivory Coast; Costa do Marfim; Costa de Marfil",
    "CV": "Cabo Verde; Cape Verde",
    "CZ": "Czech Republic; República Tcheca; República Checa; Chequia",
    "DO": "DR; Dominican Rep; Rep Dominicana",
    "FK": "Falklands; Malvinas",
    "GB": "UK; Great Britain; Britain; Grã-Bretanha; Gran Bretaña",
    "HK": "Hong Kong",
    "KN": "St Kitts; Saint Kitts; São Cristóvão e Névis; San Cristóbal y Nieves",
    "KR": "Korea; South Korea; Coreia; Corea; Coréia; Coréia do Sul",
    "LK": "Ceylon",
    "MK": "Macedonia; Macedônia",
    "MM": "Burma; Birmânia; Birmania",
    "MO": "Macau; Macao",
    "MU": "Mauritius; Ilhas Maurício; Ilhas Maurícias",
    "NL": "Holland; Holanda; Países Baixos",
    "NZ": "Nueva Zelandia",
    "PF": "French Polynesia",
    "RU": "Russian Federation",
    "ST": "São Tomé; Santo Tomé",
    "SZ": "Swaziland; Suazilândia",
    "TC": "Turks and Caicos; Turcas e Caicos; Turcas y Caicos",
    "TR": "Turkey; Türkiye",
    "TT": "Trinidad",
    "TW": "Formosa",
    "US": "USA; United States of America; States; EUA; EEUU; EE UU; Estados Unidos da América",
    "VC": "St Vincent; Saint Vincent",
    "VI": "Virgin Islands; USVI",
    "VN": "Viet Nam",
}
# Names that mean several countries, the largest first.
_SHARED_NAMES = {"congo": ("CD", "CG"), "virgin islands": ("VI", "VG")}
# The parts of the United States that airportsdata does not list as countries.
_TERRITORIES = {"Puerto Rico": "PR", "Virgin Islands": "VI"}


def country(iata: str) -> str | None:
    """Return an airport's country code (ISO 3166), or None for an unknown airport."""
    airport = airports().get(iata)
    return airport["country"] if airport else None


def territory(iata: str) -> str | None:
    """Return the code of Puerto Rico or the US Virgin Islands for their airports, which are in the United States."""
    airport = airports().get(iata)
    return _TERRITORIES.get(airport["subd"]) if airport and airport["country"] == "US" else None


@functools.cache
def airports_by_country() -> dict[str, frozenset[str]]:
    """Return the airports of each country. Those of US territories are in the United States too."""
    found: dict[str, set[str]] = {}
    for code, airport in airports().items():
        found.setdefault(airport["country"], set()).add(code)
        if own := territory(code):
            found.setdefault(own, set()).add(code)
    return {code: frozenset(codes) for code, codes in found.items()}


@functools.cache
def countries_by_abbreviation() -> dict[str, str]:
    """Return country codes by their three-letter names in common use, such as USA: most of these are airports too."""
    names = [(fold(name), code) for code, names in _OTHER_NAMES.items() for name in names.split(";")]
    return {name: code for name, code in names if len(name) == 3}


@functools.cache
def country_names() -> dict[str, str]:
    """Return the English name of each country that has an airport, by code."""
    from babel import Locale  # slow to import, and only needed to find places by name

    names = Locale.parse("en").territories
    return {code: _short(str(names.get(code, code))) for code in airports_by_country()}


@functools.cache
def countries_by_name() -> dict[str, str]:
    """Return country codes by normalized name, in three languages."""
    from babel import Locale

    found: dict[str, str] = {}
    for locale in map(Locale.parse, _LOCALES):
        for code in airports_by_country():
            for name in (str(locale.territories.get(code, code)), _short(str(locale.territories.get(code, code)))):
                found.setdefault(fold(name), code)
                found.setdefault(fold(name.replace("&", {"en": "and", "pt": "e", "es": "y"}[locale.language])), code)
    found |= {fold(name): code for code, names in _OTHER_NAMES.items() for name in names.split(";")}
    del found["salvador"]  # El Salvador in Portugal; to most people, the city in Brazil
    return found


def countries_of_name(folded: str) -> tuple[str, ...]:
    """Return the codes of the countries that a normalized name can mean."""
    found = countries_by_name().get(folded)
    return _SHARED_NAMES.get(folded) or ((found,) if found else ())


def _short(name: str) -> str:
    """Return a name without its additions: `Hong Kong SAR China` is `Hong Kong`, `Myanmar (Burma)` is `Myanmar`."""
    for addition in (" SAR China", ", RAE da China", " (RAE)", ", RAE de China", " RAE de China"):
        name = name.removesuffix(addition)
    return name.partition(" (")[0]
