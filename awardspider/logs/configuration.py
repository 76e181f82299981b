"""The one configuration of all logs: of crawls, of Scrapyd's jobs and of the services."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from pythonjsonlogger.orjson import OrjsonFormatter

from awardspider import clock
from awardspider.logs.masking import add_configured_secrets, mask
from awardspider.logs.records import mask_records, run_fields
from awardspider.outcomes import InvalidSetting

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_SERVICE_FORMAT = "%(asctime)s %(levelname)s: %(message)s"
_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"


class LogFormat(StrEnum):
    """The values of AWARD_LOG_FORMAT."""

    TEXT = "text"
    JSON = "json"


class JsonFormatter(OrjsonFormatter):
    """Format of one JSON object per record: time, level, logger, message, run_id, job, program, service, traceback.

    Unknown fields are omitted. The time is in UTC.
    """

    FIELDS: ClassVar[tuple[str, ...]] = (
        "time", "level", "logger", "message", "service", "run_id", "job", "program", "traceback",
    )  # fmt: skip

    def __init__(self, service: str = "") -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            static_fields={"service": service} if service else None,
            timestamp="time",
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return a traceback without secrets."""
        return mask(str(super().formatException(ei)))

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Add the fields of the record and of its run."""
        super().add_fields(log_data, record, message_dict)
        log_data |= run_fields(record)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the fields in their order, without those that libraries add."""
        return {name: log_data[name] for name in self.FIELDS if log_data.get(name) is not None}


def parse_log_format(settings: Mapping[str, Any] | BaseSettings) -> LogFormat:
    """Return the format in AWARD_LOG_FORMAT. Raise InvalidSetting for an unknown one."""
    text = str(settings.get("AWARD_LOG_FORMAT") or LogFormat.TEXT).strip().lower()
    try:
        return LogFormat(text)
    except ValueError:
        raise InvalidSetting(f"AWARD_LOG_FORMAT={text} is unknown; write text or json") from None


def configure_crawl_logs(settings: BaseSettings) -> None:
    """Log to Scrapy's LOG_FILE or to stderr, in the format of AWARD_LOG_FORMAT, instead of Scrapy's own handler.

    An unknown format is ignored here: the command ends with an error after this.
    """
    handler: logging.Handler
    if settings["LOG_FILE"]:
        mode = "a" if settings.getbool("LOG_FILE_APPEND") else "w"
        handler = logging.FileHandler(settings["LOG_FILE"], mode=mode, encoding=settings["LOG_ENCODING"])
    elif settings.getbool("LOG_ENABLED"):
        handler = logging.StreamHandler()
    else:
        handler = logging.NullHandler()
    text = logging.Formatter(fmt=settings["LOG_FORMAT"], datefmt=settings["LOG_DATEFORMAT"])
    handler.setLevel(settings["LOG_LEVEL"])
    _install(handler, settings, text)
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")


def configure_service_logs(settings: Mapping[str, Any] | BaseSettings, service: str, level: int = logging.INFO) -> None:
    """Log to stderr, as a service does: the supervisor, the scheduler, the dispatcher.

    Raise InvalidSetting for an unknown AWARD_LOG_FORMAT.
    """
    parse_log_format(settings)
    handler = _StderrHandler()
    handler.setLevel(level)
    _install(handler, settings, logging.Formatter(fmt=_SERVICE_FORMAT, datefmt=_DATE_FORMAT), service)
    for name in ("apscheduler", "urllib3", "scrapy", "twisted", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def configure_command_logs(settings: Mapping[str, Any] | BaseSettings) -> None:
    """Write warnings to stderr, for a command that a person runs; without secrets."""
    mask_secrets(settings)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")


def mask_secrets(settings: Mapping[str, Any] | BaseSettings) -> None:
    """Mask the configured secrets in all log records of this process."""
    add_configured_secrets(settings)
    mask_records()


class _StderrHandler(logging.Handler):
    """Handler that writes to the stderr of the moment, which may be redirected."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        sys.stderr.write(f"{self.format(record)}\n")
        sys.stderr.flush()


_installed: logging.Handler | None = None


def _install(
    handler: logging.Handler,
    settings: Mapping[str, Any] | BaseSettings,
    text: logging.Formatter,
    service: str = "",
) -> None:
    """Set the only handler of ours at the root logger."""
    global _installed
    mask_secrets(settings)
    try:
        is_json = parse_log_format(settings) is LogFormat.JSON
    except InvalidSetting:
        is_json = False
    handler.setFormatter(JsonFormatter(service) if is_json else text)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if _installed:
        logging.root.removeHandler(_installed)
        _installed.close()
    _installed = handler
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)


def service_line(service: str, line: str, log_format: LogFormat = LogFormat.TEXT) -> str:
    """Return a line that a service has written without secrets, and in the format JSON as an object.

    A line that is an object already gets the field `service`.
    """
    line = mask(line.rstrip("\r\n"))
    if log_format is LogFormat.TEXT:
        return line
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        entry = None
    if not isinstance(entry, dict) or "message" not in entry:
        entry = {"time": clock.real_now(), "level": "INFO", "logger": service, "message": line}
    return orjson.dumps({"service": service} | entry).decode() if "service" not in entry else line
