"""Names that several places share: refused with the choices, or the place that is clearly meant."""

from __future__ import annotations

import pytest

from awardspider.outcomes import InvalidArgument
from awardspider.search.places import parse_places


def searched(text: str) -> str:
    return " ".join(parse_places(text).searched)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("San Jose", "SJC; SJO"),
        ("San José", "SJC; SJO"),
        ("Portland", "PDX; PWM"),
        ("Santiago", "SCL; SCQ; STI"),
        ("Birmingham", "BHX; BHM"),
        ("Manchester", "MAN; MHT"),
        ("Charleston", "CHS; CRW"),
        ("Rochester", "ROC; RST"),
        ("Jackson", "JAC; JAN"),
        ("Panama City", "PTY; ECP"),
        ("St. Petersburg", "LED; PIE"),
        ("Newcastle", "NCL; NTL"),
        ("Hamilton", "HLZ; YHM"),
        ("Durango", "DGO; DRO"),
        ("La Paz", "LAP; LPB"),
        ("Georgia", "GE; Georgia, United States"),
        ("Liberia", "LR; LIR"),
        ("Wilmington", "ILM; ILG"),
        ("Congo", "CD; CG"),
        ("Saint Martin", "MF; SXM"),
        ("Victoria", "SEZ; YYJ; Victoria State"),
        ("Quebec", "YQB; Quebec Province"),
        ("Ontario", "ONT; Ontario, Canada"),
        ("goa", "GOA; GOI,GOX"),
        ("sal", "SAL; SID"),
    ],
)
def test_a_name_of_several_places_is_refused_with_the_choices(text: str, codes: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_places(text)
    message = str(raised.value)
    assert message.startswith(f"{text} is ambiguous: write ")
    position = 0
    for code in codes.split("; "):
        position = message.index(f"{code} (", position)


def test_the_choices_of_a_shared_name_are_described() -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_places("San Jose")
    assert str(raised.value) == (
        "San Jose is ambiguous: write SJC (San Jose, California) or SJO (San José, Costa Rica)"
    )
    with pytest.raises(InvalidArgument) as raised:
        parse_places("Georgia")
    assert str(raised.value) == (
        "Georgia is ambiguous: write GE (the country Georgia) or Georgia, United States (the state or province)"
    )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("London", "LHR LGW STN LTN LCY"),  # not London in Ontario
        ("Melbourne", "MEL"),
        ("Sydney", "SYD"),
        ("Barcelona", "BCN"),
        ("Valencia", "VLC"),
        ("Naples", "NAP"),
        ("Florence", "FLR"),
        ("Columbus", "CMH"),
        ("Perth", "PER"),
        ("Paris", "CDG ORY"),
        ("Athens", "ATH"),
        ("Vitória", "VIX"),
        ("Salvador", "SSA"),
        ("San Salvador", "SAL"),
        ("Washington", "BWI IAD DCA"),
        ("New York", "JFK EWR LGA"),
        ("Singapore", "SIN"),
        ("Hong Kong", "HKG"),
        ("LA", "LAX"),
        ("Armenia", "EVN"),
        ("hue", "HUI"),
        ("kos", "KGS"),
        ("GOA", "GOA"),
    ],
)
def test_a_shared_name_means_the_place_that_is_much_larger(text: str, codes: str) -> None:
    assert searched(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Portland, Maine", "PWM"),
        ("Portland, OR", "PDX"),
        ("Portland OR", "PDX"),
        ("Portland Oregon", "PDX"),
        ("Portland, ME", "PWM"),  # ME is Montenegro only if it stands alone
        ("San Jose, CA", "SJC"),
        ("San Jose CA", "SJC"),
        ("San Jose, California, US", "SJC"),
        ("San Jose, Costa Rica", "SJO"),
        ("Victoria, Seychelles", "SEZ"),
        ("Victoria, BC", "YYJ"),
        ("Victoria, Australia", "MEL AVV"),
        ("Hamilton, Bermuda", "BDA"),
        ("Singapore, Singapore", "SIN"),
        ("Lisbon and Porto, Portugal", "LIS OPO"),
        ("San José Costa Rica", "SJO"),
        ("Santiago, Chile", "SCL"),
        ("Santiago, Spain", "SCQ"),
        ("Santiago, Dominican Republic", "STI"),
        ("London, Ontario", "YXU"),
        ("London, UK", "LHR LGW STN LTN LCY"),
        ("Melbourne, FL", "MLB"),
        ("Georgia, US", "ATL SAV"),
        ("Ontario, California", "ONT"),
        ("Cincinnati, OH", "CVG"),  # in Kentucky
        ("Kansas City, Kansas", "MCI"),  # in Missouri
        ("Basel, Switzerland", "BSL"),  # in France
        ("Paris, France", "CDG ORY"),
        ("Tokyo, Japan, SFO", "HND NRT SFO"),
        ("LAX, Portland, Maine, SEA", "LAX PWM SEA"),
        ("New York, NY", "JFK EWR LGA"),
        ("Washington, DC", "BWI IAD DCA"),
        ("Athens, Georgia", "AHN"),  # without airline service, but not Athens in Greece
        ("Paris, TX", "PRX"),
        ("LAX, CA", "LAX"),  # not Los Angeles and Canada
        ("LAX, CA, SFO, California", "LAX SFO"),
        ("GRU, Chile", "GRU SCL ANF CJC PMC CCP IQQ PUQ ZCO LSC"),
        ("Palermo, Sicily", "PMO"),
        ("Manchester, England", "MAN"),
    ],
)
def test_a_state_or_country_after_a_city_says_which_one(text: str, codes: str) -> None:
    assert searched(text) == codes


def test_a_region_after_a_city_is_a_place_of_its_own() -> None:
    assert "SEA" in parse_places("LAX, West Coast")
    assert "FRA" in parse_places("Paris, Europe")


@pytest.mark.parametrize(
    ("city", "after"),
    [
        ("Toledo", "Spain"),
        ("Lagos", "Portugal"),
        ("Macau", "Brazil"),
        ("Boston", "UK"),
        ("Dublin", "Ohio"),
        ("Milan", "MI"),
        ("Vancouver", "WA"),  # neither in Canada nor all of Washington
        ("Madrid", "New Mexico"),
        ("New York", "Florida"),
        ("New York", "ON"),
        ("Rome", "Sicily"),
    ],
)
def test_a_state_or_country_after_a_city_elsewhere_is_refused(city: str, after: str) -> None:
    sentence = f'no airport is known for {city} in {after}: write an airport near it, or "{city}; {after}" for both'
    for text in (f"{city}, {after}", f"SFO, Lima or {city}, {after}", f"not {city}, {after}"):
        with pytest.raises(InvalidArgument) as raised:
            parse_places(text)
        assert str(raised.value) == f"{sentence} places"
    assert parse_places(f"{city}; {after}").airports == parse_places(city).airports | parse_places(after).airports


@pytest.mark.parametrize("text", ["Granada, Nicaragua", "Cambridge, Massachusetts", "San Jose, Spain"])
def test_the_choices_of_a_shared_name_elsewhere_are_not_listed(text: str) -> None:
    city, _, after = text.partition(", ")
    with pytest.raises(InvalidArgument) as raised:
        parse_places(text)
    assert str(raised.value) == f"no airport is known for {city} in {after}: write an airport near it"


@pytest.mark.parametrize(
    "text",
    ["Tokyo, Singapore", "GRU, Chile", "TYO, Korea", "Japan, Korea", "Lima, Hong Kong"],
)
def test_a_place_after_another_that_it_cannot_describe_is_a_place_of_its_own(text: str) -> None:
    assert parse_places(text).airports == frozenset().union(*(parse_places(part).airports for part in text.split(", ")))


def test_a_country_after_a_city_and_its_country_is_a_place_of_its_own() -> None:
    assert (
        parse_places("Lisbon, Portugal, Spain").airports
        == parse_places("Lisbon").airports | parse_places("Spain").airports
    )
