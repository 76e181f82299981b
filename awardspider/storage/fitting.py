"""Checks of rows before they are written, so that one row cannot make the database reject a batch."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Table

from awardspider.items import AwardOfferItem
from awardspider.storage import schema
from awardspider.storage.column_types import Text, fits

logger = logging.getLogger(__name__)

_REQUIRED = tuple((column, schema.offers.c[column.name].type) for column in schema.STORED_COLUMNS if column.required)


def fitting_rows(table: Table, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without optional values that do not fit into their columns, and without rows that need them."""
    return [fitting for row in rows if (fitting := _fitting_row(table, row)) is not None]


def fitting_offers(offers: Mapping[str, AwardOfferItem]) -> dict[str, AwardOfferItem]:
    """Return the offers whose required values fit. The columns' types store other values that do not fit as NULL."""
    fitting: dict[str, AwardOfferItem] = {}
    for offer_id, offer in offers.items():
        wrong = next((column.name for column, kind in _REQUIRED if not fits(kind, column.value(offer))), None)
        if wrong is None:
            fitting[offer_id] = offer
        else:
            _log_dropped("offers", wrong, getattr(offer, wrong, None))
    return fitting


def _fitting_row(table: Table, row: dict[str, Any]) -> dict[str, Any] | None:
    unfit = {
        name: table.c[name]
        for name, value in row.items()
        if value is not None and not isinstance(table.c[name].type, JSON) and not fits(table.c[name].type, value)
    }
    if not unfit:
        return row
    for name, column in unfit.items():
        # A text is stored without the characters that no database stores.
        if not column.nullable and not isinstance(column.type, Text):
            _log_dropped(table.name, name, row[name])
            return None
        logger.warning("Stored a row of %s without %s: %s", table.name, name, ascii(row[name])[:100])
    return row | {name: None for name, column in unfit.items() if column.nullable}


def _log_dropped(table: str, name: str, value: object) -> None:
    logger.error("Did not store a row of %s: %s is %s", table, name, ascii(value)[:100])
