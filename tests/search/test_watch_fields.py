"""Every notation of the fields of a watch, and the sentences about others."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.outcomes import InvalidArgument
from awardspider.search.amounts import currencies, parse_miles, parse_money
from awardspider.search.watch_building import FieldError
from awardspider.search.watch_table import WATCH_FIELDS
from awardspider.search.watches import Watch, build
from tests.support.watch_values import PLAIN_VALUES, field_values


def parse(**values: object) -> dict[str, object]:
    """Return the definition of a watch with these fields, without those that every watch has."""
    definition = build(PLAIN_VALUES | values).to_definition()
    return {name: value for name, value in definition.items() if name in values}


def error(**values: object) -> str:
    with pytest.raises(FieldError) as raised:
        build(PLAIN_VALUES | values)
    message = str(raised.value)
    assert "\n" not in message
    assert raised.value.field in values
    return message


def test_the_table_has_every_field_of_a_watch() -> None:
    internal = {"id", "reachable", "owner_timezone"}
    entries = {field.name: field for field in fields(Watch) if field.name not in internal}
    assert set(WATCH_FIELDS) == set(entries)
    required = {name for name, field in WATCH_FIELDS.items() if field.is_required}
    assert required == {"name", "origin", "destination", "dates"}


@pytest.mark.parametrize("name", WATCH_FIELDS)
def test_the_example_of_every_field_is_valid(name: str) -> None:
    needed = {"nights": "7"} if "trip" in name else {"cabins": "business"} if name == "min_cabin_share" else {}
    assert name in (parse(**needed | {name: WATCH_FIELDS[name].example}) | {"active": False})


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("$100", "100 USD"),
        ("US$ 100", "100 USD"),
        ("R$ 200", "200 BRL"),
        ("200 reais", "200 BRL"),
        ("100 USD", "100 USD"),
        ("usd 100", "100 USD"),
        ("USD100", "100 USD"),
        ("€50", "50 EUR"),
        ("50 €", "50 EUR"),
        ("50 euros", "50 EUR"),
        ("£35.40", "35.40 GBP"),
        ("C$ 80", "80 CAD"),
        ("$ 80 CAD", "80 CAD"),
        ("MXN $5,999", "5999 MXN"),
        ("1,000 USD", "1000 USD"),
        ("1,000.50 USD", "1000.50 USD"),
        ("1.000,50 EUR", "1000.50 EUR"),
        ("100,5 EUR", "100.5 EUR"),
        ("1 000,50 €", "1000.50 EUR"),
        ("1'000 CHF", "1000 CHF"),
        ("1.000 JPY", "1000 JPY"),
        ("1.500 KWD", "1.500 KWD"),
        ("0.500 KWD", "0.500 KWD"),
        ("1.234.567 COP", "1234567 COP"),
        ("0 USD", "0 USD"),
    ],
)
def test_money_as_people_write_it(written: str, amount: str) -> None:
    assert str(parse_money(written)) == amount
    assert parse_money(amount) == parse_money(written)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("100", 'max_taxes: must be an amount with its currency, such as 100 USD, not "100"'),
        ("USD", 'max_taxes: must be an amount with its currency, such as 100 USD, not "USD"'),
        ("-5 USD", 'max_taxes: must be an amount with its currency, such as 100 USD, not "-5 USD"'),
        ("1,00,000 INR", 'max_taxes: must be an amount with its currency, such as 100 USD, not "1,00,000 INR"'),
        ("100 UDS", 'max_taxes: unknown currency "UDS" (did you mean USD?)'),
        ("100 EURR", 'max_taxes: unknown currency "EURR" (did you mean EUR?)'),
        ("100 DEM", 'max_taxes: unknown currency "DEM" (write an ISO code such as USD or EUR)'),
        ("100 kr", 'max_taxes: "kr" can be several currencies: write DKK or NOK or SEK'),
        ("$5 EUR", 'max_taxes: "$5 EUR" has two currencies: write for example 5 USD'),
        ("1.005 USD", 'max_taxes: "1.005 USD" can be read in two ways: write 1005 USD or 1.01 USD'),
        ("$1.005 EUR", 'max_taxes: "$1.005 EUR" has two currencies: write for example 100 USD'),
        ("1.000 EUR", 'max_taxes: "1.000 EUR" can be read in two ways: write 1000 EUR or 1 EUR'),
        ("99,999,999 USD", "max_taxes: must be at most 10,000,000 USD"),
        (["5 USD"], "max_taxes: expected a single value, got a list"),
    ],
)
def test_invalid_money_is_explained(written: object, message: str) -> None:
    assert error(max_taxes=written) == message


@settings(deadline=None)
@given(st.sampled_from(currencies()), st.decimals(0, 10**6, places=2))
def test_any_amount_in_any_currency_is_read_as_written(currency: str, amount: Any) -> None:
    parsed = parse_money(f"{amount} {currency}")
    assert (parsed.amount, parsed.currency) == (amount, currency)
    assert parse_money(str(parsed)) == parsed
    assert parse_money(f"{currency} {amount:,}") == parsed


@settings(deadline=None)
@given(st.sampled_from(currencies()), st.integers(1, 999), st.integers(0, 999))
def test_an_amount_that_can_be_read_in_two_ways_is_refused_with_amounts_that_are_not(
    currency: str, number: int, rest: int
) -> None:
    try:
        parse_money(f"{number}.{rest:03} {currency}")
    except InvalidArgument as refused:
        suggested = str(refused).partition(" ways: write ")[2].split(" or ")
        assert [str(parse_money(amount)) for amount in suggested] == suggested


@pytest.mark.parametrize(
    "written",
    [
        "80000",
        "80,000",
        "80_000",
        "80.000",
        "80 000",
        "80k",
        "80K",
        "80 k",
        "80 mil",
        "80,000 miles",
        "80k pts",
        80_000,
    ],
)
def test_miles_as_people_write_them(written: object) -> None:
    assert parse_miles(written) == 80_000


def test_thousands_of_miles_may_have_a_decimal() -> None:
    assert parse_miles("12.5k") == parse_miles("12,5k") == 12_500


@pytest.mark.parametrize(
    "written", ["8,00", "25.5", "0", "-1", "2,000,001", "80kk", "1.55k", "k", "8,0000", "9" * 400, True]
)
def test_other_miles_are_refused(written: object) -> None:
    assert error(max_miles=written).startswith("max_miles: ")


@pytest.mark.parametrize(
    ("values", "definition"),
    [
        ({"max_duration": "14h"}, "14h"),
        ({"max_duration": "14h30"}, "14h30"),
        ({"max_duration": "14:30"}, "14h30"),
        ({"max_duration": "14.5 hours"}, "14h30"),
        ({"max_duration": "14 hours 30 minutes"}, "14h30"),
        ({"max_duration": "840 min"}, "14h"),
        ({"max_duration": "45m"}, "0h45"),
        ({"max_duration": "1 day 2 h"}, "26h"),
        ({"name": "Tokyo\u00a0in spring"}, "Tokyo in spring"),
        ({"departure_hours": "8:00-22:00"}, "08:00-22:00"),
        ({"departure_hours": "6am-10pm"}, "06:00-22:00"),
        ({"departure_hours": "6:30 a.m. to 10 PM"}, "06:30-22:00"),
        ({"departure_hours": "from 8h to 18h30"}, "08:00-18:30"),
        ({"departure_hours": "between 12am and 12pm"}, "00:00-12:00"),
        ({"departure_hours": "after 08:00"}, "08:00-23:59"),
        ({"departure_hours": "not before 9am"}, "09:00-23:59"),
        ({"arrival_hours": "before noon"}, "00:00-12:00"),
        ({"departure_hours": "depois das 8h"}, "08:00-23:59"),
        ({"departure_hours": "a partir das 18h30"}, "18:30-23:59"),
        ({"departure_hours": "después de las 18:00"}, "18:00-23:59"),
        ({"departure_hours": "a partir de las 8:00"}, "08:00-23:59"),
        ({"arrival_hours": "até as 18:00"}, "00:00-18:00"),
        ({"arrival_hours": "antes das 18:00"}, "00:00-18:00"),
        ({"arrival_hours": "hasta las 18:00"}, "00:00-18:00"),
        ({"arrival_hours": "antes de las 18:00"}, "00:00-18:00"),
        ({"arrival_hours": "18:00-24:00"}, "18:00-23:59"),
        ({"arrival_hours": "22:00-05:00"}, "22:00-05:00"),
        ({"nights": "7"}, "7"),
        ({"nights": 7}, "7"),
        ({"nights": "7 - 10 nights"}, "7-10"),
        ({"nights": "5..9"}, "5-9"),
        ({"nights": "5 to 9"}, "5-9"),
        ({"carriers": "ua nh"}, ["UA", "NH"]),
        ({"carriers": "UA or NH and b6"}, ["UA", "NH", "B6"]),
        ({"carriers": "UA OR"}, ["UA", "OR"]),
        ({"cabins": "business/first or premium economy"}, ["premium_economy", "business", "first"]),
        ({"programs": "United & Delta"}, ["united", "delta"]),
        ({"carriers": "Star Alliance, b6"}, ["star_alliance", "B6"]),
        ({"not_carriers": ["BA", "oneworld"]}, ["BA", "oneworld"]),
        ({"operated_by": "star; UA; ua"}, ["star_alliance", "UA"]),
        ({"flights": "UA837, nh 7, B6-0023"}, ["UA837", "NH7", "B623"]),
        ({"aircraft": "77w, A359, 789"}, ["77W", "A359", "789"]),
        ({"aircraft": "77w 789, Airbus A350-900"}, ["77W", "789", "Airbus A350-900"]),
        ({"alliances": "star, Sky Team"}, ["star_alliance", "skyteam"]),
        ({"programs": "United, AAdvantage, seatsaero/united"}, ["united", "american", "seatsaero/united"]),
        ({"programs": "Miles & More, united & delta"}, ["lufthansa", "united", "delta"]),
        ({"max_stops": "nonstop"}, 0),
        ({"max_stops": "Direct"}, 0),
        ({"max_stops": "1 stop"}, 1),
        ({"max_stops": "2 stops"}, 2),
        ({"aircraft": "crj, 77w, embraer 190"}, ["CRJ", "77W", "embraer 190"]),
        ({"origin": ["SFO", "San Jose, Costa Rica"]}, "SFO; San Jose, Costa Rica"),
        ({"origin": ["Toledo", "Spain"]}, "Toledo; Spain"),
        ({"origin": ["LAX", "SFO"]}, "LAX; SFO"),
        ({"not_via": "NO"}, "NO"),
        ({"carriers": "NO"}, ["NO"]),
        ({"expires": "2028-02"}, "2028-02-29"),
        ({"unknown_seats": "Reject"}, "reject"),
        ({"aircraft": "320neo or 737 MAX 8"}, ["320neo", "737 MAX 8"]),
        ({"cabins": ["Business class", "first; coach"]}, ["economy", "business", "first"]),
        ({"note": "two\nlines"}, "two\nlines"),
    ],
)
def test_notations(values: dict[str, object], definition: object) -> None:
    (parsed,) = parse(**values).values()
    assert parsed == definition


def test_a_share_may_have_its_sign() -> None:
    assert parse(min_cabin_share="80 %", cabins="business")["min_cabin_share"] == 80


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_duration": "14"}, "max_duration: must have a unit: write 14h or 14 min"),
        ({"max_duration": "840"}, "max_duration: must have a unit: write 14h or 840 min"),
        ({"max_duration": "14h75"}, "must be a travel time such as 14h or 14h30, at most 7 days"),
        ({"max_duration": "8 days"}, "must be a travel time such as 14h or 14h30, at most 7 days"),
        ({"max_duration": "0h"}, "must be a travel time such as 14h or 14h30, at most 7 days"),
        ({"departure_hours": "8-22"}, "must be two times such as 08:00-22:00, or after 08:00"),
        ({"departure_hours": "08:00-24:30"}, "must be two times such as 08:00-22:00, or after 08:00"),
        ({"departure_hours": "13pm-14pm"}, "must be two times such as 08:00-22:00, or after 08:00"),
        ({"departure_hours": "8:00-8am"}, "has the same start and end: leave the field out for any time"),
        ({"nights": "10-7"}, 'nights: "10-7" ends before it starts: write 7-10'),
        ({"nights": "181"}, "nights: must be at most 180 nights"),
        ({"nights": "a week"}, "nights: must be a number or a range of nights such as 7-10"),
        (
            {"carriers": "Air France"},
            '"Air France" is not the code of a carrier, such as UA, nor an alliance (did you ',
        ),
        ({"carriers": "Luftansa"}, "(write the two characters that begin its flight numbers)"),
        ({"carriers": "UA, 99"}, '"99" is not the code of a carrier'),
        ({"flights": "837"}, 'flights: "837" is not a flight number such as UA837'),
        ({"flights": "UA 12345"}, 'flights: "UA 12345" is not a flight number such as UA837'),
        ({"aircraft": "jet"}, '"jet" is not the code of an aircraft, such as 77W or A359'),
        ({"aircraft": "77W, any"}, '"any" is not the code of an aircraft, such as 77W or A359'),
        ({"not_via": "no"}, 'not_via: "no" is a word: write NO for Norway'),
        ({"not_carriers": ["UA", "no"]}, 'not_carriers: "no" is a word: write NO for the carrier'),
        ({"carriers": "On"}, 'carriers: "On" is a word: write ON for the carrier'),
        ({"cabins": "biz"}, 'unknown cabin "biz" (did you mean business?)'),
        ({"cabins": "F"}, 'unknown cabin "F" (did you mean first?)'),
        ({"cabins": "premium eco"}, 'unknown cabin "premium eco" (did you mean premium_economy?)'),
        ({"note": "line\n" * 101}, "note: must have at most 500 characters, not 504"),
        ({"max_duration": "99999"}, "must be a travel time such as 14h or 14h30, at most 7 days"),
        ({"max_duration": "0"}, "must be a travel time such as 14h or 14h30, at most 7 days"),
        ({"nights": "200-190"}, "nights: must be at most 180 nights"),
        ({"aircraft": "Dreamliner"}, '"Dreamliner" is not the code of an aircraft, such as 77W or A359'),
        ({"alliances": "oneword"}, 'unknown alliance "oneword" (did you mean oneworld?)'),
        ({"expires": "2027-02-30"}, 'expires: must be a day such as 2027-03-31, not "2027-02-30"'),
        ({"expires": "2027-13"}, 'expires: must be a day such as 2027-03-31, not "2027-13"'),
        ({"expires": "soon"}, 'expires: must be a day such as 2027-03-31, not "soon"'),
        ({"unknown_seats": "maybe"}, 'unknown_seats: must be accept or reject, not "maybe"'),
        ({"min_cabin_share": "101%", "cabins": "first"}, "min_cabin_share: must be an integer from 1 to 100"),
        ({"deal": "record"}, 'unknown deal class "record" (did you mean record_low?)'),
        ({"deal": "usual"}, 'unknown deal class "usual" (known: record_low, exceptional, good)'),
        ({"deal": True}, 'unknown deal class "True" (known: record_low, exceptional, good)'),
        ({"min_cpp": "lots"}, 'min_cpp: must be a number of cents per point such as 1.8, not "lots"'),
        ({"min_cpp": "0"}, 'min_cpp: must be a number of cents per point such as 1.8, not "0"'),
        ({"min_cpp": True}, 'min_cpp: must be a number of cents per point such as 1.8, not "True"'),
        ({"min_cpp": "1.875"}, 'min_cpp: must be a number of cents per point such as 1.8, not "1.875"'),
        ({"id": "one"}, 'id: "one" is not the id of a watch: leave it out for a new one'),
    ],
)
def test_other_values_are_explained(values: dict[str, object], message: str) -> None:
    assert message in error(**values)


@pytest.mark.parametrize(
    ("values", "definition"),
    [
        ({"deal": "Record low"}, {"deal": "record_low"}),
        ({"deal": " record-low "}, {"deal": "record_low"}),
        ({"deal": "GOOD"}, {"deal": "good"}),
        ({"min_cpp": 2}, {"min_cpp": "2"}),
        ({"min_cpp": 1.85}, {"min_cpp": "1.85"}),
        ({"min_cpp": "1,8 cents"}, {"min_cpp": "1.8"}),
        ({"min_cpp": "2¢"}, {"min_cpp": "2"}),
    ],
)
def test_a_required_deal_has_several_notations(values: dict[str, object], definition: dict[str, object]) -> None:
    assert parse(**values) == definition


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_trip_miles": "150k"}, "max_trip_miles: is for round trips: add nights (such as 7-10), or use max_miles"),
        ({"max_trip_taxes": "$200"}, "max_trip_taxes: is for round trips: add nights (such as 7-10), or use max_taxes"),
        ({"min_cabin_share": 80}, "min_cabin_share: is the share of the journey in one of the cabins: add cabins"),
        (
            {"min_cabin_share": 80, "cabins": "first", "allow_mixed_cabin": "no"},
            "min_cabin_share: allows other cabins, but allow_mixed_cabin: no does not: remove one of them",
        ),
        ({"carriers": "UA, NH", "not_carriers": "NH"}, "not_carriers: NH is also in carriers: remove it from one of"),
        ({"carriers": "UA", "not_carriers": "star"}, "not_carriers: excludes every airline in carriers: remove one of"),
        ({"operated_by": "OO", "not_operated_by": "OO, YX"}, "not_operated_by: OO is also in operated_by"),
        ({"flights": "NH7", "carriers": "UA"}, "flights: none is of an airline in carriers: remove one of these"),
        ({"flights": "NH7", "not_carriers": "star"}, "flights: all are of an airline in not_carriers"),
        ({"via": "LHR", "max_stops": 0}, "via: needs a connection, but max_stops: 0 allows none: remove one of them"),
        ({"via": "LHR", "not_via": "LON"}, "not_via: excludes every place in via (LHR): remove one of them"),
        ({"programs": "delta", "alliances": "star"}, "alliances: none of the programs is of this alliance: remove pro"),
        ({"origin": "LAX", "destination": "lax"}, "destination: lax is also the origin"),
        ({"origin": "TYO", "destination": "Tokyo"}, "destination: Tokyo is in the same city as the origin"),
        ({"origin": "JFK", "destination": "EWR, LGA"}, "destination: EWR, LGA is in the same city as the origin"),
        ({"origin": "IAH", "destination": "HOU"}, "destination: HOU is in the same city as the origin"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(values: dict[str, object], message: str) -> None:
    assert message in error(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"min_seats": 1, "travelers": 2},
        {"carriers": "star", "not_carriers": "UA"},
        {"via": "LON", "not_via": "LHR"},
        {"min_cabin_share": 100, "cabins": "first", "allow_mixed_cabin": "no"},
        {"programs": "seatsaero", "alliances": "star"},
        {"flights": "NH7, UA837", "carriers": "UA"},
        {"max_stops": 0, "not_via": "LHR"},
        # Asiana leaves the alliance on a known day.
        {"flights": "OZ201", "not_carriers": "star"},
        {"flights": "OZ201", "carriers": "star"},
        {"operated_by": "OZ", "not_operated_by": "star"},
        {"origin": "NYC", "destination": "NYC, BOS"},
        {"origin": "Japan", "destination": "Japan"},
    ],
)
def test_fields_that_only_narrow_each_other_are_accepted(values: dict[str, object]) -> None:
    assert parse(**values)


@settings(deadline=None)
@given(field_values())
def test_a_definition_is_read_as_the_same_watch(values: dict[str, object]) -> None:
    watch = build(values)
    assert Watch.from_definition(watch.to_definition(), active=watch.active) == watch


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=3) | st.dictionaries(st.text(max_size=10), _SCALARS, max_size=3)
_WORDS = "0 1 7 80 2027 -03 - .. , . : h k m USD $ € am pm to not before UA LAX NYC Japan % ± + within km"
_FRAGMENTS = st.lists(st.sampled_from(re.findall(r"\S+", _WORDS)), max_size=6)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from([*WATCH_FIELDS, "id"]),
    _VALUES | _FRAGMENTS.map("".join) | _FRAGMENTS.map(" ".join),
)
def test_any_value_is_accepted_or_explained_in_one_sentence(name: str, value: object) -> None:
    message = ""
    try:
        watch = build(PLAIN_VALUES | {name: value})
    except FieldError as raised:
        message = str(raised)
    else:
        assert Watch.from_definition(watch.to_definition(), active=watch.active) == watch
    assert len(message) < 1000
