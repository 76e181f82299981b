"""Feed exporters (`-O offers.jsonl`, `-O offers.csv`) that write offers as records with fields in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.exporters import CsvItemExporter, JsonItemExporter, JsonLinesItemExporter

from awardspider.crawling.offer_context import OfferContexts
from awardspider.items import AwardOfferItem
from awardspider.offer_fields import RECORD_FIELDS, record

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
    """Exporter that writes CSV without `segments`; the flight numbers are in `flights`."""

    columns = tuple(name for name in RECORD_FIELDS if name != "segments")
