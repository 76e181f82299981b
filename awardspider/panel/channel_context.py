"""The context in which the panel uses channels."""

from __future__ import annotations

from awardspider.delivery.channels.base import ChannelContext
from awardspider.panel.configuration import PanelConfig


def channel_context(config: PanelConfig) -> ChannelContext:
    """Return the context of channels for the panel's configuration."""
    return ChannelContext(
        store=config.store,
        now=config.now,
        settings=config.settings,
        data_dir=config.data_dir,
        sandbox_url=config.sandbox_url,
        public_url=config.public_url,
        user_agent=str(config.settings.get("USER_AGENT") or "awardspider"),
    )
