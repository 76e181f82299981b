"""Arguments that several tools have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Places = Annotated[
    str,
    Field(description="Airports, cities, countries or regions, or anywhere: `SFO`, `Tokyo`, `Japan, Seoul`, `Europe`"),
]
Day = Annotated[
    str | None, Field(description="Local day of departure: `2027-03-10`, or days from today: `+30`; without it, any")
]
Programs = Annotated[list[str] | None, Field(description="Keys of programs, as in list_programs; without it, all")]
OfferId = Annotated[str, Field(min_length=4, max_length=80, description="`offer_id` of search_offers or get_calendar")]
