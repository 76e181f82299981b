"""The configuration of the panel, and how a request gets at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from awardspider import clock
from awardspider.delivery.public_pages import parse_public_url
from awardspider.environment import is_loopback
from awardspider.operations.job_submission import JobServer
from awardspider.search.capabilities import SearchCapabilities
from awardspider.search.freshness import max_age
from awardspider.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelConfig:
    """Everything that the panel depends on. `settings` are all settings, ours and Scrapy's, keyed by name."""

    store: Store
    settings: Mapping[str, Any] = field(repr=False)
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8787
    now: Callable[[], datetime] = clock.now
    #: Returns what each program can search, by key, for the number of requests that watches cause; None if unknown.
    capabilities: Callable[[], Mapping[str, SearchCapabilities]] | None = None
    #: Returns the Scrapyds whose jobs are listed, that of the schedule first; by default those of the settings.
    scrapyds: Callable[[], Sequence[JobServer]] | None = None

    def __post_init__(self) -> None:
        """Raise InvalidSetting for an invalid AWARD_PUBLIC_URL, so that the panel does not start with it."""
        parse_public_url(self.settings)

    @property
    def max_age(self) -> timedelta | None:
        """The age after which an offer is outdated, or None if no offer is."""
        return max_age(self.settings)

    @property
    def public_url(self) -> str:
        """The address at which others reach the public pages, without a slash at the end; empty without one."""
        return parse_public_url(self.settings)

    @property
    def is_local(self) -> bool:
        """Return whether, according to the settings, only people at this machine can reach the panel.

        A public address or a trusted proxy means that a proxy passes requests of others on. It can hide that it did, so
        that such a request looks like one from this machine.
        """
        public_host = urlsplit(self.public_url).hostname
        has_proxy = bool(str(self.settings.get("AWARD_PANEL_TRUSTED_PROXIES") or "").strip())
        return is_loopback(self.host) and not has_proxy and (public_host is None or is_loopback(public_host))

    @property
    def sandbox_url(self) -> str:
        """The address of the sandbox, or an empty string."""
        return str(self.settings.get("AWARD_SANDBOX_URL") or "")


#: The key of a request's configuration in its scope, which mounted applications share.
CONFIG_KEY = "awardspider.config"


def config_of(request: Request) -> PanelConfig:
    """Return the configuration of the application that got a request."""
    config: PanelConfig = request.scope[CONFIG_KEY]
    return config
