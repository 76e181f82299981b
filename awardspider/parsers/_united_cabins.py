"""The cabins of United's columns and segments.

Facts and sources: docs/sources/united.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from awardspider.items import Cabin
from awardspider.parsers._collector import Collector
from awardspider.parsers._flights import is_mixed
from awardspider.parsers._united_wire import Column, Columns, Product
from awardspider.parsers._values import str_or_none
from awardspider.parsers._wire import NotObject

# Keyed by CabinType (calendar) or a column's Type (flights): the cabin, and whether segments may be in a lower cabin
# (None: unknown).
NOT_MIXED = "-NOT-MIXED"
CABIN_CODES: dict[str, tuple[Cabin, bool | None]] = {
    "MIN-ECONOMY-SURP-OR-DISP": (Cabin.ECONOMY, None),
    "ECO-PREMIUM-DISP": (Cabin.PREMIUM_ECONOMY, None),
    "ECO-PREMIUM-DISP" + NOT_MIXED: (Cabin.PREMIUM_ECONOMY, False),
    "MIN-BUSINESS-SURP-OR-DISP": (Cabin.BUSINESS, True),
    "MIN-BUSINESS-SURP-OR-DISP" + NOT_MIXED: (Cabin.BUSINESS, False),
    "MIN-FIRST-SURP-OR-DISP": (Cabin.FIRST, True),
    "MIN-FIRST-SURP-OR-DISP" + NOT_MIXED: (Cabin.FIRST, False),
}

# Cabins keyed by a segment's CabinType.
SEGMENT_CABINS = {
    "coach": Cabin.ECONOMY,
    "economy": Cabin.ECONOMY,
    "premiumplus": Cabin.PREMIUM_ECONOMY,
    "business": Cabin.BUSINESS,
    "first": Cabin.FIRST,
}

# Award classes of United's economy. An economy segment of a premium economy award has the CabinType of the award, so
# that only its class, different from that of the other segments, shows the cabin.
ECONOMY_CLASSES = frozenset({"XN", "YN"})


def column_types(information: Columns | NotObject) -> dict[str, str]:
    """Return the type of each column, keyed by column id. The ids change, so each response lists them."""
    columns = information.columns if isinstance(information, Columns) else None
    known = [column for column in columns if isinstance(column, Column)] if isinstance(columns, list) else []
    return {str(one.value).rpartition("-")[2]: one.type for one in known if isinstance(one.type, str)}


def column_type(product: Product, columns: dict[str, str]) -> str:
    """Return the type of a product's column, or an empty string if it is unknown."""
    return columns.get(str(product.column_id)) or str_or_none(product.product_type) or ""


def is_placeholder(product: Product) -> bool:
    """Return True for a product that only fills a column in which the flight is not sold."""
    if product.product_subtype == "NonExistingProductPlaceHolder":
        return True
    return product.booking_code == "" and not any(price.currency == "MILES" for price in product.prices or ())


def segment_cabins(parts: Sequence[Product], offers: Collector) -> list[Cabin | None]:
    """Return the cabin of a product on each segment, and warn about unknown ones."""
    codes = [str_or_none(part.booking_code) for part in parts]
    economy = ECONOMY_CLASSES if any(code and code not in ECONOMY_CLASSES for code in codes) else ()
    return [
        Cabin.ECONOMY if code in economy else _segment_cabin(part, offers)
        for part, code in zip(parts, codes, strict=True)
    ]


def _segment_cabin(part: Product, offers: Collector) -> Cabin | None:
    if not isinstance(part.cabin_type, str) or not part.cabin_type:
        return None
    cabin = SEGMENT_CABINS.get(part.cabin_type.lower())
    if cabin is None:
        offers.warn("segment cabin", f"unknown cabin {part.cabin_type}")
    return cabin


def is_mixed_product(
    column: str, parts: Sequence[Product], cabins: Sequence[Cabin | None], unsold: Collection[str]
) -> bool | None:
    """Return whether segments of a product are in a lower cabin, or None if it is unknown.

    `unsold` are the types of the columns in which these flights are not sold. If they include the column without mixed
    cabins, the price of a connection has mixed cabins.
    """
    cabin, may_be_mixed = CABIN_CODES[column]
    if may_be_mixed is False:
        return False
    if any(part.cross_cabin_messaging for part in parts) or (len(parts) > 1 and column + NOT_MIXED in unsold):
        return True
    return False if cabin is Cabin.ECONOMY else is_mixed(cabin, cabins)
