"""Exit with 0 if a service works, else with 1 and a sentence: `python -m deploy.docker.healthcheck scheduler`."""

from __future__ import annotations

import socket
import sys

from scrapy.utils.project import get_project_settings

from awardspider import clock
from awardspider.environment import data_dir
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.outcomes import AwardError
from awardspider.storage.services import ServiceName, has_died, service_rows
from awardspider.storage.store import open_store


def problem(name: ServiceName) -> str:
    """Return why a service of this container does not work, or an empty string. Raise AwardError likewise."""
    settings = get_project_settings()
    if name is ServiceName.SCRAPYD:
        scrapyd_client(settings).status()
        return ""
    store = open_store(settings["AWARD_DATABASE_URL"], data_dir(settings))
    try:
        rows = [row for row in service_rows(store) if (row.name, row.host) == (name, socket.gethostname())]
    finally:
        store.close()
    if not rows or rows[0].stopped_at:
        return f"{name} is not running"
    return (
        f"{name} has had no heartbeat since {rows[0].heartbeat_at:%H:%M} UTC" if has_died(rows[0], clock.now()) else ""
    )


def main() -> int:
    """Print the problem of the service in the first argument."""
    try:
        sentence = problem(ServiceName(sys.argv[1]))
    except AwardError as error:
        sentence = str(error)
    if sentence:
        print(sentence)
    return int(bool(sentence))


if __name__ == "__main__":
    sys.exit(main())
