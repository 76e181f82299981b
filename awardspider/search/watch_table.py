"""The one table of the fields of a watch: kind of value, description, example and default of each.

The watch file, the options of `scrapy watches`, the published schema and the tables in docs/watches.md derive from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from awardspider.search.field_kinds import (
    AIRCRAFT,
    ALLIANCES,
    CABINS,
    CARRIERS,
    CENTS,
    DATES,
    DAY,
    DEAL,
    DURATION,
    FLIGHTS,
    HOURS,
    MILES,
    MONEY,
    NIGHTS,
    PARTY,
    PERCENT,
    PLACES,
    PROGRAMS,
    STOPS,
    TEXT_NAME,
    TEXT_NOTE,
    UNKNOWN_SEATS,
    YES_OR_NO,
    FieldKind,
)
from awardspider.search.notify_table import NOTIFY


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchField:
    """A field of a watch file. `description` is Markdown, `example` a value as written."""

    name: str
    kind: FieldKind
    description: str
    example: object
    #: The meaning of a missing field; empty if the field is required.
    default: str = ""

    @property
    def is_required(self) -> bool:
        """Return whether every watch has the field."""
        return not self.default


#: All fields in the order of a watch file, keyed by name.
WATCH_FIELDS: Mapping[str, WatchField] = {
    field.name: field
    for field in (
        WatchField(
            name="name",
            kind=TEXT_NAME,
            description="one line of at most 100 characters, unique among all watches, whatever the case",
            example="Tokyo in spring",
        ),
        WatchField(
            name="active",
            kind=YES_OR_NO,
            description="`no` stores the watch without searching for it",
            example="no",
            default="`yes`",
        ),
        WatchField(
            name="origin",
            kind=PLACES,
            description="where the trip begins: airports, cities, countries or regions ([all forms](places.md))",
            example="LAX",
        ),
        WatchField(
            name="destination",
            kind=PLACES,
            description="where it leads, in the same forms",
            example="TYO",
        ),
        WatchField(
            name="dates",
            kind=DATES,
            description="departure dates of the outbound flights ([all forms](places.md#dates))",
            example="2027-03",
        ),
        WatchField(
            name="nights",
            kind=NIGHTS,
            description="nights until the return, which make it a [round trip](#round-trips)",
            example="7-10",
            default="one way",
        ),
        WatchField(
            name="travelers",
            kind=PARTY,
            description="1 to 9: number of travelers to search for",
            example="2",
            default="1",
        ),
        WatchField(
            name="min_seats",
            kind=PARTY,
            description="1 to 9: ignore offers with fewer seats",
            example="2",
            default="the number of travelers",
        ),
        WatchField(
            name="unknown_seats",
            kind=UNKNOWN_SEATS,
            description="`reject` ignores offers that do not say how many seats there are",
            example="reject",
            default="`accept`",
        ),
        WatchField(
            name="cabins",
            kind=CABINS,
            description="`economy`, `premium_economy` (or `premium`), `business`, `first`: one or several",
            example="business, first",
            default="every cabin",
        ),
        WatchField(
            name="min_cabin_share",
            kind=PERCENT,
            description="1 to 100: the minimum share of the time in the air, in percent, in one of the cabins or a "
            "higher one",
            example="80%",
            default="any share",
        ),
        WatchField(
            name="allow_mixed_cabin",
            kind=YES_OR_NO,
            description="`no`: no flight is in a lower cabin than that of the award",
            example="no",
            default="`yes`",
        ),
        WatchField(
            name="max_miles",
            kind=MILES,
            description="miles for one traveler in each direction",
            example="80k",
            default="any price",
        ),
        WatchField(
            name="max_trip_miles",
            kind=MILES,
            description="miles for one traveler, both directions of a round trip together",
            example="150,000",
            default="any price",
        ),
        WatchField(
            name="max_points",
            kind=MILES,
            description="points of one bank or program in your [profile](points.md#limits-in-points) for one traveler "
            "in each direction, with the transfer bonuses of the day",
            example="60k",
            default="any number",
        ),
        WatchField(
            name="max_taxes",
            kind=MONEY,
            description="taxes for one traveler in each direction, in any currency",
            example="100 USD",
            default="any amount",
        ),
        WatchField(
            name="max_trip_taxes",
            kind=MONEY,
            description="taxes for one traveler, both directions of a round trip together",
            example="R$ 900",
            default="any amount",
        ),
        WatchField(
            name="sale_only",
            kind=YES_OR_NO,
            description="`yes`: only what the program marks as a sale",
            example="yes",
            default="`no`",
        ),
        WatchField(
            name="saver_only",
            kind=YES_OR_NO,
            description="`yes`: only what the program marks as its cheapest awards",
            example="yes",
            default="`no`",
        ),
        WatchField(
            name="deal",
            kind=DEAL,
            description="`good`, `exceptional` or `record_low`: only prices in this [class](deals.md) or a better one",
            example="good",
            default="any price",
        ),
        WatchField(
            name="min_cpp",
            kind=CENTS,
            description="the least [value of a point](points.md) in US cents, by the cash fare of the same flights",
            example="1.8",
            default="any value",
        ),
        WatchField(
            name="max_stops",
            kind=STOPS,
            description="0 to 9; 0, `nonstop` or `direct` for nonstop flights",
            example="1",
            default="any number",
        ),
        WatchField(
            name="max_duration",
            kind=DURATION,
            description="travel time of each direction, from departure to arrival",
            example="14h30",
            default="any time",
        ),
        WatchField(
            name="departure_hours",
            kind=HOURS,
            description="local time of departure of each direction",
            example="08:00-22:00",
            default="any time",
        ),
        WatchField(
            name="arrival_hours",
            kind=HOURS,
            description="local time of arrival of each direction",
            example="before 6pm",
            default="any time",
        ),
        WatchField(
            name="via",
            kind=PLACES,
            description="places, in one of which the traveler changes planes",
            example="Europe",
            default="any connection",
        ),
        WatchField(
            name="not_via",
            kind=PLACES,
            description="places without a connection",
            example="LHR, CDG",
            default="any connection",
        ),
        WatchField(
            name="carriers",
            kind=CARRIERS,
            description="codes of airlines, or an alliance: each flight has a number of one of them",
            example="UA, NH",
            default="every airline",
        ),
        WatchField(
            name="not_carriers",
            kind=CARRIERS,
            description="codes of airlines, or an alliance: no flight has a number of one of them",
            example="BA",
            default="no airline",
        ),
        WatchField(
            name="operated_by",
            kind=CARRIERS,
            description="codes of airlines, or an alliance: each flight is flown by one of them",
            example="Star Alliance",
            default="every airline",
        ),
        WatchField(
            name="not_operated_by",
            kind=CARRIERS,
            description="codes of airlines, or an alliance: no flight is flown by one of them",
            example="OO, YX",
            default="no airline",
        ),
        WatchField(
            name="aircraft",
            kind=AIRCRAFT,
            description="codes or names of aircraft, one of which flies at least one of the flights",
            example="77W, A359",
            default="every aircraft",
        ),
        WatchField(
            name="flights",
            kind=FLIGHTS,
            description="flight numbers, one of which at least one of the flights has",
            example="NH7, UA837",
            default="every flight",
        ),
        WatchField(
            name="programs",
            kind=PROGRAMS,
            description="[programs](programs.md), by key or name: see [below](#programs-and-sources)",
            example="delta, seatsaero",
            default="every program and source",
        ),
        WatchField(
            name="alliances",
            kind=ALLIANCES,
            description="`star_alliance`, `oneworld`, `skyteam`: only programs of these alliances",
            example="oneworld",
            default="every program",
        ),
        WatchField(
            name="reachable_only",
            kind=YES_OR_NO,
            description="`yes`: only programs that your points reach, directly or through a transfer",
            example="yes",
            default="`no`",
        ),
        WatchField(
            name="notify",
            kind=NOTIFY,
            description="channels and times of messages: see [below](#notifications)",
            example={"channels": {"phone": "urgent"}},
            default="every channel, at most five messages a day",
        ),
        WatchField(
            name="expires",
            kind=DAY,
            description="last day of the watch",
            example="2027-03-31",
            default="never",
        ),
        WatchField(
            name="note",
            kind=TEXT_NOTE,
            description="your own text, at most 500 characters",
            example="for the anniversary",
            default="none",
        ),
    )
}


def plain_description(markdown: str) -> str:
    """Return a description without the links and marks of Markdown."""
    text = re.sub(r":? see \[below\]\([^)]*\)|\s*\(\[(all forms|names|what they are)\]\([^)]*\)\)", "", markdown)
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "")
