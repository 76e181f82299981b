"""The API conforms to its description (OpenAPI), whatever a program sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    CoveragePhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance
from sqlalchemy import create_engine
from starlette.types import Receive, Scope, Send

from awardspider.panel.application import create_app
from awardspider.panel.configuration import PanelConfig
from awardspider.storage import accounts
from awardspider.storage.accounts import Role
from awardspider.storage.store import Store, open_store
from tests.support.api_examples import fill, with_secret_key
from tests.support.panel import PASSWORD, Panel, default_settings

_ADDRESS = "http://127.0.0.1:8787"
_EXAMPLES = 5

#: The panel that responds; the tests are made from the description before there is one.
_panels: list[Panel] = []


def configuration() -> SchemathesisConfig:
    """Return the configuration of schemathesis: few examples, always the same ones."""
    generation = GenerationConfig(max_examples=_EXAMPLES, deterministic=True, database="none")
    phases = PhasesConfig(
        coverage=CoveragePhaseConfig(),
        fuzzing=FuzzingPhaseConfig(),
        stateful=StatefulPhaseConfig(enabled=False),
    )
    return SchemathesisConfig(
        seed=1, projects=ProjectsConfig(default=ProjectConfig(generation=generation, phases=phases))
    )


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    """Yield one panel for all requests of this module."""
    folder: Path = tmp_path_factory.mktemp("description")
    store = open_store("", folder)
    with Panel(store, folder) as opened:
        fill(with_secret_key(opened))
        opened.account("operator", Role.OPERATOR, password=PASSWORD)  # so that nobody is signed in without a token
        _panels.append(opened)
        yield opened
        _panels.clear()
    store.close()


@pytest.fixture(scope="module")
def token(panel: Panel) -> str:
    """Return the header of an operator."""
    client = panel.with_token(Role.OPERATOR, list(accounts.Scope))
    return str(client.headers["authorization"])


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """Let the panel respond, without its lifespan, which schemathesis would start again for each request."""
    if scope["type"] == "lifespan":
        raise RuntimeError("this application has no lifespan")
    await _panels[-1].app(scope, receive, send)


def described() -> Any:
    """Return the description of the API as schemathesis reads it; it is the same with any database."""
    store = Store(create_engine("sqlite://"))
    app = create_app(PanelConfig(store=store, settings=default_settings(), data_dir=Path()))
    loaded = schemathesis.openapi.from_dict(app.openapi(), config=configuration())
    loaded.app = respond
    return loaded


description = described()


@description.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_responses_conform_to_the_description(case: schemathesis.Case, token: str) -> None:
    case.call_and_validate(
        base_url=_ADDRESS,
        headers={"Authorization": token},
        # Texts have formats that a description cannot express, such as the days and places of a search; and the path
        # of the preview of a watch is also that of a watch, whose methods Allow names too.
        excluded_checks=[positive_data_acceptance, allow_header_conformance],
    )
