"""Old messages and alerts that no rule needs any more.

A message is needed while it keeps another one from being sent twice: until its flight has departed, or as long as its
promotion is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select

from awardspider.items import EventType
from awardspider.operations.prune.deletion import Pruning
from awardspider.operations.prune.offers import departed_before
from awardspider.operations.prune.promotions import is_over
from awardspider.operations.retention import earliest
from awardspider.storage import schema
from awardspider.storage.outbox import ARRIVED, MATCH_EVENTS, NOT_SENT, PROCESSED, DeliveryStatus

_MESSAGES_PER_READ = 2_000

# Rows are inserted in the order of time, apart from the duration of a crawl.
_INSERT_DELAY = timedelta(days=2)

# A spreadsheet shows the end of an offer for a week.
_SHOWN_AFTER_END = timedelta(days=8)

# A public page that has expired says so for this time.
_SHOWN_AS_EXPIRED = timedelta(days=30)

_outbox = schema.outbox.c
_offers = schema.offers.c
_alerts = schema.alerts.c
_digest = schema.outbox.alias("digest")
_part = schema.outbox.alias("part")
_later = schema.outbox.alias("later")

_FINISHED = or_(
    _outbox.status.in_((*PROCESSED, *NOT_SENT)),
    and_(
        _outbox.status == DeliveryStatus.IN_DIGEST,
        ~exists().where(_digest.c.id == _outbox.digest_id, _digest.c.status.not_in((*PROCESSED, *NOT_SENT))),
    ),
)

_HAS_NO_PARTS = ~exists().where(_part.c.digest_id == _outbox.id)

_OF_OFFERS = (*MATCH_EVENTS, EventType.OFFER_GONE, EventType.OFFER_CHANGED)

# Events that are sent once, each with a key of its own. The table of incidents says which problems have not ended.
_NOTICES = tuple(each for each in EventType if each not in {*_OF_OFFERS, EventType.PROMOTION, EventType.DIGEST})


def prune_messages(pruning: Pruning) -> None:
    """Remove old messages with their attempts, unless they are unfinished or keep another one from being sent twice."""
    before = earliest(pruning.now, pruning.periods.messages)
    needed = _last_of_watches(pruning)
    _prune(pruning, before, and_(_outbox.event_type != EventType.DIGEST, _is_unneeded(pruning)), needed)
    # A digest is needed for its parts.
    _prune(pruning, before, and_(_outbox.event_type == EventType.DIGEST, _HAS_NO_PARTS), needed)


def _prune(pruning: Pruning, before: datetime, unneeded: ColumnElement[bool], needed: set[int]) -> None:
    expired = and_(_outbox.created_at < before, _FINISHED, unneeded)
    windows = pruning.windows(
        _outbox.id, size=_MESSAGES_PER_READ, time_column=_outbox.created_at, until=before + _INSERT_DELAY
    )
    for window in windows:
        ids = [row_id for row_id in pruning.ids_in(window, _outbox.id, expired) if row_id not in needed]
        if pruning.dry_run:
            pruning.removed["outbox"] += len(ids)
            with pruning.store.reading() as connection:
                attempts = select(func.count()).where(schema.attempts.c.outbox_id.in_(ids))
                pruning.removed["attempts"] += connection.scalar(attempts) or 0
        else:
            pruning.in_transactions(ids, _remove)


def _remove(connection: Connection, ids: Sequence[int]) -> Counter[str]:
    """Remove messages that are still finished, with their attempts: an operator can have restarted one."""
    still = list(connection.scalars(select(_outbox.id).where(_outbox.id.in_(ids), _FINISHED).with_for_update()))
    attempts = connection.execute(delete(schema.attempts).where(schema.attempts.c.outbox_id.in_(still))).rowcount
    messages = connection.execute(delete(schema.outbox).where(_outbox.id.in_(still))).rowcount
    return Counter(outbox=messages, attempts=attempts)


def _is_unneeded(pruning: Pruning) -> ColumnElement[bool]:
    """Return the condition that a finished message, which is no digest, keeps no other one from being sent."""
    departed = departed_before(pruning.now - _SHOWN_AFTER_END)
    has_offer = exists().where(_offers.id == _outbox.subject, _offers.departure_date >= departed)
    has_promotion = exists().where(schema.promotions.c.id == _outbox.subject)
    has_ended = exists().where(schema.promotions.c.id == _outbox.subject, is_over(pruning.now))
    is_repeated = exists().where(
        _later.c.subject == _outbox.subject,
        _later.c.channel == _outbox.channel,
        _later.c.id > _outbox.id,
        _later.c.status.in_(ARRIVED),
    )
    is_of_watch = _outbox.watch_key.is_not(None)
    was_not_sent = _outbox.status.in_(NOT_SENT)
    return or_(
        and_(_outbox.event_type.in_(MATCH_EVENTS), or_(was_not_sent, ~has_offer)),
        and_(_outbox.event_type == EventType.OFFER_GONE, is_of_watch),
        # The rows of a spreadsheet: one says that the offer is in it.
        and_(
            _outbox.event_type.in_((EventType.OFFER_CHANGED, EventType.OFFER_GONE)),
            ~is_of_watch,
            or_(was_not_sent, ~has_offer, is_repeated),
        ),
        and_(_outbox.event_type == EventType.PROMOTION, or_(~is_of_watch, ~has_promotion, has_ended)),
        _outbox.event_type.in_(_NOTICES),
    )


def _last_of_watches(pruning: Pruning) -> set[int]:
    """Return the last message of each watch and channel: without one, the next would be the first about the watch."""
    query = (
        select(func.max(_outbox.id))
        .where(
            _outbox.watch_key.is_not(None),
            _outbox.status.in_((*PROCESSED, DeliveryStatus.SENDING, DeliveryStatus.IN_DIGEST)),
        )
        .group_by(_outbox.watch_key, _outbox.channel)
    )
    with pruning.store.reading() as connection:
        return set(connection.scalars(query))


# ---- public pages ----


def prune_shares(pruning: Pruning) -> None:
    """Remove public pages some time after they expired; until then, they say that they have expired."""
    pruning.delete_where(schema.shares, schema.shares.c.expires_at < pruning.now - _SHOWN_AS_EXPIRED)


# ---- alerts ----


def prune_alerts(pruning: Pruning) -> None:
    """Remove old alerts whose flights have departed: feeds show the time of the others."""
    before = earliest(pruning.now, pruning.periods.messages)
    departed = departed_before(pruning.now)
    has_offer = exists().where(_offers.id == _alerts.offer_id, _offers.departure_date >= departed)
    windows = pruning.windows(
        _alerts.id, size=_MESSAGES_PER_READ, time_column=_alerts.created_at, until=before + _INSERT_DELAY
    )
    for window in windows:
        ids = pruning.ids_in(window, _alerts.id, and_(_alerts.created_at < before, ~has_offer))
        pruning.delete_keys(schema.alerts, [(alert_id,) for alert_id in ids])
