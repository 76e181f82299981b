"""The Power BI queries match the export: names, types, addresses and the rows from PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from awardspider.offer_fields import ColumnType
from awardspider.storage.export.layout import AIRPORTS, DATES, DIMENSIONS, FACTS, TABLES
from awardspider.storage.store import Store, open_store
from tests.support.export_examples import export_rows, fill
from tests.support.paths import ROOT

FOLDER = ROOT / "deploy/powerbi"
GUIDE = (ROOT / "docs/power-bi.md").read_text(encoding="utf-8")

# The M type of each column type. A later step removes the time zone of times.
TYPES = {
    ColumnType.TEXT: "type text",
    ColumnType.INTEGER: "Int64.Type",
    ColumnType.NUMBER: "type number",
    ColumnType.AMOUNT: "Currency.Type",
    ColumnType.FLAG: "type logical",
    ColumnType.DATE: "type date",
    ColumnType.TIME: "type datetimezone",
    ColumnType.LOCAL_TIME: "type datetime",
}
SOURCES = ("source-folder", "source-panel", "source-postgresql")
# Tables that get a column for each new field of an offer, and the columns that their queries list at least. A new field
# may be missing from the queries: Power BI then loads it as text.
# The database has no `state` of a promotion, which depends on the time.
LISTED_COLUMNS = {"offers": 32, "price_points": 10, "promotions": 26}
# Second copies of dimensions: their source, its layout, its key column with the new name, and the prefix of the others.
ROLES = {
    "origins": ("airports", AIRPORTS, {"iata": "origin"}, "origin_"),
    "destinations": ("airports", AIRPORTS, {"iata": "destination"}, "destination_"),
    "departure_dates": ("dates", DATES, {"date": "departure_date"}, "departure_"),
}


def query(name: str) -> str:
    return (FOLDER / f"{name}.pq").read_text(encoding="utf-8")


def tokens(code: str) -> list[str]:
    """Return the tokens of M code without comments; texts keep their quotes."""
    matches = re.findall(r'//.*|("(?:""|[^"])*"|[\w.#]+|=>|[^\s\w])', code)
    return [token for token in matches if token]


def texts(code: str) -> list[str]:
    return [token[1:-1].replace('""', '"') for token in tokens(code) if token.startswith('"')]


def pairs(code: str, step: str) -> list[tuple[str, str]]:
    """Return the pairs `{"column", value}` of a step."""
    part = code[code.index(step) :]
    return re.findall(r'^ {12}\{"(\w+)", ([^{}\n]+)\},?$', part[: part.index("\n        }")], re.MULTILINE)


def test_the_guide_mentions_every_file() -> None:
    files = {file.name for file in FOLDER.iterdir()}
    queries = {f"{name}.pq" for name in (*TABLES, *ROLES, *SOURCES)}
    assert files == queries | {"awardspider.pbids", "awardspider-postgresql.pbids"}
    assert [name for name in sorted(files) if f"`{name}`" not in GUIDE] == []


@pytest.mark.parametrize("name", [*TABLES, *ROLES, *SOURCES])
def test_brackets_and_commas_of_a_query_match(name: str) -> None:
    """Every bracket and keyword has its counterpart, and no comma precedes a closing one."""
    opened: list[str] = []
    openers = {")": "(", "]": "[", "}": "{", "in": "let", "then": "if", "else": "then"}
    code = tokens(query(name))
    for previous, token in zip(["", *code], code, strict=False):
        if token in openers:
            assert opened.pop() == openers[token]
            assert previous != ",", f"a comma before {token}"
        if token in ("(", "[", "{", "let", "if", "then"):
            opened.append(token)
    assert opened == []
    assert code[0] == "let"
    assert code[-2] == "in"
    assert code[code.index(code[-1]) + 1] == "="


def listed_columns(table: str, listed: Collection[str]) -> dict[str, ColumnType]:
    """Return the export's columns that a query lists, in the order of the export; only new fields may be missing."""
    columns = {name: kind for name, kind in TABLES[table].items() if name in listed}
    assert len(columns) >= LISTED_COLUMNS.get(table, len(TABLES[table]))
    return columns


@pytest.mark.parametrize("table", TABLES)
def test_a_query_has_the_columns_and_types_of_the_export(table: str) -> None:
    code = query(table)
    assert f"Name this query {table};" in code
    assert f'Source = ReadTable("{table}"),' in code
    typed = pairs(code, "TransformColumnTypes")
    columns = listed_columns(table, dict(typed))
    assert typed == [(name, TYPES[kind]) for name, kind in columns.items()]
    assert '"en-US"' in code
    times = [name for name, kind in columns.items() if kind is ColumnType.TIME]
    if times:
        assert pairs(code, "TransformColumns(") == [(name, "WithoutZone, type nullable datetime") for name in times]
    else:
        assert "WithoutZone" not in code


@pytest.mark.parametrize("role", ROLES)
def test_a_role_renames_every_column(role: str) -> None:
    source, layout, keys, prefix = ROLES[role]
    code = query(role)
    assert f"Name this query {role}; it needs the query {source}." in code
    renamed = [(old, f'"{keys.get(old, prefix + old)}"') for old in layout]
    assert pairs(code, "RenameColumns") == renamed
    [key] = keys.values()
    assert key in TABLES["offers"], "Power BI relates columns of the same name"


def test_facts_and_dimensions_share_only_the_names_that_join_them() -> None:
    """Power BI relates columns of the same name, so no other columns may share one."""
    loaded = {
        **{name: set(layout) for name, layout in TABLES.items() if name != "airports"},
        **{role: {keys.get(old, prefix + old) for old in layout} for role, (_, layout, keys, prefix) in ROLES.items()},
    }
    dimensions = {"dates": "date", "programs": "program"}
    dimensions |= {role: next(iter(keys.values())) for role, (_, _, keys, _) in ROLES.items()}
    for dimension, key in dimensions.items():
        for other in loaded.keys() - {dimension}:
            assert loaded[dimension] & loaded[other] <= ({key} if other in FACTS else set()), (dimension, other)
    assert loaded["offers"] & loaded["price_points"] >= {"offer_id"}
    assert DIMENSIONS.keys() == {"dates", "programs", "airports"}


# ---- where the rows come from ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_csv_options_match_the_export(source: str) -> None:
    code = query(source)
    assert "Name this query ReadTable." in code
    assert '[Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]' in code
    assert 'Text.Replace(_, "#(FEFF)", "")' in code
    assert 'name & ".csv"' in code
    assert tokens(code)[-1] == "ReadTable"


def test_the_panel_address_is_a_constant() -> None:
    """The Power BI service does not refresh computed addresses."""
    code = query("source-panel")
    assert re.search(r'^    Panel = "http://localhost:8787",$', code, re.MULTILINE)
    assert re.search(r'Web\.Contents\(\s+Panel,\s+\[\s+RelativePath = "export/" & name & "\.csv",\s+Query = ', code)


def connection_details(name: str) -> dict[str, Any]:
    content = json.loads((FOLDER / f"{name}.pbids").read_text(encoding="utf-8"))
    assert content.keys() == {"version", "connections"}
    assert content["version"] == "0.1"
    [connection] = content["connections"]
    assert connection.keys() == {"details", "options", "mode"}
    assert (connection["options"], connection["mode"]) == ({}, "Import")
    details: dict[str, Any] = connection["details"]
    return details


def test_the_panel_connection_file_has_its_address() -> None:
    details = connection_details("awardspider")
    assert details["protocol"] == "http"
    assert details["address"].keys() == {"url"}
    address = urlsplit(details["address"]["url"])
    assert f"{address.scheme}://{address.netloc}" in texts(query("source-panel"))
    assert address.path == "/export/offers.csv"


def test_the_database_connection_file_has_no_password() -> None:
    details = connection_details("awardspider-postgresql")
    assert details == {"protocol": "postgresql", "address": {"server": "localhost:5432", "database": "award"}}
    assert set(details["address"].values()) <= set(texts(query("source-postgresql")))


# ---- PostgreSQL --------------------------------------------------------------------------------------------------


@pytest.fixture
def postgresql(postgresql_url: str, tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(postgresql_url, tmp_path)) as store:
        fill(store)
        yield store


def sql_by_table() -> dict[str, str]:
    """Return the SQL of each table as Power BI sends it."""
    matches = re.findall(r'^ {8}(\w+) = "((?:""|[^"])*)"', query("source-postgresql"), re.MULTILINE)
    return {name: sql.replace('""', '"') for name, sql in matches}


def test_there_is_a_query_for_every_table_of_the_database() -> None:
    assert set(sql_by_table()) == set(TABLES) - {"airports", "programs"}


@pytest.mark.parametrize("table", [*FACTS, "dates"])
def test_postgresql_returns_the_rows_of_the_export(postgresql: Store, table: str) -> None:
    sql = sql_by_table()[table].replace(":", r"\:")
    with postgresql.reading() as connection:
        rows = [dict(row) for row in connection.execute(text(sql)).mappings()]
    columns = listed_columns(table, rows[0])
    expected = [{name: row[name] for name in columns} for row in export_rows(postgresql, table)]
    assert [list(row) for row in rows] == [list(columns)] * len(expected)
    for row in rows:
        for name, kind in columns.items():
            if kind in (ColumnType.TIME, ColumnType.LOCAL_TIME) and row[name] is not None:
                assert isinstance(row[name], str)
                row[name] = datetime.fromisoformat(row[name])
    assert rows == expected
    assert len(rows) > 1
