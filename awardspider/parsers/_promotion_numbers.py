"""Numbers of an announcement: its percentage, the price of a bought mile, the price of an award, amounts of money."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from price_parser import Price

from awardspider.items import MAX_PROMOTION_PERCENT, BonusOrDiscount, PromotionKind
from awardspider.parsers._promotion_words import Words

MIN_MILES, MAX_MILES = 1_000, 1_000_000
# A price outside these limits is not that of one mile in US cents.
_MIN_CENTS, _MAX_CENTS = Decimal("0.1"), Decimal(10)

_BEFORE, _AFTER = 30, 34

_PERCENT = re.compile(
    r"(?<![\w.,])(?:(?P<lower>\d{1,3})(?:\s?%)?\s?(?:-|/|(?<=\s)(?:to|or|and|ou|e|al?|ate|hasta|o|y)(?=\s)|&)\s?)?"
    r"(?P<percent>\d{1,3})\s?(?:%|percent\b|per cent\b|por cento\b|por ciento\b)"
)
_FILLER = r"(?: an?| um| uma| un| una)?(?: (?:massive|whopping|huge|generous|nice))?(?: extra)?"
_CENTS = re.compile(r"(?<![\w.,$€£])(?P<cents>\d(?:[.,]\d{1,4})?)\s?(?:us\s)?(?:¢|c(?![a-z])|cents?\b|cpp\b|cpm\b)")
# Pence: the price of a mile as British blogs write it, which is not in US cents.
_PENCE = re.compile(r"(?<![\w.,$€£])[0-3][.,]\d{1,2}\s?p(?![\w/])")
_MONEY = re.compile(
    r"(?:(?<![\w])(?:us|ca|au|nz|hk|s|a|c|r)?[$€£¥]\s?\d[\d.,]*(?:k|s)?(?![a-z])|(?<!\w)(?:usd|eur|gbp|cad|aud|chf|brl|sgd)\s?\d[\d.,]*"
    r"|(?<![\w.,])\d[\d.,]*\s?(?:€|£|\$|(?:usd|eur|gbp|cad|aud|chf|euros?|reais|dollars?|dolares|pounds|sek|nok|pln)\b))"
)
_NUMBER = r"(?:\d{1,3}(?:[.,]\d{3})+(?![.,]?\d)|\d{1,3}(?:[.,]\d{1,2})?\s?(?:k|mil)\b|\d{4,6}(?![.,]?\d))"
_UNIT = r"(?:points?|pts|miles?|mi|avios|skymiles|lifemiles|millas|milhas|puntos|pontos|pts)"
_MILES = re.compile(
    rf"(?<![\w.,$€£%])(?P<number>{_NUMBER})(?=(?:\s?(?:-|to|a|or)\s?{_NUMBER})?\s+(?:(?:de\s)?[\w&+'-]+\s+){{0,3}}?{_UNIT}\b)"
)
# 24k without a unit: miles in an announcement of awards, if it is a price.
_SHORT_MILES = re.compile(
    r"(?:from|at|only|just|under|for|por|desde|partir de|low as|few as)\s(?P<number>\d{1,3}(?:[.,]\d)?\s?k)\b"
    r"(?!\s(?:bonus|offer|card|point))"
)


@dataclass(frozen=True, slots=True)
class Percentage:
    """A percentage in a text: the higher number of a range, its position, and what the words around it make of it."""

    start: int
    end: int
    value: int
    up_to: bool
    meaning: BonusOrDiscount | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A number at a position of a text."""

    start: int
    end: int
    value: Decimal


def find_percentages(folded: str, words: Words) -> tuple[Percentage, ...]:
    """Return the percentages that can be those of a promotion; cash back, interest and news are left out."""
    found = [*_percentages(folded, words)]
    if not found:
        halves = words.patterns["percent.half"].finditer(folded)
        found = [Percentage(*half.span(), 50, up_to=False, meaning=BonusOrDiscount.DISCOUNT) for half in halves]
    return tuple(found)


def _percentages(folded: str, words: Words) -> Iterator[Percentage]:
    found = list(_PERCENT.finditer(folded))
    for index, match in enumerate(found):
        start_after = match.end()
        end_before = found[index - 1].end() if index else 0
        before = folded[max(end_before, match.start() - _BEFORE) : match.start()].rstrip(" (\"'")
        after = folded[start_after : start_after + _AFTER]
        if index + 1 < len(found):
            after = after[: max(found[index + 1].start() - start_after, 0)]
        value = int(match["percent"])
        if not 1 <= value <= MAX_PROMOTION_PERCENT:
            continue
        if _begins(words, "percent.not_after", after) or _ends(words, "percent.not_before", before):
            continue
        lower = match["lower"]
        is_range = lower is not None and int(lower) < value
        if lower is not None and int(lower) > value:
            value = int(lower)
            is_range = True
        yield Percentage(
            match.start("percent") if lower is None else match.start(),
            match.end(),
            value,
            is_range or _ends(words, "percent.up_to", before),
            _meaning(words, before, after),
        )


def _meaning(words: Words, before: str, after: str) -> BonusOrDiscount | None:
    positions = {
        meaning: found.start()
        for meaning, name in ((BonusOrDiscount.BONUS, "percent.bonus"), (BonusOrDiscount.DISCOUNT, "percent.discount"))
        if (found := words.patterns[name].search(after))
    }
    if positions:
        return min(positions, key=lambda meaning: positions[meaning])
    if _ends(words, "percent.discount_before", _without_up_to(words, before)):
        return BonusOrDiscount.DISCOUNT
    if _ends(words, "percent.bonus_before", _without_up_to(words, before)):
        return BonusOrDiscount.BONUS
    return None


def _without_up_to(words: Words, before: str) -> str:
    return re.sub(rf"{words.sources['percent.up_to']}(?: an?)?(?: extra)?\W*$", "", before).rstrip(" :-")


def _begins(words: Words, name: str, after: str) -> bool:
    found = words.patterns[name].match(after.lstrip(" -,"))
    return found is not None


def _ends(words: Words, name: str, before: str) -> bool:
    return bool(re.search(rf"{words.sources[name]}{_FILLER}[\s:,-]*$", before))


def promotion_percent(found: tuple[Percentage, ...], kind: PromotionKind) -> Percentage | None:
    """Return the percentage of a promotion of this kind; of several tiers, the highest one with `up_to`."""
    if kind in (PromotionKind.ROUND_UP, PromotionKind.DEVALUATION_NEWS):
        return None
    expected = {
        PromotionKind.TRANSFER_BONUS: BonusOrDiscount.BONUS,
        PromotionKind.EARN_BONUS: BonusOrDiscount.BONUS,
        PromotionKind.AWARD_SALE: BonusOrDiscount.DISCOUNT,
        PromotionKind.PROMO_AWARD_LIST: BonusOrDiscount.DISCOUNT,
        PromotionKind.CASH_FARE_DEAL: BonusOrDiscount.DISCOUNT,
    }.get(kind)
    with_meaning = [percent for percent in found if percent.meaning is not None]
    is_promotion = kind is not PromotionKind.OTHER
    candidates = [percent for percent in with_meaning if percent.meaning is expected] if expected else with_meaning
    if not candidates and is_promotion:
        candidates = [percent for percent in found if percent.meaning is None or expected is None]
    if not candidates:
        return None
    first = candidates[0]
    same = [percent for percent in candidates if percent.meaning is first.meaning]
    if kind is PromotionKind.TRANSFER_BONUS:  # the word may follow the first one only: "30% bonus to A and 20% to B"
        same += [percent for percent in found if percent.meaning is None]
    highest = max(same, key=lambda percent: percent.value)
    meaning = highest.meaning or (expected if is_promotion else None)
    up_to = highest.up_to or any(percent.value != highest.value for percent in same)
    return Percentage(highest.start, highest.end, highest.value, up_to, meaning)


def find_cents(folded: str, words: Words) -> tuple[Amount, ...]:
    """Return prices of one mile in US cents; what a mile is worth is no price."""
    found = (
        Amount(*match.span(), Decimal(match["cents"].replace(",", ".")))
        for match in _CENTS.finditer(folded)
        if not _is_value(folded, match.start(), words)
    )
    return tuple(amount for amount in found if _MIN_CENTS <= amount.value <= _MAX_CENTS)


def find_pence(folded: str, words: Words) -> tuple[tuple[int, int], ...]:
    """Return the positions of prices of one mile in pence, such as `0.86p`."""
    return tuple(match.span() for match in _PENCE.finditer(folded) if not _is_value(folded, match.start(), words))


def _is_value(folded: str, start: int, words: Words) -> bool:
    """Return whether words before an amount say that it is what a mile is worth, which is no price."""
    return words.patterns["flags.not_price"].search(folded, max(0, start - _BEFORE), start) is not None


def find_money(folded: str) -> tuple[tuple[int, int], ...]:
    """Return the positions of amounts of money; an amount of nothing, such as `$0 taxes`, is left out."""
    return tuple(match.span() for match in _MONEY.finditer(folded) if (Price.fromstring(match[0]).amount or 0) > 0)


def find_miles(folded: str) -> tuple[Amount, ...]:
    """Return numbers of miles, such as `12,500 miles`, `12.5k points` and `15 mil milhas`."""
    found = (Amount(match.start(), match.end(), _miles(match["number"])) for match in _MILES.finditer(folded))
    return tuple(amount for amount in found if MIN_MILES <= amount.value <= MAX_MILES)


def find_short_miles(folded: str) -> tuple[Amount, ...]:
    """Return prices such as `from 24k`, which are miles only in an announcement of awards."""
    found = (Amount(*match.span("number"), _miles(match["number"])) for match in _SHORT_MILES.finditer(folded))
    return tuple(amount for amount in found if MIN_MILES <= amount.value <= MAX_MILES)


def _miles(number: str) -> Decimal:
    for suffix in ("mil", "k"):
        if number.endswith(suffix):
            return Decimal(number.removesuffix(suffix).strip().replace(",", ".")) * 1000
    return Decimal(number.replace(".", "").replace(",", ""))
