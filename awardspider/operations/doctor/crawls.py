"""Checks of watches, programs, runs and the data that prices are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from awardspider.deals.valuations import valuation_findings
from awardspider.operations.doctor.findings import DoctorContext, Result, error, ok, warning
from awardspider.operations.run_conditions import RunConditions
from awardspider.operations.texts import age_text, first_of, number_of
from awardspider.outcomes import InvalidSetting, Outcome
from awardspider.programs import program_name, programs
from awardspider.storage import schema
from awardspider.storage.exchange_rates import current_rates
from awardspider.storage.programs import program_health
from awardspider.storage.promotion_watches import read_promotion_watches
from awardspider.storage.runs import LEASE_DURATION
from awardspider.storage.sandbox_states import state_suffix
from awardspider.storage.watches import read_watches
from awardspider.values import capitalized

#: A program that was not searched for this long is not in use.
NOT_IN_USE = timedelta(days=14)
#: The European Central Bank publishes rates on working days; holidays last up to five days.
RATES_AGE_DAYS = 7
_RECENT_RUNS = timedelta(days=7)

#: What to do about each obstacle of `RunConditions`.
_ACCESS_ADVICE = {
    "no key": "Set AWARD_{variable}_KEY",
    "no session": "Run: scrapy login {key}",
    "terms not accepted": "If you have permission, add {key} to AWARD_ACCEPT_TERMS; otherwise remove it from the watch",
    "no budget": "Raise its limits in AWARD_BUDGET, or remove it from the watch",
}


def check_watches(context: DoctorContext) -> Iterator[Result]:
    """Check that there are active watches, and that all can be read."""
    awards = read_watches(context.open_store(), now=context.now, active_only=True)
    promotions = read_promotion_watches(context.open_store(), now=context.now)
    for entry in (*awards.unreadable, *promotions.unreadable):
        yield error(
            f'Watch "{entry.name}" is not searched: {entry.error}', f"Correct it: scrapy watches edit {entry.id[:8]}"
        )
    active_promotions = sum(1 for each in promotions.readable if each.watch.active)
    if awards.readable or active_promotions:
        yield ok(
            f"{number_of(len(awards.readable), 'active watch', 'active watches')} for awards, "
            f"{active_promotions:,} for promotions"
        )
    else:
        yield warning(
            "There is no active watch, so no program is searched and nobody is notified",
            "Add one: scrapy watches add, or scrapy wishes",
        )


def check_access(context: DoctorContext) -> Iterator[Result]:
    """Check that each program that a watch names can be searched: key, session, permission and budget."""
    store = context.open_store()
    conditions = RunConditions(store, context.settings, context.now)
    stored = read_watches(store, now=context.now, active_only=True).readable
    for key, program in programs().items():
        watch = next((each.watch.name for each in stored if each.watch.names_source(key)), None)
        if watch and (obstacle := conditions.access_obstacle(program)):
            yield warning(
                f'{program.name}, which the watch "{watch}" names, is not searched: {obstacle.note}',
                _ACCESS_ADVICE[obstacle.label].format(key=key, variable=key.upper()),
            )


def check_programs(context: DoctorContext) -> Iterator[Result]:
    """Check that no program in use is blocked or has been failing for days."""
    suffix = state_suffix(context.is_sandbox)
    no_success = timedelta(hours=context.thresholds.no_success_hours) or timedelta.max
    health = program_health(context.open_store(), suffix, now=context.now, max_age=None)
    used = [each for each in health if each.last_search_at and context.now - each.last_search_at < NOT_IN_USE]
    problems = 0
    for each in used:
        if each.blocked_until and each.blocked_until > context.now:
            problems += 1
            yield warning(
                f"{program_name(each.program)} is paused until {each.blocked_until:%Y-%m-%d %H:%M} UTC after a block "
                f"({each.block_reason})",
                f"Wait; if blocks repeat, lower AWARD_BUDGET for {each.program}: docs/outcomes.md",
            )
        elif each.outcome is Outcome.FAILED and (
            each.last_success_at is None or context.now - each.last_success_at > no_success
        ):
            problems += 1
            since = f"for {age_text(context.now - each.last_success_at)}" if each.last_success_at else "so far"
            yield error(
                f"{program_name(each.program)}: every search {since} failed; the last one with {each.reason}",
                f"See scrapy searches --program {each.program}, and docs/outcomes.md for {each.reason}",
            )
    if not used:
        yield ok("No program was searched in the last 14 days")
    elif not problems:
        yield ok(
            f"{number_of(len(used), 'program')} searched in the last 14 days, none blocked: "
            f"{first_of([each.program for each in used], 8)}"
        )


def check_killed_runs(context: DoctorContext) -> Iterator[Result]:
    """Check that the runs of the last days recorded their end."""
    runs = schema.runs.c
    query = (
        select(runs.program, runs.id)
        .where(
            runs.ended_at.is_(None),
            runs.started_at > context.now - _RECENT_RUNS,
            runs.heartbeat_at < context.now - LEASE_DURATION,
        )
        .order_by(runs.started_at)
    )
    with context.open_store().reading() as connection:
        killed = connection.execute(query).all()
    if killed:
        yield warning(
            f"{number_of(len(killed), 'run')} of the last 7 days ended without a record, killed or without power: "
            f"{first_of([f'{row.program} {row.id}' for row in killed], 3)}",
            "Check the memory of this machine (journalctl -k | grep -i oom); the next run continues where it ended",
        )


def check_valuations(context: DoctorContext) -> Iterator[Result]:
    """Check the age of the valuations of points."""
    try:
        findings = valuation_findings(context.now, context.settings)
    except InvalidSetting:
        return  # the check of settings says so
    for sentence in findings:
        text, _, advice = sentence.rpartition("; ")
        yield warning(capitalized(text), capitalized(advice))
    if not findings:
        yield ok("The valuations of points are at most 45 days old")


def check_rates(context: DoctorContext) -> Iterator[Result]:
    """Check the age of the exchange rates."""
    rates = current_rates(context.open_store(), context.settings)
    days = (context.now.date() - rates.day).days
    if days > RATES_AGE_DAYS:
        shipped = " that ship with awardspider" if rates.is_snapshot else ""
        yield warning(
            f"The exchange rates{shipped} are {days} days old, so amounts in other currencies are compared imprecisely",
            "Run: scrapy crawl ecb (the default schedule does so every working day)",
        )
    else:
        yield ok(f"The exchange rates are of {rates.day}")
