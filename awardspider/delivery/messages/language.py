"""Message languages: phrases, plurals, and formats for miles, money, dates and ages."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from importlib.resources import files

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_interval, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

from awardspider.delivery.messages.cities import translated_city
from awardspider.delivery.messages.notes import translate_note
from awardspider.items import Money
from awardspider.programs import ProgramCurrency

# Language with phrases -> its locale if no country is given.
LANGUAGES = {"en": "en", "pt": "pt_BR", "es": "es"}

# The plural categories of CLDR.
_PLURAL_FORMS = {"zero", "one", "two", "few", "many", "other"}

_MINUTE = timedelta(minutes=1)
_MIN_INTERVAL = 4  # days in an interval, instead of a list


def has_phrases(locale: str) -> bool:
    """Return True if the language of a locale such as `pt_BR`, `es-MX` or `en` has phrases."""
    return _parts(locale)[0] in LANGUAGES


@functools.cache
def get_language(locale: str) -> Language:
    """Return the Language for a locale, whose language selects the phrases and country the number and date formats.

    `pt` means `pt_BR`; `es_MX` has Spanish phrases and Mexican number formats; a language without phrases falls back to
    `en`.
    """
    name, *rest = _parts(locale)
    if name not in LANGUAGES:
        return get_language("en")
    parsed = Locale.parse(LANGUAGES[name])
    with suppress(UnknownLocaleError, ValueError):
        parsed = Locale.parse("_".join([name, *rest])) if rest else parsed
    return Language(locale=parsed, phrases=load_phrases(name))


@functools.cache
def load_phrases(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Return a language's phrases, keyed by a name such as `offer.nonstop`; counted phrases have plural forms."""
    file = files("awardspider.delivery.messages").joinpath("phrases", f"{LANGUAGES[language]}.toml")
    phrases: dict[str, str | Mapping[str, str]] = {}
    for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
        if isinstance(value, dict) and not value.keys() <= _PLURAL_FORMS:
            phrases |= {f"{key}.{name}": phrase for name, phrase in value.items()}
        else:
            phrases[key] = value
    return phrases


def _parts(locale: str) -> list[str]:
    return locale.strip().split(".")[0].replace("-", "_").lower().split("_")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The phrases and formats of one locale."""

    locale: Locale
    phrases: Mapping[str, str | Mapping[str, str]]

    @property
    def tag(self) -> str:
        """The HTML language tag, such as `pt-BR`."""
        return str(self.locale).replace("_", "-")

    # ---- phrases -------------------------------------------------------------------------------------------------

    def phrase(self, key: str, **values: str) -> str:
        """Return the phrase with its placeholders filled in."""
        text = self.phrases[key]
        assert isinstance(text, str), f"{key} is counted"
        return text.format(**values)

    def phrase_or(self, key: str, default: str) -> str:
        """Return the phrase, or `default` if the key, which may come from external data, is unknown."""
        return self.phrase(key) if key in self.phrases else default

    def count(self, key: str, number: int | Decimal, **values: str) -> str:
        """Return the phrase in the plural form that fits the number, with the number in place of `{n}`."""
        forms = self.phrases[key]
        assert isinstance(forms, Mapping), f"{key} is not counted"
        return self.plural(forms, number).format(n=_number(number, self), **values)

    def plural(self, forms: Mapping[str, str], number: int | Decimal) -> str:
        """Return the plural form that fits a number."""
        return forms.get(_plural_form(number, self)) or forms["other"]

    def join(self, names: Sequence[str]) -> str:
        """Join names as in a sentence: `a, b, and c`."""
        return format_list(names, locale=self.locale)

    def join_or(self, names: Sequence[str]) -> str:
        """Join alternatives as in a sentence: `a, b, or c`."""
        return format_list(names, style="or", locale=self.locale)

    def note(self, note: str) -> str:
        """Return a stored note or reason, which is in English, in this language as far as it is translated."""
        return translate_note(note, self.locale.language)

    # ---- amounts -------------------------------------------------------------------------------------------------

    def amount(self, amount: int, currency: ProgramCurrency) -> str:
        """Return text such as `75,000 points`."""
        return self.count(f"amount.{currency.unit}", amount)

    def price(self, amount: int, currency: ProgramCurrency) -> str:
        """Return an amount with the name of its currency, such as `75,000 Aeroplan points`."""
        if currency.name:
            return self.phrase("amount.named", n=self.number(amount), name=currency.name)
        if currency.brand:
            return self.count(f"brand_amount.{currency.unit}", amount, brand=currency.brand)
        return self.amount(amount, currency)

    def number(self, number: int | float | Decimal) -> str:
        """Return text such as `1,234`."""
        return _number(number, self)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return text such as `$5.60`, with as many decimals as the currency has."""
        return _money(amount, currency, self)

    def percent(self, percent: int) -> str:
        """Return `40%` for 40."""
        return _percent(percent, self)

    def value(self, money: Money, amount: int, currency: ProgramCurrency) -> str:
        """Return text such as `1.51 cents (USD) per mile`, or the value of 1,000 miles if the money has no cents."""
        if get_currency_precision(money.currency) != 2:
            per_thousand = self.money(money.amount * 1000 / amount, money.currency)
            return self.phrase("money_per_thousand", money=per_thousand, amount=self.amount(1000, currency))
        return self.cents_each((money.amount * 100 / amount).quantize(Decimal("0.01")), money.currency, currency)

    def cents_each(self, cents: Decimal, money_currency: str, currency: ProgramCurrency) -> str:
        """Return text such as `1.51 cents (USD) per mile`."""
        text = self.count("cents", cents, currency=money_currency)
        return self.phrase(f"value.{currency.unit}", cents=text)

    def city(self, airport: str, english: str) -> str:
        """Return the name of an airport's city, given its name in English."""
        return translated_city(airport, english, self.locale)

    # ---- times ---------------------------------------------------------------------------------------------------

    def day(self, day: date) -> str:
        """Return text such as `Wed, Mar 10, 2027`."""
        return _day("yMMMEd", day, self)

    def day_of_year(self, day: date) -> str:
        """Return text such as `Wed, Mar 10`."""
        return _day("MMMEd", day, self)

    def month_day(self, day: date) -> str:
        """Return text such as `Mar 10`."""
        return _day("MMMd", day, self)

    def month(self, day: date) -> str:
        """Return text such as `March 2027`."""
        return _day("yMMMM", day, self)

    def short_month(self, day: date) -> str:
        """Return text such as `Mar 2027`."""
        return _day("yMMM", day, self)

    def month_name(self, day: date) -> str:
        """Return text such as `Mar`."""
        return format_skeleton("LLL", day, locale=self.locale).rstrip(".")

    def weekday(self, day: date) -> str:
        """Return text such as `Wed`."""
        return format_skeleton("E", day, locale=self.locale).rstrip(".")

    def plain_date(self, day: date) -> str:
        """Return text such as `Mar 10, 2027`."""
        return _day("yMMMd", day, self)

    def day_list(self, days: Sequence[date], *, year: bool = True) -> str:
        """Return text such as `Mar 10, 11, and 14, 2027`, or an interval for four or more days without a gap.

        Without `year`, the year is shown only if it is not the same for all days.
        """
        first, last = min(days), max(days)
        if len(days) == 1:
            return self.day(first) if year else self.day_of_year(first)
        if len(days) >= _MIN_INTERVAL and (last - first).days == len(days) - 1:
            skeleton = "yMMMd" if year or first.year != last.year else "MMMd"
            return _normalize_spaces(format_interval(first, last, skeleton, locale=self.locale))
        show = self.plain_date if year or first.year != last.year else self.month_day
        if (first.year, first.month) == (last.year, last.month):
            # The day of the month stands alone in the text, so that it can be replaced by several.
            numbers = self.join([str(day.day) for day in days])
            return re.sub(rf"\b{last.day}\b", numbers, show(last), count=1)
        if first.year != last.year:
            return self.join([show(day) for day in days])
        return self.join([*(self.month_day(day) for day in days[:-1]), show(days[-1])])

    def age(self, duration: timedelta) -> str:
        """Return text such as `3 hours`, in the largest unit; at least a minute."""
        return format_timedelta(max(duration, _MINUTE), granularity="minute", threshold=1, locale=self.locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Return text such as `3 hours ago`."""
        return _ago(max(now - moment, _MINUTE), self)

    def days(self, first: date, last: date) -> str:
        """Return text such as `Jan 10 – Mar 31, 2027`."""
        return _days(first, last, self)

    def duration(self, minutes: int) -> str:
        """Return text such as `13 h 5 min`, the same in every language."""
        hours, rest = divmod(minutes, 60)
        return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))

    def moment(self, moment: datetime, zone: tzinfo | None) -> str:
        """Return text such as `Sun, Nov 22, 2026, 14:05 UTC`."""
        local = moment.astimezone(zone or UTC)
        return f"{self.day(local.date())}, {time_of_day(local)}"

    def seen(self, moment: datetime, now: datetime | None, zone: tzinfo | None, *, last: bool = False) -> str:
        """Return text such as `Seen 12 minutes ago at 14:05 UTC`, without an age if `now` is None.

        With `last`, for an offer that is gone, the text begins with `Last seen`.
        """
        key = "seen_last" if last else "seen"
        local = moment.astimezone(zone or UTC)
        when = {"time": time_of_day(local), "date": self.day(local.date())}
        if now is None:
            return self.phrase(f"{key}.at", **when)
        age = now - moment
        if age < _MINUTE:  # may be negative if clocks differ
            return self.phrase(f"{key}.now", time=when["time"])
        ago = self.ago(moment, now)
        if local.date() == now.astimezone(zone or UTC).date():
            return self.phrase(f"{key}.today", ago=ago, time=when["time"])
        return self.phrase(f"{key}.earlier", ago=ago, **when)


def time_of_day(local: datetime) -> str:
    """Return the 24-hour time and UTC offset, such as `14:05 UTC` or `11:05 UTC-3`."""
    offset = local.utcoffset() or timedelta()
    hours, minutes = divmod(int(abs(offset) / _MINUTE), 60)
    sign = "-" if offset < timedelta() else "+"
    utc_offset = f"{sign}{hours}" + (f":{minutes:02}" if minutes else "") if offset else ""
    return f"{local:%H:%M} UTC{utc_offset}"


# A page formats the same numbers and days again and again, and Babel takes much longer than a cache. The keys contain
# the language because the hash of a locale is slow.
@functools.lru_cache(maxsize=8192)
def _number(number: int | float | Decimal, language: Language) -> str:
    return format_decimal(number, locale=language.locale)


@functools.lru_cache(maxsize=8192)
def _plural_form(number: int | Decimal, language: Language) -> str:
    return language.locale.plural_form(number)


@functools.lru_cache(maxsize=8192)
def _money(amount: Decimal, currency: str, language: Language) -> str:
    return _normalize_spaces(format_currency(amount, currency, locale=language.locale))


@functools.lru_cache(maxsize=8192)
def _day(skeleton: str, day: date, language: Language) -> str:
    return _normalize_spaces(format_skeleton(skeleton, day, locale=language.locale))


@functools.lru_cache(maxsize=8192)
def _days(first: date, last: date, language: Language) -> str:
    return _normalize_spaces(format_interval(first, last, "yMMMd", locale=language.locale))


@functools.lru_cache(maxsize=1024)
def _ago(age: timedelta, language: Language) -> str:
    return format_timedelta(-age, granularity="minute", threshold=1, add_direction=True, locale=language.locale)


@functools.lru_cache(maxsize=1024)
def _percent(percent: int, language: Language) -> str:
    return _normalize_spaces(format_percent(Decimal(percent) / 100, locale=language.locale))


def _normalize_spaces(text: str) -> str:
    """Replace the thin and non-breaking spaces that Babel inserts, which some services show as boxes."""
    return " ".join(text.split())
