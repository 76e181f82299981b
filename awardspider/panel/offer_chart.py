"""The chart of the price history of an offer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from awardspider.panel.charts import Chart, ChartKind, Point, ReferenceLine, Series
from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.search.judgments import BaselineScope
from awardspider.storage.offer_details import OfferDetails
from awardspider.storage.offers import OfferRow, PricePoint

_MIN_POINTS = 2


def price_chart(details: OfferDetails, fmt: Formats, t: Texts) -> Chart | None:
    """Return the chart of an offer's prices and of the lowest ones of its day; None if nothing has changed yet."""
    offer = details.offer
    both = [details.points, details.day_points]
    if max(len({point.seen_at for point in points}) for points in both) < _MIN_POINTS:
        return None
    names = (t("offer.series_flights"), t("offer.series_day"))
    if not offer.segments:
        names = (t("offer.series_day"), "")
    series = [
        Series(name=name, points=list(_points(points, offer, fmt.now)))
        for name, points in zip(names, both, strict=True)
        if points
    ]
    return Chart(
        kind=ChartKind.STEPS,
        series=series,
        x_name=t("offer.chart_x"),
        y_name=t("offer.chart_y"),
        lines=list(_median(offer, t)),
    )


def _points(points: Sequence[PricePoint], offer: OfferRow, now: datetime) -> Iterator[Point]:
    """Yield the prices; a price lasts until the next one, the last one until now unless the offer is gone."""
    for point in points:
        yield Point(point.seen_at, None if point.gone else point.values["miles"])
    if points and not points[-1].gone:
        last_seen = min(offer.last_seen_at, now)
        if last_seen > points[-1].seen_at:
            yield Point(last_seen, points[-1].values["miles"])


def _median(offer: OfferRow, t: Texts) -> Iterator[ReferenceLine]:
    baseline = offer.judgment.baseline if offer.judgment else None
    if baseline is not None:
        is_of_route = baseline.scope is BaselineScope.ROUTE
        name = t("offer.median_route" if is_of_route else "offer.median_similar", days=baseline.window_days)
        yield ReferenceLine(value=baseline.median, name=name)
