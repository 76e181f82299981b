"""The limit of files that are downloaded at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from awardspider.outcomes import StorageError
from awardspider.panel.long_responses import MAX_AT_ONCE, GeneratedFile
from tests.support.panel import Panel


def blocks() -> Iterator[bytes]:
    yield from (b"a", b"b")


def new() -> GeneratedFile:
    return GeneratedFile(blocks(), "offers.csv", "text/csv")


async def send(response: GeneratedFile, *, fails: bool = False) -> None:
    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def sent(message: Any) -> None:
        if fails and message["type"] == "http.response.body":
            raise OSError

    await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, sent)


def test_only_some_files_are_sent_at_once() -> None:
    responses = [new() for _ in range(MAX_AT_ONCE)]
    with pytest.raises(HTTPException, match="being downloaded already"):
        new()
    asyncio.run(send(responses.pop()))
    responses.append(new())
    with pytest.raises(HTTPException):
        new()


def test_an_error_before_the_first_block_is_raised_at_once_and_not_counted() -> None:
    def failing() -> Iterator[bytes]:
        raise StorageError("the database is locked")
        yield b""

    for _ in range(3 * MAX_AT_ONCE):
        with pytest.raises(StorageError):
            GeneratedFile(failing(), "offers.csv", "text/csv")
    assert new()


def test_a_file_is_sent_completely_also_an_empty_one() -> None:
    sent: list[bytes] = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send_to(message: Any) -> None:
        sent.append(message.get("body", b""))

    for response in (new(), GeneratedFile(iter(()), "offers.csv", "text/csv")):
        asyncio.run(response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send_to))
    assert b"".join(sent) == b"ab"


@pytest.mark.parametrize("number", [3 * MAX_AT_ONCE])
def test_a_download_that_is_broken_off_or_never_begins_is_not_counted(number: int) -> None:
    for _ in range(number):
        with pytest.raises(ClientDisconnect):
            asyncio.run(send(new(), fails=True))
        new()


def test_head_is_not_counted(panel: Panel) -> None:
    client = panel.anonymous()
    for _ in range(3 * MAX_AT_ONCE):
        assert client.head("/export/offers.csv").status_code == 200
    assert client.get("/export/offers.csv").status_code == 200
