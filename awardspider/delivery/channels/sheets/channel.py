"""The channel that keeps the rows of a Google spreadsheet true. Its address is the spreadsheet, by id or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from awardspider.delivery.channels.base import Channel, ChannelConfig, Message, Pace, Result, Surroundings, later
from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.flush import Flusher
from awardspider.outcomes import InvalidArgument, InvalidSetting


class SheetsChannel(Channel):
    """A row an offer, found again by the offer's id: writing the same twice changes nothing."""

    kind: ClassVar[str] = "sheets"
    keeps_keys: ClassVar[bool] = True
    # An account may read and write 60 times a minute each (sinks.md, 4.5); a small flush reads twice and writes once.
    pace: ClassVar[Pace] = Pace(most=15, seconds=60.0)
    at_most: ClassVar[int] = 100_000
    alone: ClassVar[bool] = True
    lasts_seconds: ClassVar[float] = 900.0
    options: ClassVar[Mapping[str, str]] = {}
    address_is_secret: ClassVar[bool] = False
    writes_rows: ClassVar[bool] = True

    def __init__(self, config: ChannelConfig, surroundings: Surroundings) -> None:
        super().__init__(config, surroundings)
        self._client: SheetsClient | None = None
        self._flusher: Flusher | None = None

    @classmethod
    def check(cls, config: ChannelConfig, surroundings: Surroundings) -> None:
        """Raise BadArgument where the address is no spreadsheet, BadSetting where the account's key file is none."""
        if config.options:
            raise InvalidArgument(f"a channel of kind sheets has no option {sorted(config.options)[0]!r}")
        spreadsheet_id(config.address)
        credentials(surroundings.settings, surroundings.sandbox_url)

    def deliver(self, messages: Sequence[Message]) -> Sequence[Result]:
        """Write what is true now of everything that the messages are about."""
        try:
            flusher = self._opened()
        except (InvalidArgument, InvalidSetting) as error:
            return [later(str(error), pauses=True)] * len(messages)
        return flusher.flush(messages)

    def close(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()
        self._client = self._flusher = None

    def _opened(self) -> Flusher:
        if self._flusher is None:
            around = self.surroundings
            self._client = SheetsClient(
                spreadsheet_id(self.config.address),
                credentials(around.settings, around.sandbox_url),
                sandbox_url=around.sandbox_url,
                user_agent=around.user_agent,
            )
            world = "@sandbox" if around.sandbox_url else ""
            self._flusher = Flusher(self._client, around.store, around.now, world=world)
        return self._flusher
