"""A wish: what a text asks for, as fields; and its conversion to a row and to the definition of a watch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from awardspider.airports import is_city_code
from awardspider.items import Cabin, Money, PromotionKind
from awardspider.search.cities import listed_airports
from awardspider.search.city_names import fold
from awardspider.search.dates import DateRange
from awardspider.search.place_names import AmbiguousPlace, PlaceKind, PlacePart
from awardspider.search.words.vocabulary import Language

_LONGEST_NAME = 100
#: Regions that are a city and its neighbors.
_METRO_AREAS = frozenset({"bay_area", "south_florida"})


class Intent(StrEnum):
    """Purposes of a text."""

    WATCH = "watch"
    ASK_BACK = "ask_back"
    COMMAND = "command"
    CHITCHAT = "chitchat"


class Topic(StrEnum):
    """Missing or unclear parts of a wish, in the order in which they are asked about."""

    DESTINATION = "destination"
    ORIGIN = "origin"
    DATES = "dates"
    MAX_MILES = "max_miles"
    TRAVELERS = "travelers"
    CABINS = "cabins"
    PROGRAMS = "programs"


class WishCommand(StrEnum):
    """Commands that a text can be."""

    STOP = "stop"
    HELP = "help"
    MY_WATCHES = "my_watches"
    DEALS = "deals"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"
    WHY = "why"
    FORGET_ME = "forget_me"
    SAVE = "save"
    CHANGE = "change"
    CANCEL = "cancel"


class DatesProblem(StrEnum):
    """Reasons to ask about dates."""

    PAST = "past"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A text and what it asks for. `travelers` is None for a command and chitchat.

    `max_miles` and `max_taxes` are per traveler and direction. `carriers` are airlines by code, and alliances. `dates`
    are departure days, `nights` the shortest and longest stay. `excluded` are places left out of the origins and
    destinations. `problems` are all open questions; the fields after it explain them: an ambiguous place and an unknown
    one, each with origin or destination, unknown programs, and what is wrong with the dates. `promotion` is the kind of
    promotions that the text is about instead of awards; only a watch for promotions finds them.
    """

    text: str
    language: Language
    intent: Intent
    command: WishCommand | None = None
    origins: tuple[PlacePart, ...] = ()
    destinations: tuple[PlacePart, ...] = ()
    excluded: tuple[PlacePart, ...] = ()
    via: tuple[PlacePart, ...] = ()
    not_via: tuple[PlacePart, ...] = ()
    dates: tuple[DateRange, ...] = ()
    cabins: tuple[Cabin, ...] = ()
    travelers: int | None = None
    max_miles: int | None = None
    max_stops: int | None = None
    nights: tuple[int, int] | None = None
    programs: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    not_carriers: tuple[str, ...] = ()
    max_taxes: Money | None = None
    problems: tuple[Topic, ...] = ()
    ambiguous: AmbiguousPlace | None = None
    ambiguous_role: Topic | None = None
    unknown_place: str = ""
    unknown_role: Topic | None = None
    unknown_programs: tuple[str, ...] = ()
    dates_problem: DatesProblem | None = None
    promotion: PromotionKind | None = None

    @property
    def ask_about(self) -> Topic | None:
        """Return the first open question."""
        return min(self.problems, key=list(Topic).index) if self.problems else None

    def to_row(self) -> dict[str, object]:
        """Return the fields as plain values, in the order of the output of `scrapy wishes`."""
        excluded = {*self.not_carriers, *(f"via:{code}" for code in _codes(self.not_via))}
        excluded |= {f"not:{code}" for code in _codes(self._excluded_beyond_cities())}
        row: dict[str, object] = {
            "intent": str(self.intent),
            "origins": _codes(self.origins, without=self.excluded),
            "destinations": _codes(self.destinations, without=self.excluded),
            "dates": [[str(days.first), str(days.last)] for days in self.dates],
            "cabins": [str(cabin) for cabin in self.cabins],
            "travelers": self.travelers,
            "max_miles": self.max_miles,
            "max_stops": self.max_stops,
            "nights": list(self.nights) if self.nights else None,
            "programs": list(self.programs),
            "exclude": sorted(excluded),
            "ask_about": str(self.ask_about) if self.ask_about else None,
        }
        return row | ({"command": str(self.command)} if self.command else {})

    def _excluded_beyond_cities(self) -> tuple[PlacePart, ...]:
        """Return excluded places that are not already left out of a city's airports."""
        cities = frozenset().union(
            *(each.airports for each in (*self.origins, *self.destinations) if each.kind is PlaceKind.CITY)
        )
        return tuple(each for each in self.excluded if not each.airports <= cities)


def _codes(places: Iterable[PlacePart], without: Iterable[PlacePart] = ()) -> list[str]:
    """Return airports, with the main ones of a city, and the labels of larger places."""
    left_out = frozenset().union(*(place.airports for place in without))
    codes: set[str] = set()
    for place in places:
        if place.kind in (PlaceKind.AIRPORT, PlaceKind.CITY) or place.key in _METRO_AREAS:
            airports = listed_or_main(place)
            codes |= airports - left_out or airports
        else:
            codes.add(_label(place))
    return sorted(codes)


def listed_or_main(place: PlacePart) -> frozenset[str]:
    """Return the airports of a city: those that IATA lists for a city with several, otherwise the main ones."""
    listed = listed_airports(place.key) if place.kind is PlaceKind.CITY else frozenset[str]()
    return listed if len(listed) > 1 else frozenset(place.main)


def _written(place: PlacePart) -> str:
    """Return a place for a watch file; a city without a code of its own is written as its airports."""
    if place.kind is PlaceKind.CITY and not is_city_code(place.key):
        return ",".join([*place.main, *sorted(listed_or_main(place) - set(place.main))])
    return place.written


def _label(place: PlacePart) -> str:
    """Return a place's label; that of a state has its name (`region:hawaii`), not its code (`us_hi`)."""
    is_state = place.kind is PlaceKind.REGION and place.key.startswith(("us_", "ca_")) and len(place.key) == 5
    return f"region:{fold(place.name).replace(' ', '_')}" if is_state else place.label


def wish_to_definition(wish: Wish) -> dict[str, object]:
    """Return the fields of a watch file for a wish with the intent `watch`.

    A wish without dates becomes `+0..+365`. The name is the text.
    """
    definition: dict[str, object] = {
        "name": " ".join("".join(each for each in wish.text if each.isprintable() or each.isspace()).split())[
            :_LONGEST_NAME
        ].strip(),
        "origin": ", ".join(_written(place) for place in wish.origins) + _within(wish.excluded, wish.origins),
        "destination": ", ".join(_written(place) for place in wish.destinations)
        + _within(wish.excluded, wish.destinations),
        "dates": ", ".join(str(days) for days in wish.dates) or "+0..+365",
        "nights": f"{wish.nights[0]}-{wish.nights[1]}" if wish.nights else None,
        "cabins": ", ".join(wish.cabins),
        "travelers": wish.travelers,
        "max_miles": wish.max_miles,
        "max_stops": wish.max_stops,
        "programs": ", ".join(wish.programs),
        "carriers": ", ".join(wish.carriers),
        "not_carriers": ", ".join(wish.not_carriers),
        "max_taxes": str(wish.max_taxes) if wish.max_taxes else None,
        "via": ", ".join(place.written for place in wish.via),
        "not_via": ", ".join(place.written for place in wish.not_via),
    }
    return {name: value for name, value in definition.items() if value not in (None, "")}


def _within(excluded: Iterable[PlacePart], places: Iterable[PlacePart]) -> str:
    """Return `, not LHR` for each excluded place that is in one of the places; a city can be several airports."""
    airports = frozenset().union(*(place.airports for place in places))
    inside = [place for place in excluded if place.airports & airports]
    names = (place.written.split(",") if place.kind is PlaceKind.CITY else [place.written] for place in inside)
    return "".join(f", not {name}" for each in names for name in each)
