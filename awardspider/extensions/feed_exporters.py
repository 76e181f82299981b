"""Feed exporters (`-O offers.jsonl`, `-O offers.csv`) that write offers as records with fields in a fixed order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from scrapy.exporters import CsvItemExporter, JsonItemExporter, JsonLinesItemExporter

from awardspider.crawling.offer_context import OfferContexts
from awardspider.environment import is_yes
from awardspider.items import AwardOfferItem
from awardspider.offer_fields import RECORD_FIELDS, record
from awardspider.storage.export.formats import without_formula

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class _RecordExporter:
    """Mixin that converts offers to records for one of Scrapy's exporters."""

    columns: ClassVar[tuple[str, ...]] = RECORD_FIELDS
    _contexts: OfferContexts

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create an exporter with access to each offer's watches."""
        exporter = cls(*args, **kwargs)
        exporter._contexts = getattr(crawler.spider, "offer_contexts", OfferContexts())
        return exporter

    def export_item(self, item: Any) -> None:
        """Write an offer as a record, or any other item unchanged."""
        if isinstance(item, AwardOfferItem):
            values = record(item, self._contexts[item].watches)
            item = {name: values[name] for name in self.columns}
        super().export_item(item)  # type: ignore[misc]


class RecordJsonLines(_RecordExporter, JsonLinesItemExporter):
    """Exporter that writes JSON Lines, one record per line."""


class RecordJson(_RecordExporter, JsonItemExporter):
    """Exporter that writes a JSON list of records."""


class RecordCsv(_RecordExporter, CsvItemExporter):
    """Exporter that writes CSV without `segments`; the flight numbers are in `flights`, and watches are joined.

    A header is written even if there are no offers, and not again if the file is appended to (`-o`). Text that a
    spreadsheet would treat as a formula gets a leading apostrophe. With AWARD_EXCEL, the file begins with a byte order
    mark.
    """

    columns = tuple(name for name in RECORD_FIELDS if name != "segments")

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        if file.seekable() and file.seek(0, os.SEEK_CUR):
            options["include_headers_line"] = False
        super().__init__(file, **options | {"join_multivalued": "; "})  # type: ignore[arg-type]  # any binary file will do

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create an exporter with the encoding for the settings."""
        if is_yes(crawler.settings["AWARD_EXCEL"]):
            kwargs["encoding"] = "utf-8-sig"  # UTF-8 with a byte order mark
        return super().from_crawler(crawler, *args, **kwargs)

    def start_exporting(self) -> None:
        """Write the header."""
        super().start_exporting()
        if not self.fields_to_export:
            self.fields_to_export = list(self.columns)
        self._headers_not_written = False
        self._write_headers_and_set_fields_to_export(None)

    def serialize_field(self, field: Any, name: str, value: Any) -> Any:
        """Return the text of a value, which a spreadsheet does not treat as a formula."""
        value = super().serialize_field(field, name, value)
        return without_formula(value) if isinstance(value, str) else value
