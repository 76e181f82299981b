"""The airlines' pages about promotions: contents, changes and faults."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from parsel import Selector

from awardspider.items import PromotionKind
from awardspider.sandbox.airlines import airline_sites
from awardspider.sandbox.clock import Clock
from awardspider.sandbox.promotions.airline_pages import (
    DEAL_PLACES,
    DELTA_DEALS,
    NO_DEALS,
    SALE_PAGES,
    pages_truth,
    promotion_paths,
    sales,
)
from awardspider.sandbox.promotions.truth import promotions_truth
from awardspider.sandbox.sites import SandboxResponse
from awardspider.sandbox.world import World
from tests.support.promotion_world import NOW, SITES, get, with_fault

AIRLINES = {site.key: site for site in airline_sites(World(7, Clock(NOW, 0)))}
ALL_DEALS = f"{DELTA_DEALS}/all-flight-deals"
PAGES = [(program, path) for program in (*DEAL_PLACES, *SALE_PAGES) for path in promotion_paths(program)]


def page(program: str, path: str, now: datetime = NOW) -> SandboxResponse:
    return get(AIRLINES[program], path, now)


def texts(response: SandboxResponse) -> list[str]:
    articles = Selector(response.body.decode()).css("article")
    return [" ".join(article.css("::text").getall()) for article in articles]


def flash_sale() -> datetime:
    """Return a time at which Delta has a flash sale."""
    for days in range(120):
        now = NOW + timedelta(days=days)
        if any(sale.kind is PromotionKind.AWARD_SALE for sale in sales(7, "delta", now)):
            return now
    raise AssertionError("no flash sale in four months")


def test_delta_lists_round_trips_in_miles() -> None:
    truth = promotions_truth(7, NOW, {"program": "delta"})["pages"]["delta"]["deals"]
    shown = texts(page("delta", ALL_DEALS))
    assert len(shown) >= len(truth) > 3
    for deal in truth:
        origin, destination = deal["route"].split("-")
        text = next(text for text in shown if f"({origin})" in text and f"{deal['miles_price']:,} miles" in text)
        assert f"({destination})" in text
        assert re.search(r"from [\d,]+ miles round-trip", text)


def test_the_flash_sale_has_deals_only_while_it_lasts() -> None:
    path, during = f"{DELTA_DEALS}/flash-sale", flash_sale()
    assert texts(page("delta", path, during))
    quiet = [NOW + timedelta(days=days) for days in range(0, 60, 3)]
    assert any(NO_DEALS in page("delta", path, now).body.decode() for now in quiet)


def test_american_links_each_price_to_a_search() -> None:
    truth = promotions_truth(7, NOW, {})["pages"]["american"]["deals"]
    body = Selector(page("american", "/booking/flights/deals").body.decode())
    links = body.css("article a::attr(href)").getall()
    assert len(links) == len(truth)
    assert all(link.startswith("/booking/search?locale=en_US&searchType=Award&slices=") for link in links)
    prices = [text.partition(" ")[0] for text in body.css(".price::text").getall()]
    assert prices == [f"{deal['miles_price']:,}" for deal in truth]


@pytest.mark.parametrize(
    ("program", "path"), [(program, path) for program in SALE_PAGES for path in SALE_PAGES[program]]
)
def test_pages_show_the_true_promotions(program: str, path: str) -> None:
    for days in range(0, 60, 5):
        now = NOW + timedelta(days=days)
        truth = pages_truth(7, program, now)["promotions"]
        response = page(program, path, now)
        assert len(texts(response)) == len(truth)
        assert (NO_DEALS in response.body.decode()) is not bool(truth)


def test_southwest_announces_cash_and_award_flights() -> None:
    shown = {
        text
        for days in range(0, 120, 2)
        for text in texts(page("southwest", "/rapidrewards/promotions/", NOW + timedelta(days=days)))
    }
    assert any(re.match(r"Save up to \d\d% on cash & award flights ", text) for text in shown)


def test_text_around_the_offers_changes_every_hour_and_the_offers_do_not() -> None:
    def offers(now: datetime) -> str:
        return Selector(page("united", "/en/us/deals", now).body.decode()).css("#offers").get("")

    later = NOW + timedelta(hours=1)
    assert page("united", "/en/us/deals").body != page("united", "/en/us/deals", later).body
    assert offers(NOW) == offers(later)
    assert offers(NOW) != offers(NOW + timedelta(days=60))


@pytest.mark.parametrize(("program", "path"), PAGES)
def test_pages_are_the_same_until_they_change(program: str, path: str) -> None:
    known = page(program, path)
    for hours in range(0, 200, 9):
        now = NOW + timedelta(hours=hours)
        headers = dict(known.headers)
        newest = page(program, path, now)
        for condition in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
            status = get(AIRLINES[program], path, now, **condition).status
            assert status == 200 or newest.body == known.body
        known = newest


def test_flying_blue_has_a_page_without_data() -> None:
    body = get(SITES["www.flyingblue.com"], "/en/spend/flights/promo-rewards").body.decode()
    assert "<app-root></app-root>" in body
    assert "Paris" not in body


@pytest.mark.parametrize(("program", "path"), PAGES)
def test_faults_of_pages(program: str, path: str) -> None:
    site = AIRLINES[program]
    assert path in site.search_paths
    for name in ("empty", "renamed_keys", "deep"):
        response = with_fault(site, path, name)
        assert not texts(response)
        assert NO_DEALS not in response.body.decode() or NO_DEALS in page(program, path).body.decode()
    assert NO_DEALS not in with_fault(site, path, "empty").body.decode()
    assert with_fault(site, path, "sign_in").status == 403
