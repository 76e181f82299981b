"""`scrapy card`: write the card of an offer or a promotion as an image."""

from __future__ import annotations

import argparse
from pathlib import Path

from awardspider.commands._command import AwardCommand
from awardspider.commands._image_file import check_image_file, write_image_file
from awardspider.commands._options import choice
from awardspider.delivery.messages.cards.card import CardEvent, render_card
from awardspider.delivery.messages.cards.palettes import Palette
from awardspider.delivery.messages.cards.sizes import CardSize, frame_of
from awardspider.delivery.messages.language import LANGUAGES, has_phrases
from awardspider.delivery.messages.text_limits import safe_link
from awardspider.delivery.stored_cards import stored_offer_event, stored_promotion_event
from awardspider.environment import expand_path
from awardspider.outcomes import InvalidArgument
from awardspider.storage.offers import offer_history
from awardspider.storage.promotions import promotion_by_prefix


class Command(AwardCommand):
    """Write an image of an offer or a promotion, to post it yourself.

    The first few characters of the id are enough. docs/cards.md shows the sizes and palettes.
    """

    usage = "<offer id> | --promotion ID [options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--promotion", metavar="ID", help="a promotion in place of an offer")
        add("--size", metavar="NAME", default=CardSize.FEED.value, help=f"{', '.join(CardSize)} (default: feed)")
        add("--palette", metavar="NAME", default=Palette.LIGHT.value, help=f"{', '.join(Palette)} (default: light)")
        add("--locale", metavar="NAME", help="language: en, pt_BR or es (default: AWARD_LOCALE)")
        add("--link", metavar="URL", help="link on the card (default: the page of the program or announcement)")
        add("--out", metavar="FILE", help="PNG file; an existing one is replaced (default: the id and the size)")

    def run_command(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command."""
        if len(args) != (1 if opts.promotion is None else 0):
            raise InvalidArgument("expected one offer id, as scrapy offers shows it, or --promotion ID")
        size, palette = (
            CardSize(choice("--size", opts.size, CardSize)),
            Palette(choice("--palette", opts.palette, Palette)),
        )
        locale = opts.locale or self.settings.get("AWARD_LOCALE") or "en"
        if not has_phrases(locale):
            raise InvalidArgument(f"unknown locale {locale!r} (choose from {', '.join(LANGUAGES.values())})")
        if opts.link is not None and safe_link(opts.link) is None:
            raise InvalidArgument("--link: expected an address that begins with https:// or http://")
        chosen = _chosen_file(opts.out)
        event, name, stored_id = self._event(args, opts)
        file = chosen or Path(f"{stored_id[:8]}-{size}.png")
        check_image_file(file, "--out")
        data = render_card(event, size=size, palette=palette, locale=locale, link=opts.link, now=self.now())
        write_image_file(file, data, "--out")
        frame = frame_of(size)
        print(f"{file}: {frame.width} x {frame.height} pixels, the {name} {stored_id[:8]}.")

    def _event(self, args: list[str], opts: argparse.Namespace) -> tuple[CardEvent, str, str]:
        """Return the event for the card, with the name and the id of what it is about."""
        store = self.store()
        if opts.promotion is not None:
            promotion = promotion_by_prefix(store, opts.promotion)
            return stored_promotion_event(promotion), "promotion", promotion.id
        offer, _ = offer_history(store, args[0])
        return stored_offer_event(offer, self.now()), "offer", offer.id


def _chosen_file(out: str | None) -> Path | None:
    """Return the file that was chosen, which must be writable."""
    if out is None:
        return None
    if not out.strip():
        raise InvalidArgument("--out: expected the name of a file, such as card.png")
    file = Path(expand_path(out))
    check_image_file(file, "--out")
    return file
