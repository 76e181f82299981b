"""The recording of matches during a run: when each begins and ends, and which messages are due to channels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from awardspider.crawling.offer_context import OfferContext
from awardspider.deals import rules
from awardspider.deals.rules import Evidence, Observation
from awardspider.delivery.outbox.enqueue import Enqueuer
from awardspider.items import AlertEvent, AwardOfferItem, Change, Detail, SearchReportItem
from awardspider.search.exchange_rates import ExchangeRates
from awardspider.search.freshness import departs_by
from awardspider.search.match_states import MatchState, Variant, variant_of
from awardspider.search.matching import match
from awardspider.search.notify_prefs import NotifyPrefs, Unconfirmed
from awardspider.search.owner_points import OwnerPoints
from awardspider.search.trip_partners import TripPartner
from awardspider.search.watches import Watch
from awardspider.storage.alerts import Alert
from awardspider.storage.flight_offers import FlightOffer, live_flight_offers
from awardspider.storage.matches import MatchKey, StoredMatch, new_match
from awardspider.storage.notified import MessagesByWatch
from awardspider.storage.recorder import Recorder

_DEFAULT_PREFS = NotifyPrefs()


class MatchTracker:
    """The matches of the offers of a run with its watches.

    The matches of `stored` watches are recorded; those of the others, which a run's arguments define, are only
    remembered during the run and begin with the offers that are new.
    """

    def __init__(
        self,
        recorder: Recorder,
        enqueuer: Enqueuer,
        stored: Mapping[str, Watch],
        others: Mapping[str, Watch],
        *,
        rates: ExchangeRates | None,
        points: OwnerPoints | None = None,
        sends: bool,
    ) -> None:
        self._recorder = recorder
        self._memory = recorder.memory
        self._enqueuer = enqueuer
        self._stored = stored
        self._others = others
        self._rates = rates
        self._points = points
        self._sends = sends
        self._unrecorded: dict[MatchKey, MatchState] = {}  # matches of the other watches
        self._missed: dict[str, dict[MatchKey, StoredMatch]] = {}  # by search
        recorder.on_report(self._end_matches)

    # ---- offers ----

    def track(self, item: AwardOfferItem, context: OfferContext, keys: Sequence[str]) -> bool:
        """Record that an offer matches watches, and set the alerts that are due to channels.

        Return True if one of these matches began with this response.
        """
        has_begun = False
        alerts: list[AlertEvent] = []
        matches = self._memory.matches_of(item)
        for key in keys:
            watch = self._stored.get(key) or self._others[key]
            partner = context.trips.get(key)
            found = matches.get(key)
            state = found.state if found else self._unrecorded.get((key, item.flight_key))
            if not self._may_begin(watch, item, context, state):
                continue
            variant = variant_of(item, partner.miles if partner else item.miles)
            was_active = state is not None and state.is_active
            at = context.responded_at if was_active else self._begin_time(key, item, context)
            current = self._advance(watch, item, context, state, variant, at)
            has_begun = has_begun or current.since >= context.responded_at
            alerts += self._due_alerts(watch, item, context, current, state if was_active else None, variant)
        context.alerts = tuple(alert for alert in alerts if not self._is_known_trip(item, context, alert))
        return has_begun

    def note_missed(self, item: AwardOfferItem, context: OfferContext, keys: Iterable[str]) -> None:
        """Remember the matches to check at the end of the search; `keys` are the watches that an offer matches.

        These are the matches that the offer represents but no longer meets, and those with a waiting message that will
        be canceled because the offer costs more now.
        """
        for key, found in self._memory.matches_of(item).items():
            if not found.state.is_active:
                continue
            is_missed = key not in keys and found.state.offer_id == item.offer_id
            if is_missed or self._has_outdated_message(found, item.offer_id, item.miles):
                self._missed.setdefault(context.search.id, {})[found.key] = found

    def _may_begin(self, watch: Watch, item: AwardOfferItem, context: OfferContext, state: MatchState | None) -> bool:
        """Return whether an offer may begin or continue a match.

        The price of a day begins no match if flights of the day match at this price or a lower one. A watch that a
        run's arguments define begins matches only with new offers.
        """
        if watch.key in self._others and state is None and context.change is not Change.NEW:
            return False
        if item.detail is Detail.ITINERARY:
            return True
        return not any(
            other.watch_key == watch.key
            and other.state.is_active
            and other.flight_key != item.flight_key
            and item.miles is not None
            and other.state.miles is not None
            and other.state.miles <= item.miles
            for other in self._memory.matches_of_day(item)
        )

    def _begin_time(self, watch_key: str, item: AwardOfferItem, context: OfferContext) -> datetime:
        if not self._enqueuer.has_message_channels:
            return context.responded_at
        messages = self._memory.messages_of(item)
        own = (each for (key, _), found in messages.items() if key == watch_key for each in found)
        return rules.begin_time(context.responded_at, own)

    def _advance(
        self,
        watch: Watch,
        item: AwardOfferItem,
        context: OfferContext,
        state: MatchState | None,
        variant: Variant,
        at: datetime,
    ) -> MatchState:
        """Record the next state of a match that is true at `at`, and return it."""
        transition = rules.next_state(
            state,
            Observation(Evidence.MATCHED, item.offer_id, variant),
            at,
            min_drop=_prefs(watch).min_drop,
            is_record_low=rules.is_new_record_low(context.judgment, item.miles),
        )
        current = transition.state
        assert current is not None  # a true match has a state
        if watch.key in self._others:
            self._unrecorded[watch.key, item.flight_key] = current
            return current
        if current != state:
            self._recorder.add_match(new_match(watch.key, item, current))
        if transition.event_type is not None:
            self._recorder.add_alert(
                Alert(
                    watch_id=watch.key,
                    offer_id=item.offer_id,
                    miles=item.miles,
                    created_at=context.responded_at,
                    event_type=transition.event_type,
                )
            )
        return current

    def _due_alerts(
        self,
        watch: Watch,
        item: AwardOfferItem,
        context: OfferContext,
        current: MatchState,
        before: MatchState | None,
        variant: Variant,
    ) -> Iterable[AlertEvent]:
        if not self._enqueuer.has_message_channels:
            return ()
        return self._enqueuer.due_alerts(
            watch,
            item,
            variant,
            self._memory.messages_of(item),
            since=current.since,
            before=before,
            of_day=self._messages_of_day(watch, item, current),
            is_record_low=rules.is_new_record_low(context.judgment, item.miles),
        )

    def _messages_of_day(
        self, watch: Watch, item: AwardOfferItem, current: MatchState
    ) -> tuple[MessagesByWatch, datetime] | None:
        """Return the messages about the price of the day of flights, and the time from which they count.

        They count if the day matched at any time since the match of the flights began.
        """
        if _prefs(watch).unconfirmed is not Unconfirmed.LABEL or item.detail is not Detail.ITINERARY:
            return None
        for day in self._memory.matches_of_day(item):
            if (day.watch_key, day.flight_key) != (watch.key, item.day_key):
                continue
            if day.state.ended_at is None or day.state.ended_at >= current.since:
                return self._memory.messages_of(item, item.day_key), day.state.since
        return None

    def _is_known_trip(self, item: AwardOfferItem, context: OfferContext, alert: AlertEvent) -> bool:
        """Return whether the channel's last message about the partner reports this round trip at this price or less.

        With an offer that is new, or was gone and is available again, the round trip is new too.
        """
        partner = context.trips.get(alert.watch_key)
        if partner is None or context.change is Change.NEW:
            return False
        key = alert.watch_key, alert.channel
        messages = self._memory.messages_of(partner.offer).get(key, ())
        last = next((each for each in reversed(messages) if not (each.is_waiting and each.is_outdated)), None)
        if last is None or last.partner_key != item.flight_key:
            return False
        return not _is_lower(partner, last.variant)

    # ---- reports ----

    def _end_matches(self, report: SearchReportItem, is_complete: bool) -> None:
        """End the matches that a complete search shows to be false; a failed or incomplete one ends nothing."""
        missed = self._missed.pop(report.search_id, {})
        if not is_complete:
            return
        candidates = dict(missed)
        search = report.search
        if search.is_of_one_route:
            active = [each for each in self._memory.matches_in(search) if each.state.is_active]
            candidates |= {each.key: each for each in active if each.key in missed}  # as they are now
            if active:
                gone = {offer_id for ids in self._recorder.unwritten.gone.values() for offer_id in ids}
                candidates |= {
                    each.key: each
                    for each in active
                    if each.is_gone or each.state.offer_id in gone or self._has_message_about(each, gone)
                }
        candidates = {key: each for key, each in candidates.items() if each.watch_key in self._stored}
        if not candidates:
            return
        flights = {each.flight_key for each in candidates.values()}
        offers: dict[str, list[FlightOffer]] = {}
        for offer in live_flight_offers(self._recorder.store, flights, self._recorder.unwritten):
            offers.setdefault(offer.flight_key, []).append(offer)
        for candidate in candidates.values():
            self._end_match(candidate, offers.get(candidate.flight_key, ()), report.requested_at)

    def _has_outdated_message(self, found: StoredMatch, offer_id: str, miles: int | None) -> bool:
        """Return whether a waiting message about a match is outdated: so marked, or its offer costs more now."""
        if not self._enqueuer.has_message_channels:
            return False
        return any(
            message.is_waiting
            and (message.is_outdated or (message.offer_id == offer_id and _costs_more(miles, message.miles)))
            for (watch_key, _), messages in self._memory.messages_about(found).items()
            if watch_key == found.watch_key
            for message in messages
        )

    def _has_message_about(self, found: StoredMatch, offer_ids: Collection[str]) -> bool:
        """Return whether a message about a match waits and is about one of these offers."""
        if not offer_ids or not self._enqueuer.has_message_channels:
            return False
        return any(
            message.is_waiting and message.offer_id in offer_ids
            for (watch_key, _), messages in self._memory.messages_about(found).items()
            if watch_key == found.watch_key
            for message in messages
        )

    def _end_match(self, found: StoredMatch, offers: Sequence[FlightOffer], at: datetime) -> None:
        """Record whether a match ends, or continues with another offer, by the live offers of its flights."""
        if offers and all(departs_by(each.offer) <= at for each in offers):
            return
        watch = self._stored[found.watch_key]
        observations = [self._observation(watch, each, found.state, at) for each in offers]
        observation = rules.best_observation(observations)
        if observation.evidence is Evidence.MATCHED:  # another offer represents the flights now; it costs no less
            state = replace(found.state, offer_id=observation.offer_id)
        else:
            transition = rules.next_state(found.state, observation, at, min_drop=_prefs(watch).min_drop)
            assert transition.state is not None  # that of an active match
            state = transition.state
            if state.is_active:
                state = replace(state, offer_id=observation.offer_id)
        if state != found.state:
            self._recorder.add_match(replace(found, state=state, is_gone=False))
        if not self._sends:
            return
        if observation.evidence is Evidence.MATCHED and watch.nights is None:
            self._replace_outdated(watch, replace(found, state=state), offers, observations, at)
        if not state.is_active:
            for row in self._enqueuer.gone_rows(watch, state, self._memory.messages_about(found)):
                self._recorder.enqueue(row)

    def _replace_outdated(
        self,
        watch: Watch,
        found: StoredMatch,
        offers: Sequence[FlightOffer],
        observations: Sequence[Observation],
        at: datetime,
    ) -> None:
        """Write messages to replace those that wait and are about offers that no longer match or cost more.

        Without new ones, the waiting messages would be canceled when they are due, and only the next crawl would write
        others.
        """
        true_miles = {
            each.offer.offer_id: each.offer.miles
            for each, observation in zip(offers, observations, strict=True)
            if observation.evidence in (Evidence.MATCHED, Evidence.OPEN)
        }
        best = next(each for each in offers if each.offer.offer_id == found.state.offer_id)
        messages = {
            key: [
                message._replace(
                    is_outdated=message.offer_id not in true_miles
                    or _costs_more(true_miles[message.offer_id], message.miles)
                )
                for message in some
            ]
            for key, some in self._memory.messages_about(found).items()
        }
        is_record_low = rules.is_new_record_low(best.judgment, best.offer.miles)
        alerts = self._enqueuer.due_alerts(
            watch,
            best.offer,
            variant_of(best.offer, best.offer.miles),
            messages,
            since=found.state.since,
            before=found.state,
            of_day=self._messages_of_day(watch, best.offer, found.state),
            is_record_low=is_record_low,
        )
        for row in self._enqueuer.offer_rows(best.offer, alerts, at, judgment=best.judgment):
            self._recorder.enqueue(row)

    def _observation(self, watch: Watch, found: FlightOffer, state: MatchState, at: datetime) -> Observation:
        variant = variant_of(found.offer, found.offer.miles)
        if found.is_contradicted:
            return Observation(Evidence.OPEN, found.offer.offer_id, variant)
        compared = match(watch, found.offer, now=at, rates=self._rates, judgment=found.judgment, points=self._points)
        return rules.observation_of(compared, found.offer, variant, None if watch.nights is not None else state)


def _prefs(watch: Watch) -> NotifyPrefs:
    return watch.notify or _DEFAULT_PREFS


def _costs_more(miles: int | None, before: int | None) -> bool:
    return miles is not None and before is not None and miles > before


def _is_lower(partner: TripPartner, last: Variant) -> bool:
    """Return whether both directions of a round trip together cost less than in a message."""
    return partner.miles is not None and last.price is not None and partner.miles < last.price
