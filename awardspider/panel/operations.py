"""The parts that pages of operations share: Scrapyd, the scheduler's context, and commands in the background."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from fastapi import Request
from scrapy.settings import BaseSettings

from awardspider.operations.background_commands import BackgroundCommands
from awardspider.operations.job_submission import JobServer, SchedulerContext
from awardspider.operations.scrapyd import TIMEOUT_SECONDS
from awardspider.operations.scrapyd_hosts import PAGE_SECONDS, scrapyd_clients
from awardspider.operations.setting_values import default_settings
from awardspider.panel.configuration import PanelConfig, config_of

_lock = Lock()


def base_settings(config: PanelConfig) -> BaseSettings:
    """Return the settings in the form that operations take."""
    return BaseSettings(default_settings() | dict(config.settings))


def scrapyds(config: PanelConfig, *, timeout: float = PAGE_SECONDS) -> Sequence[JobServer]:
    """Return the Scrapyds whose jobs are listed, that of the schedule first. Raise InvalidSetting.

    A call that starts or cancels a job needs a longer timeout than a list: Scrapyd may import the code first.
    """
    return config.scrapyds() if config.scrapyds else scrapyd_clients(base_settings(config), timeout=timeout)


def scheduler_context(config: PanelConfig) -> SchedulerContext:
    """Return the context in which a job is started. Raise InvalidSetting."""
    server = scrapyds(config, timeout=TIMEOUT_SECONDS)[0]
    return SchedulerContext(store=config.store, server=server, settings=base_settings(config), now=config.now)


def commands_of(request: Request) -> BackgroundCommands:
    """Return the commands that the application runs in the background."""
    state = request.app.state
    with _lock:
        if not hasattr(state, "commands"):
            config = config_of(request)
            state.commands = BackgroundCommands(config.settings, config.now)
    commands: BackgroundCommands = state.commands
    return commands
