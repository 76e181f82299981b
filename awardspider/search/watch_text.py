"""A watch in words: each of its fields as a sentence, with its places and dates expanded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from awardspider.items import Cabin, Priority
from awardspider.programs import all_programs
from awardspider.search.alliances import Alliance
from awardspider.search.dates import DateRange, Dates
from awardspider.search.judgments import DealClass
from awardspider.search.misses import count_text, money_text
from awardspider.search.notify_prefs import MIN_DROP, NotifyPrefs, Unconfirmed
from awardspider.search.place_names import PlaceKind
from awardspider.search.places import Places
from awardspider.search.watch_fields import Hours, UnknownSeats
from awardspider.search.watches import Watch

#: Days ahead for which dates are listed: several years, because a watch may be made long before its days can be booked.
_HORIZON_DAYS = 3660
_MAX_RANGES = 4
_DEALS = {
    DealClass.GOOD: "good prices or better",
    DealClass.EXCEPTIONAL: "exceptional prices and record lows",
    DealClass.RECORD_LOW: "record lows",
}
_MAX_AIRPORTS = 6


class Line(NamedTuple):
    """A label and its text."""

    label: str
    text: str


def describe_watch(watch: Watch, today: date) -> list[Line]:
    """Return lines about every field that restricts a watch or its messages; `today` is the date at the origin."""
    lines = [
        Line("from", places_text(watch.origin)),
        Line("to", places_text(watch.destination)),
        Line("dates", dates_text(watch.dates, today)),
        Line("return", _return_text(watch, today)),
        Line("travelers", _party_text(watch)),
        Line("cabins", "; ".join(_cabin_texts(watch))),
        Line("price", "; ".join(_price_texts(watch))),
        Line("flights", "; ".join(_flight_texts(watch)) or "any"),
        Line("programs", "; ".join(_program_texts(watch))),
        Line("notifies", notify_text(watch.notify or NotifyPrefs(), watch.owner_timezone)),
        Line("expires", _expiry_text(watch, today)),
        Line("note", watch.note),
    ]
    return [line for line in lines if line.text]


def places_text(places: Places) -> str:
    """Return places as written and, if they are more than airports, how many airports and which ones are searched."""
    if places.excluded or any(part.kind is not PlaceKind.AIRPORT for part in places.parts):
        count = f"{len(places.airports):,} airports" if len(places.airports) > 1 else "one airport"
        verb = "" if len(places.searched) == len(places.airports) else "searched at "
        return f"{places} ({count}: {verb}{_shortened(places.searched, _MAX_AIRPORTS)})"
    names = [f"{part.key} {part.name}" if part.name != part.key else part.key for part in places.parts]
    return _shortened(names, _MAX_AIRPORTS)


def dates_text(dates: Dates, today: date) -> str:
    """Return dates as written and the days that they mean."""
    ranges = dates.ranges(today, _HORIZON_DAYS)
    days = sum((each.last - each.first).days + 1 for each in ranges)
    if not days:
        return f"{dates} (in the past)"
    if _is_endless(ranges, today):
        return f"{dates} (every such day that can be booked)"
    count = "one day" if days == 1 else f"{days:,} days"
    if len(ranges) > _MAX_RANGES:
        return f"{dates} ({count} from {_range_text(ranges[0].first, ranges[-1].last)})"
    return f"{dates} ({count}: {', '.join(_range_text(*each) for each in ranges)})"


def _is_endless(ranges: Sequence[DateRange], today: date) -> bool:
    return bool(ranges) and (ranges[-1].last - today).days > _HORIZON_DAYS - 7


def notify_text(prefs: NotifyPrefs, default_timezone: str = "UTC") -> str:
    """Return who is notified and when, such as `phone: urgent; quiet 22:00-07:00; ≤ 5 a day (Asia/Tokyo)`."""
    channels = ", ".join(f"{name}: {priority}" for name, priority in prefs.channels)
    texts = [channels or "all channels"]
    if prefs.quiet_hours:
        texts.append("quiet " + "-".join(f"{end:%H:%M}" for end in prefs.quiet_hours))
    texts.append(f"≤ {prefs.max_per_day} a day")
    has_digest = Priority.DIGEST in dict(prefs.channels).values() or prefs.digest_at != NotifyPrefs().digest_at
    if has_digest:
        texts.append(f"digest {prefs.digest_at:%H:%M}")
    if prefs.min_drop != MIN_DROP:
        texts.append(f"again if {prefs.min_drop}% lower" if prefs.min_drop else "again if lower")
    if prefs.unconfirmed is Unconfirmed.LABEL:
        texts.append("unconfirmed prices too")
    if prefs.max_age:
        texts.append(f"≤ {prefs.max_age} old")
    if prefs.gone_note:
        texts.append("a note if gone")
    has_times = has_digest or prefs.quiet_hours
    return "; ".join(texts) + (f" ({prefs.timezone or default_timezone})" if has_times else "")


def _range_text(first: date, last: date) -> str:
    return f"{first:%a %Y-%m-%d}" if first == last else f"{first:%a %Y-%m-%d} to {last:%a %Y-%m-%d}"


def _return_text(watch: Watch, today: date) -> str:
    if watch.nights is None:
        return ""
    nights = "one night" if watch.nights == (1, 1) else f"{watch.nights} nights"
    ranges = watch.legs[1].dates.ranges(today, _HORIZON_DAYS)
    days = f", {_range_text(ranges[0].first, ranges[-1].last)}" if ranges and not _is_endless(ranges, today) else ""
    return f"after {nights}{days}"


def _party_text(watch: Watch) -> str:
    seats = "" if watch.min_seats == watch.travelers else f", at least {count_text(watch.min_seats, 'seat')}"
    unknown = ", not if the number of seats is unknown" if watch.unknown_seats is UnknownSeats.REJECT else ""
    return f"{watch.travelers}{seats}{unknown}"


def _cabin_texts(watch: Watch) -> Iterator[str]:
    yield ", ".join(_words(cabin) for cabin in watch.cabins) if watch.cabins else "any"
    if watch.min_cabin_share is not None:
        yield f"at least {watch.min_cabin_share}% of the time in the air in {_lowest(watch.cabins)} or higher"
    if not watch.allow_mixed_cabin:
        yield "no flight in a lower cabin"


def _lowest(cabins: Iterable[Cabin]) -> str:
    return _words(min(cabins, key=lambda cabin: cabin.rank))


def _price_texts(watch: Watch) -> Iterator[str]:
    each_way = " each way" if watch.nights else ""
    limits = [
        (f"{watch.max_miles:,} miles{each_way}" if watch.max_miles else ""),
        (f"{watch.max_trip_miles:,} miles for the round trip" if watch.max_trip_miles else ""),
        (f"{watch.max_points:,} of your points{each_way}" if watch.max_points else ""),
        (f"taxes of {money_text(watch.max_taxes)}{each_way}" if watch.max_taxes else ""),
        (f"taxes of {money_text(watch.max_trip_taxes)} for the round trip" if watch.max_trip_taxes else ""),
    ]
    if given := [limit for limit in limits if limit]:
        yield f"for one traveler at most {', '.join(given)}"
    else:
        yield "any"
    if watch.sale_only:
        yield "only sales"
    if watch.saver_only:
        yield "only saver awards"
    if watch.deal:
        yield f"only {_DEALS[watch.deal]}"
    if watch.min_cpp is not None:
        yield f"at least {watch.min_cpp} cents per point"


def _flight_texts(watch: Watch) -> Iterator[str]:
    if watch.max_stops is not None:
        yield f"at most {count_text(watch.max_stops, 'stop')}" if watch.max_stops else "nonstop"
    if watch.max_duration is not None:
        yield f"at most {watch.max_duration}"
    for hours, verb in ((watch.departure_hours, "departing"), (watch.arrival_hours, "arriving")):
        if hours is not None:
            yield f"{verb} {_hours_text(hours)}"
    if watch.via:
        yield f"via {places_text(watch.via)}"
    if watch.not_via:
        yield f"not via {places_text(watch.not_via)}"
    for carriers, verb in (
        (watch.carriers, "all flights of"),
        (watch.not_carriers, "no flight of"),
        (watch.operated_by, "all operated by"),
        (watch.not_operated_by, "none operated by"),
    ):
        if carriers:
            yield f"{verb} {_or(_carrier_text(carrier) for carrier in carriers)}"
    if watch.aircraft:
        yield f"one with aircraft {_or(watch.aircraft)}"
    if watch.flights:
        yield f"one of {_or(watch.flights)}"


def _hours_text(hours: Hours) -> str:
    if f"{hours.end:%H:%M}" == "23:59":
        return f"after {hours.start:%H:%M}"
    return f"before {hours.end:%H:%M}" if f"{hours.start:%H:%M}" == "00:00" else f"{hours}"


def _program_texts(watch: Watch) -> Iterator[str]:
    yield ", ".join(_program_text(key) for key in watch.programs) if watch.programs else "all"
    if watch.alliances:
        yield f"only of {_or(Alliance(each).label for each in watch.alliances)}"
    if watch.reachable_only:
        reached = "" if watch.reachable is None else f" ({programs_text(watch.reachable) or 'none'})"
        yield f"only those that your points reach{reached}"


def programs_text(keys: Iterable[str]) -> str:
    """Return the names of programs, sorted, without those that are not in the catalog."""
    catalog = all_programs()
    return ", ".join(sorted(catalog[key].name for key in keys if key in catalog))


def _program_text(key: str) -> str:
    source, slash, program = key.partition("/")
    return f"{all_programs()[program].name} through {source}" if slash else all_programs()[key].name


def _expiry_text(watch: Watch, today: date) -> str:
    if watch.expires is not None:
        return last_day_text(watch.expires, today)
    ranges = watch.dates.ranges(today, _HORIZON_DAYS)
    if any(span.is_relative for span in watch.dates.spans):
        return "never, because its dates move with today"
    if _is_endless(ranges, today):
        return "never"
    return f"after its last day, {ranges[-1].last}" if ranges else "its dates have passed"


def last_day_text(expires: date, today: date) -> str:
    """Return the last day of a watch, such as `on 2026-12-01, in 9 days`."""
    days = (expires - today).days
    left = "which has passed" if days < 0 else f"in {days:,} days" if days > 1 else "tomorrow" if days else "today"
    return f"on {expires}, {left}"


def _carrier_text(carrier: str) -> str:
    return Alliance(carrier).label if carrier in tuple(Alliance) else carrier


def _words(cabin: Cabin) -> str:
    return cabin.value.replace("_", " ")


def _or(names: Iterable[str]) -> str:
    *firsts, last = names
    return f"{', '.join(firsts)} or {last}" if firsts else last


def _shortened(texts: Iterable[str], most: int) -> str:
    listed = list(texts)
    more = len(listed) - most
    return ", ".join(listed) if more <= 0 else f"{', '.join(listed[:most])} and {more:,} more"
