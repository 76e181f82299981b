"""Responses for the tests of the response archive."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from awardspider.storage.responses import ResponseArchive, response_metadata
from tests.support.storage_examples import NOW, make_search

BODY = b'{"data": {"Calendar": null}}\nand a second line'
URL = "https://www.united.com/api/flight/FetchAwardCalendar"


def save(archive: ResponseArchive, search_id: str, seen_at: datetime = NOW, body: bytes = BODY) -> Path:
    """Archive a response and return its file."""
    metadata = response_metadata(make_search(id=search_id), seen_at=seen_at, status=200, url=URL)
    return archive.folder / archive.save(search_id, body, metadata)
