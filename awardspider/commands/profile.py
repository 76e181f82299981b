"""`scrapy profile`: show and change what watches use about you, such as your time zone and the points that you have."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from awardspider.commands._command import ActionCommand
from awardspider.commands._listing import print_table
from awardspider.commands._points_costs import points_costs_table
from awardspider.commands._table import label_table
from awardspider.commands._watch_fields import option
from awardspider.deals.valuations import load_valuations
from awardspider.outcomes import InvalidArgument
from awardspider.search.amounts import parse_miles
from awardspider.search.owners import Locale, Owner, build_owner
from awardspider.search.points_cost import points_costs
from awardspider.search.promotion_states import promotion_day
from awardspider.search.transfer_partners import holding_name, parse_point_program
from awardspider.search.watch_text import programs_text
from awardspider.storage.owners import default_owner, save_owner
from awardspider.storage.promotions import find_transfer_bonuses
from awardspider.storage.schema import DEFAULT_OWNER

FIELDS = ("name", "locale", "timezone", "home_airport", "points", "targeted")


class Command(ActionCommand):
    """Show or change your profile: language, time zone, home airport, and the points that you have.

    The time zone is that of watches without their own, and a watch with `reachable_only` searches only the programs
    that your points reach.
    """

    def add_actions(self) -> None:
        """Add the actions."""
        action = self.add_action("show", "Show the profile, and the programs that its points reach", self._show)
        action.add_argument("--json", action="store_true", help="print one JSON object")
        add = self.add_action("set", "Change values of the profile; an empty value removes one", self._set).add_argument
        add("--name", metavar="NAME", help="your name")
        add("--locale", metavar="NAME", help=f"language of texts: {', '.join(Locale)}")
        add("--timezone", metavar="NAME", help="time zone, such as America/Sao_Paulo")
        add("--home-airport", metavar="CODE", help="airport from which you leave if you name none, such as GRU")
        add("--points", metavar="LIST", help="points by bank or program, such as amex=120k,united=45000; replaces all")
        add("--targeted", metavar="LIST", help="banks whose targeted transfer bonuses you have, such as amex,chase")
        action = self.add_action("cost", "Show the ways to pay an award with the points of the profile", self._cost)
        action.add_argument("program", help="program of the award, such as united")
        action.add_argument("miles", help="price for all travelers, such as 70000 or 70k")
        action.add_argument("--json", action="store_true", help="print a JSON list")

    def _show(self, opts: argparse.Namespace) -> None:
        owner = default_owner(self.store())
        if opts.json:
            values = _values(owner)
            print(json.dumps(values | {"reachable": sorted(owner.reachable)}, ensure_ascii=False))
        else:
            _print(owner)

    def _set(self, opts: argparse.Namespace) -> None:
        store = self.store()
        owner = default_owner(store)
        given = {name: value for name in FIELDS if (value := getattr(opts, name)) is not None}
        if not given:
            raise InvalidArgument("nothing to change; scrapy profile set --help lists the options")
        emptied = {"name": DEFAULT_OWNER, "locale": Locale.EN, "timezone": "UTC"}
        given |= {name: default for name, default in emptied.items() if given.get(name) == ""}
        values = _values(owner)
        try:
            changed = build_owner(id=owner.id, **values | given)
        except InvalidArgument as error:
            field, separator, rest = str(error).partition(": ")
            raise InvalidArgument(f"{option(field)}{separator}{rest}" if field in FIELDS else str(error)) from None
        _print(save_owner(store, changed, now=self.now()))

    def _cost(self, opts: argparse.Namespace) -> None:
        program, miles = parse_point_program(opts.program), _parse_miles(opts.miles)
        store, today = self.store(), promotion_day(self.now())
        values, bonuses = load_valuations(self.settings).middles, find_transfer_bonuses(store, today)
        owner = default_owner(store)
        costs = points_costs(program, miles, owner.holdings, bonuses, today, values=values)
        if opts.json:
            print(json.dumps(msgspec.to_builtins(costs), ensure_ascii=False))
        else:
            print_table(points_costs_table(program, miles, costs, has_points=bool(owner.points)))


def _parse_miles(text: str) -> int:
    try:
        return parse_miles(text)
    except InvalidArgument as error:
        raise InvalidArgument(f"miles: {error}") from None


def _values(owner: Owner) -> dict[str, Any]:
    values = {name: getattr(owner, name) for name in FIELDS}
    return values | {"points": dict(owner.points), "targeted": sorted(owner.targeted)}


def _print(owner: Owner) -> None:
    rows = {
        "name": "none" if owner.name == DEFAULT_OWNER else owner.name,
        "locale": owner.locale,
        "timezone": owner.timezone,
        "home airport": owner.home_airport or "none",
        "points": ", ".join(f"{holding_name(key)} {number:,}" for key, number in owner.points.items()) or "none",
    }
    if owner.targeted:
        rows["targeted"] = ", ".join(map(holding_name, sorted(owner.targeted)))
    if owner.points:
        rows["reachable"] = programs_text(owner.reachable) or "none"
    print_table(label_table(rows.items()))
