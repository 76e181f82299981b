"""The airlines' own pages about promotions: award deals with prices in miles, and what is on sale.

Addresses and contents are those known from 2026: Delta lists prices as "x,xxx miles round-trip", American prices that
were collected within a day with links to a search, Southwest a headline, and Flying Blue has a page whose data only a
script can load. Assumed, because no source shows it: all of the HTML, and that deals change on Mondays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from html import escape

from awardspider.items import PromotionKind
from awardspider.sandbox.places import all_places, draw
from awardspider.sandbox.promotions.access import members_only
from awardspider.sandbox.promotions.caching import conditional
from awardspider.sandbox.promotions.calendar import Promotion, announced, midnight, terms
from awardspider.sandbox.promotions.wording import write_date
from awardspider.sandbox.sites import Handler, Kind, Route, SandboxRequest, SandboxResponse, page

HTML_TYPE = "text/html; charset=utf-8"
#: The element of a deal, which the fault `renamed_keys` renames.
RENAMED = ("article",)
NO_DEALS = "There are no deals at this time. Please check back soon."
DEALS = 8
#: Airports of the deals of each program, and the lowest and highest price in miles, one way.
DEAL_PLACES = {
    "delta": (("ATL", "JFK", "DTW", "LAX", "MSP", "SEA"), ("CUN", "MIA", "LAS", "CDG", "LIS", "HNL"), (6_000, 38_000)),
    "american": (
        ("DFW", "MIA", "PHX", "ORD", "CLT", "LAX"),
        ("CUN", "NAS", "LHR", "MAD", "DEN", "JFK"),
        (5_000, 32_500),
    ),
}
DELTA_DEALS = "/us/en/flight-deals"
#: Program -> path -> title of a page about what is on sale.
SALE_PAGES = {
    "united": {"/en/us/deals": "Flight deals", "/en/us/fly/mileageplus/promotions.html": "MileagePlus promotions"},
    "southwest": {
        "/rapidrewards/promotions/": "Rapid Rewards promotions",
        "/html/air/special-offers.html": "Special offers",
    },
    "alaska": {"/deals": "Deals"},
    "jetblue": {"/deals": "Deals", "/trueblue/promotions": "TrueBlue promotions"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """An advertised award: a route, the price in miles for a cabin, and its days."""

    origin: str
    destination: str
    miles: int
    cabin: str
    trip: str
    book_by: date
    travel_from: date
    travel_until: date


def promotion_paths(program: str) -> tuple[str, ...]:
    """Return the paths of a program's pages about promotions."""
    return tuple(path for path, _ in _handlers(0, program))


def promotion_routes(seed: int, program: str) -> tuple[Route, ...]:
    """Return the routes of a program's pages about promotions, for its airline's site."""
    return tuple(
        Route("GET", path, Kind.DATA, partial(members_only, handler, "Members"))
        for path, handler in _handlers(seed, program)
    )


def _handlers(seed: int, program: str) -> list[tuple[str, Handler]]:
    match program:
        case "delta":
            return [
                (f"{DELTA_DEALS}/all-flight-deals", partial(_delta, seed, "all-flight-deals")),
                (f"{DELTA_DEALS}/flash-sale", partial(_delta, seed, "flash-sale")),
                (f"{DELTA_DEALS}/premium-cabin-flight-deals", partial(_delta, seed, "premium-cabin-flight-deals")),
            ]
        case "american":
            return [("/booking/flights/deals", partial(_american, seed))]
    return [(path, partial(_sales, seed, program, title)) for path, title in SALE_PAGES.get(program, {}).items()]


# ---- deals and sales -------------------------------------------------------------------------------------------------


def deals(seed: int, program: str, now: datetime) -> list[Deal]:
    """Return a program's advertised deals, which change on Mondays at midnight UTC."""
    origins, destinations, (lowest, highest) = DEAL_PLACES[program]
    monday = _monday(now)
    found = []
    for number in range(DEALS):
        key = f"deal {seed} {program} {monday} {number}"
        origin, destination = (codes[draw(key, codes) % len(codes)] for codes in (origins, destinations))
        premium = draw(key, "cabin") % 4 == 0
        miles = lowest + draw(key, "miles") % ((highest - lowest) // 500) * 500
        travel_from = monday + timedelta(days=14 + draw(key, "travel") % 40)
        found.append(
            Deal(
                origin=origin,
                destination=destination,
                miles=miles * (3 if premium else 1) * (2 if program == "delta" else 1),
                cabin="business" if premium else "economy",
                trip="round-trip" if program == "delta" else "one-way",
                book_by=monday + timedelta(days=6),
                travel_from=travel_from,
                travel_until=travel_from + timedelta(days=30 + draw(key, "until") % 60),
            )
        )
    unique = {(deal.origin, deal.destination, deal.cabin): deal for deal in found}
    return list(unique.values())


def sales(seed: int, program: str, now: datetime) -> list[Promotion]:
    """Return a program's promotions for its members that have begun and are not over."""
    kinds = (PromotionKind.AWARD_SALE, PromotionKind.BUY_MILES, PromotionKind.EARN_BONUS)
    return [
        promotion
        for promotion in announced(seed, now)
        if promotion.kind in kinds
        and promotion.programs == (program,)
        and midnight(promotion.first_day) <= now
        and promotion.is_active(now)
    ]


def _monday(now: datetime) -> date:
    return now.date() - timedelta(days=now.weekday())


def _changed(seed: int, program: str, now: datetime) -> datetime:
    """Return when a program's pages last changed: on Monday, or when a promotion began or ended."""
    moments = [midnight(_monday(now))]
    for promotion in announced(seed, now):
        if promotion.programs == (program,):
            moments += [max(promotion.announced_at, midnight(promotion.first_day)), promotion.ended_at or now]
    return max(moment for moment in moments if moment <= now)


# ---- pages -----------------------------------------------------------------------------------------------------------


def _delta(seed: int, name: str, request: SandboxRequest) -> SandboxResponse:
    """Return a page of Delta's deals; the flash sale has deals only while it lasts."""
    now = request.now
    flash = [_from_sale(sale) for sale in sales(seed, "delta", now) if sale.kind is PromotionKind.AWARD_SALE]
    found = deals(seed, "delta", now)
    match name:
        case "flash-sale":
            shown, title = flash, "SkyMiles Award Deals: Flash Sale"
        case "premium-cabin-flight-deals":
            shown, title = [deal for deal in found if deal.cabin == "business"], "Premium Cabin Flight Deals"
        case _:
            shown, title = [*flash, *found], "All Flight Deals"
    cards = "".join(map(_delta_card, [] if request.empty else shown))
    body = page("promotions", "delta-deals.html", title=title, deals=cards or _none(request)).encode()
    return conditional(request, body, _changed(seed, "delta", now), HTML_TYPE)


def _from_sale(sale: Promotion) -> Deal:
    """Return the advertised deal of an award sale, whose price is for a round trip."""
    assert sale.miles_price
    assert sale.last_day
    assert sale.travel_from
    assert sale.travel_until
    origin, destination = sale.routes[0]
    return Deal(
        origin=origin,
        destination=destination,
        miles=sale.miles_price,
        cabin="economy",
        trip="round-trip",
        book_by=sale.last_day,
        travel_from=sale.travel_from,
        travel_until=sale.travel_until,
    )


def _delta_card(deal: Deal) -> str:
    start, end = all_places()[deal.origin].city, all_places()[deal.destination].city
    cabin = "Delta One" if deal.cabin == "business" else "Main Cabin"
    return (
        f'<article class="deal-card"><h3>{escape(start)} ({deal.origin}) to {escape(end)} ({deal.destination})</h3>'
        f'<p class="deal-price">from {deal.miles:,} miles {deal.trip}</p><p class="deal-cabin">{cabin}</p>'
        f'<p class="deal-terms">Book by {_day(deal.book_by)}. Travel {_day(deal.travel_from)} – '
        f"{_day(deal.travel_until)}. Taxes and fees from $5.60.</p></article>\n"
    )


def _american(seed: int, request: SandboxRequest) -> SandboxResponse:
    """Return the page with the widget of redemption deals, each linked to a search."""
    rows = []
    for deal in [] if request.empty else deals(seed, "american", request.now):
        query = f"slices=%5B%7B%22orig%22:%22{deal.origin}%22,%22dest%22:%22{deal.destination}%22%7D%5D"
        cabin = "Business" if deal.cabin == "business" else "Main Cabin"
        rows.append(
            f'<article class="redemption-deal"><a href="/booking/search?locale=en_US&amp;searchType=Award&amp;{query}'
            f'&amp;departDate={deal.travel_from}"><span class="route">{deal.origin} to {deal.destination}</span> '
            f'<span class="depart">{deal.travel_from:%m/%d/%Y}</span> <span class="cabin">{cabin}</span> '
            f'<span class="price">{deal.miles:,} miles + $5.60 one-way</span></a></article>\n'
        )
    body = page("promotions", "american-deals.html", deals="".join(rows) or _none(request)).encode()
    return conditional(request, body, _changed(seed, "american", request.now), HTML_TYPE)


def _sales(seed: int, program: str, title: str, request: SandboxRequest) -> SandboxResponse:
    """Return a page with a program's current promotions in sentences. Its session id changes with every hour."""
    cards = "".join(_sale_card(sale) for sale in ([] if request.empty else sales(seed, program, request.now)))
    name = terms()["programs"][program]["long"]
    body = page(
        "promotions",
        "sales.html",
        title=title,
        program=escape(name),
        offers=cards or _none(request),
        session=f"{draw(seed, program, request.now.strftime('%Y-%m-%d %H')):016x}",
    ).encode()
    changed = max(_changed(seed, program, request.now), request.now.replace(minute=0, second=0, microsecond=0))
    return conditional(request, body, changed, HTML_TYPE)


def _sale_card(sale: Promotion) -> str:
    assert sale.last_day
    unit, until = terms()["programs"][sale.programs[0]]["unit"], _day(sale.last_day)
    up_to = "up to " if sale.up_to else ""
    match sale.kind:
        case PromotionKind.AWARD_SALE:
            assert sale.travel_from
            assert sale.travel_until
            headline = f"Save {up_to}{sale.percent}% on award flights" if sale.percent else sale.details["sale"]
            if sale.programs == ("southwest",):
                headline = f"Save {up_to}{sale.percent}% on cash & award flights"
            text = (
                f"From {sale.miles_price:,} {unit} one-way. Book by {until}. "
                f"Travel {_day(sale.travel_from)} – {_day(sale.travel_until)}."
            )
        case PromotionKind.BUY_MILES:
            effect = f"get a {up_to}{sale.percent}% bonus"
            if sale.bonus_or_discount == "discount":
                effect = f"save {up_to}{sale.percent}%"
            headline, text = f"Buy {unit} and {effect}", f"Offer ends {until}. Terms apply."
        case _:
            headline, text = f"Earn {sale.details['bonus']}", f"Register and complete the activity by {until}."
    return f'<article class="offer"><h2>{escape(headline)}</h2><p>{escape(text)}</p></article>\n'


def _none(request: SandboxRequest) -> str:
    """Return the page's own sentence for no deals. With the fault `empty`, the list is just missing."""
    return "" if request.empty else f'<p class="none">{NO_DEALS}</p>'


def _day(day: date) -> str:
    return write_date(day, "en", "long")


def pages_truth(seed: int, program: str, now: datetime) -> dict[str, Sequence[object]]:
    """Return the deals and the keys of the promotions that a program's pages show."""
    found = deals(seed, program, now) if program in DEAL_PLACES else []
    return {
        "deals": [
            {
                "route": f"{deal.origin}-{deal.destination}",
                "miles_price": deal.miles,
                "trip": deal.trip,
                "cabin": deal.cabin,
                "book_by": str(deal.book_by),
                "travel_from": str(deal.travel_from),
                "travel_until": str(deal.travel_until),
            }
            for deal in found
        ],
        "promotions": [sale.key for sale in sales(seed, program, now)],
    }
