"""The parsers of airlines' pages against the simulated ones: what they read is what is true."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from awardspider.items import PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import SourceContext, get_announcement_parser
from awardspider.promotion_sources import sources_of
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.promotions.airline_pages import DELTA_DEALS, NO_DEALS
from awardspider.sandbox.promotions.truth import promotions_truth
from awardspider.sandbox.world import World
from awardspider.search.route_places import route_place
from tests.support.promotion_world import NOW, SITES, get

AIRLINES = {site.key: site for site in airline_sites(World(7, Clock(NOW, 0)))}
DAYS = [0, 3, 7, 30, 61, 100]


def read(spider: str, program: str, path: str, now: datetime) -> list[PromotionItem]:
    """Return what the parser of a spider reads of a page."""
    [url] = [source.url for source in sources_of(spider) if source.url.endswith(path)]
    context = SourceContext(url=url, kind=SourceKind.PAGE, seen_at=now, find_place=route_place)
    found = list(get_announcement_parser(spider).parse(get(AIRLINES[program], path, now).body, context))
    items = [item for item in found if isinstance(item, PromotionItem)]
    assert len(items) == len(found)
    return items


@pytest.mark.parametrize(
    ("spider", "program"),
    [
        ("deltadeals", "delta"),
        ("americandeals", "american"),
        ("uniteddeals", "united"),
        ("southwestdeals", "southwest"),
    ],
)
def test_every_page_of_an_airline_exists(spider: str, program: str) -> None:
    for source in sources_of(spider):
        assert get(AIRLINES[program], urlsplit(source.url).path).status == 200


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize(
    ("spider", "program", "path"),
    [
        ("deltadeals", "delta", f"{DELTA_DEALS}/all-flight-deals"),
        ("americandeals", "american", "/booking/flights/deals"),
    ],
)
def test_deals_are_one_announcement_for_each_last_day(spider: str, program: str, path: str, days: int) -> None:
    now = NOW + timedelta(days=days)
    truth = promotions_truth(7, now, {"program": program})["pages"][program]["deals"]
    items = read(spider, program, path, now)
    assert {item.kind for item in items} == {PromotionKind.AWARD_SALE}
    assert {item.programs for item in items} == {(program,)}
    routes = {route for item in items for route in item.routes}
    assert {deal["route"] for deal in truth} <= routes
    assert min(item.miles_price or 0 for item in items) <= min(deal["miles_price"] for deal in truth)
    assert len(items) == len({item.book_by for item in items})
    if program == "delta":
        assert truth[0]["book_by"] in {str(item.book_by) for item in items}
        weekly = next(item for item in items if str(item.book_by) == truth[0]["book_by"])
        assert str(weekly.travel_from) == min(deal["travel_from"] for deal in truth)
        assert str(weekly.travel_until) == max(deal["travel_until"] for deal in truth)


@pytest.mark.parametrize(
    ("spider", "program", "path"),
    [
        ("uniteddeals", "united", "/en/us/fly/mileageplus/promotions.html"),
        ("southwestdeals", "southwest", "/rapidrewards/promotions/"),
    ],
)
def test_sales_in_sentences(spider: str, program: str, path: str) -> None:
    compared = 0
    for days in range(0, 240, 5):
        now = NOW + timedelta(days=days)
        shown = promotions_truth(7, now, {"program": program})
        keys = shown["pages"][program]["promotions"]
        truth = [row for row in shown["promotions"] if row["key"] in keys]
        if not truth:
            with pytest.raises(UnexpectedResponse, match="no promotions recognized"):
                read(spider, program, path, now)
            continue
        items = read(spider, program, path, now)
        assert {(item.kind, item.programs, item.percent, str(item.book_by)) for item in items} == {
            (row["kind"], (program,), row["percent"], row["book_by"]) for row in truth
        }
        compared += len(items)
    assert compared > 5


def test_a_page_that_says_it_has_no_deals_is_a_failure() -> None:
    """No source says what the real pages show then, so the sentence of the sandbox proves nothing."""
    path = f"{DELTA_DEALS}/flash-sale"
    quiet = [
        now
        for days in range(60)
        if NO_DEALS in get(AIRLINES["delta"], path, now := NOW + timedelta(days=days)).body.decode()
    ]
    with pytest.raises(UnexpectedResponse, match="no promotions recognized"):
        read("deltadeals", "delta", path, quiet[0])


def test_the_frame_of_promo_rewards_is_a_failure() -> None:
    [source] = sources_of("flyingbluepromos")
    context = SourceContext(url=source.url, kind=SourceKind.PAGE, seen_at=NOW)
    body = get(SITES["www.flyingblue.com"], "/en/spend/flights/promo-rewards").body
    with pytest.raises(UnexpectedResponse, match="the page is empty without its scripts"):
        list(get_announcement_parser("flyingbluepromos").parse(body, context))
