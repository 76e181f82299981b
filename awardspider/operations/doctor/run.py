"""The checks in their order, and the function that runs them."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from awardspider.operations.doctor import (
    backups,
    clocks,
    configuration,
    crawls,
    data_folder,
    database,
    delivery,
    installation,
    services,
    sessions,
)
from awardspider.operations.doctor.findings import Check, DoctorContext, Finding, Group, Level, Result, error, warning
from awardspider.outcomes import AwardError
from awardspider.values import capitalized

CHECKS: tuple[Check, ...] = (
    Check(name="python", group=Group.INSTALLATION, run=installation.check_python),
    Check(name="packages", group=Group.INSTALLATION, run=installation.check_packages),
    Check(name="setuptools", group=Group.INSTALLATION, run=installation.check_setuptools),
    Check(name="copies", group=Group.INSTALLATION, run=installation.check_copies),
    Check(name="chromium", group=Group.INSTALLATION, run=installation.check_chromium),
    Check(name="clock", group=Group.INSTALLATION, run=clocks.check_clock),
    Check(name="env file", group=Group.CONFIGURATION, run=configuration.check_env_file),
    Check(name="secret files", group=Group.CONFIGURATION, run=configuration.check_secret_files),
    Check(name="setting names", group=Group.CONFIGURATION, run=configuration.check_setting_names),
    Check(name="setting values", group=Group.CONFIGURATION, run=configuration.check_setting_values),
    Check(name="contact", group=Group.CONFIGURATION, run=configuration.check_contact),
    Check(name="secret key", group=Group.CONFIGURATION, run=configuration.check_secret_key),
    Check(name="sandbox", group=Group.CONFIGURATION, run=configuration.check_sandbox),
    Check(name="data folder", group=Group.STORAGE, run=data_folder.check_rights),
    Check(name="disk space", group=Group.STORAGE, run=data_folder.check_space),
    Check(name="database", group=Group.STORAGE, run=database.check_database),
    Check(name="database clock", group=Group.STORAGE, run=clocks.check_database_clock, needs_store=True),
    Check(name="password", group=Group.SERVICES, run=services.check_password),
    Check(name="scrapyd", group=Group.SERVICES, run=services.check_scrapyd),
    Check(name="services", group=Group.SERVICES, run=services.check_services, needs_store=True),
    Check(name="settings in use", group=Group.SERVICES, run=services.check_settings_in_use, needs_store=True),
    Check(name="schedule", group=Group.SERVICES, run=services.check_schedule, needs_store=True),
    Check(name="incidents", group=Group.SERVICES, run=services.check_incidents, needs_store=True),
    Check(name="backups", group=Group.STORAGE, run=backups.check_backups, needs_store=True),
    Check(name="watches", group=Group.CRAWLS, run=crawls.check_watches, needs_store=True),
    Check(name="access", group=Group.CRAWLS, run=crawls.check_access, needs_store=True),
    Check(name="programs", group=Group.CRAWLS, run=crawls.check_programs, needs_store=True),
    Check(name="sessions", group=Group.CRAWLS, run=sessions.check_sessions),
    Check(name="killed runs", group=Group.CRAWLS, run=crawls.check_killed_runs, needs_store=True),
    Check(name="valuations", group=Group.CRAWLS, run=crawls.check_valuations),
    Check(name="exchange rates", group=Group.CRAWLS, run=crawls.check_rates, needs_store=True),
    Check(name="channels", group=Group.DELIVERY, run=delivery.check_channels, needs_store=True),
    Check(name="operator", group=Group.DELIVERY, run=delivery.check_operator_channel, needs_store=True),
    Check(name="spreadsheets", group=Group.DELIVERY, run=delivery.check_sheets, needs_store=True),
    Check(name="outbox", group=Group.DELIVERY, run=delivery.check_outbox, needs_store=True),
)


def run_checks(context: DoctorContext, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Run the checks in order and return all findings. An exception becomes a finding; none is raised."""
    found: list[Finding] = []
    skipped: list[Check] = []
    try:
        for check in checks:
            if check.needs_store and context.store is None:
                skipped.append(check)
                continue
            known = {each.sentence for each in found}  # an invalid setting ends several checks with the same error
            found += [_finding(check, each) for each in _results(check, context) if each.sentence not in known]
    finally:
        if context.store:
            context.store.close()
    if skipped:
        names = ", ".join(check.name for check in skipped)
        result = warning(f"Without a usable database, these were not checked: {names}", "Correct the database first")
        found.append(_finding(Check(name="not checked", group=Group.STORAGE, run=lambda context: ()), result))
    order = list(Group)
    return sorted(found, key=lambda finding: order.index(finding.group))


def worst_level(findings: Iterable[Finding]) -> Level:
    """Return the worst level of the findings; OK without any."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.ERROR, Level.WARNING) if level in levels), Level.OK)


def _results(check: Check, context: DoctorContext) -> list[Result]:
    found: list[Result] = []
    try:
        found.extend(check.run(context))
    except AwardError as problem:
        found.append(error(capitalized(str(problem)), "Correct this first; then run scrapy doctor again"))
    except Exception as problem:
        # Only the place: the text of an unexpected error may contain a secret.
        frames = traceback.extract_tb(problem.__traceback__)
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
        sentence = f"The check of {check.name} ended with an internal error: {type(problem).__name__} in {place}"
        found.append(error(sentence, "Report it with the output of scrapy doctor --json"))
    return found


def _finding(check: Check, result: Result) -> Finding:
    return Finding(
        group=check.group, check=check.name, level=result.level, sentence=result.sentence, advice=result.advice
    )
