"""The outlets to which only a person can post, and the official links that open their share dialogs.

No Meta API posts to a group chat of Messenger or to a Facebook group, and Snap's API for public profiles is open only
to apps that Snap has approved (sinks.md, sections 1.11 and 2.1).
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import quote

from awardspider.outcomes import InvalidArgument


class Outlet(StrEnum):
    """Outlets without an API; the address of a channel of kind handoff is one of them."""

    SNAPCHAT = "snapchat"
    MESSENGER_GROUP = "messenger-group"
    FACEBOOK_GROUP = "facebook-group"
    OTHER = "other"

    @property
    def max_length(self) -> int:
        """The most characters of a text that the outlet shows without cutting it, link included."""
        return _MAX_LENGTHS[self]

    @property
    def card_size(self) -> str:
        """The size of the card that the outlet shows best."""
        return "story" if self is Outlet.SNAPCHAT else "feed"

    def share_dialog(self, link: str) -> str | None:
        """Return the address of the outlet's own dialog that shares a link, or None without a documented one."""
        dialog = _DIALOGS.get(self)
        return dialog + quote(link, safe="") if dialog else None


_MAX_LENGTHS = {
    Outlet.SNAPCHAT: 250,  # a caption of Creative Kit
    Outlet.MESSENGER_GROUP: 600,
    Outlet.FACEBOOK_GROUP: 1_500,
    Outlet.OTHER: 600,
}

# developers.snap.com/snapchat-for-web/social-integrations/share-link-to-snapchat;
# developers.facebook.com/docs/plugins/share-button: the address of the button without scripts.
_DIALOGS = {
    Outlet.SNAPCHAT: "https://www.snapchat.com/share?link=",
    Outlet.FACEBOOK_GROUP: "https://www.facebook.com/sharer/sharer.php?u=",
}


def parse_outlet(text: str) -> Outlet:
    """Return the outlet with a name. Raise InvalidArgument for another name."""
    try:
        return Outlet(text.strip().lower())
    except ValueError:
        raise InvalidArgument(f"unknown outlet {text!r}; use {', '.join(Outlet)}") from None
