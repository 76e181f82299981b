"""A watch in the visitor's language: one line about the whole watch, and a line for each field that it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel import Locale

from awardspider.items import Cabin, Money, PromotionKind
from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.panel.watches.draft import draft_of
from awardspider.panel.watches.fields import NOTIFY_PREFIX, AnyWatch
from awardspider.programs import program_name, short_name
from awardspider.search.dates import Dates, today_at
from awardspider.search.judgments import DealClass
from awardspider.search.place_names import PlaceKind, PlacePart
from awardspider.search.places import Places
from awardspider.search.promotion_fields import program_text
from awardspider.search.promotion_watches import PromotionWatch
from awardspider.search.watches import Watch

_MOST_NAMES = 3
_MOST_AIRPORTS = 8
_MOST_RANGES = 2
#: Days ahead for which the days of a watch are listed.
_HORIZON_DAYS = 730


class Line(NamedTuple):
    """The label of a field, its value, and what the value means, such as the airports of a city."""

    label: str
    value: str
    meaning: str = ""


class WatchWords:
    """Descriptions of watches in the language of a page."""

    def __init__(self, texts: Texts, formats: Formats) -> None:
        self._t = texts
        self._fmt = formats

    def summary(self, watch: AnyWatch) -> str:
        """Return a line such as `LAX, SFO → Tokyo · Mar 1 – May 31, 2027 · Business · up to 90,000 miles`."""
        parts = self._promotion_parts(watch) if isinstance(watch, PromotionWatch) else self._award_parts(watch)
        return " · ".join(part for part in parts if part)

    def lines(self, watch: AnyWatch) -> list[Line]:
        """Return a line for each field that differs from its default, in the order of the form."""
        draft = draft_of(watch)
        lines = []
        for group in draft.form.groups:
            for name in (*group.fields, *group.more):
                if name in ("name", "active") or not (value := self._value(watch, name)):
                    continue
                label = self._t(f"watches.field_{draft.form.fields[name].text_key}")
                lines.append(Line(label, value, self._meaning(watch, name)))
        return lines

    # ---- one line ------------------------------------------------------------------------------------------------

    def _award_parts(self, watch: Watch) -> Iterator[str]:
        yield f"{self.places(watch.origin)} {'⇄' if watch.nights else '→'} {self.places(watch.destination)}"
        yield self.days(watch.dates, today_at(watch.origins[0], self._fmt.now))
        if watch.nights:
            yield self._t("watches.nights", n=watch.nights.most, range=str(watch.nights))
        yield self._cabins(watch.cabins)
        if watch.travelers > 1:
            yield self._t("watches.travelers", n=watch.travelers)
        if watch.max_stops is not None:
            yield self._stops(watch.max_stops)
        if limit := watch.max_miles or watch.max_trip_miles or watch.max_points:
            key = "miles" if watch.max_miles else "trip_miles" if watch.max_trip_miles else "points"
            yield self._t(f"watches.up_to_{key}", miles=self._fmt.number(limit))
        if watch.deal:
            yield self._t("watches.option_deal_" + watch.deal)
        if watch.programs:
            yield _listed([_program_name(key) for key in watch.programs])

    def _promotion_parts(self, watch: PromotionWatch) -> Iterator[str]:
        yield _listed([self._kind(kind) for kind in watch.kinds]) or self._t("watches.every_kind")
        if watch.banks:
            yield _listed(list(map(program_text, watch.banks)))
        if watch.programs:
            yield _listed(list(map(program_text, watch.programs)))
        if watch.origin or watch.destination:
            ends = [
                self.places(end) if end else self._t("watches.anywhere") for end in (watch.origin, watch.destination)
            ]
            yield " → ".join(ends)
        if watch.min_percent:
            yield self._t("watches.from_percent", percent=watch.min_percent)
        if watch.max_cents is not None:
            yield self._t("watches.up_to_cents", cents=self._fmt.cents(watch.max_cents))

    def places(self, places: Places) -> str:
        """Return the names of places: codes of airports, and names of the others."""
        names = [self._place(part) for part in places.parts]
        excluded = [self._place(part) for part in places.excluded]
        without = " " + self._t("watches.not_places", names=_listed(excluded)) if excluded else ""
        return _listed(names) + without

    def _place(self, part: PlacePart) -> str:
        match part.kind:
            case PlaceKind.AIRPORT:
                return part.key
            case PlaceKind.CITY:
                return self._fmt.language.city(part.main[0], part.name)
            case PlaceKind.COUNTRY:
                return str(Locale(self._fmt.language.locale.language).territories.get(part.key, part.name))
            case PlaceKind.ANYWHERE:
                return self._t("watches.anywhere")
        return part.name

    def days(self, dates: Dates, today: date) -> str:
        """Return the days of a watch from today on, such as `Mar 1 – May 31, 2027`."""
        ranges = dates.ranges(today, _HORIZON_DAYS)
        if not ranges:
            return self._t("watches.days_over")
        if (ranges[-1].last - today).days >= _HORIZON_DAYS - 7:
            return self._t("watches.days_any")
        if len(ranges) > _MOST_RANGES:
            count = sum((each.last - each.first).days + 1 for each in ranges)
            return self._t("watches.days_between", n=count, days=self._range(ranges[0].first, ranges[-1].last))
        return ", ".join(self._range(*each) for each in ranges)

    def _range(self, first: date, last: date) -> str:
        return self._fmt.language.plain_date(first) if first == last else self._fmt.language.days(first, last)

    def _cabins(self, cabins: Iterable[Cabin]) -> str:
        return ", ".join(self._t(f"base.cabin_{cabin}") for cabin in cabins)

    def _stops(self, stops: int) -> str:
        return self._t("watches.nonstop") if stops == 0 else self._t("watches.stops", n=stops)

    def _kind(self, kind: PromotionKind) -> str:
        return self._fmt.language.phrase(f"promotion.{kind}")

    # ---- values of fields ----------------------------------------------------------------------------------------

    def _value(self, watch: AnyWatch, name: str) -> str:
        """Return the value of a field; empty if it is the default."""
        if name.startswith(NOTIFY_PREFIX):
            block = watch.notify.to_definition() if watch.notify else {}
            value = block.get(name.removeprefix(NOTIFY_PREFIX))
            return "" if value is None else self._text(name, value)
        if name not in watch.to_definition():
            return ""
        value = getattr(watch, name)
        if isinstance(value, Dates) and isinstance(watch, Watch):
            return self.days(value, today_at(watch.origins[0], self._fmt.now))
        return self._text(name, value)

    def _text(self, name: str, value: object) -> str:
        match value:
            case bool():
                return self._t("base.yes" if value else "base.no")
            case Places():
                return self.places(value)
            case Money():
                return self._fmt.money(value)
            case Decimal():
                return self._fmt.cents(value)
            case date():
                return self._fmt.day(value)
            case int() if name == "max_stops":
                return self._stops(value)
            case int():
                return self._fmt.number(value)
            case dict():
                return ", ".join(f"{key}: {self._t(f'watches.priority_{each}')}" for key, each in value.items())
            case tuple() if name in ("programs", "banks", "alliances", "cabins", "kinds"):
                return ", ".join(self._option(name, str(each)) for each in value)
            case tuple() if not hasattr(value, "_fields"):
                return ", ".join(map(str, value))
            case DealClass():
                return self._t("watches.option_deal_" + value)
            case str() if self._t.has(f"watches.option_{name.replace('.', '_')}_{value}"):
                return self._t(f"watches.option_{name.replace('.', '_')}_{value}")
        return str(value)

    def _option(self, name: str, value: str) -> str:
        match name:
            case "cabins":
                return self._t(f"base.cabin_{value}")
            case "kinds":
                return self._fmt.language.phrase(f"promotion.{value}")
            case "programs" | "banks":
                return _program_name(value)
        return self._t(f"watches.option_{name}_{value}")

    def _meaning(self, watch: AnyWatch, name: str) -> str:
        """Return the airports or cities of places, and how dates were written."""
        value = getattr(watch, name, None)
        if isinstance(value, Dates):
            return str(value)
        if not isinstance(value, Places) or not value.searched:
            return ""
        if all(part.kind is PlaceKind.AIRPORT for part in value.parts):
            return ", ".join(dict.fromkeys(self._fmt.city(code) for code in value.searched[:_MOST_AIRPORTS]))
        more = len(value.searched) - _MOST_AIRPORTS
        shown = ", ".join(value.searched[:_MOST_AIRPORTS])
        return self._t("watches.airports_more", codes=shown, n=more) if more > 0 else shown


def _program_name(key: str) -> str:
    source, slash, program = key.partition("/")
    return f"{program_name(program)} ({short_name(source)})" if slash else short_name(program_text(key))


def _listed(names: list[str]) -> str:
    """Return names separated by commas; of many, the first ones and the number of the others."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_MOST_NAMES])} +{more}"
