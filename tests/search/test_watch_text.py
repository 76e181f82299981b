"""A watch in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from awardspider.search.watch_text import describe_watch
from awardspider.search.watches import build
from tests.support.watch_values import PLAIN_VALUES, field_values

TODAY = date(2026, 11, 29)


def lines(**values: object) -> dict[str, str]:
    return {line.label: line.text for line in describe_watch(build(PLAIN_VALUES | values), TODAY)}


def test_a_watch_without_limits_says_what_it_includes() -> None:
    assert lines(name="Tokyo") == {
        "from": "LAX Los Angeles",
        "to": "TYO (2 airports: HND, NRT)",
        "dates": "2027-03 (31 days: Mon 2027-03-01 to Wed 2027-03-31)",
        "travelers": "1",
        "cabins": "any",
        "price": "any",
        "flights": "any",
        "programs": "all",
        "notifies": "all channels; ≤ 5 a day",
        "expires": "after its last day, 2027-03-31",
    }


@pytest.mark.parametrize(
    ("values", "label", "text"),
    [
        ({"dates": "2027-03-10"}, "dates", "2027-03-10 (one day: Wed 2027-03-10)"),
        ({"dates": "2020-03"}, "dates", "2020-03 (in the past)"),
        ({"dates": "2020-03"}, "expires", "its dates have passed"),
        ({"dates": "2026-11"}, "dates", "2026-11 (2 days: Sun 2026-11-29 to Mon 2026-11-30)"),
        ({"dates": "any"}, "dates", "any (every such day that can be booked)"),
        ({"dates": "any"}, "expires", "never"),
        ({"dates": "any", "nights": 7}, "return", "after 7 nights"),
        ({"dates": "2027 Mon"}, "dates", "2027 Mon (52 days from Mon 2027-01-04 to Mon 2027-12-27)"),
        (
            {"dates": "2027-03-10, 2027-04-10"},
            "dates",
            "2027-03-10, 2027-04-10 (2 days: Wed 2027-03-10, Sat 2027-04-10)",
        ),
        ({"dates": "+30"}, "expires", "never, because its dates move with today"),
        ({"expires": "2026-11-29"}, "expires", "on 2026-11-29, today"),
        ({"expires": "2026-11-30"}, "expires", "on 2026-11-30, tomorrow"),
        ({"expires": "2026-11-28"}, "expires", "on 2026-11-28, which has passed"),
        ({"expires": "2027-03"}, "expires", "on 2027-03-31, in 122 days"),
        ({"nights": "7-10"}, "return", "after 7-10 nights, Mon 2027-03-08 to Sat 2027-04-10"),
        ({"nights": "1"}, "return", "after one night, Tue 2027-03-02 to Thu 2027-04-01"),
        ({"travelers": 2, "unknown_seats": "reject"}, "travelers", "2, not if the number of seats is unknown"),
        ({"travelers": 2, "min_seats": 4}, "travelers", "2, at least four seats"),
        (
            {"cabins": "first, premium", "min_cabin_share": "80%"},
            "cabins",
            "premium economy, first; at least 80% of the time in the air in premium economy or higher",
        ),
        ({"cabins": "first", "allow_mixed_cabin": "no"}, "cabins", "first; no flight in a lower cabin"),
        ({"max_miles": "80k"}, "price", "for one traveler at most 80,000 miles"),
        (
            {"max_miles": "80k", "max_trip_taxes": "$99.50", "nights": 3, "saver_only": "yes"},
            "price",
            "for one traveler at most 80,000 miles each way, taxes of 99.50 USD for the round trip; only saver awards",
        ),
        ({"sale_only": "yes"}, "price", "any; only sales"),
        ({"deal": "good", "min_cpp": 1.5}, "price", "any; only good prices or better; at least 1.5 cents per point"),
        ({"deal": "exceptional"}, "price", "any; only exceptional prices and record lows"),
        ({"deal": "record_low"}, "price", "any; only record lows"),
        ({"max_stops": 0}, "flights", "nonstop"),
        (
            {"max_stops": 2, "max_duration": "20h", "departure_hours": "after 8am", "arrival_hours": "before noon"},
            "flights",
            "at most two stops; at most 20h; departing after 08:00; arriving before 12:00",
        ),
        (
            {"via": "LON", "not_via": "LHR", "not_carriers": "BA, oneworld", "operated_by": "UA"},
            "flights",
            (
                "via LON (6 airports: searched at LHR, LGW, STN, LTN, LCY); not via LHR London; "
                "no flight of BA or oneworld; all operated by UA"
            ),
        ),
        ({"aircraft": "77W, 789", "flights": "NH7"}, "flights", "one with aircraft 77W or 789; one of NH7"),
        (
            {"programs": "united, seatsaero/delta", "alliances": "star, skyteam"},
            "programs",
            "United MileagePlus, Delta SkyMiles through seatsaero; only of Star Alliance or SkyTeam",
        ),
        ({"reachable_only": "yes"}, "programs", "all; only those that your points reach"),
        (
            {"notify": {"channels": "phone: urgent", "quiet_hours": "22:00-07:00", "timezone": "Asia/Tokyo"}},
            "notifies",
            "phone: urgent; quiet 22:00-07:00; ≤ 5 a day (Asia/Tokyo)",
        ),
        (
            {"notify": {"channels": "digest_list: urgent"}},
            "notifies",
            "digest_list: urgent; ≤ 5 a day",
        ),
        (
            {"notify": {"min_drop": 0, "unconfirmed": "label", "max_age": "6h", "gone_note": "yes"}},
            "notifies",
            "all channels; ≤ 5 a day; again if lower; unconfirmed prices too; ≤ 6h old; a note if gone",
        ),
        ({"notify": {"min_drop": 12}}, "notifies", "all channels; ≤ 5 a day; again if 12% lower"),
        ({"note": "hello"}, "note", "hello"),
    ],
)
def test_every_limit_is_in_words(values: dict[str, object], label: str, text: str) -> None:
    assert lines(**values)[label] == text


def test_broad_places_name_the_airports_that_are_searched() -> None:
    text = lines(destination="Japan, not HND")["to"]
    assert text.startswith("Japan, not HND (")
    assert " airports: searched at " in text
    assert text.endswith(" more)")
    assert "HND," not in text.partition("(")[2]


@settings(deadline=None, max_examples=50)
@given(field_values())
def test_every_watch_has_a_description(values: dict[str, object]) -> None:
    described = describe_watch(build(values), TODAY)
    assert all(line.label and line.text for line in described)
    assert all("\n" not in line.text for line in described if line.label != "note")


def test_times_of_messages_are_in_the_owners_time_zone() -> None:
    fields = {"name": "x", "origin": "LAX", "destination": "AUS", "dates": "2027-03"}
    watch = build({**fields, "notify": {"quiet_hours": "22:00-07:00"}})
    found = dict(describe_watch(replace(watch, owner_timezone="America/Sao_Paulo"), TODAY))
    assert found["notifies"] == "all channels; quiet 22:00-07:00; ≤ 5 a day (America/Sao_Paulo)"
