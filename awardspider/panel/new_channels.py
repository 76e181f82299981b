"""Adding channels by the panel and the API, where less is possible than by the command line.

A stolen session or token of an operator must not be enough to read files and secrets of this machine, or to run
programs on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from awardspider.delivery.channels import KINDS as ALL_KINDS
from awardspider.delivery.channels import channel_class
from awardspider.delivery.channels.configuration import configured_channels
from awardspider.delivery.channels.management import SECRET_OPTIONS, NewChannel, add_channel
from awardspider.delivery.channels.secrets import is_reference
from awardspider.outcomes import InvalidArgument
from awardspider.panel.channel_context import channel_context
from awardspider.panel.configuration import PanelConfig

#: The kinds that can be added, most used first.
KINDS = ("apprise", "webhook", "handoff", "sheets")

_BY_COMMAND = "add the channel on the server: scrapy channels add"


def add_new_channel(config: PanelConfig, new: NewChannel) -> None:
    """Check a channel and store it. Raise InvalidArgument or InvalidSetting, with a message that contains no secrets.

    References to environment variables and files are refused, and so are channels that run a program.
    """
    if new.kind not in ALL_KINDS:  # may be the address, which is secret, so it is not quoted
        raise InvalidArgument(f"unknown kind of channel; use one of {', '.join(KINDS)}")
    if new.kind not in KINDS:
        raise InvalidArgument(f"a channel of kind {new.kind} runs a program on the server, so {_BY_COMMAND}")
    for subject, value in _values(new):
        if is_reference(value.strip()):
            raise InvalidArgument(
                f"{subject} refers to a variable or file of the server, which is not possible here; "
                f"enter the value itself, or {_BY_COMMAND}"
            )
    if _has_secrets(new) and not config.settings.get("AWARD_SECRET_KEY"):
        raise InvalidArgument(
            f"a secret would be stored in plain text; set AWARD_SECRET_KEY first (docs/settings.md), or {_BY_COMMAND}"
        )
    if not new.address.strip():
        raise InvalidArgument("the address is empty")
    if new.name in configured_channels(config.store, config.settings):
        raise InvalidArgument(f"a channel {new.name} exists; choose another name, or remove that one first")
    add_channel(channel_context(config), new)


def _values(new: NewChannel) -> Iterator[tuple[str, str]]:
    """Yield each value of a channel that can be a reference, with its name."""
    yield "the address", new.address
    yield from (("the signing secret", secret) for secret in new.secrets)
    yield from ((f"the option {name}", value) for name, value in new.options.items())


def _has_secrets(new: NewChannel) -> bool:
    is_secret = channel_class(new.kind).address_is_secret and bool(new.address.strip())
    return is_secret or bool(new.secrets) or any(SECRET_OPTIONS.search(name) for name in new.options)
