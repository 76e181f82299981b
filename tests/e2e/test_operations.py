"""The life of an installation, with real processes: scheduled runs, messages, faults, kills, and an orderly stop.

The tests are steps in this order. The sandbox is a service, too, so it forgets its messages when it is killed.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from awardspider import clock
from awardspider.operations.scrapyd import JobState
from awardspider.outcomes import ScrapydError
from awardspider.storage import schema
from awardspider.storage.schedule import ScheduledTask
from awardspider.storage.scheduled_jobs import JobStatus, update_job
from awardspider.storage.services import service_rows
from tests.support.installation import PATIENCE, SERVICES, Installation, installation
from tests.support.waiting import wait_until

HOSTS = ("www.united.com", "www.delta.com")
ROUTE = {"origin": "LAX", "destination": "AUS", "dates": "+30..+60", "detail": "day"}
#: Thousands of searches, so that a job runs until it is stopped.
MANY_ROUTES = {"origin": "LAX,SFO,SEA", "destination": "NYC,MIA,BOS", "dates": "+20..+250", "detail": "itinerary"}

WATCHES = """
watches:
  - {name: Austin, origin: LAX, destination: AUS, dates: +60..+63, programs: united, cabins: economy}
  - {name: Seattle, origin: LAX, destination: SEA, dates: +60..+63, programs: delta, cabins: economy}
"""
SCHEDULE = """
schedule:
  - {spider: united, every: 1 h}
  - {spider: delta, every: 1 h, active: no}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Prepare channels, watches and a schedule, and start everything in the background."""
    folder = tmp_path_factory.mktemp("operations")
    (folder / "watches.yaml").write_text(WATCHES)
    (folder / "schedule.yaml").write_text(SCHEDULE)
    with installation(folder / "data") as prepared:
        prepared.succeed_at_once(
            ("channels", "add", "phone", "webhook", "https://hook.eu1.make.com/phone", "--events", "offer.matched"),
            ("channels", "add", "operator", "webhook", "https://hook.eu1.make.com/operator", "--events", "operator"),
            ("watches", "import", str(folder / "watches.yaml")),
            ("schedule", "import", str(folder / "schedule.yaml")),
        )
        prepared.succeed(*prepared.up("--background"))
        yield prepared


# ---- everything runs -------------------------------------------------------------------------------------------------


def test_up_returns_when_everything_runs_and_the_code_is_deployed(world: Installation) -> None:
    status = json.loads(world.succeed("status", "--json"))
    assert [service["name"] for service in status["services"]] == ["supervisor", *SERVICES]
    assert {service["state"] for service in status["services"]} == {"running"}
    assert world.client.versions() == [status["deployed_version"]]
    assert all(service["memory"] > 10_000_000 for service in status["services"])
    # The empty scrapy.cfg keeps the checkout from being a project, too.
    assert not (world.folder / "scrapyd" / "dbs" / "default.db").exists()


def test_a_second_supervisor_is_refused(world: Installation) -> None:
    code, _, err = world.run(*world.up())
    assert code == 2
    assert err.startswith(f"error: a supervisor is running already for {world.folder} (process {world.supervisor} on ")
    assert err.count("\n") == 1


def test_a_run_starts_by_schedule_and_its_alerts_arrive(world: Installation) -> None:
    (job,) = world.wait_for("united", JobStatus.SUCCEEDED)
    wait_until(lambda: JobState.FINISHED in [each.state for each in world.client.jobs() if each.id == job.job])
    (run,) = json.loads(world.succeed("runs", "--json"))
    assert (run["program"], run["job"], run["finish_reason"]) == ("united", job.job, "finished")
    assert run["offers"] > 0
    wait_until(lambda: all_sent(world), PATIENCE)
    assert not world.received("operator")


def test_jobs_and_tasks_run_and_their_ends_are_recorded(world: Installation) -> None:
    world.add("searches", spider="united", arguments=ROUTE)
    world.add("invalid", spider="delta", arguments={**ROUTE, "detail": "nonsense"})
    world.add("unknown", spider="nothing")
    world.add("ecb", spider="ecb")
    world.add("prune", task=ScheduledTask.PRUNE)
    world.add("unneeded", spider="alaska")
    (searches,) = world.wait_for("searches", JobStatus.SUCCEEDED)
    (invalid,) = world.wait_for("invalid", JobStatus.NOT_STARTED)
    (unknown,) = world.wait_for("unknown", JobStatus.NOT_STARTED)
    (ecb,) = world.wait_for("ecb", JobStatus.SUCCEEDED)
    (prune,) = world.wait_for("prune", JobStatus.SUCCEEDED)
    (unneeded,) = world.wait_for("unneeded", JobStatus.SKIPPED)
    watch = ("--origin", "SEA", "--destination", "LAX", "--dates", "+30..+40", "--programs", "alaska")
    added = world.succeed("watches", "add", "Sun", *watch, "--max-miles", "1000")
    _, needed = world.wait_for("unneeded", JobStatus.SKIPPED, JobStatus.SUCCEEDED)
    run = world.stored_run(searches.job)
    assert run
    assert (run["id"], run["finish_reason"]) == (searches.run_id, "finished")
    assert "nonsense" in str(invalid.note)
    assert "nothing" in str(unknown.note)
    assert (ecb.run_id, prune.run_id) == (None, None)
    assert unneeded.note == "no active watch needs it"
    # The scheduler can start the crawl before the command reads the schedule.
    in_time = (
        "The schedule starts its first searches within a minute.",
        "The current crawl of alaska includes its first searches.",
    )
    assert added.splitlines()[-1] in in_time
    assert needed.submitted_at
    assert needed.submitted_at - needed.due_at < timedelta(minutes=1)
    assert "not started" in world.succeed("schedule", "list")


def test_jobs_are_canceled_if_they_are_overdue_or_by_a_person(world: Installation) -> None:
    world.add("by-hand", spider="united", arguments=ROUTE, active=False)
    slow_down(world)
    world.add("overdue", spider="delta", arguments=ROUTE)
    world.succeed("schedule", "run", "by-hand")
    # Before its first request, a crawl does not end in order.
    wait_until(lambda: all(requested(world, host) for host in HOSTS), PATIENCE)
    (job,) = world.wait_for("overdue", JobStatus.RUNNING)
    update_job(world.store, job, deadline_at=clock.now())
    world.client.cancel(str(world.jobs("by-hand")[0].job))
    (by_hand,) = world.wait_for("by-hand", JobStatus.CANCELED)
    (overdue,) = world.wait_for("overdue", JobStatus.CANCELED)
    world.sandbox.reset()
    assert by_hand.note == "canceled at Scrapyd"
    assert overdue.note == "ran for more than 10 min"
    for canceled in (by_hand, overdue):
        run = world.stored_run(canceled.job)
        assert run
        assert run["finish_reason"] == "shutdown"


# ---- a program breaks ------------------------------------------------------------------------------------------------


def test_the_operator_gets_one_message_when_a_program_breaks_and_one_when_it_is_repaired(world: Installation) -> None:
    def events() -> list[str]:
        return [message["type"] for message in operator_messages(world, "united")]

    world.sandbox.fault(HOSTS[0], "renamed_keys")
    for count in (2, 3):
        world.make_due("united")
        *_, job = world.wait_for("united", JobStatus.SUCCEEDED, *[JobStatus.FAILED] * (count - 1))
        assert "unexpected_response" in str(job.note)
        wait_until(lambda: events() == ["run.failed"], PATIENCE)
    world.sandbox.reset()
    world.make_due("united")
    world.wait_for("united", JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.FAILED, JobStatus.SUCCEEDED)
    wait_until(lambda: events() == ["run.failed", "incident.resolved"], PATIENCE)


# ---- processes are killed --------------------------------------------------------------------------------------------


def test_every_service_that_is_killed_comes_back_and_no_job_or_message_is_missing_or_repeated(
    world: Installation,
) -> None:
    """A job is running, and its alerts are still to come."""
    before = sent_keys(world)
    assert before
    slow_down(world)
    world.succeed("schedule", "resume", "delta")
    wait_until(lambda: requested(world, HOSTS[1]), PATIENCE)
    (running,) = world.wait_for("delta", JobStatus.RUNNING)
    for service in world.services().values():
        os.kill(service["pid"], signal.SIGKILL)
    wait_until(lambda: world.is_running(restarts=1), PATIENCE)
    code, out, _ = world.run("status")
    assert code == 0, out
    # The dispatcher may have ended once more, because the sandbox was not running yet.
    assert out.count(" ended last with ") == len(SERVICES)
    assert out.count("ended last with signal SIGKILL") >= len(SERVICES) - 1

    killed, repeated = world.wait_for("delta", JobStatus.KILLED, JobStatus.SUCCEEDED)
    assert killed.job == running.job
    assert killed.due_at == repeated.due_at
    assert [job.id for job in world.client.jobs() if job.id in (killed.job, repeated.job)] == [repeated.job]
    wait_until(lambda: all_sent(world), PATIENCE)
    assert all('"Seattle"' in message["body"] for message in world.received("phone"))
    assert sent_keys(world).isdisjoint(before)


def test_a_killed_supervisor_leaves_no_process_and_the_crawl_ends_in_order(world: Installation) -> None:
    job = world.client.schedule("united", MANY_ROUTES)
    wait_until(lambda: has_searched(world, job), PATIENCE)  # before, it does not handle signals yet
    os.kill(world.supervisor, signal.SIGKILL)
    wait_until(lambda: not world.processes(), PATIENCE)
    run = world.stored_run(job)
    assert run
    assert run["finish_reason"] == "shutdown"
    code, out, _ = world.run("status")
    assert code == 1
    assert f"No supervisor runs for {world.folder}" in out
    assert world.succeed("down") == f"Nothing runs for {world.folder}.\n"


def test_it_goes_on_after_the_crash_and_stops_in_order(world: Installation) -> None:
    messages, jobs = len(world.outbox("phone")), world.jobs("united")
    with world.start(*world.up()) as supervisor:
        world.make_due("united")
        *_, job = world.wait_for("united", *(each.status for each in jobs), JobStatus.SUCCEEDED)
        # Scrapyd knows the jobs of its former lives.
        assert {job.job, jobs[0].job} <= {each.id for each in world.client.jobs()}
        assert world.succeed("down").endswith("All services have stopped.\n")
        out, err = supervisor.communicate(timeout=PATIENCE)
    assert (supervisor.returncode, err) == (0, "")
    assert "dispatcher | Sending messages as they become due" in out
    assert "supervisor | INFO: All services have stopped\n" in out
    assert "Traceback" not in out
    assert not world.processes()
    with pytest.raises(ScrapydError, match="not reachable"):
        world.client.status()
    rows = service_rows(world.store)
    assert sorted(row.name.value for row in rows) == sorted(["supervisor", *SERVICES])
    assert all(row.stopped_at for row in rows)
    assert len(world.outbox("phone")) == messages


# ---- helpers ---------------------------------------------------------------------------------------------------------


def slow_down(world: Installation) -> None:
    """Let the responses of United and Delta take long, and forget the requests until now."""
    world.sandbox.reset()
    for host in HOSTS:
        world.sandbox.fault(host, "slow", seconds=15)


def requested(world: Installation, host: str) -> bool:
    """Return whether a site got a request for award data since the last reset."""
    return any(not path.endswith("robots.txt") for path in world.sandbox.counts(host))


def all_sent(world: Installation) -> bool:
    """Return whether the phone has got messages, and no channel has one that was not sent, alone or in another one."""
    rows = [*world.outbox("phone"), *world.outbox("operator")]
    return bool(world.received("phone")) and {row["status"] for row in rows} <= {"sent", "in_digest"}


def sent_keys(world: Installation) -> set[str]:
    """Return the ids of the messages that the sandbox has received since its start, each of which came once."""
    counts = Counter(world.sandbox.hook_keys())
    assert set(counts.values()) <= {1}
    return set(counts)


def operator_messages(world: Installation, program: str) -> list[dict[str, Any]]:
    """Return the received messages to the operator about the runs of a program, oldest first."""
    messages = [json.loads(each["body"]) for each in world.received("operator")]
    return [each for each in messages if f":run:{program}:" in each["id"]]


def has_searched(world: Installation, job: str) -> bool:
    """Return whether a search of a job's run is stored."""
    run, searches = world.stored_run(job), schema.searches
    with world.store.reading() as connection:
        query = select(func.count()).where(searches.c.run_id == (run["id"] if run else ""))
        return bool(connection.scalar(query))
