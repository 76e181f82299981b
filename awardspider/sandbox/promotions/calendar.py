"""The promotions of the simulated world: which one starts on which day, and its terms.

Recurring promotions take turns (`data/promotions/promotions.toml`): one starts in each period, at a day that depends on
the seed, so the same pair of a bank and a program never has two at a time.
"""

from __future__ import annotations

import calendar
import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from awardspider.items import BonusOrDiscount, PromotionKind
from awardspider.sandbox.places import all_places, draw

#: A day of a promotion ends at midnight in the westernmost zone of its members, as 08:00 UTC.
DAY_ENDS = timedelta(days=1, hours=8)
#: One promotion in this number ends early; the daily ones never do.
ONE_ENDS_EARLY_IN = 6
LONGEST_DAYS = 62
SYMBOLS = {"US": "$", "CA": "C$", "GB": "£"}
AIRLINES = ("Delta", "United", "American", "Lufthansa", "KLM", "Air France", "TAP Air Portugal", "Iberia", "Turkish")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A promotion. `programs` and `banks` are keys of the catalog, `routes` are pairs of IATA codes.

    `last_day` is the announced end, None without one. `ended_at` is when it was over, which may be earlier.
    `details` are further words of its announcements. `region` is `br` if only Brazilian sources write about it. A
    punctual one is announced in the evening before its first day.
    """

    key: str
    kind: PromotionKind
    programs: tuple[str, ...]
    first_day: date
    last_day: date | None
    ended_at: datetime | None = None
    banks: tuple[str, ...] = ()
    percent: int | None = None
    up_to: bool = False
    bonus_or_discount: BonusOrDiscount | None = None
    cents_per_mile: Decimal | None = None
    miles_price: int | None = None
    routes: tuple[tuple[str, str], ...] = ()
    travel_from: date | None = None
    travel_until: date | None = None
    targeted: bool = False
    region: str = ""
    is_daily: bool = False
    is_punctual: bool = False
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def announced_at(self) -> datetime:
        """Return the time of the first announcement: from 30 hours before the start to 10 hours after it."""
        return _announced_at(self.key, self.first_day, self.is_punctual)

    @property
    def ended_early(self) -> bool:
        """Return whether it ends before its announced last day is over."""
        return bool(self.last_day and self.ended_at and self.ended_at < midnight(self.last_day) + DAY_ENDS)

    def is_active(self, now: datetime) -> bool:
        """Return whether it has been announced or has begun, and is not over."""
        return self.announced_at <= now and (self.ended_at is None or now < self.ended_at)


@functools.lru_cache(maxsize=1 << 14)
def _announced_at(key: str, first_day: date, is_punctual: bool) -> datetime:
    hours = -2 if is_punctual else draw(key, "announced") % 40 - 30
    return midnight(first_day) + timedelta(hours=hours, seconds=draw(key, "seconds") % 3300)


@functools.cache
def terms() -> dict[str, Any]:
    """Return the content of `data/promotions/promotions.toml`."""
    return read_data("promotions")


def read_data(name: str) -> dict[str, Any]:
    """Return the content of a file of `data/promotions/`."""
    path = files("awardspider.sandbox").joinpath("data", "promotions", f"{name}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def midnight(day: date) -> datetime:
    """Return the start of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def starting(seed: int, first: date, last: date) -> Iterator[Promotion]:
    """Yield the promotions that start from `first` to `last`, by day."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield from _starting_on(seed, ordinal)


def announced(seed: int, now: datetime, days: int = LONGEST_DAYS) -> list[Promotion]:
    """Return the promotions that have been announced by `now` and start within the last `days` or soon."""
    today = now.date()
    found = starting(seed, today - timedelta(days=days), today + timedelta(days=3))
    return [promotion for promotion in found if promotion.announced_at <= now]


@functools.lru_cache(maxsize=1 << 14)
def _starting_on(seed: int, ordinal: int) -> tuple[Promotion, ...]:
    day = date.fromordinal(ordinal)
    return (
        _daily(day),
        *(_monthly(day) if day.day == 1 else []),
        *_recurring(seed, PromotionKind.TRANSFER_BONUS, day, _transfer_bonus),
        *_recurring(seed, PromotionKind.BUY_MILES, day, _buy_miles),
        *_recurring(seed, PromotionKind.AWARD_SALE, day, _award_sale),
        *_recurring(seed, PromotionKind.EARN_BONUS, day, _earn_bonus),
        *_recurring(seed, PromotionKind.DEVALUATION_NEWS, day, _devaluation),
        *([_promo_award_list(seed, day)] if day.day == 1 else []),
        *_fare_deals(seed, day),
    )


def _daily(day: date) -> Promotion:
    """Return the transfer bonus that begins on a day, whatever the seed."""
    cycle, position = divmod(day.toordinal(), len(terms()["daily"]["rotation"]))
    entry = terms()["daily"]["rotation"][position]
    last = day + timedelta(days=terms()["daily"]["days"] - 1)
    return Promotion(
        key=f"daily-{day}",
        kind=PromotionKind.TRANSFER_BONUS,
        programs=(entry["program"],),
        banks=(entry["bank"],),
        percent=entry["percents"][cycle % len(entry["percents"])],
        bonus_or_discount=BonusOrDiscount.BONUS,
        first_day=day,
        last_day=last,
        ended_at=midnight(last) + DAY_ENDS,
        is_daily=True,
        is_punctual=True,
    )


def _monthly(day: date) -> list[Promotion]:
    """Return the transfer bonuses of a month, whatever the seed; `day` is its first day."""
    last = _last_of_month(day)
    return [
        _transfer_bonus(
            Promotion(
                key=f"monthly-{day:%Y-%m}-{entry['bank']}",
                kind=PromotionKind.TRANSFER_BONUS,
                programs=(entry["program"],),
                first_day=day,
                last_day=last,
                ended_at=midnight(last) + DAY_ENDS,
                is_punctual=True,
            ),
            entry,
        )
        for entry in terms()["monthly"]["rotation"]
    ]


def _recurring(seed: int, kind: PromotionKind, day: date, build: Any) -> list[Promotion]:
    """Return the promotion of a kind that starts on a day, if one does."""
    table = terms()[kind.value]
    period, position = divmod(day.toordinal(), table["every_days"])
    if draw(seed, kind, period) % table["every_days"] != position:
        return []
    key = f"{kind.value}-{seed}-{period}"
    rotation = table["rotation"]
    entry = rotation[(period + draw(seed, kind, "offset")) % len(rotation)]
    shortest, longest = table.get("days", (0, 0))
    last = day + timedelta(days=shortest + draw(key, "days") % (longest - shortest + 1) - 1)
    program = entry if isinstance(entry, str) else entry["program"]
    found = Promotion(
        key=key,
        kind=kind,
        programs=(program,),
        first_day=day,
        last_day=last if longest else None,
        ended_at=midnight(last) + DAY_ENDS if longest else None,
        region="br" if isinstance(entry, dict) and entry.get("region") == "br" else "",
    )
    built: Promotion = build(found, entry)
    return [_ended_early(built)]


def _ended_early(promotion: Promotion) -> Promotion:
    """Return a promotion that ends early, if it is one of those."""
    if promotion.last_day is None or draw(promotion.key, "early") % ONE_ENDS_EARLY_IN:
        return promotion
    ended_at = max(promotion.announced_at, midnight(promotion.first_day))
    ended_at += timedelta(hours=20 + draw(promotion.key, "ended") % 30)
    return replace(promotion, ended_at=ended_at)


def _transfer_bonus(promotion: Promotion, entry: Mapping[str, Any]) -> Promotion:
    common = replace(promotion, banks=(entry["bank"],), targeted=entry.get("targeted", False))
    if points := entry.get("points"):
        return replace(common, details={"points": f"{points:,}"})
    return replace(
        common,
        percent=_choose(promotion.key, entry["percents"]),
        up_to=entry.get("up_to", False),
        bonus_or_discount=BonusOrDiscount.BONUS,
    )


def _buy_miles(promotion: Promotion, entry: Mapping[str, Any]) -> Promotion:
    """Return a sale with its price: the usual one divided by 1 + bonus, or reduced by the discount."""
    cents = Decimal(entry["cents"])
    if bonuses := entry.get("bonuses"):
        percent, effect = _choose(promotion.key, bonuses), BonusOrDiscount.BONUS
        price = cents * 100 / (100 + percent)
    else:
        percent, effect = _choose(promotion.key, entry["discounts"]), BonusOrDiscount.DISCOUNT
        price = cents * (100 - percent) / 100
    return replace(
        promotion,
        percent=percent,
        up_to=entry.get("up_to", False),
        bonus_or_discount=effect,
        cents_per_mile=price.quantize(Decimal("0.01")),
    )


def _award_sale(promotion: Promotion, entry: Mapping[str, Any]) -> Promotion:
    places = entry["places"]
    start = draw(promotion.key, "place") % len(places)
    route = places[start], places[(start + 1) % len(places)]
    percents = entry.get("percents")
    travel_from = promotion.first_day + timedelta(days=14 + draw(promotion.key, "travel") % 30)
    return replace(
        promotion,
        percent=_choose(promotion.key, percents) if percents else None,
        up_to=entry.get("up_to", False),
        bonus_or_discount=BonusOrDiscount.DISCOUNT if percents else None,
        miles_price=_choose(f"{promotion.key} miles", entry["miles"]),
        routes=(route,),
        travel_from=travel_from,
        travel_until=travel_from + timedelta(days=40 + draw(promotion.key, "until") % 90),
        details={"sale": entry["sale"]},
    )


def _earn_bonus(promotion: Promotion, entry: Mapping[str, Any]) -> Promotion:
    return replace(promotion, details={"bonus": entry["bonus"]})


def _devaluation(promotion: Promotion, entry: str) -> Promotion:
    return replace(promotion, region="br" if entry == "smiles" else "")


def _promo_award_list(seed: int, day: date) -> Promotion:
    table = terms()["promo_award_list"]
    last = _last_of_month(day)
    origins = sorted(table["origins"], key=lambda code: draw(seed, "promo rewards", day, code))[:5]
    return Promotion(
        key=f"promo_award_list-{day:%Y-%m}",
        kind=PromotionKind.PROMO_AWARD_LIST,
        programs=(table["program"],),
        percent=max(table["percents"]),
        up_to=True,
        bonus_or_discount=BonusOrDiscount.DISCOUNT,
        miles_price=45_000,  # business class between continents; 60,000 without the discount
        routes=tuple((code, "CDG") for code in origins),
        first_day=day,
        last_day=last,
        ended_at=midnight(last) + DAY_ENDS,
        travel_from=day,
        travel_until=last + timedelta(days=150),
    )


def _fare_deals(seed: int, day: date) -> Iterator[Promotion]:
    """Yield the fares found on a day: sold for money, for a few days."""
    table = terms()["cash_fare_deal"]
    shortest, longest = table["days"]
    for number in range(24 // table["every_hours"]):
        key = f"cash_fare_deal-{seed}-{day}-{number}"
        origin, destination = _choose(f"{key} from", table["origins"]), _choose(f"{key} to", table["destinations"])
        country = all_places()[origin].country
        last = day + timedelta(days=shortest + draw(key, "days") % (longest - shortest + 1) - 1)
        yield Promotion(
            key=key,
            kind=PromotionKind.CASH_FARE_DEAL,
            programs=(),
            routes=((origin, destination),),
            first_day=day,
            last_day=None,
            ended_at=midnight(last) + DAY_ENDS,
            details={
                "price": f"{SYMBOLS.get(country, '€')}{189 + draw(key, 'price') % 600}",
                "airline": _choose(f"{key} airline", AIRLINES),
            },
        )


def _last_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _choose(key: str, values: Any) -> Any:
    return values[draw(key, "choice") % len(values)]
