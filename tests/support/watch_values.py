"""Values of the fields of a watch, as written in a file."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from awardspider.items import Cabin, Priority
from awardspider.search.amounts import currencies

#: The fields that every watch has.
PLAIN_VALUES: dict[str, object] = {"name": "one", "origin": "LAX", "destination": "TYO", "dates": "2027-03"}

_LINES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=20).filter(str.strip)
_YES_OR_NO = st.sampled_from(["yes", "No", "TRUE", "off", True, False])
_CLOCKS = st.times().map("{:%H:%M}".format)
_MILES = st.integers(1, 2_000_000) | st.integers(1, 2_000_000).map("{:,}".format) | st.sampled_from(["80k", "12.5k"])
_MONEY = st.builds("{} {}".format, st.decimals(0, 10_000, places=2), st.sampled_from(currencies()))


def _some(values: list[str]) -> st.SearchStrategy[Any]:
    """Return lists of some values, or texts with the same values."""
    lists = st.lists(st.sampled_from(values), min_size=1, unique=True)
    return lists | lists.map(", ".join)


def _hours() -> st.SearchStrategy[str]:
    return st.tuples(_CLOCKS, _CLOCKS).filter(lambda ends: ends[0] != ends[1]).map("-".join)


def notify_values() -> st.SearchStrategy[dict[str, Any]]:
    """Return `notify` blocks."""
    names = st.sampled_from(["phone", "team", "newsletter"])
    return st.fixed_dictionaries(
        {},
        optional={
            "channels": st.dictionaries(names, st.sampled_from([str(each) for each in Priority]))
            | st.lists(names, unique=True),
            "quiet_hours": _hours(),
            "timezone": st.sampled_from(["UTC", "America/Sao_Paulo"]),
            "max_per_day": st.integers(1, 1000),
            "digest_at": _CLOCKS,
            "digest_size": st.integers(1, 10) | st.just("3"),
            "min_drop": st.integers(0, 90) | st.just("10%"),
            "unconfirmed": st.sampled_from(["hold", "Label"]),
            "max_age": st.sampled_from(["6h", "90 min", "2 days"]),
            "gone_note": _YES_OR_NO,
        },
    )


def field_values() -> st.SearchStrategy[dict[str, Any]]:
    """Return the fields of valid watches: any of them, each in any of its notations."""
    required = {
        "name": _LINES,
        "origin": st.sampled_from(["LAX", "lax, SFO", "NYC", "within 150 km of BOS", "Portland, Maine"])
        | st.just(["LAX", "SFO"]),
        "destination": st.sampled_from(["TYO", "LHR, CDG", "Japan, not KIX", "São Paulo", "Europe, not UK, not CDG"]),
        "dates": st.sampled_from(["2027-03", "+30", "2027-03-10", "2027-03-10..2027-04-20, +30..+40", "any"])
        | st.sampled_from(["2027-03..2027-05 Tue-Thu", "2027-04-03 ±3", "2027-03 not 2027-03-28..2027-04-02"]),
    }
    optional = {
        "active": _YES_OR_NO,
        "nights": st.integers(0, 180) | st.sampled_from(["7-10", "5 to 9 nights"]),
        "travelers": st.integers(1, 9),
        "min_seats": st.integers(1, 9) | st.just("2"),
        "unknown_seats": st.sampled_from(["accept", "Reject"]),
        "cabins": _some([*Cabin, "premium", "Business Class"]),
        "allow_mixed_cabin": _YES_OR_NO,
        "max_miles": _MILES,
        "max_points": _MILES,
        "max_taxes": _MONEY,
        "sale_only": _YES_OR_NO,
        "saver_only": _YES_OR_NO,
        "deal": st.sampled_from(["good", "Exceptional", "record low"]),
        "min_cpp": st.sampled_from([2, 1.8, "1.85", "2 cents"]),
        "max_stops": st.integers(1, 9),
        "max_duration": st.integers(1, 10_080).map("{} min".format) | st.sampled_from(["14h30", "14.5 hours"]),
        "departure_hours": _hours() | st.just("after 6pm"),
        "arrival_hours": _hours() | st.just("before noon"),
        "via": st.sampled_from(["LHR", "FRA, MUC", "Germany"]),
        "not_via": st.sampled_from(["ORD", "JFK, EWR"]),
        "carriers": _some(["UA", "nh", "B6"]),
        "not_carriers": _some(["BA", "oneworld"]),
        "operated_by": _some(["UA", "Star Alliance"]),
        "not_operated_by": _some(["OO", "YX"]),
        "aircraft": _some(["77W", "A359", "789"]),
        "flights": _some(["UA837", "ua 7"]).map(lambda value: value),
        "programs": _some(["united", "seatsaero/united", "Flying Blue", "qatar"]),
        "reachable_only": _YES_OR_NO,
        "notify": notify_values(),
        "expires": st.dates().map(str),
        "note": st.text(max_size=60),
    }
    plain = st.fixed_dictionaries(required, optional=optional)
    return plain.map(_without_contradictions)


def promotion_values() -> st.SearchStrategy[dict[str, Any]]:
    """Return the fields of valid watches for promotions: any of them, each in any of its notations."""
    names = ("channels", "quiet_hours", "timezone", "max_per_day", "digest_at", "digest_size")
    common: dict[str, st.SearchStrategy[Any]] = {
        "active": _YES_OR_NO,
        "programs": _some(["Flying Blue", "avios", "SkyMiles", "aeroplan"]),
        "min_percent": st.integers(1, 300) | st.just("25%"),
        "targeted": _YES_OR_NO,
        "notify": notify_values().map(lambda block: {name: block[name] for name in names if name in block}),
        "expires": st.dates().map(str),
        "note": st.text(max_size=60),
    }
    of_kinds: list[dict[str, st.SearchStrategy[Any]]] = [
        {"kinds": st.just("transfer bonus"), "banks": _some(["amex", "Ultimate Rewards", "citi"])},
        {"kinds": _some(["buy miles", "Buy Points"]), "max_cents": st.sampled_from([2, 1.8, "1.85", "2 cents"])},
        {
            "kinds": _some(["award sale", "promo rewards"]),
            "origin": st.sampled_from(["LAX", "Brazil", "Europe, not UK"]),
            "destination": st.just(["Tokyo", "Japan"]) | st.just("NYC"),
        },
    ]
    return st.one_of(*(st.fixed_dictionaries({"name": _LINES}, optional=common | fields) for fields in of_kinds))


def _without_contradictions(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with limits of a round trip if it is one, and without flights of carriers that are not included."""
    carriers = values.get("carriers", "UA")
    if "UA" not in carriers:
        values.pop("flights", None)
    if "nights" in values:
        values |= {"max_trip_miles": "150,000", "max_trip_taxes": "R$ 900"}
    if values.get("cabins") and "allow_mixed_cabin" not in values:
        values["min_cabin_share"] = "80%"
    return values
