"""The format of Scrapy's own log messages about items."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter, LogFormatterResult

from awardspider.outcomes import StorageError

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response
    from twisted.python.failure import Failure


class StorageLogFormatter(LogFormatter):
    """Scrapy's format, except that an item that could not be stored is not an error: RunRecord logs the cause once."""

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Return the message about an item whose processing failed."""
        result = super().item_error(item, exception, response, spider)
        if isinstance(exception, StorageError):
            result["level"] = logging.DEBUG
        return result
