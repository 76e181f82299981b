"""All Scrapyds whose jobs are listed: that of AWARD_SCRAPYD_URL, and those of AWARD_SCRAPYD_HOSTS."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awardspider.operations.job_submission import JobServer
from awardspider.operations.scrapyd import JobState, ScrapydClient, ScrapydJob, scrapyd_client
from awardspider.outcomes import AwardError, InvalidSetting, ScrapydError

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: The setting with the addresses of further Scrapyds.
SETTING = "AWARD_SCRAPYD_HOSTS"

#: A page waits for so many seconds for a Scrapyd.
PAGE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """A Scrapyd and its jobs; `error` is a sentence if it did not respond, and then nothing is known about its jobs."""

    url: str
    jobs: tuple[ScrapydJob, ...] = ()
    version: str | None = None
    error: str = ""

    @property
    def is_reachable(self) -> bool:
        """Return whether the jobs are known."""
        return not self.error

    @property
    def counts(self) -> Counter[JobState]:
        """Return the number of jobs by state."""
        return Counter(job.state for job in self.jobs)


def scrapyd_clients(
    settings: Mapping[str, Any] | BaseSettings, *, timeout: float = PAGE_SECONDS
) -> list[ScrapydClient]:
    """Return a client of each Scrapyd, that of AWARD_SCRAPYD_URL first. Raise InvalidSetting."""
    first = scrapyd_client(settings, timeout=timeout)
    username, password = (str(settings.get(name) or "") for name in ("SCRAPYD_USERNAME", "SCRAPYD_PASSWORD"))
    clients = {first.url: first}
    for address in filter(None, re.split(r"[\s,]+", str(settings.get(SETTING) or ""))):
        has_own = "@" in address
        try:
            client = ScrapydClient(address, "" if has_own else username, "" if has_own else password, timeout)
        except InvalidSetting:
            raise InvalidSetting(f"{SETTING} contains an invalid address; write http://HOST:PORT") from None
        clients.setdefault(client.url, client)
    return list(clients.values())


def host_states(servers: Sequence[JobServer]) -> list[HostState]:
    """Return the state of each Scrapyd, requested at the same time."""
    if len(servers) == 1:
        return [_state(servers[0])]
    with ThreadPoolExecutor(max_workers=min(8, len(servers) or 1)) as pool:
        return list(pool.map(_state, servers))


def server_of(servers: Sequence[JobServer], url: str | None) -> JobServer | None:
    """Return the Scrapyd with an address; without an address, the first one. None if it is not configured any more."""
    if url is None:
        return servers[0] if servers else None
    return next((server for server in servers if server.url == url), None)


def find_log(servers: Sequence[JobServer], spider: str, job: str, size: int) -> str | None:
    """Return the end of a job's log from the first Scrapyd that has it, or None if none has it.

    Raise ScrapydError if no Scrapyd has it and one did not respond.
    """
    failure: ScrapydError | None = None
    for server in servers:
        try:
            if (text := server.log_tail(spider, job, size)) is not None:
                return text
        except ScrapydError as error:
            failure = error
    if failure:
        raise failure
    return None


def _state(server: JobServer) -> HostState:
    try:
        jobs, versions = server.jobs(), server.versions()
    except AwardError as error:
        return HostState(url=server.url, error=str(error))
    return HostState(url=server.url, jobs=tuple(jobs), version=versions[-1] if versions else None)
