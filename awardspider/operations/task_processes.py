"""The tasks of the schedule, such as prune: each runs as a child process of the scheduler."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from awardspider.operations.job_following import OVERDUE, is_overdue
from awardspider.operations.job_submission import JobSubmitter, SchedulerContext
from awardspider.operations.process_output import last_line
from awardspider.operations.schedule_fields import DEFAULT_MAX_SECONDS, format_span
from awardspider.storage.schedule import ScheduledTask, ScheduleEntry
from awardspider.storage.scheduled_jobs import JobStatus, ScheduledJob, end_job, update_job

logger = logging.getLogger(__name__)

#: Seconds for which a task may end after SIGTERM, before SIGKILL.
STOP_SECONDS = 20.0

_MAX_NOTE = 300

# A task must not outlive the scheduler, which would not know of it.
_START = """
import runpy, sys
from awardspider.operations.parent_process import end_with_parent
end_with_parent()
sys.argv = ["scrapy", sys.argv[1]]
runpy.run_module("scrapy", run_name="__main__")
"""


@dataclass(slots=True)
class _Task:
    """A running task, its output, and when it was stopped on the monotonic clock."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    stopped_at: float | None = None


class TaskProcesses:
    """The tasks that this process has started."""

    def __init__(self, context: SchedulerContext, submitter: JobSubmitter) -> None:
        self._context = context
        self._submitter = submitter
        self._tasks: dict[int, _Task] = {}

    def start(self, job: ScheduledJob) -> None:
        """Start a task that is recorded."""
        assert job.task
        try:
            process, output = _start_process(job.task)
        except OSError as error:  # no space for a file, or too many processes
            self._end(job, JobStatus.FAILED, f"the process could not be started: {error.strerror}")
            return
        self._tasks[job.id] = _Task(process, output)
        now = self._context.now()
        update_job(self._context.store, job, status=JobStatus.RUNNING, submitted_at=now)
        logger.info("Started %s as process %s", job.subject, process.pid)

    def follow(self, jobs: Iterable[ScheduledJob], entries: Mapping[str, ScheduleEntry]) -> None:
        """Start recorded tasks, end overdue ones, and record how tasks ended."""
        for job in jobs:
            if job.task is None:
                continue
            task = self._tasks.get(job.id)
            if task is not None:
                entry = entries.get(job.entry)
                self._follow(job, task, entry.max_seconds if entry else DEFAULT_MAX_SECONDS)
            elif job.submitted_at is None:
                self.start(job)
            else:
                self._end(job, JobStatus.KILLED, "the scheduler ended while it ran")
                self._submitter.start_again(job)

    def stop(self, jobs: Iterable[ScheduledJob]) -> None:
        """End all tasks, because the scheduler stops."""
        for each in self._tasks.values():
            each.process.terminate()
        for job in jobs:
            if task := self._tasks.get(job.id):
                try:
                    code = task.process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    task.process.kill()
                    code = task.process.wait()
                if code == 0:
                    self._end(job, JobStatus.SUCCEEDED, _last_line(task.output))
                else:
                    self._end(job, JobStatus.KILLED, "the scheduler was stopped while it ran")

    def _follow(self, job: ScheduledJob, task: _Task, max_seconds: int) -> None:
        code = task.process.poll()
        if code is None:
            self._end_overdue(job, task, max_seconds)
        elif is_overdue(job) and code != 0:
            self._end(job, JobStatus.CANCELED, job.note)
        elif code == 0:
            self._end(job, JobStatus.SUCCEEDED, _last_line(task.output))
        else:
            self._end(job, JobStatus.FAILED, _last_line(task.output) or f"ended with exit code {code}")

    def _end_overdue(self, job: ScheduledJob, task: _Task, max_seconds: int) -> None:
        now, monotonic = self._context.now(), self._context.monotonic()
        deadline = job.deadline_at or now + timedelta(seconds=max_seconds)
        if job.deadline_at is None:
            update_job(self._context.store, job, deadline_at=deadline)
        if now < deadline:
            return
        if task.stopped_at is None:
            task.stopped_at = monotonic
            task.process.terminate()
            update_job(self._context.store, job, note=f"{OVERDUE} {format_span(max_seconds)}")
        elif monotonic - task.stopped_at > STOP_SECONDS:
            task.process.kill()

    def _end(self, job: ScheduledJob, status: JobStatus, note: str | None) -> None:
        if task := self._tasks.pop(job.id, None):
            task.output.close()
        end_job(self._context.store, job, status, ended_at=self._context.now(), note=note)
        level = logging.INFO if status is JobStatus.SUCCEEDED else logging.ERROR
        logger.log(level, "Task %s: %s%s", job.subject, status.value, f" ({note})" if note else "")


def task_command(task: ScheduledTask) -> list[str]:
    """Return the command line of a task."""
    return [sys.executable, "-c", _START, task.value]


def _start_process(task: ScheduledTask) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start a task; return its process and the file that it writes to. Raise OSError."""
    output = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the task has ended
    try:
        process = subprocess.Popen(task_command(task), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    except OSError:
        output.close()
        raise
    return process, output


def _last_line(output: IO[bytes]) -> str | None:
    """Return the last line that a task printed, without the prefix of an error."""
    output.seek(0)
    return last_line(output.read().decode(errors="replace")).removeprefix("error: ")[:_MAX_NOTE] or None
