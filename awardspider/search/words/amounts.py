"""Recognition of the limit in miles, and of a limit of the taxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from awardspider.items import Money
from awardspider.itineraries import MOST_MILES
from awardspider.search.words.text import WishText
from awardspider.search.words.vocabulary import Vocabulary

_MIN_BARE = 10_000
_MIN_WITH_UNIT = 1_000
_DIGITS = r"(?<![\d.,/:])(?:\d{1,3}(?:[.,' ]\d{3})+|\d+(?:[.,]\d{1,2})?)(?!\d|[.,/:]\d)"
_NUMBER_WORDS = r"(?:{number_word}(?:\s(?:e|y|and)\s|[\s-])?)+?"
_AMOUNT = (
    r"(?:(?P<low>" + _DIGITS + r")\s?(?:k|mil)?\s?(?:-|to|a|y|e|and|ou|or|o)\s?)?"
    r"(?:(?P<digits>" + _DIGITS + r")|(?P<words>" + _NUMBER_WORDS + r")(?=\s?{thousand}))"
    r"\s?(?P<k>{thousand})?(?P<plus>\+)?"
    r"(?:(?<=[a-z])\s(?:and\s|e\s|y\s)?(?P<hundreds>{hundreds})(?!\s{thousand}))?"
    r"(?:\s?(?:de\s|of\s|award\s)?(?:(?P<brand>[a-z&+]+)\s)??(?P<unit>{miles}))?"
)
_MONEY = (
    r"(?:{max}\s|{tax}\s(?:of\s|de\s|up\sto\s|{max}\s)?)*(?:(?:us|r|a|c|mx)?[$€£]\s?\d[\d.,]*|\d[\d.,]*\s?(?:(?:k|mil)\s)?(?:{currency}|[$€£]))"
    r"(?:\s?(?:{currency}))?(?:\s(?:in\s|de\s|em\s|en\s)?{tax})?"
)


# Miles that a traveler has are not a limit: "I have 150k United miles".
_BALANCE = (
    r"(?<![a-z])(?:i have|i've got|i got|we have|we've got|we got|we've|i've|tenho|temos|tengo|tenemos)\s"
    r"(?:{around}\s|uns\s|unos\s|a\s)?"
    r"[\d.,]+\s?(?:{thousand})?(?=\s)"
)
_PAIR = re.compile(r"(?<![a-z])(?:two|both|dos|dois|duas|ambos|pareja|casal|pair|dupla)(?![a-z])")
# All travelers by their number: "for all five of us", "para los cinco", "para nós quatro".
_FOR_ALL = (
    r"(?:for|between|among|{for}|entre|por|pelos|pelas|a|ao)\s"
    r"(?:(?:all|the|us|os|as|los|las|todos|todas|nos|nosotros|nosotras|total)\s)+(?P<count>{n})(?!\s?(?:{night}|{day}|{week}))(?:\s{of_us})?"
    r"|(?<![a-z])(?:pros|pras)\s(?P<pros>{n})(?!\s?(?:{night}|{day}|{week}))"
)

# A balance that several travelers share, and that it is for one way.
_SHARED = (
    r"(?:between|among|for|entre|para|pra|pros)\s(?:(?:the|all|los|las|os|as|nos|us)\s)+"
    r"(?P<shared>{n})(?!\s?(?:{night}|{day}|{week}))"
)
_ONE_WAY = r"(?:{per_way}|(?:para|pra|de|a)\s(?:la\s|a\s)?ida)(?!\s(?:y|e|&|and)\s)"


@dataclass(frozen=True, slots=True)
class MilesLimit:
    """A limit in miles. `is_total` means for all travelers; `is_unclear` that it cannot be compared with an offer."""

    miles: int | None = None
    is_total: bool = False
    #: The number of travelers in words such as `for both`.
    total_of: int | None = None
    taxes: Money | None = None
    is_unclear: bool = False
    #: True for a balance that travelers share, whose number the wish must say.
    is_shared: bool = False


def miles_limit(text: WishText, words: Vocabulary) -> MilesLimit:
    """Claim the limit in miles per traveler and direction."""
    has_price, taxes = False, None
    for match in text.take_all(words.pattern(_MONEY)):
        is_added = re.search(r"(?:\+|plus|mais|mas)\s?$", text.free[: match.start()])  # "50k + $100"
        if not is_added and not words.pattern(r"{tax}").search(match[0]):
            has_price = True
        elif not words.pattern(r"^\s?(?:{total}|{round_trip})").search(text.free[match.end() :]):
            taxes = taxes or _money(match[0])
    purpose = _balance_with_purpose(text, words)
    list(text.take_all(words.pattern(_BALANCE)))
    amounts = list(_amounts(text, words))
    trip = text.take(words.pattern(r"{round_trip}"))
    if purpose and not amounts and not trip:
        return replace(purpose, taxes=taxes, is_unclear=has_price)
    if not amounts:
        return MilesLimit(taxes=taxes, is_unclear=has_price or _has_unclear_limit(text, words))
    one_way = [each for each in amounts if each.is_one_way]
    if len(amounts) > 1 and len(one_way) == 1:
        amounts = one_way
    if len({(each.miles, each.is_total) for each in amounts}) > 1:
        return MilesLimit(taxes=taxes, is_unclear=True)
    chosen = amounts[0]
    is_unclear = not chosen.is_one_way and (chosen.is_round_trip or trip is not None)
    if is_unclear or not 0 < chosen.miles <= MOST_MILES:
        return MilesLimit(taxes=taxes, is_unclear=True)
    return MilesLimit(chosen.miles, chosen.is_total, chosen.total_of, taxes)


def _balance_with_purpose(text: WishText, words: Vocabulary) -> MilesLimit | None:
    """Return the limit that a balance of all travelers is, if it is for one way: `entre los cuatro para la ida`."""
    for balance in words.pattern(_BALANCE).finditer(text.free):
        clause = re.split(r"[.;](?=\s|$)", text.free[balance.end() :], maxsplit=1)[0]
        found = list(words.pattern(f"{_SHARED}|{_FOR_ALL}|{{total}}").finditer(clause))
        shared = next((each for each in found if any(each.groupdict().values()) or _PAIR.search(each[0])), None)
        shared = shared or next(iter(found), None)
        one_way = words.pattern(_ONE_WAY).search(clause)
        amount = words.pattern(_AMOUNT).search(balance[0])
        if not shared or not one_way or not amount:
            continue
        miles = _value(amount, words)
        number = shared["shared"] or shared["count"] or shared["pros"]
        total_of = words.number(number) if number else 2 if _PAIR.search(shared[0]) else None
        if _MIN_BARE <= miles <= MOST_MILES:
            text.claim_span(balance.end() + one_way.start(), balance.end() + one_way.end())
            return MilesLimit(miles, is_total=True, total_of=total_of, is_shared=True)
    return None


# Currencies by symbol and name; pesos can be those of several countries.
_CURRENCIES = (
    ("BRL", r"r\$|reais|real|brl"), ("CAD", r"c\$|cad"), ("AUD", r"a\$"), ("MXN", r"mx\$|mxn"), ("EUR", r"€|eur"),
    ("GBP", r"£|gbp|pounds"), ("USD", r"\$|usd|dol|bucks"),
)  # fmt: skip


def _money(text: str) -> Money | None:
    """Return the amount in a text such as `taxes under $1,200.50`, or None if its currency is unclear."""
    currency = next((code for code, pattern in _CURRENCIES if re.search(pattern, text)), None)
    number = re.search(r"\d[\d.,]*", text)
    if currency is None or number is None:
        return None
    digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", number[0].rstrip(".,")).replace(",", ".")
    try:
        return Money(Decimal(digits), currency)
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class _Amount:
    miles: int
    is_total: bool
    total_of: int | None
    is_one_way: bool
    is_round_trip: bool


def _amounts(text: WishText, words: Vocabulary) -> Iterator[_Amount]:
    limit_before = words.pattern(
        r"(?:{max}|{around})(?:\s(?:of|de|uns|unos|the|of\sabout|{max}|{around}))*\s?(?:¦\s?)?$"
    )
    limit_after = words.pattern(r"^\s?(?:¦\s?)?{max}")
    per_person, per_way, total, trip = (
        words.pattern(rf"^[\s,(]*(?:(?:and|in|e|y|de|for|the|for the|para|por|no|en)\s)*(?:¦\s?)*({form})")
        for form in ("{per_person}", "{per_way}", f"(?:{_FOR_ALL})|{{total}}", "{round_trip}")
    )
    trip_before = words.pattern(r"{round_trip}(?:\s(?:for|por|a|de|,))*[\s,]*$")
    total_before = words.pattern(r"{total}(?:\s(?:of|de))?[\s,:]*$")
    for match in list(words.pattern(_AMOUNT).finditer(text.free)):
        before, after = text.free[: match.start()], text.free[match.end() :]
        limit, bound = limit_before.search(before), limit_after.search(after)
        miles = _value(match, words)
        is_grouped = bool(match["digits"] and re.search(r"[.,' ]\d{3}$", match["digits"]))
        known = match["k"] or (match["unit"] and miles >= _MIN_WITH_UNIT) or is_grouped or miles >= _MIN_BARE
        if not known and not ((limit or bound) and miles >= 5 * _MIN_WITH_UNIT):
            continue
        start = limit.start() if limit else match.start()
        end = match.end() + (bound.end() if bound else 0)
        kinds = dict.fromkeys(("per_person", "per_way", "total", "trip"), False)
        patterns = {"per_person": per_person, "per_way": per_way, "total": total, "trip": trip}
        total_words, total_of = "", None
        for kind, pattern in (("trip", trip_before), ("total", total_before)):
            if found := pattern.search(text.free[:start]):
                kinds[kind] = True
                total_words += found[0] if kind == "total" else ""
                start = found.start()
        is_found = True
        while is_found:
            is_found = False
            for kind, pattern in patterns.items():
                if not kinds[kind] and (found := pattern.search(text.free[end:])):
                    kinds[kind] = is_found = True
                    if kind == "total":
                        total_words += found[0]
                        number = found["count"] or found["pros"]
                        total_of = words.number(number) if number else None
                    end += found.end()
        if match["brand"]:  # the program's name and the unit stay for the recognizer of programs
            text.claim_span(match.end(), end)
            end = match.start("brand")
        text.claim_span(start, end)
        has_total = kinds["total"] and not kinds["per_person"]
        if total_of is None and _PAIR.search(total_words):
            total_of = 2
        yield _Amount(miles, has_total, total_of, kinds["per_way"], kinds["trip"])


_MAX_VALUE = 1e12


def _value(match: re.Match[str], words: Vocabulary) -> int:
    hundreds = words.number(match["hundreds"]) if match["hundreds"] else 0  # "doze mil e quinhentas"
    if match["words"]:
        return words.number(match["words"]) * 1000 + hundreds
    digits = match["digits"]
    if re.search(r"[.,' ]\d{3}$", digits):
        value = float(re.sub(r"\D", "", digits))
    else:
        value = float(digits.replace(",", "."))
    value = min(value, _MAX_VALUE)  # a text of a thousand digits is infinite
    return round(value * 1000) + hundreds if match["k"] and value < _MIN_WITH_UNIT else round(value)


def _has_unclear_limit(text: WishText, words: Vocabulary) -> bool:
    """Return whether a number can be a limit or not: `under 80`, `7500`, `1.5 million`."""
    doubtful = (
        r"(?:{max}\s)+\d{2,4}(?:\s{miles})?(?![\d/.:-]|\s?[a-z])|(?<![\d/.,:])\d{2,3}\s{miles}"
        r"|(?:{max}\s)*(?<!\d)[\d.,]+\s(?:million|milhao|milhoes|millon|millones)(?:\s{miles})?"
        r"|(?<![\d/.,:-])(?!20[2-4]\d)[1-9]\d{3}(?![\d/.:-]|\s?[a-z])"
    )
    return text.take(words.pattern(doubtful)) is not None
