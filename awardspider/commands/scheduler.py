"""`scrapy scheduler`: start what the schedule says, until interrupted."""

from __future__ import annotations

import argparse
import logging
from datetime import datetime
from functools import partial
from typing import Any

from awardspider import clock
from awardspider.commands._command import AwardCommand
from awardspider.commands._options import no_arguments
from awardspider.crawling.sandbox_check import check_sandbox_url
from awardspider.logs.configuration import configure_service_logs
from awardspider.operations.default_schedule import default_schedule
from awardspider.operations.health import run_health_checks
from awardspider.operations.job_submission import SchedulerContext
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.scheduler import Scheduler
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.operations.service import running_service
from awardspider.search.budgets import parse_budget
from awardspider.storage.schedule import save_schedule_entries, schedule_entries
from awardspider.storage.services import ServiceName
from awardspider.storage.store import Store

logger = logging.getLogger(__name__)


class Command(AwardCommand):
    """Start the spiders and tasks of the schedule, and follow them, until interrupted.

    Without a schedule, the default one is stored first.
    """

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        no_arguments(args)
        configure_service_logs(self.settings, "scheduler")
        check_sandbox_url(self.settings["AWARD_SANDBOX_URL"])
        budgets = parse_budget(self.settings["AWARD_BUDGET"])
        client = scrapyd_client(self.settings)
        store = self.store()
        settings = self.plain_settings()
        if not schedule_entries(store):
            entries = default_schedule(RunConditions(store, self.settings, clock.now()), budgets)
            save_schedule_entries(store, entries, now=clock.now())
            logger.info("Stored the default schedule with %s entries", len(entries))
        context = SchedulerContext(store=store, server=client, settings=self.settings, now=clock.now)
        with running_service(store, ServiceName.SCHEDULER) as stop:
            print(f"Starting jobs on {client.url} as they become due; press Ctrl-C to stop.", flush=True)
            Scheduler(context, partial(_check_health, store, settings)).run(stop)


def _check_health(store: Store, settings: dict[str, Any], now: datetime) -> None:
    run_health_checks(store, settings, now)
