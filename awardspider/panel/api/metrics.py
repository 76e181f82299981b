"""Metrics for Prometheus: programs, searches, messages, services and incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from awardspider.panel.access import Viewer
from awardspider.panel.api.v1.schemas import ERRORS
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.storage.incidents import unresolved_incidents
from awardspider.storage.outbox_totals import count_by_status, delivery_seconds
from awardspider.storage.search_totals import find_totals, program_successes
from awardspider.storage.services import is_running, service_rows

router = APIRouter(tags=["health"], responses=ERRORS)

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_QUANTILES = (0.5, 0.9, 0.99)


@router.get("/metrics", response_class=Response, responses=_TEXT)
def metrics(request: Request, visitor: Viewer) -> Response:
    """Return the metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_DatabaseCollector(config_of(request)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _DatabaseCollector(Collector):
    """Metrics that are read from the database for each request, so that all processes count."""

    def __init__(self, config: PanelConfig) -> None:
        self._store = config.store
        self._now = config.now()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield self._last_success()
        yield self._searches()
        yield self._messages()
        yield self._delivery()
        yield self._services()
        incidents = GaugeMetricFamily("awardspider_open_incidents", "Problems that are not resolved.")
        incidents.add_metric([], len(unresolved_incidents(self._store)))
        yield incidents

    def _last_success(self) -> Metric:
        family = GaugeMetricFamily(
            "awardspider_program_last_success_age_seconds",
            "Seconds since the last search of a program that found offers or was empty.",
            labels=["program"],
        )
        for program, success in sorted(program_successes(self._store).items()):
            family.add_metric([program], (self._now - success.last_at).total_seconds())
        return family

    def _searches(self) -> Metric:
        family = CounterMetricFamily(
            "awardspider_searches",
            "Searches of the current day (UTC) by outcome and reason of failure.",
            labels=["program", "outcome", "reason"],
        )
        for total in find_totals(self._store, first=self._now.astimezone(UTC).date()):
            family.add_metric([total.program, total.outcome.value, str(total.reason or "")], total.searches)
        return family

    def _messages(self) -> Metric:
        family = GaugeMetricFamily(
            "awardspider_outbox_messages", "Messages that are not finished.", labels=["channel", "status"]
        )
        for (channel, status), number in sorted(count_by_status(self._store).items()):
            family.add_metric([channel, status.value], number)
        return family

    def _delivery(self) -> Metric:
        family = GaugeMetricFamily(
            "awardspider_delivery_seconds",
            "Seconds from a message's decision to its delivery, of the last messages that were sent.",
            labels=["quantile"],
        )
        seconds = sorted(delivery_seconds(self._store))
        for quantile in _QUANTILES if seconds else ():
            family.add_metric([str(quantile)], seconds[min(int(quantile * len(seconds)), len(seconds) - 1)])
        return family

    def _services(self) -> Metric:
        family = GaugeMetricFamily(
            "awardspider_service_up", "1 if a service has recorded a recent heartbeat.", labels=["service", "host"]
        )
        for row in service_rows(self._store):
            family.add_metric([row.name.value, row.host], float(is_running(row, self._now)))
        return family
