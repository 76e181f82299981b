"""Parser of American's page of award deals. What is known of them: docs/sources/airline-pages.md."""

from __future__ import annotations

from collections.abc import Iterator

from awardspider.parsers import AnnouncementItem, SourceContext
from awardspider.parsers._sale_page import parse_sales


def parse(body: bytes, context: SourceContext) -> Iterator[AnnouncementItem]:
    """Yield the promotions of a page. Raise UnexpectedResponse if there is none."""
    return parse_sales(body, context, program="american")
