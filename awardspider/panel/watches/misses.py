"""Near misses in the visitor's language: why an offer does not match, and groups of misses of the same kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from awardspider.items import Cabin
from awardspider.panel.formats import Formats
from awardspider.panel.texts import Texts
from awardspider.search.misses import Criterion, Miss
from awardspider.search.round_trips import RoundTrip
from awardspider.search.watches import Watch
from awardspider.storage.offers import OfferRow
from awardspider.storage.watch_check import CheckedOffer, CheckedTrip

_MOST_NAMES = 3


class MissWords:
    """Reasons for which the offers of a watch do not match, in the language of a page."""

    def __init__(self, watch: Watch, texts: Texts, formats: Formats) -> None:
        self._watch = watch
        self._t = texts
        self._fmt = formats

    def reasons(self, offer: OfferRow, misses: Iterable[Miss]) -> str:
        """Return the reasons of an offer, separated by commas."""
        return ", ".join(dict.fromkeys(self.reason(offer, miss) for miss in misses))

    def reason(self, offer: OfferRow, miss: Miss) -> str:
        """Return a reason such as `5,000 miles above your limit`."""
        key = f"watches.reason_{miss.criterion}"
        if miss.is_unknown:
            return self._t("watches.reason_unknown", field=self.label(miss.criterion))
        if self._t.has(key) and (values := self._values(offer, miss.criterion)) is not None:
            return self._t(key, **values)
        return self._t("watches.reason_other", field=self.label(miss.criterion), reason=self._fmt.plain_note(miss.text))

    def trip_reasons(self, checked: CheckedTrip) -> str:
        """Return the reasons of a pair of offers, separated by commas."""
        return ", ".join(dict.fromkeys(self._trip_reason(checked.trip, miss) for miss in checked.reasons))

    def _trip_reason(self, trip: RoundTrip, miss: Miss) -> str:
        watch = self._watch
        match miss.criterion:
            case _ if miss.is_unknown:
                return self._t("watches.reason_unknown", field=self.label(miss.criterion))
            case Criterion.NIGHTS:
                return self._t("watches.reason_nights", n=trip.nights)
            case Criterion.MAX_TRIP_MILES if watch.max_trip_miles:
                over = self._fmt.amount(trip.miles - watch.max_trip_miles, trip.outbound.program)
                return self._t("watches.reason_max_trip_miles", amount=over)
            case Criterion.MAX_TRIP_TAXES if trip.taxes and watch.max_trip_taxes:
                taxes, limit = self._fmt.money(trip.taxes), self._fmt.money(watch.max_trip_taxes)
                return self._t("watches.reason_max_trip_taxes", taxes=taxes, limit=limit)
        return self._t("watches.reason_other", field=self.label(miss.criterion), reason=self._fmt.plain_note(miss.text))

    def label(self, criterion: Criterion) -> str:
        """Return the label of the field of a criterion."""
        return self._t(f"watches.field_{criterion}")

    def groups(self, misses: Sequence[CheckedOffer]) -> Iterator[str]:
        """Yield a sentence for each kind of misses that have only one reason, the most frequent kind first."""
        found: dict[Criterion, list[CheckedOffer]] = defaultdict(list)
        for checked in misses:
            known = [miss for miss in checked.found.reasons if not miss.is_unknown]
            if len({miss.criterion for miss in known}) == 1:
                found[known[0].criterion].append(checked)
        for criterion, group in sorted(found.items(), key=lambda entry: -len(entry[1])):
            key = f"watches.missed_{criterion}"
            nearest = group[0].offer
            values = self._values(nearest, criterion) if self._t.has(key) else None
            if values is None:
                yield self._t("watches.missed_other", n=len(group), field=self.label(criterion))
            else:
                yield self._t(key, n=len(group), **(values | self._group_values(criterion, group)))

    def _group_values(self, criterion: Criterion, group: Sequence[CheckedOffer]) -> dict[str, object]:
        offers = [checked.offer for checked in group]
        match criterion:
            case Criterion.CABINS:
                cabins = sorted({offer.cabin for offer in offers}, key=lambda cabin: cabin.rank)
                return {"cabin": ", ".join(map(self._cabin, cabins))}
            case Criterion.PROGRAMS:
                names = sorted({self._fmt.program(offer.program) for offer in offers})
                more = f" +{len(names) - _MOST_NAMES}" if len(names) > _MOST_NAMES else ""
                return {"program": ", ".join(names[:_MOST_NAMES]) + more}
            case Criterion.MIN_SEATS:
                return {"seats": max(offer.seats or 0 for offer in offers)}
        return {}

    def _values(self, offer: OfferRow, criterion: Criterion) -> dict[str, object] | None:
        """Return the values of a text about a criterion; None if the offer or the watch lacks one."""
        watch = self._watch
        match criterion:
            case Criterion.MAX_MILES if offer.miles and watch.max_miles:
                return {"amount": self._fmt.amount(offer.miles - watch.max_miles, offer.program)}
            case Criterion.MAX_TRIP_MILES if offer.miles and watch.max_trip_miles:
                return {"amount": self._fmt.amount(offer.miles - watch.max_trip_miles, offer.program)}
            case Criterion.MIN_SEATS if offer.seats is not None:
                return {"seats": offer.seats, "needed": watch.min_seats}
            case Criterion.MAX_TAXES if offer.taxes and watch.max_taxes:
                return {"taxes": self._fmt.money(offer.taxes), "limit": self._fmt.money(watch.max_taxes)}
            case Criterion.DATES:
                return {"day": self._fmt.short_day(offer.departure_date)}
            case Criterion.CABINS:
                return {"cabin": self._cabin(offer.cabin)}
            case Criterion.PROGRAMS:
                return {"program": self._fmt.program(offer.program)}
            case Criterion.MAX_STOPS if offer.stops is not None and watch.max_stops is not None:
                return {"stops": offer.stops, "limit": watch.max_stops}
            case Criterion.MAX_DURATION if offer.duration_minutes and watch.max_duration:
                return {
                    "duration": self._fmt.duration(offer.duration_minutes),
                    "limit": self._fmt.duration(watch.max_duration.minutes),
                }
            case Criterion.TRAVELERS:
                return {"found": offer.travelers, "needed": watch.travelers}
        return None

    def _cabin(self, cabin: Cabin) -> str:
        return self._t(f"base.cabin_{cabin}")
