"""Offers a second against an index of 1,000, 100,000 and a million watches, on one core, and its memory."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from awardspider.items import AwardOfferItem, Cabin, Detail, Money
from awardspider.search.countries import country
from awardspider.search.dates import Dates, parse_dates
from awardspider.search.exchange_rates import shipped_rates
from awardspider.search.main_airports import airport_sizes
from awardspider.search.matching import MatchResult, match
from awardspider.search.places import Places, parse_places
from awardspider.search.watch_fields import Hours, Nights, Stops, UnknownSeats
from awardspider.search.watch_index import WatchIndex
from awardspider.search.watches import Watch

SEED = 11
ROUTES = 5_000
REGIONS = ("Europe", "Southeast Asia", "South America", "Caribbean", "Africa", "Oceania")
COUNTRIES = 60 - len(REGIONS)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MONTHS = 11
DAYS = MONTHS * 30
RESPONSES = 1_500
OFFERS_PER_RESPONSE = 60  # a month of a route in two cabins
SIZES = (1_000, 100_000, 1_000_000)
_STATUS = Path("/proc/self/status")
COMPARED = 20  # offers that are also compared with each watch


def run(full: bool) -> dict[str, float | int | None]:
    """Return figures for each number of watches; each runs in a new process, so that its memory is its own.

    The offers come as in a crawl, the months of a route one after the other, and the index starts cold. For the offers
    in random order, which are of other routes, it has kept little. The headline is for a second of the processor, so
    that it does not depend on what else runs.
    """
    figures: dict[str, float | int | None] = {}
    rates: dict[str, float] = {}
    for size in SIZES if full else SIZES[:1]:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            found = pool.submit(measure, size, RESPONSES if full else RESPONSES // 30).result()
        rates[_label(size)] = found["per_second"] or 0
        figures |= {f"matching_{name}_{_label(size)}": value for name, value in found.items()}
    largest = _label(SIZES[-1] if full else SIZES[0])
    figures["matching_per_second"] = rates[largest]
    figures["matching_per_second_random_order"] = figures[f"matching_random_order_per_second_{largest}"]
    figures["matching_growth"] = round(rates[_label(SIZES[0])] / rates[largest], 1)
    return figures


def measure(size: int, responses: int) -> dict[str, float | int | None]:
    """Build an index of `size` watches and match offers of `responses` responses."""
    world = _World()
    watches = list(world.watches(SIZES[0]))  # also parses what is kept for the whole process, such as places
    gc.collect()
    before = occupied_megabytes()
    started = time.process_time()
    index = WatchIndex(world.watches(size))
    build_seconds = time.process_time() - started
    gc.collect()
    index_megabytes = added_megabytes(before)
    offers = list(world.offers(responses))
    if size == len(watches):
        _compare(index, watches, offers[:: max(1, len(offers) // COMPARED)])
    shuffled = random.Random(SEED).sample(list(world.offers(responses, salt="other")), len(offers) // 10)
    gc.collect()
    with_offers = occupied_megabytes()
    (rate, wall_rate), matches = _rates(index, offers)
    gc.collect()
    in_use_megabytes = added_megabytes(with_offers)
    (random_rate, _), _ = _rates(index, shuffled)
    return {
        "per_second": round(rate),
        "wall_per_second": round(wall_rate),
        "random_order_per_second": round(random_rate),
        "matches_per_offer": round(matches / len(offers), 2),
        "build_seconds": round(build_seconds, 2),
        "index_megabytes": index_megabytes,
        "bitmap_megabytes": in_use_megabytes,
    }


def _rates(index: WatchIndex, offers: list[AwardOfferItem]) -> tuple[tuple[float, float], int]:
    """Return the offers in a second of the processor and of the clock, and the number of certain matches."""
    rates = shipped_rates()
    started, processor_started = time.perf_counter(), time.process_time()
    matches = sum(len(index.matching(offer, rates=rates).certain) for offer in offers)
    seconds = time.process_time() - processor_started, time.perf_counter() - started
    return (len(offers) / seconds[0], len(offers) / seconds[1]), matches


def _compare(index: WatchIndex, watches: list[Watch], offers: list[AwardOfferItem]) -> None:
    """Raise AssertionError if the index decides otherwise than a comparison with each watch."""
    rates = shipped_rates()
    for offer in offers:
        results = [(watch.key, match(watch, offer, rates=rates).result) for watch in watches]
        found = index.matching(offer, rates=rates)
        assert found.certain == [key for key, result in results if result is MatchResult.MATCH]
        assert found.possible == [key for key, result in results if result is MatchResult.POSSIBLE]


class _World:
    """Routes, places and dates of the watches and offers."""

    def __init__(self) -> None:
        source = random.Random(SEED)
        codes = [code for code, size in airport_sizes().items() if size <= 3]
        self._routes = [tuple(source.sample(codes, 2)) for _ in range(ROUTES)]
        by_country: dict[str, int] = {}
        for code in codes:
            by_country[country(code) or ""] = by_country.get(country(code) or "", 0) + 1
        largest = sorted(by_country, key=lambda key: (-by_country[key], key))[:COUNTRIES]
        areas = [parse_places(name) for name in (*largest, *REGIONS)]
        self._areas = {code: [area for area in areas if code in area] or [parse_places(code)] for code in codes}
        self._dates = [_dates(source) for _ in range(2_000)]

    def watches(self, size: int) -> Iterator[Watch]:
        """Yield watches: of a route, of an airport and a country or region, and of two countries or regions."""
        source = random.Random(f"{SEED} watches")
        for number in range(size):
            origin, destination = source.choice(self._routes)
            kind = source.random()
            yield Watch(
                name=f"watch {number}",
                origin=self._area(source, origin, kind < 0.1),
                destination=self._area(source, destination, kind < 0.4),
                dates=source.choice(self._dates),
                nights=Nights(5, 10) if source.random() < 0.1 else None,
                programs=source.choice([(), (), (), ("united",), ("aeroplan", "delta", "united")]),
                cabins=source.choice([(Cabin.BUSINESS,), (Cabin.BUSINESS, Cabin.FIRST), (Cabin.ECONOMY,), ()]),
                allow_mixed_cabin=source.random() < 0.9,
                max_miles=source.choice([None, None, *range(30_000, 150_000, 5_000)]),
                max_taxes=Money(Decimal(source.choice([50, 100, 300])), "USD") if source.random() < 0.05 else None,
                travelers=source.choice([1, 1, 2, 2, 2, 4]),
                unknown_seats=source.choice([UnknownSeats.ACCEPT, UnknownSeats.ACCEPT, UnknownSeats.REJECT]),
                max_stops=_stops(source),
                departure_hours=_daytime() if source.random() < 0.05 else None,
                expires=date(2027, 6, 30) if source.random() < 0.05 else None,
            )

    def _area(self, source: random.Random, code: str, is_broad: bool) -> Places:
        return source.choice(self._areas[code]) if is_broad else parse_places(code)

    def offers(self, responses: int, salt: str = "") -> Iterator[AwardOfferItem]:
        """Yield the offers of responses, each for a month of a route; the eleven months of a route are in a row."""
        source = random.Random(f"{SEED} offers {salt}")
        for response in range(responses):
            month = response % MONTHS
            if not month:
                origin, destination = source.choice(self._routes)
                program, party = source.choice(["united", "aeroplan", "delta"]), source.choice([1, 2, 2])
            for number in range(OFFERS_PER_RESPONSE):
                cabin = (Cabin.ECONOMY, Cabin.BUSINESS)[number % 2]
                yield AwardOfferItem(
                    program=program,
                    source=program,
                    detail=Detail.DAY,
                    origin=origin,
                    destination=destination,
                    departure_date=date(2026, 12, 1) + timedelta(days=month * 30 + number // 2),
                    cabin=cabin,
                    miles=source.randrange(12_500, 50_000, 500) * (1 + number % 2),
                    taxes=Money(Decimal(source.randrange(5, 200)), "USD"),
                    seats=source.choice([None, None, 1, 2, 4, 9]),
                    stops=source.choice([0, 1, 1, 2]),
                    mixed_cabin=source.choice([False, False, True]),
                    travelers=party,
                    seen_at=NOW + timedelta(seconds=response),
                )


def _dates(source: random.Random) -> Dates:
    if source.random() < 0.1:
        start = source.randrange(200)
        return parse_dates(f"+{start}..+{start + source.choice([14, 30, 60, 120])}")
    first = date(2026, 12, 1) + timedelta(days=source.randrange(DAYS))
    return parse_dates(f"{first}..{first + timedelta(days=source.choice([7, 14, 30, 60, 90, 180, 330]))}")


def _stops(source: random.Random) -> Stops | None:
    return source.choice([None, None, None, 0, 1, 1])


def _daytime() -> Hours:
    morning = datetime(2027, 1, 1, 6, tzinfo=UTC).time()
    return Hours(morning, morning.replace(hour=22))


def occupied_megabytes() -> float | None:
    """Return the memory that this process occupies now, or None where the system does not say.

    The peak, which `resource` has everywhere, begins with that of the parent process.
    """
    if not _STATUS.exists():
        return None
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


def added_megabytes(before: float | None) -> float | None:
    """Return the memory that was added since a measurement."""
    now = occupied_megabytes()
    return None if now is None or before is None else round(now - before, 1)


def _label(size: int) -> str:
    return f"{size // 1_000_000}m" if size >= 1_000_000 else f"{size // 1_000}k"
