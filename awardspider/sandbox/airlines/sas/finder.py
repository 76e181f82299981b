"""The award finder's destinations and seat counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from awardspider.items import Cabin
from awardspider.sandbox.airlines._airline import Json
from awardspider.sandbox.clock import step_day
from awardspider.sandbox.inventory import Inventory
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.seats import seat_counts

CLASSES = {"AG": Cabin.ECONOMY, "AP": Cabin.PREMIUM_ECONOMY, "AB": Cabin.BUSINESS}
COUNTRIES = {
    "AE": "United Arab Emirates", "AR": "Argentina", "AT": "Austria", "AU": "Australia", "AW": "Aruba",
    "BE": "Belgium", "BR": "Brazil", "BS": "Bahamas", "CA": "Canada", "CH": "Switzerland", "CL": "Chile",
    "CO": "Colombia", "CR": "Costa Rica", "DE": "Germany", "DK": "Denmark", "ES": "Spain", "FR": "France",
    "GB": "United Kingdom", "GR": "Greece", "GU": "Guam", "HK": "Hong Kong", "IE": "Ireland", "IL": "Israel",
    "IN": "India", "IT": "Italy", "JM": "Jamaica", "JP": "Japan", "KR": "South Korea", "MX": "Mexico",
    "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PA": "Panama", "PE": "Peru", "PH": "Philippines",
    "PT": "Portugal", "SE": "Sweden", "SG": "Singapore", "TH": "Thailand", "TW": "Taiwan",
    "US": "United States of America", "ZA": "South Africa",
}  # fmt: skip
CITIES = {"EWR": "NYC", "JFK": "NYC", "LHR": "LON", "CDG": "PAR", "ARN": "STO", "NRT": "TYO", "HND": "TYO"}


def destination_json(inventory: Inventory, origin: str, destination: str, step: int) -> Json | None:
    """Build a destination without its days; return None if the route is not served."""
    letters = {
        letter
        for _, itinerary, _ in inventory.availability(origin, destination, step_day(step), 1, step)
        for flight in itinerary.flights
        for letter in flight.cabins
    }
    if not letters:
        return None
    place = all_places()[destination]
    entry: Json = {
        "airportCode": destination,
        "airportName": place.city,
        "cityCode": CITIES.get(destination, destination),
        "cityName": place.city.partition("/")[0],
        "long": round(place.longitude, 4),
        "lat": round(place.latitude, 5),
        "flightClasses": [name for name, letter in zip(CLASSES, "EPB", strict=True) if letter in letters],
        "availability": {},
        "countryName": COUNTRIES.get(place.country, place.country),
    }
    kilometers = draw("city", destination) % 6000
    if kilometers > 500:  # some entries lack the distance to the city
        entry["distanceToCity"] = kilometers / 100
    if kilometers % 2:
        entry["image"] = f"https://components.flysas.com/content/assets/images/{destination.lower()}.jpg?w=300"
    return entry


def seats_by_day(
    inventory: Inventory, route: tuple[str, str], span: tuple[date, date], step: int, *, direct: bool
) -> Iterator[tuple[date, dict[str, int]]]:
    """Yield each day with saver seats, and the number of seats in each class that has any."""
    first, last = span[0].toordinal(), span[1].toordinal()
    counts = seat_counts(inventory, route, first, last - first + 1, step, saver=True, nonstop=direct)
    rows = [(name, counts[cabin]) for name, cabin in CLASSES.items() if cabin in counts]
    for index in range(last - first + 1):
        seats = {name: row[index] for name, row in rows if row[index]}
        if seats:
            yield date.fromordinal(first + index), seats
