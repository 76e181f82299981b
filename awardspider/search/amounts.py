"""Parsing of amounts of money and miles as people write them, such as `R$ 200`, `100 USD` or `80k`."""

from __future__ import annotations

import difflib
import functools
import re
from decimal import ROUND_HALF_UP, Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

from awardspider.items import Money
from awardspider.itineraries import MOST_MILES
from awardspider.outcomes import InvalidArgument
from awardspider.search.field_values import quoted, single_text

#: ISO codes by sign and by word. A sign of several currencies means the one that travelers' sites mean by it.
_CURRENCIES = {
    "$": "USD", "us$": "USD", "u$": "USD", "u$s": "USD", "usd$": "USD", "dollar": "USD", "dollars": "USD",
    "us dollars": "USD", "dólares": "USD", "dolares": "USD",
    "€": "EUR", "euro": "EUR", "euros": "EUR",
    "£": "GBP", "pound": "GBP", "pounds": "GBP", "libras": "GBP",
    "r$": "BRL", "real": "BRL", "reais": "BRL", "reales": "BRL",
    "c$": "CAD", "ca$": "CAD", "can$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "nt$": "TWD", "mx$": "MXN", "mex$": "MXN",
    "¥": "JPY", "jp¥": "JPY", "yen": "JPY", "cn¥": "CNY", "₩": "KRW", "₹": "INR", "₺": "TRY", "₪": "ILS",
    "zł": "PLN", "฿": "THB", "₫": "VND", "₱": "PHP",
}  # fmt: skip
#: Signs and words of several currencies, none of which is usually meant.
_AMBIGUOUS = {"kr": ("DKK", "NOK", "SEK"), "kroner": ("DKK", "NOK"), "pesos": ("ARS", "CLP", "COP", "MXN")}
#: Other currencies that have the sign $ in their own country, so that `MXN $ 200` names one currency.
_DOLLARS = {"ARS", "AUD", "CAD", "CLP", "COP", "DOP", "HKD", "MXN", "NZD", "SGD", "TWD", "UYU"}
#: Suggested before other codes that are just as similar.
_FREQUENT = (*dict.fromkeys(_CURRENCIES.values()), "CHF", "SEK", "NOK", "DKK", "AED", "ZAR", "CLP", "COP", "ARS")

_MONEY = re.compile(r"([^\d.,+-]*)(\d[\d.,' \u00a0\u202f]*)([^\d.,+-]*)")
_SPACED = re.compile(r"\d{1,3}(?:[' \u00a0\u202f]\d{3})+(?=[.,]|$)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+")
_DECIMAL = re.compile(r"(\d+|\d{1,3}(?:,\d{3})+(?=\.)|\d{1,3}(?:\.\d{3})+(?=,))(?:[.,](\d{1,3}))?")
_MAX_AMOUNT = 10**7
_CENT = Decimal("0.01")
_CENTS = re.compile(r"([0-9]{1,2}(?:[.,][0-9]{1,2})?)\s*(?:¢|c|cpp|cents?)?", re.IGNORECASE)

_MILES = re.compile(r"(\d+|\d{1,3}(?:[,._' ]\d{3}){1,2}|\d{1,4}[.,]\d)\s*(k|mil|thousand)?\s*(?:miles|points|pts|mi)?")


def parse_money(value: object) -> Money:
    """Parse an amount with its currency: an ISO code, a sign or a word, on either side.

    Raise InvalidArgument for a missing, unknown or ambiguous currency, and for an amount that can be read in two ways.
    """
    text = single_text(value)
    found = _MONEY.fullmatch(text)
    written = found[2].strip() if found else ""
    names = [name for name in (found[1].strip(), found[3].strip()) if name] if found else []
    if found is None or not names:
        raise InvalidArgument(f'must be an amount with its currency, such as 100 USD, not "{quoted(value)}"')
    codes = {_currency(name) for name in names}
    if "$" in names and codes - {"USD"} <= _DOLLARS:
        codes = codes - {"USD"} or codes
    if len(codes) != 1:
        number = written if re.fullmatch(r"\d+([.,]\d{1,2})?", written) else "100"
        raise InvalidArgument(f'"{quoted(value)}" has two currencies: write for example {number} USD')
    currency = codes.pop()
    return Money(_amount(written, currency, text), currency)


def parse_miles(value: object) -> int:
    """Parse miles, such as `80000`, `80,000`, `80k` or `12.5k`. Raise InvalidArgument for anything else."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else single_text(value).lower()
    miles = Decimal(0)
    if found := _MILES.fullmatch(text):
        is_decimal = re.fullmatch(r"\d{1,4}[.,]\d", found[1])
        number = Decimal(found[1].replace(",", ".") if is_decimal else re.sub(r"\D", "", found[1]))
        miles = number * 1000 if found[2] else number
    if not 1 <= miles <= MOST_MILES or miles % 1:  # in this order: the remainder of a huge number is an error
        raise InvalidArgument(f'must be an integer from 1 to {MOST_MILES:,}, not "{quoted(value)}"')
    return int(miles)


@functools.cache
def currencies() -> tuple[str, ...]:
    """Return the ISO codes of all currencies that are legal tender somewhere today, sorted (CLDR, through Babel)."""
    by_territory = get_global("territory_currencies").values()
    return tuple(
        sorted({code for listed in by_territory for code, _, end, is_tender in listed if is_tender and not end})
    )


def currency_names() -> frozenset[str]:
    """Return everything that names one currency: codes, signs and words."""
    return frozenset({*currencies(), *_CURRENCIES})


def _currency(name: str) -> str:
    folded = " ".join(name.lower().split())
    if folded in _CURRENCIES:
        return _CURRENCIES[folded]
    name = name.removesuffix("$").strip()  # MXN $ 200
    if folded in _AMBIGUOUS:
        raise InvalidArgument(f'"{name}" can be several currencies: write {" or ".join(_AMBIGUOUS[folded])}')
    code = name.upper()
    if code not in currencies():
        similar = difflib.get_close_matches(code, _FREQUENT, n=1) or difflib.get_close_matches(code, currencies(), n=1)
        hint = f"did you mean {similar[0]}?" if similar else "write an ISO code such as USD or EUR"
        raise InvalidArgument(f'unknown currency "{quoted(name)}" ({hint})')
    return code


def parse_cents(value: object) -> Decimal:
    """Parse a number of US cents per point, such as `1.8`. Raise InvalidArgument for anything else, also for 0."""
    found = None if isinstance(value, bool) else _CENTS.fullmatch(str(value).strip())
    cents = Decimal(found[1].replace(",", ".")) if found else Decimal(0)
    if not cents:
        raise InvalidArgument(f'must be a number of cents per point such as 1.8, not "{quoted(value)}"')
    return cents


def _amount(written: str, currency: str, text: str) -> Decimal:
    """Return a number that may have separators of thousands, in English or in European notation."""
    digits = _SPACED.sub(lambda spaced: re.sub(r"\D", "", spaced[0]), written)
    precision = _precision(currency)
    decimal = _DECIMAL.fullmatch(digits)
    # Of a point before three digits, only some currencies say what it means; a comma there separates thousands.
    if _GROUPED.fullmatch(digits) and not (precision == 3 and "." in digits) and not digits.startswith("0"):
        amount = Decimal(re.sub(r"\D", "", digits))
        if digits.count(".") == 1 and precision:
            short = f"{Decimal(digits).quantize(_CENT, ROUND_HALF_UP).normalize():f}"
            raise InvalidArgument(f'"{text}" can be read in two ways: write {amount} {currency} or {short} {currency}')
    elif decimal and len(decimal[2] or "") <= max(precision, 2):
        amount = Decimal(f"{re.sub(r'[.,]', '', decimal[1])}.{decimal[2] or '0'}")
        amount = amount if decimal[2] else amount.to_integral_value()
    else:
        raise InvalidArgument(f'must be an amount with its currency, such as 100 USD, not "{quoted(text)}"')
    if amount > _MAX_AMOUNT:
        raise InvalidArgument(f"must be at most {_MAX_AMOUNT:,} {currency}")
    return amount


@functools.cache
def _precision(currency: str) -> int:
    return get_currency_precision(currency)
