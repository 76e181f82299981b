"""Watches for promotions, which describe the promotions to notify a user of, and the comparison of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from awardspider.items import PromotionKind, PromotionTerms
from awardspider.outcomes import InvalidWatch
from awardspider.programs import PointsKind, points_programs
from awardspider.search.cities import listed_airports
from awardspider.search.notify_prefs import NotifyPrefs
from awardspider.search.places import Places
from awardspider.search.promotion_fields import (
    PROMOTION_KINDS,
    BonusPercent,
    kind_text,
    program_keys,
    program_text,
)
from awardspider.search.promotion_watch_checks import find_promotion_conflict
from awardspider.search.promotion_watch_table import PROMOTION_WATCH_FIELDS
from awardspider.search.time_zones import zone_or_utc
from awardspider.search.watch_building import FieldError, parse_fields, to_plain
from awardspider.search.watch_fields import Note, WatchName
from awardspider.search.watch_table import WATCH_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionWatch:
    """Kinds, programs, banks and limits of the promotions to notify a user of.

    The fields from `name` to `note` have the names and order of a watch file. None and empty mean no restriction.
    """

    name: WatchName
    active: bool = True
    kinds: tuple[PromotionKind, ...] = ()
    #: Keys of airline and hotel programs, and of families.
    programs: tuple[str, ...] = ()
    #: Keys of the banks and hotel programs whose points are transferred.
    banks: tuple[str, ...] = ()
    #: Minimum bonus or discount. The maximum of an "up to" counts.
    min_percent: BonusPercent | None = None
    #: Maximum price of a bought mile in US cents.
    max_cents: Decimal | None = None
    #: True to include promotions for invited members only, whatever the bank.
    targeted: bool = False
    origin: Places | None = None
    destination: Places | None = None
    notify: NotifyPrefs | None = None
    #: The last day on which the watch is active, in the owner's time zone.
    expires: date | None = None
    note: Note = ""
    #: Identity in storage, which never changes; empty for a watch that is not stored.
    id: str = field(default="", compare=False)
    #: Banks whose targeted offers the owner has. Set by storage.
    targeted_banks: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    #: Set by storage; `notify` can have another one.
    owner_timezone: str = field(default="UTC", repr=False, compare=False)

    @property
    def key(self) -> str:
        """Return the identity by which messages refer to the watch: its id, or its name without one."""
        return self.id or self.name

    def is_expired(self, now: datetime) -> bool:
        """Return whether the last day is over in the owner's time zone at the aware time `now`."""
        return self.expires is not None and now.astimezone(zone_or_utc(self.owner_timezone)).date() > self.expires

    def notify_record(self) -> dict[str, Any]:
        """Return the preferences for messages as plain values, with the owner's time zone unless `notify` has one."""
        return (self.notify or NotifyPrefs()).to_record(self.owner_timezone)

    def to_definition(self) -> dict[str, object]:
        """Return the watch as plain values keyed by watch-file field name, without defaults.

        `active` is omitted, because storage has a separate column for it.
        """
        values = {name: getattr(self, name) for name in PROMOTION_WATCH_FIELDS if name != "active"}
        return {name: to_plain(value) for name, value in values.items() if value != _DEFAULTS[name]}

    @classmethod
    def from_definition(cls, definition: Mapping[str, object], active: bool = True) -> PromotionWatch:
        """Build a watch from a definition. Raise InvalidWatch with the names of the watch and the invalid field."""
        try:
            return build_promotion_watch({**definition, "active": active})
        except FieldError as error:
            raise InvalidWatch(f'watch "{definition.get("name")}": {error}') from None


_DEFAULTS = {each.name: each.default for each in fields(PromotionWatch)}


def build_promotion_watch(written: Mapping[str, object]) -> PromotionWatch:
    """Build a watch from values keyed by watch-file field name; None and blank strings count as missing.

    `id` is accepted too. Raise FieldError.
    """
    values = parse_fields(written, PROMOTION_WATCH_FIELDS, WATCH_FIELDS, "awards")
    if conflict := find_promotion_conflict(values):
        raise FieldError(conflict.field, f"{conflict.field}: {conflict.message}")
    return PromotionWatch(**values)


#: The watch that applies if no watch for promotions is stored: promotions of airline programs that change the price of
#: awards. It notifies every channel.
DEFAULT_PROMOTION_WATCH = PromotionWatch(
    name="Promotions",
    kinds=(
        PromotionKind.AWARD_SALE,
        PromotionKind.TRANSFER_BONUS,
        PromotionKind.BUY_MILES,
        PromotionKind.PROMO_AWARD_LIST,
    ),
    programs=tuple(
        key for key, each in points_programs().items() if each.kind in (PointsKind.AIRLINE, PointsKind.FAMILY)
    ),
)

#: The watch for changes of added pages that no other watch matches. It notifies every channel.
PAGE_WATCH = PromotionWatch(name="Pages")


# ---- comparison ------------------------------------------------------------------------------------------------------


def match_promotion(watch: PromotionWatch, terms: PromotionTerms) -> tuple[str, ...]:
    """Return the reasons why a promotion does not match a watch, in words; empty if it matches.

    A promotion that does not say a value does not meet a limit of it. `active` and `expires` are not compared, and of
    the promotion's state only that the announcement calls it expired.
    """
    return tuple(reason for check in _CHECKS for reason in check(watch, terms))


def _kind(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if terms.kind not in (watch.kinds or PROMOTION_KINDS):
        yield f"is of the kind {kind_text(terms.kind)}" if terms.kind.is_promotion else "is no promotion"


def _programs(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if watch.programs and not program_keys(watch.programs) & program_keys(terms.programs):
        yield f"is for {_names(terms.programs)}" if terms.programs else "does not say for which program"


def _banks(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if watch.banks and not set(watch.banks) & set(terms.banks):
        yield f"is from {_names(terms.banks)}" if terms.banks else "does not say from which bank"


def _percent(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if watch.min_percent is None:
        return
    if terms.percent is None:
        yield "does not say the percentage"
    elif terms.percent < watch.min_percent:
        yield f"{terms.percent}% is less than {watch.min_percent}%"


def _cents(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if watch.max_cents is None:
        return
    if terms.cents_per_mile is None:
        yield "does not say the price of a mile"
    elif terms.cents_per_mile > watch.max_cents:
        yield f"{terms.cents_per_mile:f} cents is more than {watch.max_cents:f}"


def _targeted(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if terms.targeted and not watch.targeted and not watch.targeted_banks & set(terms.banks):
        yield "is only for invited members"


def _routes(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if watch.origin is None and watch.destination is None:
        return
    if not terms.routes:
        yield "does not say which routes"
    elif not any(_covers(watch, *route.split("-", 1)) for route in terms.routes):
        shown = ", ".join(terms.routes[:3])
        yield f"is for {shown}" + (" and others" if len(terms.routes) > 3 else "")


def _covers(watch: PromotionWatch, origin: str, destination: str = "") -> bool:
    """Return whether a route, of airports or cities, begins and ends in the places of a watch."""
    ends = ((watch.origin, origin), (watch.destination, destination))
    return all(places is None or _contains(places, code) for places, code in ends)


def _contains(places: Places, code: str) -> bool:
    return code in places or bool(places.airports & listed_airports(code))


def _expired(watch: PromotionWatch, terms: PromotionTerms) -> Iterator[str]:
    if terms.expired:
        yield "has ended"


def _names(keys: tuple[str, ...]) -> str:
    return " and ".join(map(program_text, keys))


_CHECKS: tuple[Callable[[PromotionWatch, PromotionTerms], Iterator[str]], ...] = (
    _kind,
    _programs,
    _banks,
    _percent,
    _cents,
    _targeted,
    _routes,
    _expired,
)
