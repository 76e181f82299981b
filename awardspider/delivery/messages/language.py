"""A language as messages need it: phrases, plurals, and how it writes miles, money, dates and ages."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
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

# The languages that have phrases, and the locale that each means where no country is given.
LANGUAGES = {"en": "en", "pt": "pt_BR", "es": "es"}

# What CLDR calls the plural forms of all languages.
_PLURAL_FORMS = {"zero", "one", "two", "few", "many", "other"}

_MINUTE = timedelta(minutes=1)


def speaks(locale: str) -> bool:
    """Whether there are phrases in the language of a locale such as `pt_BR`, `es-MX` or `en`."""
    return _parts(locale)[0] in LANGUAGES


@functools.cache
def language_of(locale: str) -> Language:
    """The language of a locale: phrases by its language, numbers and dates by its country where there is one.

    `pt` means `pt_BR`; `es_MX` has the Spanish phrases and Mexican numbers; anything that has no phrases is `en`.
    """
    name, *rest = _parts(locale)
    if name not in LANGUAGES:
        return language_of("en")
    try:
        known = Locale.parse("_".join([name, *rest])) if rest else Locale.parse(LANGUAGES[name])
    except (UnknownLocaleError, ValueError):
        known = Locale.parse(LANGUAGES[name])
    return Language(locale=known, phrases=phrases_of(name))


@functools.cache
def phrases_of(name: str) -> Mapping[str, str | Mapping[str, str]]:
    """The phrases of one of LANGUAGES by key, `offer.each`; those that are counted by plural form."""
    file = files("awardspider.delivery.messages").joinpath("phrases", f"{LANGUAGES[name]}.toml")
    flat: dict[str, str | Mapping[str, str]] = {}
    for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
        if isinstance(value, dict) and not value.keys() <= _PLURAL_FORMS:
            flat |= {f"{key}.{below}": phrase for below, phrase in value.items()}
        else:
            flat[key] = value
    return flat


def _parts(locale: str) -> list[str]:
    return locale.strip().split(".")[0].replace("-", "_").lower().split("_")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """Phrases and formats of one locale. Values that are put into a phrase are text already."""

    locale: Locale
    phrases: Mapping[str, str | Mapping[str, str]]

    @property
    def tag(self) -> str:
        """The language as HTML names it: `pt-BR`."""
        return str(self.locale).replace("_", "-")

    # ---- phrases -------------------------------------------------------------------------------------------------

    def say(self, key: str, **values: str) -> str:
        """The phrase with its words in braces filled in."""
        phrase = self.phrases[key]
        assert isinstance(phrase, str), f"{key} is counted"
        return phrase.format(**values)

    def say_or(self, key: str, otherwise: str) -> str:
        """The phrase, or other text where there is none: for names that come from outside."""
        return self.say(key) if key in self.phrases else otherwise

    def count(self, key: str, number: int | Decimal, **values: str) -> str:
        """The phrase in the form that goes with a number, which it writes as `{n}`."""
        forms = self.phrases[key]
        assert isinstance(forms, Mapping), f"{key} is not counted"
        form = forms.get(self.locale.plural_form(number), forms["other"])
        return form.format(n=format_decimal(number, locale=self.locale), **values)

    def every(self, names: Sequence[str]) -> str:
        """Names as a list in a sentence: `a, b, and c`."""
        return format_list(names, locale=self.locale)

    # ---- amounts -------------------------------------------------------------------------------------------------

    def miles(self, miles: int) -> str:
        """`75,000 miles`."""
        return self.count("miles", miles)

    def money(self, amount: Decimal, currency: str) -> str:
        """`$5.60`, with as many decimals as the currency has."""
        return _one_blank(format_currency(amount, currency, locale=self.locale))

    def percent(self, percent: int) -> str:
        """`40%`; takes 40."""
        return _one_blank(format_percent(Decimal(percent) / 100, locale=self.locale))

    def worth(self, money: Decimal, currency: str, miles: int) -> str:
        """What a mile is worth: `1.51 cents (USD) per mile`; money per 1,000 miles where a currency has no cents."""
        if get_currency_precision(currency) != 2:
            per_thousand = self.money(money * 1000 / miles, currency)
            return self.say("money_per_thousand", money=per_thousand, miles=self.miles(1000))
        cents = (money * 100 / miles).quantize(Decimal("0.01"))
        return self.say("cents_per_mile", cents=self.count("cents", cents, currency=currency))

    # ---- times ---------------------------------------------------------------------------------------------------

    def day(self, day: date) -> str:
        """`Wed, Mar 10, 2027`."""
        return _one_blank(format_skeleton("yMMMEd", day, locale=self.locale))

    def day_of_year(self, day: date) -> str:
        """`Wed, Mar 10`."""
        return _one_blank(format_skeleton("MMMEd", day, locale=self.locale))

    def days(self, first: date, last: date) -> str:
        """`Jan 10 – Mar 31, 2027`."""
        return _one_blank(format_interval(first, last, "yMMMd", locale=self.locale))

    def duration(self, minutes: int) -> str:
        """`13 h 5 min`, the same in each of our languages."""
        hours, rest = divmod(minutes, 60)
        return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "")))

    def moment(self, moment: datetime, zone: tzinfo | None) -> str:
        """`Sun, Nov 22, 2026, 14:05 UTC`."""
        local = moment.astimezone(zone or UTC)
        return f"{self.day(local.date())}, {clock(local)}"

    def seen(self, kind: str, moment: datetime, now: datetime | None, zone: tzinfo | None) -> str:
        """`Seen 12 minutes ago at 14:05 UTC`; without `now` no age is told. `kind` is `seen` or `seen_last`."""
        local = moment.astimezone(zone or UTC)
        when = {"time": clock(local), "date": self.day(local.date())}
        if now is None:
            return self.say(f"{kind}.at", **when)
        age = now - moment
        if age < _MINUTE:  # a clock that is a little behind ours makes it negative
            return self.say(f"{kind}.now", time=when["time"])
        ago = format_timedelta(-age, granularity="minute", threshold=1, add_direction=True, locale=self.locale)
        if local.date() == now.astimezone(zone or UTC).date():
            return self.say(f"{kind}.today", ago=ago, time=when["time"])
        return self.say(f"{kind}.before", ago=ago, **when)


def clock(local: datetime) -> str:
    """The time of day with its distance from UTC, on a 24-hour clock: `14:05 UTC`, `11:05 UTC-3`."""
    offset = local.utcoffset() or timedelta()
    hours, minutes = divmod(int(abs(offset) / _MINUTE), 60)
    sign = "-" if offset < timedelta() else "+"
    away = f"{sign}{hours}" + (f":{minutes:02}" if minutes else "") if offset else ""
    return f"{local:%H:%M} UTC{away}"


def _one_blank(text: str) -> str:
    """Babel writes thin and unbreakable blanks into dates and money, which some services show as boxes."""
    return " ".join(text.split())
