"""The European Central Bank's file of daily reference rates, as of the world's clock.

The structure is that of the real file (docs/exchange-rates.md). The rates are near those of 2026 and move a little
every day; they are not real ones. Assumed: Content-Type, robots.txt, and that there are new rates on every weekday,
holidays included.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from awardspider.outcomes import Reason
from awardspider.sandbox.places import draw
from awardspider.sandbox.services.service import Service
from awardspider.sandbox.sites import Kind, Refusal, Route, SandboxRequest, SandboxResponse, Site

HOST = "www.ecb.europa.eu"
PATH = "/stats/eurofxref/eurofxref-daily.xml"
ZONE = ZoneInfo("Europe/Berlin")
PUBLISHED_AT = time(16)  # about 16:00 CET, according to the ECB

# Units for one euro, with as many decimals as the ECB publishes.
RATES = {
    "USD": "1.1200", "JPY": "176.00", "CZK": "24.300", "DKK": "7.4700", "GBP": "0.84000", "HUF": "367.00",
    "PLN": "4.4000", "RON": "5.3400", "SEK": "11.0000", "CHF": "0.9200", "ISK": "136.00", "NOK": "10.3000",
    "TRY": "55.0000", "AUD": "1.5900", "BRL": "6.0000", "CAD": "1.5600", "CNY": "7.4300", "HKD": "8.7600",
    "IDR": "20200.00", "ILS": "3.5000", "INR": "106.0000", "KRW": "1490.00", "MXN": "21.0000", "MYR": "4.5300",
    "NZD": "1.9800", "PHP": "71.000", "SGD": "1.4300", "THB": "37.700", "ZAR": "18.6000",
}  # fmt: skip
MOST_CHANGE = 100  # basis points, up or down


def ecb_service() -> Service:
    """Build the service."""
    site = Site(
        key="ecb",
        name="European Central Bank",
        hosts=(HOST,),
        routes=(Route("GET", PATH, Kind.DATA, _file),),
        robots="User-agent: *\nDisallow: /search/\n",
        search_paths=("/stats/",),
        renamed_keys=("Cube",),
        refusals=(
            Refusal(name="no_day", reason=Reason.UNEXPECTED_RESPONSE, handler=lambda _: _xml("")),
            Refusal(name="old", reason=Reason.UNEXPECTED_RESPONSE, handler=partial(_file, days_ago=30)),
            Refusal(name="earlier", reason=Reason.UNEXPECTED_RESPONSE, handler=partial(_file, days_ago=4)),
            Refusal(name="future", reason=Reason.UNEXPECTED_RESPONSE, handler=partial(_file, days_ago=-30)),
        ),
    )
    return Service(
        name="Exchange rates",
        about="Publishes reference rates of the euro on every weekday at 16:00.",
        sites=(site,),
        own_routes=(),
        links=(("The newest rates", f"/{HOST}{PATH}"),),
    )


def newest_day(now: datetime) -> date:
    """Return the day of the newest rates: the latest weekday on which they have been published."""
    local = now.astimezone(ZONE)
    day = local.date() if local.time() >= PUBLISHED_AT else local.date() - timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - 4))


def rates_of(day: date) -> dict[str, Decimal]:
    """Return the rates of a day."""
    return {currency: _moved(currency, Decimal(rate), day) for currency, rate in RATES.items()}


def _moved(currency: str, rate: Decimal, day: date) -> Decimal:
    points = draw("reference rate", currency, day.toordinal()) % (2 * MOST_CHANGE + 1) - MOST_CHANGE
    return (rate * (10_000 + points) / 10_000).quantize(rate)


def _file(request: SandboxRequest, days_ago: int = 0) -> SandboxResponse:
    day = newest_day(request.now - timedelta(days=days_ago))
    rates = {} if request.empty else rates_of(day)
    cubes = "".join(f"\t\t\t<Cube currency='{currency}' rate='{rate}'/>\n" for currency, rate in rates.items())
    return _xml(f"\t\t<Cube time='{day}'>\n{cubes}\t\t</Cube>\n")


def _xml(cubes: str) -> SandboxResponse:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
        "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
        "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n"
        f"\t<Cube>\n{cubes}\t</Cube>\n</gesmes:Envelope>"
    )
    return SandboxResponse(body=text.encode(), content_type="text/xml")
