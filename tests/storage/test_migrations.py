"""Migrations, on both engines."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

import awardspider.storage.migrations
from awardspider.outcomes import StorageError
from awardspider.storage.engines import HEAD, migrate, open_engine, run_alembic
from awardspider.storage.schema import metadata
from awardspider.storage.store import open_store
from tests.support.paths import ROOT


@pytest.fixture
def engine(bare_database_url: str, tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(bare_database_url, tmp_path)
    yield opened
    opened.dispose()


def schema_differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences: list[object] = compare_metadata(context, metadata)
        return differences


def test_head_is_the_newest_script() -> None:
    folder = Path(awardspider.storage.migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_migrations_create_the_tables(engine: Engine) -> None:
    assert len(schema_differences(engine)) >= len(metadata.tables)
    migrate(engine)
    assert schema_differences(engine) == []


def test_a_downgrade_removes_all_tables(engine: Engine) -> None:
    migrate(engine)
    run_alembic(engine, "downgrade", "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert schema_differences(engine) == []


def test_a_newer_database_is_rejected_and_unchanged(bare_database_url: str, engine: Engine, tmp_path: Path) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match=rf"schema version 9999, from a newer awardspider; .* supports {HEAD}"):
        open_store(bare_database_url, tmp_path)
    assert schema_differences(engine) == []


def run_python(code: str, *arguments: str, path: Path, cwd: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_opening_a_migrated_database_does_not_import_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from awardspider.storage.store import open_store; "
        "open_store('', Path()).close(); print('alembic' in sys.modules)"
    )
    assert run_python(code, path=ROOT, cwd=tmp_path) == "True"
    assert run_python(code, path=ROOT, cwd=tmp_path) == "False"


def test_migrations_run_from_a_zipped_egg(tmp_path: Path) -> None:
    egg = tmp_path / "awardspider.egg"
    with zipfile.ZipFile(egg, "w") as packed:
        for file in (ROOT / "awardspider").rglob("*"):
            if file.suffix in {".py", ".mako", ".toml"}:
                packed.write(file, file.relative_to(ROOT))
    code = (
        "from pathlib import Path; from awardspider.storage import store; "
        "print(store.__file__); store.open_store('', Path('data')).close()"
    )
    assert str(egg) in run_python(code, path=egg, cwd=tmp_path)
    with closing(open_store("", tmp_path / "data")) as store:
        assert schema_differences(store.engine) == []
