"""A real Scrapyd for tests, with deploy/scrapyd.conf in a folder of its own, and small eggs to deploy to it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awardspider.operations.scrapyd import JobState, ScrapydClient, ScrapydJob
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SCRIPTS = Path(sysconfig.get_path("scripts"))
NAME, PASSWORD = "awards", "right-horse"


@dataclass
class ScrapydServer:
    """A Scrapyd; its folder also contains the data folder of its jobs."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def client(self) -> ScrapydClient:
        return ScrapydClient(self.url, NAME, PASSWORD, timeout=60)

    @property
    def log(self) -> str:
        """Return the log of Scrapyd and the stderr of its jobs, without the lines about requests."""
        lines = (self.folder / "scrapyd.log").read_text(encoding="utf-8").splitlines()
        return "\n".join(line for line in lines if "HTTP/1.1" not in line)

    def start(self) -> None:
        with (self.folder / "scrapyd.log").open("a") as log:
            process = self.process = subprocess.Popen(
                [SCRIPTS / "scrapyd", "--pidfile="],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        def responds() -> bool:
            assert process.poll() is None, self.log
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(responds, 60)

    def job(self, job: str) -> ScrapydJob | None:
        """Return a job as Scrapyd lists it."""
        return next((each for each in self.client.jobs() if each.id == job), None)

    def wait_for(self, job: str, state: JobState, seconds: float = 120) -> ScrapydJob:
        """Wait until a job is in a state, and return it."""
        found: list[ScrapydJob] = []

        def is_in_state() -> bool:
            found[:] = [each for each in self.client.jobs() if each.id == job and each.state is state]
            return bool(found)

        wait_until(is_in_state, seconds)
        return found[0]

    def job_log(self, spider: str, job: str) -> str:
        return (self.folder / f"logs/awardspider/{spider}/{job}.log").read_text(encoding="utf-8")


@contextmanager
def scrapyd_server(folder: Path, **environment: str) -> Iterator[ScrapydServer]:
    """Run Scrapyd in a folder until the block ends, with environment variables for its jobs."""
    shutil.copy(ROOT / "deploy/scrapyd.conf", folder)
    port = free_port()
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SCRAPYD_HTTP_PORT": str(port),
        "SCRAPYD_USERNAME": NAME,
        "SCRAPYD_PASSWORD": PASSWORD,
        "AWARD_DATA_DIR": str(folder / "data"),
        **environment,
    }
    server = ScrapydServer(folder, port, variables)
    server.start()
    try:
        yield server
    finally:
        if server.process and server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGTERM)
            server.process.wait(60)


def small_egg(settings: str = 'BOT_NAME = "small"\n') -> bytes:
    """Return an egg of a project without spiders and with these settings; it loads much faster than ours."""
    egg = io.BytesIO()
    with zipfile.ZipFile(egg, "w") as archive:
        archive.writestr("small/__init__.py", "")
        archive.writestr("small/settings.py", settings)
        archive.writestr("EGG-INFO/PKG-INFO", "Metadata-Version: 2.1\nName: small\nVersion: 1\n")
        archive.writestr("EGG-INFO/entry_points.txt", "[scrapy]\nsettings = small.settings\n")
    return egg.getvalue()
