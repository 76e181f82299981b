"""Cathay Pacific: one cabin's award availability over a year (high, low or none), and the miles for a route.

Assumed, because no capture shows it: how many seats count as high and as low; that Choice and Tailored awards are
available as long as any seat is for sale; that a cabin not on board is `NA` and has no miles; that the first day is
tomorrow (as `searchStartDate` suggests); the age of `updateTime`; the text of errors; which routes return an error
instead of miles; the response to a visitor who must sign in; robots.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from awardspider.items import Cabin
from awardspider.outcomes import Reason
from awardspider.sandbox.airlines._airline import Airline, Json, is_served
from awardspider.sandbox.fares import Level
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.seats import LETTERS, seat_counts
from awardspider.sandbox.sites import (
    Kind,
    Refusal,
    Route,
    SandboxRequest,
    SandboxResponse,
    Site,
    json_response,
)
from awardspider.sandbox.world import World

AVAILABILITY, OPTIONS, SIGN_IN = "/afr/search/availability", "/afr/searchpanel/searchoptions", "/sign-in"
CABINS = {"eco": Cabin.ECONOMY, "pey": Cabin.PREMIUM_ECONOMY, "bus": Cabin.BUSINESS, "fir": Cabin.FIRST}
# File names such as en.HKG.LHR.bus.CX.1.20260401.20260430.json and en.HKG.LHR.ow.std.CX.json.
AVAILABILITY_FILE = re.compile(
    r"en\.([A-Z]{3})\.([A-Z]{3})\.(eco|pey|bus|fir)\.CX\.([1-9])\.(\d{8})\.(\d{8})\.json", re.IGNORECASE
)
OPTIONS_FILE = re.compile(r"en\.([A-Z]{3})\.([A-Z]{3})\.(ow|rt)\.std\.CX\.json", re.IGNORECASE)
HIGH, MEDIUM = 6, 3  # seats
EXCEPTION = "Get lvooFindFlightAward occurs Exception"
LEVELS = (
    Level(750, 7500, 11000, 16000, 24000),
    Level(2750, 13000, 23000, 30000, 45000),
    Level(5000, 20000, 38000, 61000, 90000),
    Level(7500, 27000, 50000, 89000, 135000),
    Level(99999, 38000, 75000, 110000, 160000),
)


def site(world: World) -> Site:
    """Build the simulated site."""
    cathay = Cathay(world, "cathay", LEVELS, nonstop=True, currency="HKD", per_dollar=7.8)
    return cathay.site(
        hosts=("www.cathaypacific.com", "api.cathaypacific.com"),
        routes=(
            Route("GET", f"{AVAILABILITY}/*", Kind.DATA, cathay.availability),
            Route("GET", f"{OPTIONS}/*", Kind.OTHER, cathay.options),
        ),
        sign_in=SIGN_IN,
        search_paths=("/afr/",),
        renamed_keys=("availabilities", "availability", "std"),
        refusals=(
            Refusal(
                name="exception",
                reason=Reason.UNEXPECTED_RESPONSE,
                handler=lambda _: json_response({"errors": [EXCEPTION]}),
            ),
            Refusal(name="503", reason=Reason.UNREACHABLE, handler=lambda _: json_response({"errors": ["busy"]}, 503)),
            Refusal(
                name="408", reason=Reason.UNREACHABLE, handler=lambda _: json_response({"errors": ["time-out"]}, 408)
            ),
        ),
        examples=(("HKG to LHR, miles", f"{OPTIONS}/en.HKG.LHR.ow.std.CX.json"),),
        days=None,
        itineraries=None,
        seats=cathay.seats,
    )


class Cathay(Airline):
    """Cathay's endpoints."""

    def availability(self, request: SandboxRequest) -> SandboxResponse:
        """Return one cabin's awards by day; three empty lists if the route is not served or no day is on sale."""
        if request.members_only:
            return json_response({"errors": ["Please sign in"]}, 401)
        match = AVAILABILITY_FILE.fullmatch(request.path.rpartition("/")[2])
        try:
            origin, destination, cabin, travelers, *days = match.groups() if match else ()
            first, last = map(date.fromisoformat, days)
        except ValueError:
            return json_response({"errors": ["Bad Request"]}, 400)
        route = (origin.upper(), destination.upper())
        lists: dict[str, list[Json]] = {"std": [], "pt1": [], "pt2": []}
        first, last = self.limit_to_sale(route[0], first, last)
        if first <= last and self._cabin_letters(route, request.step):
            span = (first.toordinal(), (last - first).days + 1)
            for name, saver in (("std", True), ("pt1", False), ("pt2", False)):
                counts = seat_counts(self.inventory, route, *span, request.step, saver=saver)
                seats = counts.get(CABINS[cabin.lower()], [0] * span[1])
                shown = [0] * span[1] if request.empty else seats
                lists[name] = list(_days(first, shown, int(travelers), has_medium=name == "pt2"))
        hour = request.now.astimezone(all_places()["HKG"].zone).replace(minute=0, second=0)
        return json_response({"availabilities": {"updateTime": f"{hour:%Y-%m-%d %H:%M:%S}", **lists}})

    def options(self, request: SandboxRequest) -> SandboxResponse:
        """Return the first and last day on sale and each cabin's standard-award miles, doubled for a round trip."""
        match = OPTIONS_FILE.fullmatch(request.path.rpartition("/")[2])
        if match is None:
            return json_response({"errors": ["Bad Request"]}, 400)
        route = (match[1].upper(), match[2].upper())
        letters = self._cabin_letters(route, request.step)
        if not letters or draw("searchoptions", *route) % 8 == 0:
            return json_response({"errors": [f"CX {'.'.join(route)} {EXCEPTION}"]})
        begin, end = self.days_on_sale(route[0])
        prices = self.tariff.saver_prices(*route, False)
        directions = 1 if match[3].lower() == "ow" else 2
        miles = {name: prices[cabin.rank] * directions for name, cabin in CABINS.items() if LETTERS[cabin] in letters}
        days = {"searchStartDate": f"{begin:%Y%m%d}", "searchEndDate": f"{end:%Y%m%d}"}
        return json_response(days | {"milesRequired": miles})

    def seats(
        self, route: tuple[str, str], first: int, days: int, travelers: int, step: int
    ) -> dict[Cabin, list[int | None]]:
        """Return the true standard-award seats by day: None (available, count not shown) from tomorrow on, else 0."""
        begin = self.days_on_sale(route[0])[0].toordinal()
        counts = seat_counts(self.inventory, route, first, days, step, saver=True)
        return {
            cabin: [
                None if seats >= travelers and ordinal >= begin else 0 for ordinal, seats in enumerate(by_day, first)
            ]
            for cabin, by_day in counts.items()
        }

    def days_on_sale(self, origin: str) -> tuple[date, date]:
        """Return tomorrow and the last day that can be booked."""
        today, last = super().days_on_sale(origin if origin in all_places() else "HKG")
        return today + timedelta(days=1), last

    def _cabin_letters(self, route: tuple[str, str], step: int) -> set[str]:
        """Return the letters of the cabins on board; an empty set if Cathay does not serve the route."""
        if not is_served(*route):
            return set()
        day = self.world.today(route[0]).toordinal()
        itineraries = [itinerary for _, itinerary, _ in self.inventory.availability(*route, day, 1, step)]
        return {letter for itinerary in itineraries for letter in itinerary.flights[0].cabins}


def _days(first: date, seats: list[int], travelers: int, *, has_medium: bool) -> Iterator[Json]:
    """Yield each day with its availability. Only Tailored awards have a medium level."""
    for ordinal, count in enumerate(seats, first.toordinal()):
        level = "NA" if count < travelers else "H" if count >= HIGH else "M" if has_medium and count >= MEDIUM else "L"
        yield {"date": date.fromordinal(ordinal).isoformat().replace("-", ""), "availability": level}
