"""Airlines' own pages about promotions, of which only the visible text is known. The texts are those of the facts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from awardspider.items import PromotionItem, PromotionKind, SourceKind
from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers import SourceContext, get_announcement_parser
from awardspider.search.route_places import route_place

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
URL = "https://www.airline.example/deals"
NOTHING = "no promotions recognized on the page; its structure may have changed"


def page(content: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>Deals</title></head><body>{content}</body></html>".encode()


def read(content: str, spider: str = "deltadeals", *, seen_at: datetime = NOON) -> list[PromotionItem]:
    context = SourceContext(url=URL, kind=SourceKind.PAGE, seen_at=seen_at, find_place=route_place)
    found = list(get_announcement_parser(spider).parse(page(content), context))
    items = [item for item in found if isinstance(item, PromotionItem)]
    assert len(items) == len(found)
    return items


#: Four structures of the same two deals.
STRUCTURES = {
    "list": "<h1>Deals</h1><ul><li>ATL to CUN <b>from 12,000 miles round-trip</b></li>"
    "<li>JFK to LIS <b>from 34,000 miles round-trip</b></li></ul>",
    "divs": "<h1>Deals</h1><div><div><div>Atlanta (ATL) to Cancún (CUN)</div><span>12,000 miles round-trip</span></div>"
    "<div><div>New York (JFK) to Lisbon (LIS)</div><span>34,000 miles round-trip</span></div></div>",
    "table": "<h1>Deals</h1><table><tr><th>Route</th><th>Price</th></tr>"
    "<tr><td>ATL - CUN</td><td>12,000 miles</td></tr><tr><td>JFK - LIS</td><td>34,000 miles</td></tr></table>",
    "links": "<h1>Deals</h1><p><a href='/x'><span>ATL → CUN</span> <i>12,000 miles + $38 one-way</i></a></p>"
    "<p><a href='/y'><span>JFK → LIS</span> <i>34,000 miles + $60 one-way</i></a></p>",
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_prices_in_miles_near_routes_whatever_the_structure(name: str) -> None:
    [item] = read(STRUCTURES[name])
    assert (item.kind, item.programs, item.miles_price) == (PromotionKind.AWARD_SALE, ("delta",), 12_000)
    assert item.routes == ("ATL-CUN", "JFK-LIS")
    assert item.title == "Delta SkyMiles: Deals, from 12,000 miles"
    assert (item.source, item.source_url, item.link) == ("airline.example", URL, URL)
    assert "34,000 miles" in item.excerpt


def test_one_deal_on_a_page() -> None:
    [item] = read("<main><h2>Flash sale</h2><p>ATL to CUN from 12,000 miles</p><p>Book by December 2, 2026</p></main>")
    assert (item.routes, item.miles_price, item.book_by) == (("ATL-CUN",), 12_000, date(2026, 12, 2))


def test_deals_with_different_last_days_are_several_announcements() -> None:
    items = read(
        "<ul><li>ATL to CUN from 12,000 miles. Book by December 2, 2026.</li>"
        "<li>ATL to MIA from 9,000 miles. Book by December 9, 2026.</li>"
        "<li>ATL to LAS from 14,000 miles. Book by December 2, 2026.</li>"
        "<li>ATL to SEA from 5,000 miles. Book by November 20, 2026.</li></ul>"
    )
    assert [(item.book_by, item.miles_price, item.routes) for item in items] == [
        (date(2026, 12, 2), 12_000, ("ATL-CUN", "ATL-LAS")),
        (date(2026, 12, 9), 9_000, ("ATL-MIA",)),
    ]
    assert len({item.entry_id for item in items}) == 2


def test_deals_without_a_last_day_are_announced_once_a_week() -> None:
    days = [read(STRUCTURES["list"], seen_at=NOON.replace(day=day))[0].entry_id for day in (23, 29, 30)]
    assert days[0] == days[1] != days[2]


@pytest.mark.parametrize(
    ("spider", "content", "expected"),
    [
        (
            "southwestdeals",
            "<div><h2>Save up to 40% on cash &amp; award flights</h2><div>Book by December 3, 2026</div></div>",
            (PromotionKind.AWARD_SALE, ("southwest",), 40, True, date(2026, 12, 3)),
        ),
        (
            "southwestdeals",
            "<div><span>Save up to 40% on cash &amp; award flights</span></div><div>Terms apply</div>",
            (PromotionKind.AWARD_SALE, ("southwest",), 40, True, None),
        ),
        (
            "uniteddeals",
            "<h3>Buy miles and get a 100% bonus</h3><p>Offer ends December 9, 2026.</p>",
            (PromotionKind.BUY_MILES, ("united",), 100, False, date(2026, 12, 9)),
        ),
        (
            "uniteddeals",
            "<h3>30% transfer bonus from Marriott Bonvoy to MileagePlus</h3><p>Through December 9, 2026.</p>",
            (PromotionKind.TRANSFER_BONUS, ("united",), 30, False, date(2026, 12, 9)),
        ),
    ],
)
def test_sales_in_headlines(spider: str, content: str, expected: tuple[object, ...]) -> None:
    [item] = read(content, spider)
    assert (item.kind, item.programs, item.percent, item.up_to, item.book_by) == expected


def test_a_headline_without_the_program_gets_its_name() -> None:
    [item] = read("<h2>Save up to 40% on cash &amp; award flights</h2>", "southwestdeals")
    assert item.title.endswith(": Save up to 40% on cash & award flights")
    assert item.title.startswith("Southwest")


def test_the_id_of_a_sale_stays_if_the_text_around_it_changes() -> None:
    ids = [
        read(f"<p>{number} people</p><h2>Save 40% on award flights</h2><p>{number}</p>", "southwestdeals")[0].entry_id
        for number in (1, 2)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    "content",
    [
        "<main></main>",
        "<main><div id=root></div><script>let deals = ['ATL to CUN 12,000 miles']</script></main>",
        "<h1>Flight deals</h1><p>There are no deals at this time.</p>",
        "<nav><a>Buy miles: 100% bonus</a></nav><main><p>Loading</p></main>",
        "<h2>Earn 60,000 bonus miles</h2><p>With a new card.</p>",  # a card's offer without days or percentage
        "<h2>Buy miles</h2><h2>Transfer miles</h2><h2>Award flights</h2>",
        "<p>From 12,000 miles round-trip</p>",  # without a route
        "<p>ATL to CUN from $129</p>",
        "<h2>Save 40% on award flights</h2><p>Book by November 20, 2026.</p>",  # over
        "<h2>Expired: save 40% on award flights</h2>",
    ],
)
def test_pages_without_a_recognized_promotion_are_failures(content: str) -> None:
    with pytest.raises(UnexpectedResponse, match=NOTHING):
        read(content)


def test_promo_rewards_if_the_page_has_them() -> None:
    rows = "".join(
        f"<li>{city} to Paris <b>from {miles} miles</b> Book by December 31, 2026. Travel until May 31, 2027.</li>"
        for city, miles in (("Boston", "15,000"), ("Chicago", "18,750"))
    )
    [item] = read(f"<main><h1>Promo Rewards</h1><ul>{rows}</ul></main>", "flyingbluepromos")
    assert (item.kind, item.programs) == (PromotionKind.PROMO_AWARD_LIST, ("flyingblue",))
    assert (item.miles_price, item.book_by, item.travel_until) == (15_000, date(2026, 12, 31), date(2027, 5, 31))
    assert set(item.routes) == {"BOS-PAR", "CHI-PAR"}


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("<div id=app></div><noscript>Please enable JavaScript</noscript>", "the page is empty without its scripts"),
        (f"<main>{'<p>About our program.</p>' * 40}</main>", NOTHING),
    ],
)
def test_promo_rewards_without_a_list(content: str, note: str) -> None:
    with pytest.raises(UnexpectedResponse, match=note):
        read(content, "flyingbluepromos")


def test_many_prices_and_deep_pages_end() -> None:
    many = "".join(f"<div><p>ATL to CUN</p><p>{number},000 miles</p></div>" for number in range(10, 900))
    [item] = read(f"<main>{many}</main>")
    assert item.miles_price == 10_000
    [deep] = read(f"<main>{'<div>' * 150}<p>ATL to CUN from 12,000 miles</p>{'</div>' * 150}</main>")
    assert deep.routes == ("ATL-CUN",)
