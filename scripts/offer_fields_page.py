"""Write docs/offer-fields.md from the table of offer fields: `python -m scripts.offer_fields_page`."""

from __future__ import annotations

from awardspider.items import FieldRole
from awardspider.offer_fields import OFFER_COLUMNS, ColumnType
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "offer-fields.md"

#: The names that the documentation uses for column types, in the order of docs/export.md.
TYPE_NAMES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "integer",
    ColumnType.NUMBER: "number",
    ColumnType.AMOUNT: "decimal",
    ColumnType.FLAG: "yes or no",
    ColumnType.DATE: "date",
    ColumnType.TIME: "time",
    ColumnType.LOCAL_TIME: "local time",
}

INTRODUCTION = """\
# Offer fields

This page lists the fields of an offer. They are the same, in this order, in feeds, `scrapy offers`, events, the
database and exports. The page is generated from `AwardOfferItem` in `awardspider/items.py`; change it there and run
`python -m scripts.offer_fields_page`.

An empty field always means unknown. Miles and money are for one traveler, one way.

**Identity** fields distinguish offers: if one differs, it is another offer with another `offer_id`. The **party** is
the first digit of `offer_id`: one flight found for two parties has two ids that differ only in that digit. **State**
fields may change over time: a change is stored, and fields marked with a star are kept in the price history.
"""


def text() -> str:
    """Return the content of the page."""
    rows = [
        f"| `{column.name}` | {TYPE_NAMES[column.type]} | {_role(column.role, column.in_history)} "
        f"| {column.description} |"
        for column in OFFER_COLUMNS
    ]
    return "\n".join([INTRODUCTION, "| field | type | role | contents |", "| --- | --- | --- | --- |", *rows, ""])


def _role(role: FieldRole, in_history: bool) -> str:
    return "" if role is FieldRole.NONE else f"{role}{' *' if in_history else ''}"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
