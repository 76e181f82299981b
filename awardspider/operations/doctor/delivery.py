"""Checks of channels, of the operator's channel and of the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

from sqlalchemy import func, select

from awardspider.delivery.channels import channel_class
from awardspider.delivery.channels.base import ChannelConfig
from awardspider.delivery.channels.configuration import (
    OPERATOR,
    OPERATOR_EVENTS,
    SYNCED_KIND,
    accepts,
    configured_channels,
    resolve_config,
    with_default_events,
)
from awardspider.delivery.outbox.dispatcher import build_channel_context
from awardspider.items import EventType
from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.texts import age_text, first_of, number_of
from awardspider.outcomes import AwardError, InvalidArgument, InvalidSetting
from awardspider.storage import schema
from awardspider.storage.channels import PausedBy, channel_states
from awardspider.storage.outbox import DeliveryStatus
from awardspider.storage.services import ServiceName, runs_anywhere, service_rows

_RECENT = timedelta(days=1)
_NEVER = timedelta(days=36_500)
_SHEETS_SECONDS = 15.0
_outbox = schema.outbox.c

# The operator is also notified of the end of an incident and of paused channels, which is less important.
_PROBLEM_EVENTS = tuple(each for each in OPERATOR_EVENTS if each in (EventType.RUN_FAILED, EventType.INCIDENT_OPENED))


def check_operator_channel(context: DoctorContext) -> Iterator[Result]:
    """Check that channels that are not paused are notified of failures and incidents."""
    store = context.open_store()
    states = channel_states(store)
    channels = {
        name: with_default_events(each.row) for name, each in configured_channels(store, context.settings).items()
    }
    accepting = {name: row for name, row in channels.items() if any(accepts(row, each) for each in _PROBLEM_EVENTS)}
    working = {name: row for name, row in accepting.items() if name not in states or not states[name].paused_at}
    missing = [each for each in _PROBLEM_EVENTS if not any(accepts(row, each) for row in working.values())]
    if working and missing:
        yield warning(
            f"No channel is notified of {' and '.join(missing)}; {first_of(list(working))} of other problems",
            f"Add it again: scrapy channels add {next(iter(working))} … --events {OPERATOR} --replace",
        )
    elif working:
        yield ok(f"{first_of(list(working))} will be notified of failures")
    elif accepting:
        name = next(iter(accepting))
        yield error(
            f"The only channel that is notified of failures is paused: {first_of(list(accepting))}",
            f"Correct what paused it, then: scrapy channels resume {name}",
        )
    else:
        yield warning(
            "No channel is notified of failures, so nobody notices a failed crawl",
            f"Run scrapy setup, or: scrapy channels add operator KIND ADDRESS --events {OPERATOR}",
        )


def check_channels(context: DoctorContext) -> Iterator[Result]:
    """Check the address, the options and the secrets of each channel, without sending anything, and its pauses."""
    store = context.open_store()
    channels = configured_channels(store, context.settings)
    states = channel_states(store)
    if not channels:
        yield warning("There is no channel, so nobody is notified of deals", "Add one: docs/channels.md")
        return
    channel_context = build_channel_context(store, context.settings)
    working = []
    for name, channel in channels.items():
        state = states.get(name)
        try:
            config = resolve_config(channel.row, context.settings)
            channel_class(channel.row.kind).check(config, channel_context)
        except AwardError as problem:
            text = str(problem).removeprefix(f"channel {name}: ")
            yield error(
                f"The channel {name} cannot send: {text}", f"Correct it: scrapy channels add {name} … --replace"
            )
            continue
        if state and state.paused_at:
            by = "by its errors" if state.paused_by is PausedBy.DISPATCHER else "by hand"
            level = error if state.paused_by is PausedBy.DISPATCHER else warning
            yield level(
                f"The channel {name} is paused {by} since {state.paused_at:%Y-%m-%d %H:%M} UTC: "
                f"{state.paused_reason}; {number_of(state.pending, 'message')} wait{'s' if state.pending == 1 else ''}",
                f"Correct the cause, then: scrapy channels test {name} && scrapy channels resume {name}",
            )
        elif state and state.backoff_until and state.backoff_until > context.now:
            yield warning(
                f"The channel {name} failed and waits until {state.backoff_until:%H:%M:%S} UTC: "
                f"{_last_note(context, name)}",
                f"It retries by itself; to try it now: scrapy channels test {name}",
            )
        else:
            working.append(name)
    if working:
        yield ok(f"{number_of(len(working), 'channel')} can send: {first_of(working, 8)}")


def check_sheets(context: DoctorContext) -> Iterator[Result]:
    """Check that each spreadsheet can be read and has its tabs; this sends two requests to Google for each."""
    if not context.uses_network:
        return
    for name, channel in configured_channels(context.open_store(), context.settings).items():
        if channel.row.kind == SYNCED_KIND:
            try:
                config = resolve_config(channel.row, context.settings)
                yield _sheet_result(context, config)
            except (InvalidArgument, InvalidSetting):
                continue  # the check of the channels says so
            except AwardError as problem:
                yield error(f"The spreadsheet of {name} cannot be used: {problem}", "Then: scrapy sheets check")


def check_outbox(context: DoctorContext) -> Iterator[Result]:
    """Check that due messages are sent, that none has an unknown channel, and that none was rejected lately."""
    store, now = context.open_store(), context.now
    configured = set(configured_channels(store, context.settings))
    paused = {name for name, state in channel_states(store).items() if state.paused_at}
    longest = timedelta(minutes=context.thresholds.outbox_minutes) or _NEVER
    due = (
        select(_outbox.channel, func.count().label("number"), func.min(_outbox.next_attempt_at).label("since"))
        .where(_outbox.status == DeliveryStatus.PENDING, _outbox.next_attempt_at < now - longest)
        .group_by(_outbox.channel)
        .order_by(_outbox.channel)
    )
    ended = (
        select(_outbox.status, func.count())
        .where(_outbox.status.in_((DeliveryStatus.REJECTED, DeliveryStatus.UNKNOWN)), _outbox.ended_at > now - _RECENT)
        .group_by(_outbox.status)
    )
    with store.reading() as connection:
        stuck = connection.execute(due).all()
        failed = {DeliveryStatus(row[0]): row[1] for row in connection.execute(ended)}
    is_running = runs_anywhere(service_rows(store), ServiceName.DISPATCHER, now)
    advice_if_stuck = (
        "See the reasons: scrapy outbox list --channel {channel}"
        if is_running
        else "Start the dispatcher: make up, or scrapy deliver --watch"
    )
    is_fine = True
    for row in stuck:
        if row.channel in paused:
            continue  # the check of the channels says so
        is_fine = False
        waiting = f"{number_of(row.number, 'message')} for {row.channel} due for up to {age_text(now - row.since)}"
        if row.channel in configured:
            yield error(f"{waiting}: not sent", advice_if_stuck.format(channel=row.channel))
        else:
            yield warning(
                f"{waiting}, but there is no such channel",
                f"Add it again, or cancel them: scrapy outbox list --channel {row.channel}",
            )
    advice = {
        DeliveryStatus.REJECTED: "See the reasons: scrapy outbox list --status rejected",
        DeliveryStatus.UNKNOWN: "Compare with the recipient: scrapy outbox list --status unknown",
    }
    words = {DeliveryStatus.REJECTED: "rejected", DeliveryStatus.UNKNOWN: "ended without a result (perhaps sent)"}
    for status, count in failed.items():
        is_fine = False
        yield warning(f"{number_of(count, 'message')} of the last 24 hours {words[status]}", advice[status])
    if is_fine:
        yield ok("No message is stuck in the outbox")


def _sheet_result(context: DoctorContext, config: ChannelConfig) -> Result:
    # Imported here because the import takes a third of a second.
    from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
    from awardspider.delivery.channels.sheets.client import SheetsClient
    from awardspider.delivery.channels.sheets.layout import TABS, check_write_access, read_layout

    sandbox_url = str(context.settings["AWARD_SANDBOX_URL"] or "")
    account = credentials(context.settings, sandbox_url)
    client = SheetsClient(
        spreadsheet_id(config.address),
        account,
        sandbox_url=sandbox_url,
        user_agent=str(context.settings["USER_AGENT"]),
        timeout=(_SHEETS_SECONDS, _SHEETS_SECONDS),
        max_attempts=1,
    )
    with closing(client):
        layout = read_layout(client)
        check_write_access(client, layout)
    missing = [name for name in TABS if name not in layout.tabs]
    if missing:
        return warning(f'The spreadsheet "{layout.title}" lacks tabs: {", ".join(missing)}', "Run: scrapy sheets setup")
    return ok(f'The spreadsheet "{layout.title}" can be written')


def _last_note(context: DoctorContext, channel: str) -> str:
    """Return the note of the channel's last failed attempt."""
    attempts = schema.attempts.c
    query = (
        select(attempts.note)
        .join(schema.outbox, _outbox.id == attempts.outbox_id)
        .where(_outbox.channel == channel)
        .order_by(attempts.id.desc())
        .limit(1)
    )
    with context.open_store().reading() as connection:
        return str(connection.scalar(query) or "no reason recorded")
