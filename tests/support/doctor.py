"""The doctor's context and results, for tests of its checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.settings import Settings

from awardspider.commands._crawl_engine import ScrapyEngine
from awardspider.operations.doctor.findings import Check, DoctorContext, Level, Result
from awardspider.storage.store import Store
from tests.support.paths import ROOT

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def project_settings(folder: Path, **settings: Any) -> Settings:
    """Return the project's settings with a data folder and without the settings of this machine."""
    found = Settings()
    found.setmodule("awardspider.settings", priority="project")
    given = dict.fromkeys(("AWARD_SANDBOX_URL", "AWARD_DATABASE_URL", "AWARD_CONTACT", "ENV_FILE_ERROR"), "")
    found.setdict({**given, "AWARD_DATA_DIR": str(folder), "AWARD_KEYS": {}, **settings}, priority="cmdline")
    return found


def doctor_context(
    folder: Path, store: Store | None = None, *, environment: Mapping[str, str] | None = None, **settings: Any
) -> DoctorContext:
    """Return a context whose data folder and working directory are `folder`, at NOW."""
    found = project_settings(folder, **settings)
    return DoctorContext(
        settings=found,
        environment=environment or {},
        folder=folder,
        project=ROOT,
        data_dir=folder,
        now=NOW,
        engine=ScrapyEngine(found),
        store=store,
    )


def problems(check: Check | Any, context: DoctorContext) -> list[tuple[Level, str, str]]:
    """Run a check and return level, sentence and advice of each warning and error."""
    return [(each.level, each.sentence, each.advice) for each in check(context) if each.level is not Level.OK]


def only_result(check: Any, context: DoctorContext) -> Result:
    """Run a check that yields one result, and return it."""
    (result,) = check(context)
    assert isinstance(result, Result)
    return result
