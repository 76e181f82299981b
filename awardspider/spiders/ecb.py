"""The request for the European Central Bank's reference rates. The file and its sources: docs/exchange-rates.md."""

from __future__ import annotations

from awardspider.crawling.document_spider import DocumentSpider


class EcbSpider(DocumentSpider):
    """Daily reference rates of the European Central Bank: one file with the newest day's rates."""

    name = "ecb"
    document = "ECB reference rates"
    url = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"
