"""Formats of miles, money, places, dates and ages for pages, in the language and time zone of the visitor."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from babel.numbers import format_decimal
from babel.units import format_unit
from markupsafe import Markup, escape

from awardspider.delivery.messages.events import points_name
from awardspider.delivery.messages.language import Language, time_of_day
from awardspider.delivery.messages.text_limits import plain_text, safe_link
from awardspider.items import Money
from awardspider.programs import DEFAULT_CURRENCY, points_programs, program_currency, program_name
from awardspider.search.city_names import city_name
from awardspider.search.time_zones import zone_or_utc

_MAX_NOTE = 1000
_WORD = re.compile(r"[^\W\d_]{2}")
_MONTH = re.compile(r"\d{4}-\d\d")


class Formats:
    """Formats for one page. `now` is the time of the request; moments are shown in `zone`."""

    def __init__(self, language: Language, now: datetime, zone: tzinfo = UTC) -> None:
        self.language = language
        self.now = now
        self.zone = zone

    # ---- numbers -------------------------------------------------------------------------------------------------

    def number(self, value: int | float | Decimal | None) -> str:
        """Return `1,234`, or a dash if the value is unknown."""
        return "–" if value is None else self.language.number(value)

    def thousands(self, value: int) -> str:
        """Return thousands in the shortest form for a narrow cell, such as `43K` or `7.5K`, in every language."""
        thousands = round(Decimal(value) / 1000, 1 if value < 100_000 else 0)
        return f"{self.language.number(thousands.normalize())}K"

    def amount(self, miles: int | None, program: str) -> str:
        """Return text such as `43,000 miles`, or a dash if the price is unknown."""
        return "–" if miles is None else self.language.amount(miles, program_currency(program))

    def unit(self, program: str) -> str:
        """Return the unit of a program's currency: `miles`, `points` or `avios`."""
        return program_currency(program).unit

    def money(self, money: Money | None) -> str:
        """Return text such as `$5.60`, or a dash if the amount is unknown."""
        return "–" if money is None else self.language.money(money.amount, money.currency)

    def cents(self, cents: Decimal | None) -> str:
        """Return US cents per point with two decimals, or a dash if they are unknown."""
        return "–" if cents is None else format_decimal(cents, format="0.00", locale=self.language.locale)

    def percent(self, part: float, total: float) -> str:
        """Return the share of a total, such as `40%`; a dash without a total."""
        return self.language.percent(round(part * 100 / total)) if total else "–"

    # ---- names ---------------------------------------------------------------------------------------------------

    def city(self, airport: str) -> str:
        """Return the name of an airport's city, or the code if it is unknown."""
        name = city_name(airport)
        return self.language.city(airport, name) if name else airport

    def program(self, key: str) -> str:
        """Return the name of a program, or the key if it is unknown."""
        return program_name(key)

    def points_program(self, key: str) -> str:
        """Return the name of a bank or of any program with points, or the key if it is unknown."""
        return points_name(key)

    def points(self, amount: int, key: str) -> str:
        """Return points of a bank or program with their name, such as `19,000 Membership Rewards points`."""
        program = points_programs().get(key)
        return self.language.price(amount, program.currency if program else DEFAULT_CURRENCY)

    def note(self, note: str, *, is_sentence: bool = False) -> Markup:
        """Return an English note in this language, on one line; it is marked as English if it has no translation.

        Text in backticks is code. `is_sentence` adds a capital letter at the beginning and a period at the end.
        """
        text = self.plain_note(note)
        if is_sentence and text:
            text = text[0].upper() + text[1:] + ("" if text.endswith((".", "?", "!", "…")) else ".")
        shown = Markup("").join(
            Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
            for number, part in enumerate(text.split("`"))
        )
        return shown if self._is_translated(note) else Markup('<span lang="en">{}</span>').format(shown)

    def plain_note(self, note: str) -> str:
        """Return an English note in this language as far as it is translated, on one line, for an attribute."""
        return plain_text(self.language.note(note), _MAX_NOTE)

    def _is_translated(self, note: str) -> bool:
        has_words = _WORD.search(note) is not None
        return self.language.locale.language == "en" or not has_words or self.language.note(note) != note

    def line(self, text: str) -> str:
        """Return a text of others on one line, without control characters."""
        return plain_text(text)

    def link(self, address: str | None) -> str | None:
        """Return an address if it is an http or https link, else None."""
        return safe_link(address)

    # ---- times ---------------------------------------------------------------------------------------------------

    def age(self, moment: datetime | None) -> str:
        """Return text such as `12 minutes ago`, or a dash without a time."""
        return "–" if moment is None else self.language.ago(moment, self.now)

    def until(self, moment: datetime) -> str:
        """Return text such as `3 hours` for the time until a moment, at least a minute."""
        return self.language.age(moment - self.now)

    def day(self, day: date | None) -> str:
        """Return text such as `Wed, Mar 10, 2027`, or a dash without a date."""
        return "–" if day is None else self.language.day(day)

    def short_day(self, day: date) -> str:
        """Return text such as `Wed, Mar 10`, with the year unless it is the current one."""
        same_year = day.year == self.now.astimezone(self.zone).year
        return self.language.day_of_year(day) if same_year else self.language.day(day)

    def days(self, first: date, last: date) -> str:
        """Return text such as `Mar 10 – 14, 2027`, or a single day."""
        return self.language.day(first) if first == last else self.language.days(first, last)

    def moment(self, moment: datetime | None) -> str:
        """Return text such as `Sun, Nov 22, 2026, 14:05 UTC`, or a dash without a time."""
        return "–" if moment is None else self.language.moment(moment, self.zone)

    def month(self, month: date) -> str:
        """Return text such as `March 2027`."""
        return self.language.month(month)

    def position(self, at: date | str) -> str:
        """Return a position of a chart: a day, a time, a month such as `2027-03` in words, or a name as it is."""
        if isinstance(at, datetime):
            return self.moment(at)
        if isinstance(at, date):
            return self.day(at)
        return self.month(date.fromisoformat(f"{at}-01")) if _MONTH.fullmatch(at) else at

    def moment_utc(self, moment: datetime) -> str:
        """Return a time in UTC, such as `Sun, Nov 22, 2026, 14:05 UTC`."""
        return self.language.moment(moment, UTC)

    def moment_in(self, moment: datetime, zone: str) -> str:
        """Return a time in the time zone with a name, such as `Sun, Nov 22, 2026, 09:05 EST`."""
        return self.language.moment(moment, zone_or_utc(zone))

    @property
    def is_utc(self) -> bool:
        """Return whether times are shown in UTC."""
        return self.now.astimezone(self.zone).utcoffset() == timedelta()

    def span(self, seconds: int) -> str:
        """Return text such as `90 minutes` or `6 hours`, in the largest unit without a fraction."""
        unit = next((unit for unit in (86400, 3600, 60) if seconds % unit == 0), 1)
        granularity = {86400: "day", 3600: "hour", 60: "minute", 1: "second"}[unit]
        return format_unit(seconds // unit, f"duration-{granularity}", locale=self.language.locale)

    def time(self, moment: datetime) -> str:
        """Return text such as `14:05 UTC`."""
        return time_of_day(moment.astimezone(self.zone))

    def duration(self, minutes: int | None) -> str:
        """Return text such as `13 h 5 min`, or a dash if it is unknown."""
        return "–" if minutes is None else self.language.duration(minutes)

    def seconds(self, seconds: float | None) -> str:
        """Return text such as `2.4 s` or `3 min`, or a dash if it is unknown."""
        if seconds is None:
            return "–"
        if seconds < 60:
            return f"{self.language.number(round(seconds, 1))} s"
        return self.language.duration(round(seconds / 60))

    @staticmethod
    def iso(moment: datetime) -> str:
        """Return a time for the attribute `datetime` of an HTML element."""
        return moment.astimezone(UTC).isoformat(timespec="seconds")
