"""Watches for promotions: parsing, plain values, contradictions, and the comparison with promotions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from awardspider.items import PromotionKind, PromotionTerms
from awardspider.outcomes import InvalidWatch
from awardspider.search.promotion_fields import PROMOTION_KINDS
from awardspider.search.promotion_watches import (
    DEFAULT_PROMOTION_WATCH,
    PromotionWatch,
    build_promotion_watch,
    match_promotion,
)
from awardspider.search.watch_building import FieldError
from awardspider.search.watches import build

BONUS = {
    "kind": PromotionKind.TRANSFER_BONUS,
    "programs": ("flyingblue",),
    "banks": ("amex",),
    "percent": 25,
    "book_by": date(2026, 12, 31),
}
SALE = {"kind": PromotionKind.BUY_MILES, "programs": ("alaska",), "percent": 60, "cents_per_mile": Decimal("1.88")}


def watch(**fields: object) -> PromotionWatch:
    return build_promotion_watch({"name": "Bonuses", **fields})


def reasons(fields: Mapping[str, object], terms: Mapping[str, Any]) -> tuple[str, ...]:
    return match_promotion(watch(**fields), PromotionTerms(**terms))


# ---- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("transfer bonus", ["transfer_bonus"]),
        ("Transfer Bonuses, buy miles", ["transfer_bonus", "buy_miles"]),
        ("award sales and fare deals", ["award_sale", "cash_fare_deal"]),
        (["transfer_bonus", "award-sale"], ["transfer_bonus", "award_sale"]),
        ("buy points", ["buy_miles"]),
        ("promo rewards", ["promo_award_list"]),
        ("devaluations", ["devaluation_news"]),
        ("earning bonus", ["earn_bonus"]),
    ],
)
def test_kinds_are_written_in_words_or_as_keys(written: object, kinds: list[str]) -> None:
    assert list(watch(kinds=written).kinds) == kinds


@pytest.mark.parametrize("kind", PROMOTION_KINDS)
def test_every_kind_is_known_by_its_key_and_in_words(kind: PromotionKind) -> None:
    assert watch(kinds=kind.value).kinds == watch(kinds=kind.replace("_", " ").title()).kinds == (kind,)


@pytest.mark.parametrize(
    ("written", "programs"),
    [
        ("Flying Blue", ("flyingblue",)),
        ("flyingblue, Aeroplan", ("flyingblue", "aeroplan")),
        ("AAdvantage and MileagePlus", ("american", "united")),
        (["SkyMiles", "avios"], ("delta", "avios")),
        ("Miles & More, British Airways", ("lufthansa", "britishairways")),
        ("hilton; Marriott Bonvoy", ("hilton", "marriott")),
    ],
)
def test_programs_are_written_as_people_write_them(written: object, programs: tuple[str, ...]) -> None:
    assert watch(programs=written).programs == programs


@pytest.mark.parametrize(
    ("written", "banks"),
    [
        ("amex", ("amex",)),
        ("Ultimate Rewards, Citi ThankYou", ("chase", "citi")),
        (["Membership Rewards", "Bilt"], ("amex", "bilt")),
        ("Livelo, Esfera", ("livelo", "esfera")),
        ("Wyndham", ("wyndham",)),
    ],
)
def test_banks_are_written_as_people_write_them(written: object, banks: tuple[str, ...]) -> None:
    assert watch(banks=written).banks == banks


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("kinds", "transfer bonis", 'unknown kind "transfer_bonis" (did you mean transfer_bonus?)'),
        ("kinds", "round_up", 'unknown kind "round_up" (known: '),
        ("kinds", "other", 'unknown kind "other" (known: '),
        ("programs", "Flying Blau", 'unknown program "Flying Blau" (did you mean Flying Blue?)'),
        ("programs", "oneworld", 'programs: "oneworld" is an alliance: write the programs of its members'),
        ("programs", "amex", 'programs: "amex" is a bank: write it in banks'),
        ("banks", "amx", 'unknown bank "amx" (did you mean amex?)'),
        ("banks", "Aeroplan", 'banks: "Aeroplan" is not a bank: write it in programs'),
        ("min_percent", "0", 'min_percent: must be an integer from 1 to 300, not "0"'),
        ("min_percent", "301%", 'min_percent: must be an integer from 1 to 300, not "301"'),
        ("max_cents", "cheap", 'max_cents: must be a number of cents per point such as 1.8, not "cheap"'),
        ("targeted", "perhaps", 'targeted: must be yes or no, not "perhaps"'),
        ("origin", "Atlantis", "origin: "),
        (
            "notify",
            {"min_drop": 10},
            "notify: min_drop: only watches for awards have this field: remove it",
        ),
        ("notify", {"chanels": "phone"}, 'notify: unknown field "chanels" (did you mean channels?)'),
        ("cabins", "business", "cabins: only watches for awards have this field: remove it"),
        ("minpercent", "25", 'unknown field "minpercent" (did you mean min_percent?)'),
        ("id", "x", 'id: "x" is not the id of a watch: leave it out for a new one'),
    ],
)
def test_an_invalid_field_is_named(field: str, value: object, error: str) -> None:
    with pytest.raises(FieldError) as raised:
        watch(**{field: value})
    assert str(raised.value).startswith(error)
    assert raised.value.field == field


def test_a_field_of_promotions_is_named_in_a_watch_for_awards() -> None:
    with pytest.raises(FieldError, match=r"^banks: only watches for promotions have this field: remove it$"):
        build({"name": "Tokyo", "origin": "LAX", "destination": "TYO", "dates": "2027-03", "banks": "amex"})


def test_a_name_is_required() -> None:
    with pytest.raises(FieldError, match=r"^name is missing \(for example Amex to Flying Blue\)$"):
        build_promotion_watch({"kinds": "transfer bonus"})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            {"kinds": "transfer bonus", "max_cents": 2},
            "max_cents: transfer_bonus has no price of a mile: remove one of these fields",
        ),
        (
            {"kinds": "transfer bonus, buy miles", "max_cents": 2},
            "max_cents: transfer_bonus has no price of a mile: make another watch for transfer_bonus",
        ),
        (
            {"kinds": "award sale, buy miles", "banks": "amex"},
            "banks: award_sale and buy_miles have no bank: remove one of these fields",
        ),
        (
            {"kinds": "devaluation", "min_percent": 10},
            "min_percent: devaluation_news has no percentage: remove one of these fields",
        ),
        ({"kinds": "buy miles", "origin": "GRU"}, "origin: buy_miles has no routes: remove one of these fields"),
        (
            {"banks": "amex", "max_cents": "1.9"},
            "max_cents: a promotion has no price of a mile if it has a bank: remove banks",
        ),
    ],
)
def test_fields_that_exclude_every_promotion_are_refused(fields: dict[str, object], error: str) -> None:
    with pytest.raises(FieldError) as raised:
        watch(**fields)
    assert str(raised.value) == error


def test_plain_values_have_no_defaults_and_make_the_same_watch() -> None:
    made = watch(
        kinds="award sale, promo rewards",
        programs="Flying Blue, SkyMiles",
        min_percent="25%",
        targeted="yes",
        origin="Brazil",
        destination="Europe, not UK",
        notify={"channels": {"phone": "urgent"}, "quiet_hours": "22:00-07:00", "max_per_day": 2},
        expires="2027-03",
        note="for the winter",
    )
    definition = made.to_definition()
    assert definition == {
        "name": "Bonuses",
        "kinds": ["award_sale", "promo_award_list"],
        "programs": ["flyingblue", "delta"],
        "min_percent": 25,
        "targeted": True,
        "origin": "Brazil",
        "destination": "Europe, not UK",
        "notify": {"channels": {"phone": "urgent"}, "quiet_hours": "22:00-07:00", "max_per_day": 2},
        "expires": "2027-03-31",
        "note": "for the winter",
    }
    assert PromotionWatch.from_definition(definition) == made
    assert watch(max_cents="1.90").to_definition() == {"name": "Bonuses", "max_cents": "1.90"}
    assert watch().to_definition() == {"name": "Bonuses"}


def test_an_invalid_definition_is_an_invalid_watch() -> None:
    with pytest.raises(InvalidWatch, match=r'^watch "Old": unknown kind "lottery"'):
        PromotionWatch.from_definition({"name": "Old", "kinds": ["lottery"]})


def test_a_watch_is_known_by_its_id_or_name_and_ends_in_its_owners_time_zone() -> None:
    made = build_promotion_watch({"name": "Bonuses", "id": "0123456789ab", "expires": "2026-12-01"})
    assert (made.key, watch().key) == ("0123456789ab", "Bonuses")
    assert not made.is_expired(datetime(2026, 12, 1, 23, 59, tzinfo=UTC))
    assert made.is_expired(datetime(2026, 12, 2, tzinfo=UTC))
    assert watch().notify_record()["timezone"] == "UTC"


# ---- comparison ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "terms"),
    [
        ({}, BONUS),
        ({}, {"kind": PromotionKind.DEVALUATION_NEWS}),
        ({"kinds": "transfer bonus"}, BONUS),
        ({"programs": "Flying Blue, Aeroplan"}, BONUS),
        ({"banks": "amex, chase"}, BONUS),
        ({"min_percent": 25}, BONUS),
        ({"min_percent": 25}, BONUS | {"percent": 40, "up_to": True}),
        ({"max_cents": "1.88"}, SALE),
        ({"targeted": "yes"}, BONUS | {"targeted": True}),
        ({"programs": "British Airways"}, BONUS | {"programs": ("avios",)}),
        ({"programs": "avios"}, BONUS | {"programs": ("iberia",)}),
        ({"programs": "avios"}, BONUS | {"programs": ("avios",)}),
        ({"origin": "Germany"}, {"kind": PromotionKind.CASH_FARE_DEAL, "routes": ("LHR-JFK", "FRA-CUN")}),
        ({"origin": "LGA"}, {"kind": PromotionKind.CASH_FARE_DEAL, "routes": ("NYC-PAR",)}),
        ({"destination": "Paris"}, {"kind": PromotionKind.AWARD_SALE, "routes": ("JFK-CDG",)}),
    ],
)
def test_a_promotion_matches(fields: dict[str, object], terms: dict[str, Any]) -> None:
    assert reasons(fields, terms) == ()


@pytest.mark.parametrize(
    ("fields", "terms", "expected"),
    [
        ({"kinds": "buy miles"}, BONUS, ("is of the kind transfer bonus",)),
        ({}, {"kind": PromotionKind.OTHER}, ("is no promotion",)),
        ({}, {"kind": PromotionKind.ROUND_UP}, ("is no promotion",)),
        ({"programs": "Aeroplan"}, BONUS, ("is for Flying Blue",)),
        ({"programs": "Aeroplan"}, BONUS | {"programs": ()}, ("does not say for which program",)),
        ({"programs": "British Airways"}, BONUS | {"programs": ("iberia",)}, ("is for Iberia Club",)),
        ({"programs": "Aeroplan"}, BONUS | {"programs": ("avios",)}, ("is for Avios",)),
        ({"banks": "chase"}, BONUS, ("is from Amex Membership Rewards",)),
        ({"banks": "chase"}, BONUS | {"banks": ()}, ("does not say from which bank",)),
        ({"min_percent": 26}, BONUS, ("25% is less than 26%",)),
        ({"min_percent": 1}, BONUS | {"percent": None}, ("does not say the percentage",)),
        ({"max_cents": "1.87"}, SALE, ("1.88 cents is more than 1.87",)),
        ({"max_cents": "1.87"}, SALE | {"cents_per_mile": None}, ("does not say the price of a mile",)),
        ({}, BONUS | {"targeted": True}, ("is only for invited members",)),
        ({}, BONUS | {"expired": True}, ("has ended",)),
        ({"origin": "Brazil"}, {"kind": PromotionKind.AWARD_SALE}, ("does not say which routes",)),
        ({"origin": "Brazil"}, {"kind": PromotionKind.AWARD_SALE, "routes": ("FRA-GRU",)}, ("is for FRA-GRU",)),
        (
            {"destination": "Rome"},
            {"kind": PromotionKind.AWARD_SALE, "routes": ("FRA-GRU", "FRA-GIG", "FRA-EZE", "FRA-SCL")},
            ("is for FRA-GRU, FRA-GIG, FRA-EZE and others",),
        ),
        (
            {"banks": "chase", "min_percent": 30},
            BONUS,
            ("is from Amex Membership Rewards", "25% is less than 30%"),
        ),
    ],
)
def test_the_reasons_of_a_promotion_that_does_not_match(
    fields: dict[str, object], terms: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert reasons(fields, terms) == expected


def test_a_targeted_promotion_matches_if_the_owner_has_offers_of_its_bank() -> None:
    owned = PromotionWatch(name="Bonuses", targeted_banks=frozenset({"amex"}))
    targeted = PromotionTerms(**BONUS | {"targeted": True})
    assert match_promotion(owned, targeted) == ()
    targeted.banks = ("chase",)
    assert match_promotion(owned, targeted) == ("is only for invited members",)


@pytest.mark.parametrize(
    ("terms", "matches"),
    [
        (BONUS, True),
        (SALE, True),
        ({"kind": PromotionKind.AWARD_SALE, "programs": ("delta",)}, True),
        ({"kind": PromotionKind.PROMO_AWARD_LIST, "programs": ("flyingblue",)}, True),
        (BONUS | {"programs": ("avios",)}, True),
        (BONUS | {"programs": ()}, False),
        (BONUS | {"programs": ("hilton",)}, False),
        (BONUS | {"targeted": True}, False),
        ({"kind": PromotionKind.EARN_BONUS, "programs": ("delta",)}, False),
        ({"kind": PromotionKind.CASH_FARE_DEAL, "programs": ("delta",)}, False),
        ({"kind": PromotionKind.DEVALUATION_NEWS, "programs": ("delta",)}, False),
    ],
)
def test_the_default_watch_has_promotions_that_change_the_price_of_awards(terms: dict[str, Any], matches: bool) -> None:
    assert (match_promotion(DEFAULT_PROMOTION_WATCH, PromotionTerms(**terms)) == ()) is matches
