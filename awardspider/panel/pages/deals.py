"""The home page: the best deals now, as a page and as a CSV file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from awardspider.items import Cabin
from awardspider.panel.access import Viewer
from awardspider.panel.configuration import PanelConfig, config_of
from awardspider.panel.deal_list import DealList, all_deals, deal_list
from awardspider.panel.deal_reasons import EmptyList, explain_empty_list
from awardspider.panel.deal_rows import DealRow
from awardspider.panel.deals_csv import LAYOUT, deal_values
from awardspider.panel.filter_chips import FilterChip, filter_chips
from awardspider.panel.filters import DEFAULT_CURRENCY, DealFilters, View, parse_filters
from awardspider.panel.formats import Formats
from awardspider.panel.htmx import requests_part, varied
from awardspider.panel.long_responses import GeneratedFile
from awardspider.panel.place_labels import chosen_labels
from awardspider.panel.preferences import preferences_of
from awardspider.panel.rendering import formats_and_texts, query_string, render
from awardspider.panel.texts import Texts
from awardspider.programs import all_programs
from awardspider.search.exchange_rates import BASE
from awardspider.search.judgments import DealClass
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.export.formats import csv_blocks
from awardspider.storage.offer_sorts import OfferSort

router = APIRouter()


@router.get("/")
def deals_page(request: Request, visitor: Viewer) -> Response:
    """Show the deals; for a request of a part of the page, only the list."""
    config = config_of(request)
    now = config.now()
    fmt, texts = formats_and_texts(request)
    filters = parse_filters(request.query_params, now.date())
    after = request.query_params.get("after") or None
    found = DealList(deals=[], count=0, is_capped=False) if filters.errors else deal_list(config, filters, now, after)
    context: dict[str, Any] = {
        "filters": filters,
        "query": filters.parameters(),
        "views": list(View),
        "sorts": list(OfferSort),
        "found": found,
        "rows": [DealRow(deal, fmt) for deal in found.deals],
        "chips": filter_chips(filters, fmt, texts),
        "is_first": after is None,
    }
    if not found.deals and not filters.errors:
        context |= _reasons(explain_empty_list(config, filters), context["chips"], fmt, texts)
    if requests_part(request):
        response = render(request, visitor, "deals_list.html", is_part=True, **context)
        response.headers["HX-Push-Url"] = _address(filters)
        return varied(response)
    context |= {
        "cabins": list(Cabin),
        "programs": sorted(all_programs().values(), key=lambda program: program.name.casefold()),
        "currencies": _currencies(config, filters),
        "origin_labels": [asdict(label) for label in chosen_labels(filters.origin, fmt, texts)],
        "destination_labels": [asdict(label) for label in chosen_labels(filters.destination, fmt, texts)],
    }
    return varied(render(request, visitor, "deals.html", is_part=False, **context))


@router.get("/deals.csv")
def deals_file(request: Request, visitor: Viewer) -> Response:
    """Return the deals of the same filter as CSV, all pages of them."""
    config = config_of(request)
    now = config.now()
    language = preferences_of(request, config.settings).language
    filters = parse_filters(request.query_params, now.date())
    filters.require_valid()
    rows = (deal_values(offer, language, now, config.max_age) for offer in all_deals(config, filters, now))
    blocks = csv_blocks(LAYOUT, rows, byte_order_mark=True)
    return GeneratedFile(blocks, f"deals-{now:%Y-%m-%d}.csv", "text/csv; charset=utf-8")


def _reasons(empty: EmptyList, chips: list[FilterChip], fmt: Formats, texts: Texts) -> dict[str, Any]:
    """Return the values of the template that says why the list is empty."""
    by_key: dict[str, list[str]] = {}
    for chip in chips:
        by_key.setdefault(chip.key, []).append(chip.text)
    return {
        "empty": empty,
        "wider_texts": {key: fmt.language.join_or(names) for key, names in by_key.items()},
        "class_counts": [
            texts("deals.class_number", n=number, name=texts(f"base.class_{each}").lower())
            for each in DealClass
            if (number := empty.found.counts.get(each))
        ],
    }


def _currencies(config: PanelConfig, filters: DealFilters) -> list[str]:
    chosen = filters.max_taxes.currency if filters.max_taxes else DEFAULT_CURRENCY
    return sorted({chosen, DEFAULT_CURRENCY, BASE, *current_rates(config.store, config.settings).currencies})


def _address(filters: DealFilters) -> str:
    return f"/{query_string(filters.parameters())}".removesuffix("?")
