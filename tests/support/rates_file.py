"""The European Central Bank's file of reference rates, written by hand after the one of 2024-06-28."""

from __future__ import annotations

from collections.abc import Mapping

RATES = {
    "USD": "1.0705", "JPY": "171.94", "BGN": "1.9558", "CZK": "25.025", "DKK": "7.4575", "GBP": "0.84638",
    "HUF": "395.10", "PLN": "4.3090", "RON": "4.9773", "SEK": "11.3595", "CHF": "0.9634", "ISK": "148.90",
    "NOK": "11.3965", "TRY": "35.1868", "AUD": "1.6079", "BRL": "5.8915", "CAD": "1.4670", "CNY": "7.7748",
    "IDR": "17487.21",
}  # fmt: skip


def rates_file(
    day: str = "2024-06-28", rates: Mapping[str, str] = RATES, *, days: str = "", doctype: str = ""
) -> bytes:
    """Return a file with the rates of a day, after other `days` and a document type."""
    cubes = "".join(f"\t\t\t<Cube currency='{currency}' rate='{rate}'/>\n" for currency, rate in rates.items())
    text = f"""<?xml version="1.0" encoding="UTF-8"?>{doctype}
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
{days}		<Cube time='{day}'>
{cubes}		</Cube>
	</Cube>
</gesmes:Envelope>"""
    return text.encode()
