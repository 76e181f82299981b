"""The words of announcements: titles and excerpts in a blog's language, voice and date style."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from awardspider.items import BonusOrDiscount, PromotionKind
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.promotions.calendar import Promotion, read_data, terms

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
UNITS = {
    "pt": {"miles": "milhas", "points": "pontos"},
    "es": {"miles": "millas", "points": "puntos"},
}
UP_TO = {"en": "up to ", "pt": "até ", "es": "hasta "}
EXPIRED = {"en": "(EXPIRED) ", "pt": "(ENCERRADA) ", "es": "(TERMINADA) "}
COUNTRIES = {
    "CA": "Canada", "US": "USA", "GB": "UK", "DE": "Germany", "FR": "France", "NL": "the Netherlands", "ES": "Spain",
    "MX": "Mexico", "JP": "Japan", "TH": "Thailand", "PT": "Portugal", "IT": "Italy", "BR": "Brazil", "PE": "Peru",
    "ZA": "South Africa", "SG": "Singapore", "GR": "Greece", "IN": "India", "SE": "Sweden",
    "NZ": "New Zealand", "CO": "Colombia", "AU": "Australia",
}  # fmt: skip
#: The terms that a placeholder of a template contains.
SAYS = {
    "percent": ("percent", "bonus_or_discount"),
    "upto": ("up_to",),
    "Upto": ("up_to",),
    "end": ("book_by",),
    "range": ("book_from", "book_by"),
    "cents": ("cents_per_mile",),
    "miles": ("miles_price",),
    "travel": ("travel_from", "travel_until"),
    "city": ("routes",),
    "origin": ("routes",),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Style:
    """A blog's language (en, pt, es), voice and date style (long, short, dmy or slash)."""

    language: str
    voice: str
    dates: str


@dataclass(frozen=True, slots=True)
class Words:
    """An announcement's title and excerpt, and the names of the terms that they contain."""

    title: str
    summary: str
    says: frozenset[str]


@functools.cache
def templates(language: str) -> dict[str, Any]:
    """Return the templates of promotions in a language."""
    return read_data(language)


@functools.cache
def post_templates(language: str) -> dict[str, Any]:
    """Return the templates of posts that are no promotions."""
    return read_data(f"posts_{language}")


def announcement_words(promotion: Promotion, style: Style, key: str) -> Words:
    """Return the words with which a blog announces a promotion; `key` selects among its templates."""
    lists = templates(style.language)[_template_kind(promotion)]
    title = _choose(key, "title", lists.get(style.voice, lists["news"]))
    summary = _choose(key, "summary", lists["summary"])
    values = _values(promotion, style)
    says = {term for name in _PLACEHOLDER.findall(f"{title} {summary}") for term in SAYS.get(name, ())}
    mark = ""
    if promotion.targeted:
        says.add("targeted")
        mark = " [Targeted]" if style.voice in ("careful", "terse") else " (Targeted)"
    return Words(f"{_fill(title, values)}{mark}", _fill(summary, values), frozenset(says))


def post_words(language: str, key: str) -> tuple[PromotionKind, str, str]:
    """Return the kind, title and excerpt of a post that is no promotion."""
    data = post_templates(language)
    # The kinds with more titles come more often.
    kinds = [kind for kind, lists in data.items() if kind != "values" for _ in lists["titles"]]
    kind = _choose(key, "kind", kinds)
    title, summary = (
        _fill_post(_choose(key, part, lists), data["values"], key)
        for part, lists in (("title", data[kind]["titles"]), ("summary", data[kind]["summary"]))
    )
    return PromotionKind.ROUND_UP if kind == "round_up" else PromotionKind.OTHER, title, summary


def _fill_post(template: str, values: dict[str, list[str]], key: str) -> str:
    """Replace placeholders; the first of a name has the same value in the title and the excerpt, the second another."""
    counts: Counter[str] = Counter()

    def value(match: re.Match[str]) -> str:
        choices = values[match[1]]
        counts[match[1]] += 1
        return choices[(draw(key, match[1]) + counts[match[1]] - 1) % len(choices)]

    return _PLACEHOLDER.sub(value, template)


def write_date(day: date, language: str, dates: str) -> str:
    """Write a date in a language and style; a short one has no year."""
    month = MONTHS[language].split()[day.month - 1]
    if dates == "slash":
        return f"{day:%m/%d/%y}" if language == "en" else f"{day:%d/%m/%Y}"
    if language == "en":
        text = f"{day.day} {month}" if dates == "dmy" else f"{month} {day.day}"
        return text if dates == "short" else f"{text} {day.year}" if dates == "dmy" else f"{text}, {day.year}"
    return f"{day.day} de {month}" + ("" if dates == "short" else f" de {day.year}")


def _range(first: date, last: date, style: Style) -> str:
    """Write a range of dates; the first has no year if the style writes the month's name and the years agree."""
    start = style.dates if style.dates == "slash" or first.year != last.year else "short"
    if start == "short" and style.dates == "dmy":
        month = MONTHS[style.language].split()[first.month - 1]
        return f"{first.day} {month} – {write_date(last, style.language, style.dates)}"
    return f"{write_date(first, style.language, start)} – {write_date(last, style.language, style.dates)}"


def _values(promotion: Promotion, style: Style) -> dict[str, str]:
    """Return the values of the placeholders for a promotion."""
    language = style.language
    values = dict(promotion.details)
    values["upto"] = UP_TO[language] if promotion.up_to else ""
    values["Upto"] = values["upto"].title()
    if sale := values.get("sale"):
        values["Sale"] = " ".join(f"{word[:1].upper()}{word[1:]}" for word in sale.split(" "))
    if promotion.programs:
        program = terms()["programs"][promotion.programs[0]]
        unit = UNITS.get(language, {}).get(program["unit"], program["unit"])
        values |= {"program": program["name"], "program_long": program["long"], "unit": unit, "Unit": unit.title()}
        values["single"] = unit.removesuffix("s") if language == "en" and unit != "Avios" else unit
        values["Single"] = values["single"].title()
    if promotion.banks:
        bank = terms()["banks"][promotion.banks[0]]
        values |= {"bank": bank["name"], "bank_long": bank["long"], "currency": bank["currency"]}
    if promotion.last_day:
        values["end"] = write_date(promotion.last_day, language, style.dates)
        values["range"] = _range(promotion.first_day, promotion.last_day, style)
    values["month"] = MONTHS[language].split()[promotion.first_day.month - 1]
    values["year"] = str(promotion.first_day.year)
    if promotion.percent is not None:
        values["percent"] = str(promotion.percent)
    if promotion.cents_per_mile is not None:
        values["cents"] = f"{promotion.cents_per_mile.normalize():f}"
    if promotion.miles_price is not None:
        miles = f"{promotion.miles_price:,}"
        values["miles"] = miles if language == "en" else miles.replace(",", ".")
    if promotion.travel_from and promotion.travel_until:
        first, last = (
            write_date(day, language, style.dates) for day in (promotion.travel_from, promotion.travel_until)
        )
        between, and_ = {"en": ("between", "and"), "pt": ("entre", "e"), "es": ("entre el", "y el")}[language]
        values["travel"] = f"{between} {first} {and_} {last}"
    if promotion.routes:
        values |= _places(promotion)
    return values


def _places(promotion: Promotion) -> dict[str, str]:
    origin, destination = promotion.routes[0]
    start, end = all_places()[origin], all_places()[destination]
    cities = [all_places()[route[0]].city for route in promotion.routes]
    return {
        "origin": origin,
        "destination": destination,
        "city": start.city,
        "other": end.city,
        "country": COUNTRIES.get(start.country, start.country),
        "other_country": COUNTRIES.get(end.country, end.country),
        "list": f"{', '.join(cities[:-1])} and {cities[-1]}" if len(cities) > 1 else cities[0],
    }


def _template_kind(promotion: Promotion) -> str:
    """Return the name of a promotion's list of templates."""
    match promotion.kind:
        case PromotionKind.TRANSFER_BONUS if promotion.percent is None:
            return "points_transfer"
        case PromotionKind.BUY_MILES:
            return "buy_bonus" if promotion.bonus_or_discount is BonusOrDiscount.BONUS else "buy_discount"
        case PromotionKind.AWARD_SALE:
            return "award_miles" if promotion.percent is None else "award_percent"
    return promotion.kind.value


def _fill(template: str, values: dict[str, str]) -> str:
    text = _PLACEHOLDER.sub(lambda match: values[match[1]], template)
    return text[:1].upper() + text[1:]


def _choose(key: str, part: str, values: Any) -> Any:
    return values[draw(key, part) % len(values)]
