"""`scrapy mcp`: the tools on standard input and output, in a process as an assistant starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from awardspider.commands.mcp import Command
from awardspider.storage.batches import write_batch
from awardspider.storage.store import Store, open_store
from awardspider.storage.watches import find_entries
from tests.support.assistants import text, values
from tests.support.commands import CommandRunner
from tests.support.paths import ROOT
from tests.support.storage_examples import make_batch, make_itinerary

FIELDS = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60", "cabins": "economy"}


async def conversation(folder: Path, *options: str) -> dict[str, Any]:
    """Return what an assistant gets from the command with a data folder."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "scrapy", "mcp", *options],
        cwd=ROOT,
        env=os.environ | {"AWARD_DATA_DIR": str(folder), "AWARD_DATABASE_URL": ""},
    )
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        started = await session.initialize()
        found = values(await session.call_tool("search_offers", {"origin": "LAX", "destination": "AUS"}))
        created: Any = await session.call_tool("create_watch", {"name": "Austin", "fields": FIELDS})
        return {"instructions": started.instructions, "found": found, "created": created}


def seeded(folder: Path) -> None:
    store = open_store("", folder)
    write_batch(store, make_batch(make_itinerary()))
    store.close()


def names(folder: Path) -> list[str]:
    store = open_store("", folder)
    try:
        return [entry.name for entry in find_entries(store)]
    finally:
        store.close()


def test_an_assistant_searches_and_saves(tmp_path: Path) -> None:
    seeded(tmp_path)
    result = asyncio.run(conversation(tmp_path))
    assert "as_of" in result["instructions"]
    assert result["found"]["as_of"]
    assert values(result["created"])["saved"] is True
    assert names(tmp_path) == ["Austin"]


def test_read_only_refuses_to_save(tmp_path: Path) -> None:
    seeded(tmp_path)
    created = asyncio.run(conversation(tmp_path, "--read-only"))["created"]
    assert created.is_error
    assert "without --read-only" in text(created)
    assert names(tmp_path) == []


def test_it_takes_no_arguments(sqlite_store: Store, tmp_path: Path, capsys: Any) -> None:
    command = CommandRunner(Command, {"AWARD_DATA_DIR": str(tmp_path), "AWARD_DATABASE_URL": ""}, capsys)
    assert "united" in command.fail("united")
