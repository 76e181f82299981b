"""The services that the supervisor runs: their commands, folders, environment, and when they are ready."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
import requests
from scrapy.settings import SETTINGS_PRIORITIES

from awardspider.environment import expand_path, is_loopback
from awardspider.operations.scrapyd import scrapyd_client
from awardspider.outcomes import InvalidSetting, ScrapydError, StorageError
from awardspider.storage.services import ServiceName, service_rows
from awardspider.storage.store import Store

if TYPE_CHECKING:
    from scrapy.settings import Settings

SANDBOX_HOST = "127.0.0.1"

#: Settings that are files or programs. Scrapyd and its jobs run in another folder, so relative ones become absolute.
_FILE_SETTINGS = ("AWARD_VALUATIONS", "AWARD_GOOGLE_CREDENTIALS")

_READY_TIMEOUT_SECONDS = 5.0

_MAX_PORT = 65535

#: Requests of Scrapyd's state every few seconds, by the scheduler, the supervisor and the health checks.
_SCRAPYD_POLLING = r'"GET /(?:listjobs|listversions|daemonstatus)\.json\S* HTTP/1\.1" 200 .*"python-requests/'

#: The most frequent lines of Scrapyd: requests of the scheduler, and the steps of its start.
_SCRAPYD_DETAILS = r'"python-requests/|launcher#debug|twisted\.(scripts|web|application)|\[-\] '


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """A service. Those of a `stage` start as soon as all of the earlier stages are ready; they stop in reverse order.

    `is_ready` gets the process id. `listens` is the address that must be free before the start, and `hint` says how to
    choose another one. `stop_seconds` is the time that the process has after SIGTERM. A service without `is_recorded`
    does not record itself in the table of services. Lines that match `dropped_lines` are not logged, and those that
    match `hidden_lines` only in the log file.
    """

    name: ServiceName
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    is_ready: Callable[[int], bool]
    stage: int
    stop_seconds: float
    is_recorded: bool = True
    address: str = ""
    listens: tuple[str, int] | None = None
    hint: str = ""
    hidden_lines: str = ""
    dropped_lines: str = ""


def define_services(
    settings: Settings, store: Store, *, folder: Path, project: Path, sandbox_port: int | None
) -> list[ServiceDefinition]:
    """Return the services in the order of their start, and prepare Scrapyd's folder in the data folder `folder`.

    With `sandbox_port`, the sandbox is one of them, and all others use it. Raise InvalidSetting if Scrapyd would be
    reachable by others without a password, or AWARD_SCRAPYD_URL is not an address of this machine.
    """
    environment = _environment(settings, folder)
    scrapyd_folder = folder / "scrapyd"
    prepare_scrapyd_folder(scrapyd_folder, project)
    host, port = _scrapyd_address(settings, scrapyd_folder)
    if sandbox_port is not None:
        environment["AWARD_SANDBOX_URL"] = f"http://{SANDBOX_HOST}:{sandbox_port}"

    def command(name: ServiceName, *arguments: str, stage: int, stop_seconds: float) -> ServiceDefinition:
        return ServiceDefinition(
            name=name,
            command=(sys.executable, "-m", "scrapy", *arguments),
            folder=Path.cwd(),
            environment=environment,
            is_ready=lambda pid: _is_recorded(store, name, pid),
            stage=stage,
            stop_seconds=stop_seconds,
        )

    services = [
        command(ServiceName.DISPATCHER, "deliver", "--watch", stage=1, stop_seconds=90),
        ServiceDefinition(
            name=ServiceName.SCRAPYD,
            command=(sys.executable, "-m", "scrapyd", "--pidfile="),
            folder=scrapyd_folder,
            # The checkout's settings module and folder must not take precedence over the deployed egg.
            environment={
                **{key: value for key, value in environment.items() if not key.startswith("SCRAPY_")},
                "SCRAPYD_BIND_ADDRESS": host,
                "SCRAPYD_HTTP_PORT": str(port),
            },
            is_ready=lambda pid: _listens(pid, port) and _responds(settings),
            stage=1,
            stop_seconds=60,
            is_recorded=False,
            address=f"http://{host}:{port}",
            listens=(host, port),
            hint=f"set AWARD_SCRAPYD_URL=http://{host}:{port + 1}",
            hidden_lines=_SCRAPYD_DETAILS,
            dropped_lines=_SCRAPYD_POLLING,
        ),
        command(ServiceName.SCHEDULER, "scheduler", stage=2, stop_seconds=30),
        _panel(settings, store, environment),
    ]
    if sandbox_port is None:
        return services
    address = environment["AWARD_SANDBOX_URL"]
    sandbox = ServiceDefinition(
        name=ServiceName.SANDBOX,
        command=(sys.executable, "-m", "scrapy", "sandbox", "--host", SANDBOX_HOST, "--port", str(sandbox_port)),
        folder=Path.cwd(),
        environment=environment,
        is_ready=lambda pid: _listens(pid, sandbox_port) and _is_healthy(f"{address}/_health"),
        stage=0,
        stop_seconds=10,
        is_recorded=False,
        address=address,
        listens=(SANDBOX_HOST, sandbox_port),
        hint="choose another one with --sandbox-port",
    )
    return [sandbox, *services]


def _panel(settings: Mapping[str, Any], store: Store, environment: Mapping[str, str]) -> ServiceDefinition:
    host, port = panel_address(settings)
    return ServiceDefinition(
        name=ServiceName.PANEL,
        command=(sys.executable, "-m", "scrapy", "panel"),
        folder=Path.cwd(),
        environment=environment,
        is_ready=lambda pid: _is_recorded(store, ServiceName.PANEL, pid) and _listens(pid, port),
        stage=2,
        stop_seconds=15,
        address=f"http://{f'[{host}]' if ':' in host else host}:{port}",
        listens=(host, port),
        hint=f"set AWARD_PANEL_PORT={port + 1}",
    )


def panel_address(settings: Mapping[str, Any]) -> tuple[str, int]:
    """Return the host and port of AWARD_PANEL_HOST and AWARD_PANEL_PORT. Raise InvalidSetting for an invalid port."""
    text = str(settings["AWARD_PANEL_PORT"]).strip()
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_PORT:
        raise InvalidSetting(f"AWARD_PANEL_PORT is {text!r}; write a number from 1 to {_MAX_PORT}")
    return str(settings["AWARD_PANEL_HOST"]).strip(), int(text)


def prepare_scrapyd_folder(folder: Path, project: Path) -> None:
    """Create Scrapyd's folder with a copy of deploy/scrapyd.conf; a copy that the operator has changed is kept."""
    source = project / "deploy" / "scrapyd.conf"
    try:
        shipped = source.read_bytes()
    except OSError as error:
        raise InvalidSetting(f"{source} is unreadable: {error.strerror}; check out the project again") from None
    copy, original = folder / "scrapyd.conf", folder / "scrapyd.conf.original"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not copy.exists() or (original.exists() and copy.read_bytes() == original.read_bytes()):
            copy.write_bytes(shipped)
            original.write_bytes(shipped)
        # Without a file of its own, Scrapyd would read the checkout's, and list the checkout as a second project.
        (folder / "scrapy.cfg").write_text("# Empty, so that Scrapyd reads no other scrapy.cfg.\n", encoding="utf-8")
    except OSError as error:
        raise InvalidSetting(f"the folder {folder} cannot be written: {error.strerror}") from None


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the environment of all services: this process's, the settings of the command line, and absolute paths.

    `.env` is part of it, because awardspider.settings has loaded it into this process's environment.
    """
    environment = dict(os.environ)
    for name in settings:
        if name.startswith(("AWARD_", "SCRAPYD_")) and settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]:
            environment[name] = str(settings[name])
    for name in _FILE_SETTINGS:
        if value := str(settings[name] or "").strip():
            environment[name] = str(expand_path(value).absolute())
    if database := _absolute_database(str(settings["AWARD_DATABASE_URL"] or "")):
        environment["AWARD_DATABASE_URL"] = database
    return environment | {"AWARD_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


def _absolute_database(url: str) -> str:
    """Return the URL of an SQLite file with an absolute path, or an empty string for all other URLs."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url.startswith((f"{prefix}/", f"{prefix}file:")):
        return ""
    file, mark, query = url.removeprefix(prefix).partition("?")
    return f"{prefix}{expand_path(file).absolute()}{mark}{query}"


def _scrapyd_address(settings: Settings, folder: Path) -> tuple[str, int]:
    """Return the host and port that Scrapyd listens on."""
    parts = urlsplit(scrapyd_client(settings).url)
    host, port = parts.hostname or "", parts.port or 80
    bound = os.environ.get("SCRAPYD_BIND_ADDRESS", "").strip() or _configured_address(folder / "scrapyd.conf")
    if not is_loopback(bound) and not (settings["SCRAPYD_USERNAME"] and settings["SCRAPYD_PASSWORD"]):
        raise InvalidSetting(
            f"Scrapyd would be reachable at {bound} without a password, and runs any code that it gets: "
            f"set SCRAPYD_USERNAME and SCRAPYD_PASSWORD"
        )
    if parts.scheme != "http" or parts.path or not (is_loopback(host) or host == bound):
        raise InvalidSetting(
            f"AWARD_SCRAPYD_URL is {parts.geturl()}, but scrapy up runs Scrapyd on this machine: "
            f"write http://127.0.0.1:PORT"
        )
    return bound, port


def _configured_address(file: Path) -> str:
    config = ConfigParser(interpolation=None)
    try:
        config.read(file, encoding="utf-8")
    except (ConfigError, OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{file} is unreadable: {str(error).splitlines()[0]}") from None
    return config.get("scrapyd", "bind_address", fallback="127.0.0.1").strip()


def _is_recorded(store: Store, name: ServiceName, pid: int) -> bool:
    """Return whether a process has recorded its start."""
    try:
        rows = service_rows(store)
    except StorageError:
        return False
    host = socket.gethostname()
    return any((row.name, row.host, row.pid) == (name, host, pid) and row.stopped_at is None for row in rows)


def _listens(pid: int, port: int) -> bool:
    """Return whether a process listens on a port: another program may have the port, and respond in its place."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)


def _responds(settings: Mapping[str, Any]) -> bool:
    """Return whether Scrapyd responds."""
    try:
        scrapyd_client(settings, timeout=_READY_TIMEOUT_SECONDS).status()
    except ScrapydError:
        return False
    return True


def _is_healthy(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False  # no proxy for requests to this machine
        try:
            return session.get(url, timeout=_READY_TIMEOUT_SECONDS).ok
        except requests.RequestException:
            return False
