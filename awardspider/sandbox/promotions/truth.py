"""The ground truth of promotions: which have been announced, with all terms, and the posts in each feed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awardspider.sandbox.controls import ControlError
from awardspider.sandbox.promotions.airline_pages import DEAL_PLACES, SALE_PAGES, pages_truth
from awardspider.sandbox.promotions.blogs import Post, blogs, posts
from awardspider.sandbox.promotions.calendar import Promotion, announced
from awardspider.sandbox.promotions.tables import CROSS_CHECKS, cross_checked, current

Json = dict[str, Any]
KEPT = timedelta(days=14)
FILTERS = frozenset({"host", "kind", "program", "bank"})


def promotions_truth(seed: int, now: datetime, query: Mapping[str, str]) -> Json:
    """Return the promotions that have been announced and not been over for long, and the posts in the feeds.

    `host` limits the posts to one feed; `kind`, `program` and `bank` limit both. Raise ControlError for other
    parameters and unknown hosts.
    """
    if unknown := sorted(query.keys() - FILTERS):
        raise ControlError(f"unknown parameter {', '.join(unknown)}; expected {', '.join(sorted(FILTERS))}")
    host = query.get("host", "")
    if host and host not in blogs():
        raise ControlError(f"host: expected one of {', '.join(blogs())}, got {host!r}")
    in_table = {promotion.key for promotion in current(seed, now)}
    checked = {page: {found.key for found in cross_checked(seed, page, now)} for page in CROSS_CHECKS}
    promotions = [
        _promotion(promotion, now)
        | {
            "in_table": promotion.key in in_table,
            "cross_checked": [page for page in checked if promotion.key in checked[page]],
        }
        for promotion in announced(seed, now)
        if promotion.ended_at is None or promotion.ended_at > now - KEPT
    ]
    announcements = [
        _announcement(post) for blog in blogs().values() if host in ("", blog.host) for post in posts(seed, blog, now)
    ]
    return {
        "seed": seed,
        "clock": now.isoformat(),
        "promotions": [found for found in promotions if _matches(found, query)],
        "announcements": [found for found in announcements if _matches(found, query)],
        "pages": {
            program: pages_truth(seed, program, now)
            for program in (*DEAL_PLACES, *SALE_PAGES)
            if query.get("program", program) == program
        },
    }


def _promotion(promotion: Promotion, now: datetime) -> Json:
    return {
        "key": promotion.key,
        "kind": promotion.kind.value,
        **_terms(promotion),
        "announced_at": promotion.announced_at.isoformat(),
        "ended_at": promotion.ended_at.isoformat() if promotion.ended_at else None,
        "is_active": promotion.is_active(now),
        "is_over": promotion.ended_at is not None and promotion.ended_at <= now,
    }


def _announcement(post: Post) -> Json:
    promotion = post.promotion
    return {
        "host": post.blog.host,
        "feed": f"https://{post.blog.host}{post.blog.feed}",
        "language": post.blog.language,
        "guid": post.guid,
        "link": post.link,
        "title": post.title,
        "summary": post.summary,
        "published": post.published.replace(microsecond=0).isoformat(),
        "kind": post.kind.value,
        "promotion": promotion.key if promotion else None,
        "programs": list(promotion.programs) if promotion else [],
        "banks": list(promotion.banks) if promotion else [],
        "expired": post.is_expired,
        "says": {name: value for name, value in _terms(promotion).items() if name in post.says} if promotion else {},
    }


def _terms(promotion: Promotion) -> Json:
    """Return the terms with the names of our items."""
    return {
        "programs": list(promotion.programs),
        "banks": list(promotion.banks),
        "percent": promotion.percent,
        "up_to": promotion.up_to,
        "bonus_or_discount": promotion.bonus_or_discount.value if promotion.bonus_or_discount else None,
        "cents_per_mile": _text(promotion.cents_per_mile),
        "miles_price": promotion.miles_price,
        "routes": ["-".join(route) for route in promotion.routes],
        "book_from": _text(promotion.first_day),
        "book_by": _text(promotion.last_day),
        "travel_from": _text(promotion.travel_from),
        "travel_until": _text(promotion.travel_until),
        "targeted": promotion.targeted,
    }


def _text(value: date | Decimal | None) -> str | None:
    return None if value is None else str(value)


def _matches(found: Json, query: Mapping[str, str]) -> bool:
    kind, program, bank = query.get("kind"), query.get("program"), query.get("bank")
    return (
        (not kind or found["kind"] == kind)
        and (not program or program in found["programs"])
        and (not bank or bank in found["banks"])
    )
