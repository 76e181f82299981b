"""Client of Scrapyd's API: jobs, versions and logs of this project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec
import requests
import urllib3.exceptions

from awardspider.environment import is_loopback
from awardspider.operations.process_output import last_line
from awardspider.outcomes import InvalidArgument, InvalidSetting, ScrapydError, ScrapydFailure

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The project's name on Scrapyd.
PROJECT = "awardspider"

TIMEOUT_SECONDS = 30.0

#: Scrapyd runs `scrapy list` before it responds to a new version, which takes seconds.
_ADD_VERSION_SECONDS = 180

#: Form fields of schedule.json, and names that Scrapyd itself passes on, so that they cannot be a spider's arguments.
_RESERVED = frozenset(
    {"project", "spider", "_version", "jobid", "priority", "setting", "settings", "name", "_job", "_project", "_spider"}
)
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")  # Scrapyd replaces other characters in file names

Signal = Literal["INT", "TERM", "KILL"]


class JobState(StrEnum):
    """States of a job on Scrapyd. FINISHED also covers jobs that crashed, were canceled or were killed."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonStatus:
    """Numbers of jobs by state, of all projects."""

    node_name: str
    pending: int
    running: int
    finished: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapydJob:
    """A job as Scrapyd lists it.

    `pid` is known while it runs. `version` is known while it is pending, if it was scheduled with one. `started_at` is
    naive, in the time zone of Scrapyd's process.
    """

    id: str
    spider: str
    state: JobState
    pid: int | None = None
    version: str | None = None
    started_at: datetime | None = None


class _Scheduled(msgspec.Struct):
    jobid: str


class _Canceled(msgspec.Struct):
    prevstate: str | None


class _Versions(msgspec.Struct):
    versions: list[str]


class _Spiders(msgspec.Struct):
    spiders: list[str]


class _Added(msgspec.Struct):
    spiders: int


class _Job(msgspec.Struct):
    id: str
    spider: str
    pid: int | None = None
    version: str | None = None
    start_time: datetime | None = None


class _Jobs(msgspec.Struct):
    pending: list[_Job]
    running: list[_Job]
    finished: list[_Job]


class _Deleted(msgspec.Struct):
    pass


class _Result(msgspec.Struct):
    status: str
    message: str = ""


Response = TypeVar("Response")


class ScrapydClient:
    """Calls of Scrapyd's API for this project; each raises ScrapydError if it fails.

    `url` may contain a path, if a proxy serves Scrapyd below one, and end with a slash. `timeout` is in seconds.
    """

    def __init__(self, url: str, username: str = "", password: str = "", timeout: float = TIMEOUT_SECONDS) -> None:
        """Raise InvalidSetting for an invalid URL."""
        invalid = "AWARD_SCRAPYD_URL is not a valid address; write http://HOST:PORT"
        try:
            parts = urlsplit(url.strip())
            is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            raise InvalidSetting(invalid) from None
        if not is_valid or parts.query or parts.fragment:
            raise InvalidSetting(invalid)
        #: The address without name, password and slash at the end.
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        self.is_local = is_loopback(parts.hostname)
        if parts.username and not username:
            username, password = unquote(parts.username), unquote(parts.password or "")
        self._auth = (username, password) if username or password else None
        self._timeout = timeout

    def status(self) -> DaemonStatus:
        """Return the numbers of jobs."""
        return self._get("daemonstatus", DaemonStatus)

    def schedule(
        self,
        spider: str,
        arguments: Mapping[str, str],
        *,
        job: str | None = None,
        settings: Mapping[str, str] | None = None,
        version: str | None = None,
    ) -> str:
        """Schedule a job with a spider's arguments, and return its id; without `version`, the newest version runs.

        `job` sets the id. Scrapyd accepts an id twice and then runs two jobs, so check `jobs` before repeating a call
        that failed with NO_RESPONSE. Raise InvalidArgument for an argument that Scrapyd would not pass on.
        """
        if reserved := _RESERVED & arguments.keys():
            raise InvalidArgument(f"argument {min(reserved)!r} is reserved by Scrapyd")
        data: list[tuple[str, str]] = [("project", PROJECT), ("spider", spider), *arguments.items()]
        data += [("setting", f"{name}={value}") for name, value in (settings or {}).items()]
        if job is not None:
            data.append(("jobid", _valid_id("job id", job)))
        if version is not None:
            data.append(("_version", version))
        return self._post("schedule", _Scheduled, data).jobid

    def cancel(self, job: str, signal: Signal = "TERM") -> JobState | None:
        """Remove a pending job or send a signal to a running one; return its state before, or None if it is neither.

        A second INT or TERM ends a crawl at once, without its last offers.
        """
        data = [("project", PROJECT), ("job", job), ("signal", signal)]
        state = self._post("cancel", _Canceled, data).prevstate
        return JobState(state) if state else None

    def jobs(self) -> list[ScrapydJob]:
        """Return the jobs: pending, running, then finished ones, of which Scrapyd keeps `finished_to_keep`."""
        found = self._get("listjobs", _Jobs, project=PROJECT)
        by_state = {
            JobState.PENDING: found.pending,
            JobState.RUNNING: found.running,
            JobState.FINISHED: found.finished,
        }
        return [
            ScrapydJob(
                id=job.id,
                spider=job.spider,
                state=state,
                pid=job.pid,
                version=job.version,
                started_at=job.start_time,
            )
            for state, jobs in by_state.items()
            for job in jobs
        ]

    def versions(self) -> list[str]:
        """Return the deployed versions in Scrapyd's order; a job without a version runs the last one."""
        return self._get("listversions", _Versions, project=PROJECT).versions

    def spiders(self, version: str | None = None) -> list[str]:
        """Return the spiders of a version, or of the newest one. Raise ScrapydError if the version does not work."""
        arguments = {} if version is None else {"_version": version}
        return self._get("listspiders", _Spiders, timeout=_ADD_VERSION_SECONDS, project=PROJECT, **arguments).spiders

    def add_version(self, version: str, egg: bytes) -> int:
        """Upload an egg and return its number of spiders.

        Scrapyd stores an egg before it tries it: after an error, delete the version, or the next job runs it.
        """
        data = [("project", PROJECT), ("version", _valid_id("version", version))]
        files = {"egg": ("project.egg", egg)}
        return self._post("addversion", _Added, data, timeout=_ADD_VERSION_SECONDS, files=files).spiders

    def delete_version(self, version: str) -> None:
        """Delete a version. A job that runs it then fails at its next import."""
        self._post("delversion", _Deleted, [("project", PROJECT), ("version", version)])

    def log_tail(self, spider: str, job: str, size: int = 8000) -> str | None:
        """Return the last bytes of a job's log, at most `size`, or None if there is no log.

        A job that crashed before Scrapy configured its log has none; its error is in Scrapyd's own log.
        """
        path = job_log_path(spider, job)
        head = self._send("HEAD", path)
        if head.status_code == 404:
            return None
        # Twisted fails with HTTP 500 if a range counts from the end and the file is shorter, or if the file is empty.
        length = int(head.headers.get("Content-Length", 0))
        if head.ok and not length:
            return ""
        start = max(0, length - size)
        response = self._send("GET", path, headers={"Range": f"bytes={start}-"})
        if not response.ok:
            raise ScrapydError(f"Scrapyd did not return the log of job {job}: HTTP {response.status_code}")
        text = response.content[:size].decode(errors="replace")
        return text.partition("\n")[2] or text if start else text

    def _get(self, call: str, kind: type[Response], *, timeout: float | None = None, **arguments: str) -> Response:
        return self._decode(self._send("GET", f"/{call}.json", timeout=timeout, params=arguments), kind)

    def _post(
        self, call: str, kind: type[Response], data: list[tuple[str, str]], *, timeout: float | None = None, **more: Any
    ) -> Response:
        return self._decode(self._send("POST", f"/{call}.json", timeout=timeout, data=data, **more), kind)

    def _send(self, method: str, path: str, *, timeout: float | None = None, **arguments: Any) -> requests.Response:
        seconds = max(timeout or 0, self._timeout)
        # A session per call: a connection that is kept may be one to a Scrapyd that was restarted since.
        with requests.Session() as session:
            session.trust_env = not self.is_local  # a proxy of the environment cannot reach this machine
            try:
                response = session.request(
                    method,
                    self.url + path,
                    timeout=(min(10, seconds), seconds),
                    auth=self._auth,
                    allow_redirects=False,
                    **arguments,
                )
            except requests.RequestException as error:
                raise self._connection_error(error, seconds) from None
        if response.status_code == 401:
            message = f"Scrapyd at {self.url} refused the name or password: check SCRAPYD_USERNAME and SCRAPYD_PASSWORD"
            raise ScrapydError(message, ScrapydFailure.REFUSED)
        return response

    def _connection_error(self, error: requests.RequestException, seconds: float) -> ScrapydError:
        cause = error.args[0] if error.args else None
        if isinstance(cause, urllib3.exceptions.MaxRetryError) and not isinstance(error, requests.ReadTimeout):
            reason = re.sub(r"^.*?: (?=\[|Failed)|\[Errno -?\d+\] ", "", str(cause.reason)) if cause.reason else ""
            reason = reason.removeprefix("Failed to establish a new connection: ")
            message = f"Scrapyd at {self.url} is not reachable ({reason}): start it with `scrapy up`"
            return ScrapydError(message, ScrapydFailure.UNREACHABLE)
        if isinstance(error, requests.ReadTimeout):
            message = f"Scrapyd at {self.url} did not respond within {seconds:g} seconds: check its log"
        else:
            message = f"Scrapyd at {self.url} closed the connection without a response: check its log"
        return ScrapydError(message, ScrapydFailure.NO_RESPONSE)

    def _decode(self, response: requests.Response, kind: type[Response]) -> Response:
        """Return the response's body. An error has HTTP status 200, and `"status": "error"` in the body."""
        try:
            result = msgspec.json.decode(response.content, type=_Result)
            if result.status == "ok":
                return msgspec.json.decode(response.content, type=kind, strict=False)
        except msgspec.MsgspecError:
            message = f"{self.url} responded (HTTP {response.status_code}), but not as Scrapyd does: check the address"
            raise ScrapydError(message) from None
        raise ScrapydError(f"Scrapyd responded: {last_line(result.message) or 'unknown error'}")


def scrapyd_client(settings: Mapping[str, Any] | BaseSettings, *, timeout: float = TIMEOUT_SECONDS) -> ScrapydClient:
    """Return a client of the Scrapyd of AWARD_SCRAPYD_URL. Raise InvalidSetting."""
    names = ("AWARD_SCRAPYD_URL", "SCRAPYD_USERNAME", "SCRAPYD_PASSWORD")
    url, username, password = (str(settings[name] or "") for name in names)
    return ScrapydClient(url, username, password, timeout)


def job_log_path(spider: str, job: str) -> str:
    """Return the path of a job's log below Scrapyd's address."""
    return f"/logs/{PROJECT}/{quote(spider, safe='')}/{quote(job, safe='')}.log"


def _valid_id(label: str, text: str) -> str:
    if not _ID.fullmatch(text):
        raise InvalidArgument(f"invalid {label} {text!r}: use letters, digits, _ and -")
    return text
