"""The channel to a Google spreadsheet. The channel's address is the spreadsheet's id or URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from awardspider.delivery.channels.base import Channel, ChannelConfig, ChannelContext, DeliveryReport, Message, retry
from awardspider.delivery.channels.sheet_options import sheet_options
from awardspider.delivery.channels.sheets.account import credentials, spreadsheet_id
from awardspider.delivery.channels.sheets.client import SheetsClient
from awardspider.delivery.channels.sheets.flush import Flusher
from awardspider.delivery.messages.language import has_phrases
from awardspider.outcomes import InvalidArgument, InvalidSetting
from awardspider.search.freshness import max_age
from awardspider.storage.channels import RateLimit
from awardspider.storage.sandbox_states import state_suffix


class SheetsChannel(Channel):
    """A spreadsheet with one row for each offer, found by the offer's id. Rewriting a row is safe."""

    kind: ClassVar[str] = "sheets"
    idempotent: ClassVar[bool] = True
    # An account may make 60 reads and 60 writes a minute (sinks.md, 4.5); a small flush reads twice and writes once.
    rate_limit = RateLimit(calls=15, seconds=60.0)
    batch_size: ClassVar[int] = 100_000
    exclusive: ClassVar[bool] = True
    max_call_seconds: ClassVar[float] = 900.0
    address_is_secret: ClassVar[bool] = False
    syncs_rows: ClassVar[bool] = True
    options: ClassVar[Mapping[str, str]] = {
        "locale": "the language of city names and reasons: en, pt_BR or es; default AWARD_LOCALE",
    }

    def __init__(self, config: ChannelConfig, context: ChannelContext) -> None:
        super().__init__(config, context)
        self._client: SheetsClient | None = None
        self._flusher: Flusher | None = None

    @classmethod
    def check(cls, config: ChannelConfig, context: ChannelContext) -> None:
        """Raise InvalidArgument for an invalid address or option, and InvalidSetting for an invalid setting or key."""
        cls.check_options(config)
        if (locale := config.options.get("locale")) and not has_phrases(locale):
            raise InvalidArgument(f"unknown locale {locale!r}; use en, pt_BR or es")
        sheet_options(context.settings)
        spreadsheet_id(config.address)
        credentials(context.settings, context.sandbox_url)

    def deliver(self, messages: Sequence[Message]) -> Sequence[DeliveryReport]:
        """Update the row of each offer in the messages, and the other tabs as needed."""
        try:
            flusher = self._open()
        except (InvalidArgument, InvalidSetting) as error:
            return [retry(str(error), pauses=True)] * len(messages)
        return flusher.flush(messages)

    def close(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()
        self._client = self._flusher = None

    def _open(self) -> Flusher:
        if self._flusher is None:
            context = self.context
            self._client = SheetsClient(
                spreadsheet_id(self.config.address),
                credentials(context.settings, context.sandbox_url),
                sandbox_url=context.sandbox_url,
                user_agent=context.user_agent,
            )
            self._flusher = Flusher(
                self._client,
                context.store,
                context.now,
                options=sheet_options(context.settings, self.config.options.get("locale", "")),
                max_age=max_age(context.settings),
                program_suffix=state_suffix(context.sandbox_url),
            )
        return self._flusher
