"""Scrapy's feeds (`-O offers.jsonl`, `-O offers.csv`) with offers as flat records, in a fixed order of fields."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from scrapy.exporters import CsvItemExporter, JsonItemExporter, JsonLinesItemExporter

from awardspider.items import RECORD_FIELDS, AwardOfferItem, record


class _Records:
    """Turns offers into records ahead of Scrapy's own exporter."""

    columns: ClassVar[tuple[str, ...]] = RECORD_FIELDS

    def export_item(self, item: Any) -> None:
        if isinstance(item, AwardOfferItem):
            values = record(item)
            item = {name: values[name] for name in self.columns}
        super().export_item(item)  # type: ignore[misc]


class RecordJsonLines(_Records, JsonLinesItemExporter):
    """One record a line."""


class RecordJson(_Records, JsonItemExporter):
    """A list of records."""


class RecordCsv(_Records, CsvItemExporter):
    """Flat columns; `segments` stays out, its flights are in `flights`."""

    columns = tuple(name for name in RECORD_FIELDS if name != "segments")


def json_line(offer: AwardOfferItem) -> str:
    """The offer's record as one line of JSON."""
    return orjson.dumps(record(offer)).decode()
