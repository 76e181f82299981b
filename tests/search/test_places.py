"""Places as people write them in a watch."""

from __future__ import annotations

import contextlib
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.airports import airports
from awardspider.outcomes import InvalidArgument
from awardspider.search.countries import airports_by_country
from awardspider.search.place_names import place_names
from awardspider.search.places import Places, labels_of, parse_airport_codes, parse_places
from awardspider.search.regions import regions
from tests.support.paths import ROOT


def searched(text: str) -> str:
    return " ".join(parse_places(text).searched)


# ---- airports and cities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("LAX", "LAX"),
        ("lax sfo", "LAX SFO"),
        (" SFO , lax;aus ", "SFO LAX AUS"),
        ("LAX,SFO,lax", "LAX SFO"),
        ("LAX/SFO", "LAX SFO"),
        ("LAX or SFO", "LAX SFO"),
        ("LAX & SFO", "LAX SFO"),
        ("LAX, SFO and AUS", "LAX SFO AUS"),
        ("TYO", "HND NRT"),
        ("NYC", "EWR JFK LGA"),
        ("WAS", "BWI DCA IAD"),
        ("CHI", "MDW ORD"),
        ("YMQ", "YUL"),
        ("JFK,NYC", "JFK EWR LGA"),
        ("Tokyo", "HND NRT"),
        ("tokyo, NEW YORK", "HND NRT EWR JFK LGA"),
        ("Rio e São Paulo", "GIG SDU CGH GRU VCP"),
        ("SFO, Los Angeles", "SFO LAX"),
        ("Los Angeles, California", "LAX"),
    ],
)
def test_airports_and_cities_keep_their_order_without_duplicates(text: str, codes: str) -> None:
    assert parse_airport_codes(text) == tuple(codes.split())
    assert set(parse_places(text).searched) == set(codes.split())


@pytest.mark.parametrize("code", ["HOU", "SHA", "DFW", "DXB", "BKK", "JNB"])
def test_a_code_of_an_airport_and_a_city_means_the_airport(code: str) -> None:
    assert parse_airport_codes(code) == (code,)


def test_a_code_without_airline_service_means_the_citys_airport() -> None:
    assert parse_airport_codes("ANK") == ("ESB",)
    assert parse_airport_codes("MKC") == ("MCI",)


def test_city_codes_expand_to_known_airports() -> None:
    city_codes = "BHZ,BJS,BUE,CHI,EAP,IZM,JKT,LON,MIL,MOW,NYC,OSA,PAR,RIO,ROM,SAO,SEL,SPK,STO,TYO,WAS,YEA,YMQ,YTO"
    for city_code in city_codes.split(","):
        codes = parse_airport_codes(city_code)
        assert codes, city_code
        assert set(codes) <= airports().keys()
        assert city_code not in codes


def test_a_city_is_searched_at_its_main_airports_and_matches_all_of_them() -> None:
    london = parse_places("London")
    assert london.searched == ("LHR", "LGW", "STN", "LTN", "LCY")
    assert london.airports == {"LCY", "LGW", "LHR", "LTN", "SEN", "STN"}


@pytest.mark.parametrize(
    "text", ["Japan", "Europe", "anywhere", "within 100 km of BOS", "LAX, not LAX SFO", "NYC not JFK"]
)
def test_only_airports_and_cities_have_codes(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_airport_codes(text)


def test_every_airport_of_the_sandbox_is_found_by_its_city_and_searched() -> None:
    file = ROOT / "awardspider" / "sandbox" / "data" / "network.toml"
    cities = tomllib.loads(file.read_text(encoding="utf-8"))["airports"]
    others = {"GUM": "Guam", "EWR": "Newark"}  # GU is no state, and New York/Newark are two cities
    ambiguous = set()
    for code, name in cities.items():
        try:
            assert code in parse_places(others.get(code, name)).searched, name
        except InvalidArgument as error:
            assert f"{code} (" in str(error)  # noqa: PT017
            ambiguous.add(name)
    assert ambiguous == {"Manchester", "Panama City", "San Jose", "Santiago"}


# ---- countries, regions and distances ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label", "inside", "outside"),
    [
        ("JP", "country:JP", "NRT HND OKA", "ICN TPE"),
        ("Japan", "country:JP", "NRT HND OKA", "ICN TPE"),
        ("Japão", "country:JP", "NRT HND OKA", "ICN TPE"),
        ("Japón", "country:JP", "NRT HND OKA", "ICN TPE"),
        ("UK", "country:GB", "LHR EDI BFS", "DUB"),
        ("USA", "country:US", "JFK HNL ANC SJU STT", "YYZ GUM"),
        ("Puerto Rico", "country:PR", "SJU BQN", "STT MIA"),
        ("Estados Unidos", "country:US", "JFK HNL", "MEX"),
        ("Holland", "country:NL", "AMS", "BRU"),
        ("Europe", "region:europe", "LHR CDG IST KEF ATH SVO LPA", "CMN TLV JFK"),
        ("Caribbean", "region:caribbean", "SJU STT NAS AUA POS HAV", "CUN BDA MIA PTY"),
        ("South America", "region:south_america", "GRU EZE BOG", "PTY AUA"),
        ("Central America", "region:central_america", "PTY SJO GUA BZE", "MEX BOG"),
        ("Latin America", "region:latin_america", "MEX GRU PTY HAV", "MIA NAS"),
        ("North America", "region:north_america", "JFK YYZ MEX", "PTY SDQ"),
        ("Asia", "region:asia", "NRT DEL DXB TAS", "SVO CAI"),
        ("Southeast Asia", "region:southeast_asia", "BKK SIN MNL DPS", "HKG DEL"),
        ("Northeast Asia", "region:east_asia", "NRT ICN TPE PEK HKG", "BKK VVO"),
        ("South Asia", "region:south_asia", "DEL CMB MLE", "DXB"),
        ("Middle East", "region:middle_east", "DXB DOH TLV IST", "CAI KHI"),
        ("Africa", "region:africa", "CAI JNB MRU", "DXB LPA"),
        ("North Africa", "region:north_africa", "CAI CMN", "JNB"),
        ("Oceania", "region:oceania", "SYD AKL PPT GUM", "HNL DPS"),
        ("Scandinavia", "region:scandinavia", "CPH ARN OSL", "HEL KEF"),
        ("Nordics", "region:nordics", "CPH HEL KEF", "TLL"),
        ("Hawaii", "region:hawaii", "HNL OGG ITO", "LAX"),
        ("Florida", "region:florida", "MIA MCO", "ATL"),
        ("TX", "region:texas", "DFW IAH", "OKC"),
        ("BC", "region:british_columbia", "YVR YYJ", "YYC"),
        ("ON", "region:ontario", "YYZ YOW", "YUL"),
        ("QLD", "region:queensland", "BNE CNS", "SYD"),
        ("Big Island", "region:big_island", "KOA ITO", "HNL"),
        ("CA", "country:CA", "YYZ YVR", "LAX"),
        ("British Columbia", "region:british_columbia", "YVR YYJ", "YYC"),
        ("West Coast", "region:us_west_coast", "LAX SEA PDX", "LAS YVR"),
        ("East Coast", "region:us_east_coast", "JFK BOS MIA", "ORD"),
        ("Sudeste Asiático", "region:southeast_asia", "BKK", "HKG"),
        ("el Caribe", "region:caribbean", "SJU", "CUN"),
        ("region:europe", "region:europe", "LHR", "JFK"),
        ("anywhere", "anywhere", "LHR JFK", ""),
        ("qualquer lugar", "anywhere", "LHR JFK", ""),
    ],
)
def test_countries_and_regions_have_their_airports(text: str, label: str, inside: str, outside: str) -> None:
    places = parse_places(text)
    assert places.labels == (label,)
    assert set(inside.split()) <= places.airports
    assert not set(outside.split()) & places.airports


def test_only_main_airports_of_broad_places_are_searched_the_largest_first() -> None:
    brazil = parse_places("Brazil")
    assert brazil.searched[0] == "GRU"
    assert {"REC", "FLN", "IGU"} <= set(brazil.searched)
    assert "JDO" in brazil  # a smaller airport matches, but is not searched
    assert "JDO" not in brazil.searched
    assert len(brazil.searched) < 50 < len(brazil.airports)
    assert parse_places("Bhutan").searched == ("PBH",)  # the largest of a country is searched however small it is
    assert 400 < len(parse_places("anywhere").searched) < 1200


def test_every_country_and_region_has_airports_to_search() -> None:
    for text in [*(f"country:{code}" for code in airports_by_country()), *(f"region:{key}" for key in regions())]:
        places = parse_places(text)
        assert places.searched
        assert set(places.searched) <= places.airports


def test_a_radius_has_the_airports_within_it() -> None:
    boston = parse_places("within 150 km of BOS")
    assert {"BOS", "PVD", "MHT", "HYA"} <= boston.airports
    assert not {"JFK", "PWM", "ALB"} & boston.airports  # JFK 301 km, PWM 153 km, ALB 234 km
    assert boston.searched[0] == "BOS"
    assert "PWM" in parse_places("within 155 km of BOS")
    assert set(boston.labels) == {f"airport:{code}" for code in boston.airports}


@pytest.mark.parametrize(
    "text",
    [
        "within 100 miles of BOS",
        "100 mi of Boston",
        "a 161 km de BOS",
        "a menos de 161 km de Boston",
        "161 km around bos",
    ],
)
def test_a_radius_in_miles_and_other_words(text: str) -> None:
    assert parse_places(text).airports == parse_places("within 161 km of BOS").airports


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("within 1,000 km of BOS", "within 1000 km of BOS"),
        ("dentro de 1.000 km de Lisboa", "within 1000 km of LIS"),
        ("em um raio de 150 km de GRU", "within 150 km of GRU"),
        ("en un radio de 150 km de GRU", "within 150 km of GRU"),
        ("within 100 nm of BOS", "within 185 km of BOS"),
        ("100 milhas náuticas de GRU", "within 185 km of GRU"),
        ("within 1.5 km of BOS", "within 2 km of BOS"),
        ("within 0.1 km of BOS", "within 1 km of BOS"),
        ("within 150 km of Portland, Maine", "within 150 km of PWM"),
        ("SEA, within 1,500 km of Portland, ME, not BOS", "SEA; within 1500 km of PWM; not BOS"),
    ],
)
def test_a_radius_with_other_numbers_units_and_centers(text: str, same: str) -> None:
    assert parse_places(text).airports == parse_places(same).airports


def test_a_radius_around_a_city_is_around_each_of_its_airports() -> None:
    assert {"HND", "NRT", "IBR"} <= parse_places("within 60 km of Tokyo").airports
    assert "IBR" not in parse_places("within 60 km of HND")


def test_a_radius_passes_the_date_line_and_the_pole() -> None:
    assert "APW" in parse_places("within 1300 km of NAN")  # Fiji is west of the line, Samoa east of it
    assert parse_places("within 1200 km of LYR").searched


# ---- exclusions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("LON, not LHR", "LGW STN", "LHR"),
        ("LON not LHR", "LGW STN", "LHR"),
        ("Europe, not UK", "CDG FRA", "LHR EDI"),
        ("Europe, not UK, not FRA", "CDG MUC", "LHR FRA"),
        ("Europe, not UK or FRA", "CDG MUC", "LHR FRA"),
        ("Europe but not Paris, France", "NCE", "CDG ORY"),
        ("Europa, exceto Portugal", "MAD", "LIS"),
        ("Europa sin España", "LIS", "MAD"),
        ("Europa menos Reino Unido", "LIS", "LHR"),
        ("Europa salvo España", "LIS", "MAD"),
        ("not LHR", "LGW JFK", "LHR"),
        ("not LHR, not FRA", "LGW JFK", "LHR FRA"),
        ("anywhere, not US", "LHR", "JFK SJU"),
        ("US, not Puerto Rico", "JFK", "SJU"),
        ("Asia, not Middle East", "NRT", "DXB IST"),
        ("Japan, not within 100 km of HND", "KIX", "HND NRT"),
        ("not Portland, Maine", "PDX", "PWM"),
    ],
)
def test_exclusions_are_removed(text: str, inside: str, outside: str) -> None:
    places = parse_places(text)
    assert set(inside.split()) <= places.airports
    assert not set(outside.split()) & {*places.airports, *places.searched}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("NO", "country:NO"),
        ("NO, SE", "country:NO country:SE"),
        ("LAX, SIN", "airport:LAX airport:SIN"),
        ("LAX SIN", "airport:LAX airport:SIN"),
        ("lax sin", "airport:LAX airport:SIN"),
        ("SIN, BKK", "airport:SIN airport:BKK"),
        ("SEM", "airport:SEM"),
        ("NAO", "airport:NAO"),
        ("IN or OR", "country:IN region:oregon"),
    ],
)
def test_codes_that_are_words_are_places(text: str, labels: str) -> None:
    assert parse_places(text).labels == tuple(labels.split())


def test_without_its_large_airports_a_country_is_searched_at_the_next_largest() -> None:
    assert parse_places("Iceland, not KEF").searched == ("RKV", "AEY")


def test_excluded_airports_of_a_short_list_have_no_label() -> None:
    assert parse_places("NYC not JFK").labels == ("airport:EWR", "airport:LGA")
    assert parse_places("Europe, not UK").labels == ("region:europe",)


# ---- errors ------------------------------------------------------------------------------------------------------

FORMS = "write for example LAX, Tokyo, Japan, Europe, within 150 km of BOS, or anywhere"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LAXX", 'unknown place "LAXX" (did you mean LAX?)'),
        ("KLAX", 'unknown place "KLAX" (did you mean LAX?)'),
        ("JKF", 'unknown place "JKF" (did you mean JFK?)'),
        ("LAX,SFOO", 'unknown place "SFOO" (did you mean SFO?)'),
        ("Lisbao", 'unknown place "Lisbao" (did you mean Lisbon?)'),
        ("LAX, Germny", 'unknown place "Germny" (did you mean Germany?)'),
        ("Europ", 'unknown place "Europ" (did you mean Europe?)'),
        ("LXQ", f'unknown place "LXQ" ({FORMS})'),
        ("L4X", f'unknown place "L4X" ({FORMS})'),
        ("asdfghjk", f'unknown place "asdfghjk" ({FORMS})'),
        ("Bath", f'unknown place "Bath" ({FORMS})'),
        ("ICE", f'unknown place "ICE" ({FORMS})'),
        ("Braga", f'unknown place "Braga" ({FORMS})'),
        ("no", '"no" is a word: write NO for Norway'),
        ("LAX, It", '"It" is a word: write IT for Italy'),
        ("Europe, not is", '"is" is a word: write IS for Iceland'),
        ("within 150 km of Asdfgh", f'unknown place "Asdfgh" ({FORMS})'),
        ("within 150 km of Bostn", 'unknown place "Bostn" (did you mean Boston?)'),
        ("within 9000 km of BOS", "a distance can be at most 5,000 km: name a country or region instead"),
        ("within 4,000 miles of BOS", "a distance can be at most 5,000 km: name a country or region instead"),
        ("within 10 furlongs of BOS", 'unknown unit "furlongs": write km or miles'),
        ("within 1.2.3 km of BOS", '"1.2.3" is not a distance: write for example 150 km'),
        ("within 150 km of Japan", "a distance is measured from an airport or a city: Japan is neither"),
        (
            "within 150 km of San Jose",
            "San Jose is ambiguous: write SJC (San Jose, California) or SJO (San José, Costa Rica)",
        ),
        ("", f"places are missing: {FORMS}"),
        (" ,, ", f"places are missing: {FORMS}"),
        ("JFK, not JFK", '"JFK, not JFK" excludes every airport'),
        ("Europe not", '"Europe not" does not say what to exclude: write for example not LHR'),
        (
            "Europe, not LHR, FRA",
            'FRA comes after an exclusion: write "not FRA" to exclude it too, or put it first',
        ),
        ("Springfeld", 'unknown place "Springfeld" (Springfield is ambiguous: write SGF or SPI)'),
    ],
)
def test_unknown_places_get_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_places(text)
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["x" * 100_000, "x, " * 500, "LAX " * 400])
def test_the_message_for_a_very_long_text_is_short(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert parse_places(text).airports == {"LAX"}
    with pytest.raises(InvalidArgument) as raised:
        parse_places("x" + text)
    assert len(str(raised.value)) < 200


# ---- labels ------------------------------------------------------------------------------------------------------


def test_labels_of_an_airport() -> None:
    assert labels_of("SJU") == (
        "airport:SJU",
        "country:US",
        "country:PR",
        "region:north_america",
        "region:caribbean",
        "region:latin_america",
        "anywhere",
    )
    assert labels_of("???") == ("airport:???", "anywhere")


# ---- properties --------------------------------------------------------------------------------------------------

CODES = st.sampled_from(sorted(airports()))
BROAD = st.one_of(
    st.sampled_from(sorted(airports_by_country())).map("country:{}".format),
    st.sampled_from(sorted(regions())).map("region:{}".format),
    st.builds("within {} km of {}".format, st.integers(1, 900), CODES),
    st.just("anywhere"),
)
PARTS = st.one_of(CODES, BROAD)


def union(texts: list[str]) -> set[str]:
    return {code for text in texts for code in parse_places(text).airports}


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3), st.lists(PARTS, max_size=2))
def test_places_are_the_included_ones_without_the_excluded_ones(included: list[str], excluded: list[str]) -> None:
    text = ", ".join([*included, *(f"not {part}" for part in excluded)])
    expected = union(included) - union(excluded)
    if not expected:
        with pytest.raises(InvalidArgument, match="excludes every airport"):
            parse_places(text)
        return
    places = parse_places(text)
    assert places.airports == expected
    assert places.searched
    assert set(places.searched) <= places.airports
    assert len(set(places.searched)) == len(places.searched)
    assert str(places) == text


@settings(deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3), st.lists(PARTS, max_size=1), CODES)
def test_an_airport_in_places_has_one_of_their_labels(included: list[str], excluded: list[str], iata: str) -> None:
    with contextlib.suppress(InvalidArgument):
        places = parse_places(", ".join([*included, *(f"not {part}" for part in excluded)]))
        for code in {iata, *places.searched[:20], min(places.airports)}:
            has_label = bool(set(labels_of(code)) & set(places.labels))
            assert has_label >= (code in places)
            if not excluded:
                assert has_label == (code in places)


@settings(deadline=None)
@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["not", ",", "or", "LAX", "of", "km", "within 5", "UK"])).map(" ".join)
)
def test_any_other_text_raises_invalid_argument_only(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        assert parse_places(text).airports


@settings(deadline=None)
@given(st.sampled_from(sorted(place_names())))
def test_every_known_name_is_a_place_or_ambiguous(name: str) -> None:
    try:
        places = parse_places(name)
    except InvalidArgument as error:
        assert "is ambiguous: write " in str(error)  # noqa: PT017  both endings are right
        return
    assert isinstance(places, Places)
    assert places.searched
