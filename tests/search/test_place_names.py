"""Places by name: three languages, shared names, typos."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from awardspider.airports import airports
from awardspider.search.city_names import fold
from awardspider.search.countries import airports_by_country, countries_by_name
from awardspider.search.main_airports import NOT_MAIN, searched_of
from awardspider.search.place_names import (
    AmbiguousPlace,
    PlaceKind,
    PlacePart,
    find_place,
    is_place_code,
    place_names,
)
from awardspider.search.regions import regions


def main(name: str, *, fuzzy: bool = False) -> str:
    """Return the airports to search of a place that is not ambiguous."""
    place = find_place(name, fuzzy=fuzzy)
    assert isinstance(place, PlacePart), f"{name}: {place}"
    return " ".join(sorted(place.main))


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        ("Lisbon; Lisboa; LISBOA; lisbon, portugal", "LIS"),
        ("London; Londres", "LCY LGW LHR LTN STN"),
        ("New York; Nova York; Nova Iorque; Nueva York; New York City; NYC; NY", "EWR JFK LGA"),
        ("Tokyo; Tóquio; Tokio; Toquio; TYO", "HND NRT"),
        ("Milan; Milano; Milão; Milán; MIL", "BGY LIN MXP"),
        ("Rome; Roma", "CIA FCO"),
        ("Munich; München; Munique; Múnich", "MUC"),
        ("Vienna; Wien; Viena", "VIE"),
        ("Beijing; Peking; Pequim; Pekín", "PEK PKX"),
        ("Moscow; Moscou; Moscovo; Moscú", "DME SVO VKO"),
        ("Warsaw; Varsóvia; Varsovia; Warszawa", "WAW"),
        ("Seoul; Seul; Seúl", "GMP ICN"),
        ("Mexico City; Cidade do México; Ciudad de México; CDMX", "MEX"),
        ("São Paulo; Sao Paulo; SAO; Sampa", "CGH GRU VCP"),
        ("Rio; Rio de Janeiro; Río de Janeiro", "GIG SDU"),
        ("Cape Town; Cidade do Cabo; Ciudad del Cabo", "CPT"),
        ("Ho Chi Minh City; Saigon", "SGN"),
        ("Mumbai; Bombay; Bombaim", "BOM"),
        ("Cologne; Köln; Colônia; Colonia", "CGN"),
        ("Geneva; Genève; Genebra; Ginebra", "GVA"),
        ("Copenhagen; København; Copenhague", "CPH"),
        ("Istanbul; Istambul; Estambul", "IST SAW"),
        ("Kyiv; Kiev", "IEV KBP"),
        ("Honolulu; Oahu", "HNL"),
        ("Bali; Denpasar", "DPS"),
        ("Tahiti; Papeete", "PPT"),
        ("Cabo; Los Cabos; San José del Cabo", "SJD"),
        ("St. Maarten; Sint Maarten", "SXM"),
        ("St Thomas; Saint Thomas", "STT"),
        ("Łódź; Lodz", "LCJ"),
        ("Tromsø; Tromso", "TOS"),
        ("Heathrow; Heathrow Airport", "LHR"),
        ("Narita; Narita International Airport", "NRT"),
        ("Greater London; London area; London airports; all airports in London", "LCY LGW LHR LTN STN"),
        ("Tokyo (HND); HND", "HND"),
        ("Portland (Maine); Portland (ME)", "PWM"),
        ("Fort Lauderdale; Ft. Lauderdale; Ft Lauderdale, FL", "FLL"),
        ("Washington DC; Washington D.C.; DC; Washington", "BWI DCA IAD"),
        ("Raleigh; Durham; Raleigh-Durham", "RDU"),
        ("Frankfurt; Frankfurt am Main; Fráncfort", "FRA"),
        ("Kansas City; Kansas City, MO", "MCI"),
        ("Reykjavik; Reykjavík", "KEF RKV"),
        ("Maui; Kahului", "OGG"),
        ("Tel Aviv; Tel-Aviv", "TLV"),
        ("Kyoto; Osaka", "ITM KIX UKB"),
    ],
)
def test_names_of_a_city(names: str, codes: str) -> None:
    assert {name: main(name) for name in names.split("; ")} == dict.fromkeys(names.split("; "), codes)


def test_every_name_of_a_country_in_three_languages_is_the_country() -> None:
    cities = set()
    for language in ("en", "pt", "pt_PT", "es"):
        territories = Locale.parse(language).territories
        for code in airports_by_country():
            place = find_place(str(territories[code]))
            choices = place.choices if isinstance(place, AmbiguousPlace) else (place,)
            if not any(each and each.kind is PlaceKind.COUNTRY and each.key == code for each in choices):
                assert len(choices) == 1
                assert choices[0] is not None, territories[code]
                if territories[code] != "Salvador":  # the city in Brazil
                    assert choices[0].main == searched_of(airports_by_country()[code])
                cities.add(territories[code])
    assert "Singapore" in cities  # a city and a country at once
    assert not {"Luxemburgo", "Bermudas"} & cities  # countries with one city


@pytest.mark.parametrize("code", ["JP", "BR", "GB", "uk", "us", "MX", "PR", "hk"])
def test_two_letters_are_a_country(code: str) -> None:
    place = find_place(code)
    assert isinstance(place, PlacePart)
    assert place.kind is (PlaceKind.CITY if code == "hk" else PlaceKind.COUNTRY)


@pytest.mark.parametrize(
    "word", ["or", "ok", "oh", "Tx", "ny state of mind", "x", "", " ", "12", "L4X", "東京", "a" * 200]
)
def test_other_words_are_no_place(word: str) -> None:
    assert find_place(word) is None
    assert find_place(word, fuzzy=True) is None


@pytest.mark.parametrize(
    ("typo", "name"),
    [
        ("Lisbao", "Lisboa"), ("Frankfrut", "Frankfurt"), ("Pariis", "Paris"), ("Amsterdan", "Amsterdam"),
        ("Johanesburg", "Johannesburg"), ("Hongkon", "Hong Kong"), ("Germny", "Germany"), ("Eurpe", "Europe"),
        ("phillipines", "Philippines"), ("Carribean", "Caribbean"), ("Carribbean", "Caribbean"), ("Tokoy", "Tokyo"),
        ("Mimai", "Miami"), ("Los Angles", "Los Angeles"), ("San Fransisco", "San Francisco"),
        ("kuala lumpor", "Kuala Lumpur"), ("south est asia", "Southeast Asia"), ("Protugal", "Portugal"),
        ("Buenos Airs", "Buenos Aires"), ("Sao Palo", "São Paulo"), ("guarulos", "Guarulhos"),
    ],
)  # fmt: skip
def test_a_typo_is_understood_only_on_request(typo: str, name: str) -> None:
    assert find_place(typo) is None
    assert main(typo, fuzzy=True) == main(name)


def test_a_typo_of_a_shared_name_is_ambiguous() -> None:
    place = find_place("Portlnad", fuzzy=True)
    assert isinstance(place, AmbiguousPlace)
    assert place.codes() == "PDX or PWM"


COMMON_WORDS = """
business economy first class premium april june july september october november december january february seats
travelers passengers under miles points from nonstop direct flight flights weekend return nights week month summer
winter spring cheap award saver availability please looking watch notify before after around between family people
adults children executiva economica primeira classe janeiro fevereiro abril junho julho agosto setembro outubro
novembro dezembro milhas pontos pessoas pessoa saindo partindo volta noites menos escalas direto quero passagem
passagens negocios ejecutiva turista primera febrero marzo junio julio septiembre octubre noviembre diciembre millas
puntos personas saliendo vuelta noches directo quiero vuelo vuelos boletos pasajes asientos viajeros stops layover
connection cabin roundtrip hello thanks stop help list watches cancel remove pause resume tomorrow today yesterday
monday tuesday wednesday thursday friday saturday sunday segunda terca quarta quinta sexta sabado domingo martes
"""


@pytest.mark.parametrize("word", COMMON_WORDS.split())
def test_common_words_of_a_wish_are_no_place_even_with_typos(word: str) -> None:
    place = find_place(word, fuzzy=True)
    assert place is None or (isinstance(place, PlacePart) and place.size == NOT_MAIN)


def test_codes_of_main_airports_and_cities_are_place_codes() -> None:
    assert all(map(is_place_code, ["LAX", "lax", "NYC", "tyo", "GRU"]))
    assert not any(map(is_place_code, ["XXX", "FOR ", "MES", "Tokyo", ""]))


@pytest.mark.parametrize(
    ("name", "label", "written"),
    [
        ("lax", "airport:LAX", "LAX"),
        ("Tokyo", "city:TYO", "TYO"),
        ("Houston", "city:HOU", "IAH,HOU"),  # the code HOU is an airport
        ("Lisbon", "city:LIS", "LIS"),
        ("Italia", "country:IT", "IT"),
        ("Europa", "region:europe", "Europe"),
        ("Geórgia, US", "region:georgia", "Georgia, United States"),
        ("within 100 miles of Boston", "near:BOS:161", "within 161 km of BOS"),
        ("cualquier lugar", "anywhere", "anywhere"),
    ],
)
def test_label_and_text_of_a_place(name: str, label: str, written: str) -> None:
    place = find_place(name)
    assert isinstance(place, PlacePart)
    assert (place.label, place.written) == (label, written)


@settings(deadline=None)
@given(st.sampled_from(sorted(place_names())))
def test_the_text_of_a_place_means_the_same_place(name: str) -> None:
    found = find_place(name)
    for place in found.choices if isinstance(found, AmbiguousPlace) else [found]:
        assert place is not None
        again = [find_place(part) for part in place.written.split(",")] if place.kind is PlaceKind.CITY else []
        if len(again) > 1:
            assert [each.main for each in again if isinstance(each, PlacePart)] == [(code,) for code in place.main]
        else:
            same = find_place(place.written)
            assert isinstance(same, PlacePart)
            assert (same.main, same.airports) == (place.main, place.airports) or place.kind is PlaceKind.CITY


@settings(deadline=None)
@given(st.sampled_from(sorted(place_names())), st.booleans())
def test_a_place_has_airports_and_searches_some_of_them(name: str, fuzzy: bool) -> None:
    found = find_place(name, fuzzy=fuzzy)
    for place in found.choices if isinstance(found, AmbiguousPlace) else [found]:
        assert place is not None
        assert place.main
        assert set(place.main) <= place.airports <= airports().keys()


@settings(deadline=None)
@given(
    st.sampled_from(sorted(place_names())),
    st.sampled_from(["upper", "title", "capitalize"]),
    st.sampled_from([" ", "-", "  "]),
)
def test_case_and_punctuation_do_not_matter(name: str, change: str, space: str) -> None:
    written = getattr(name, change)().replace(" ", space)
    if len(written) > 3:  # three capitals are a code
        first, second = find_place(name), find_place(written)
        assert isinstance(first, PlacePart) == isinstance(second, PlacePart)
        if isinstance(first, PlacePart) and isinstance(second, PlacePart):
            assert first == second


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("São  Paulo", "sao paulo"),
        ("St. John's", "saint johns"),
        ("Ft. Lauderdale", "fort lauderdale"),
        ("Washington D.C.", "washington dc"),
        ("Łódź", "lodz"),
        ("İzmir", "izmir"),
        ("Côte d’Ivoire", "cote divoire"),
        ("Frankfurt-Hahn", "frankfurt hahn"),
        ("Größe", "grosse"),
        ("St", "st"),
        ("", ""),
    ],
)
def test_names_are_folded(name: str, folded: str) -> None:
    assert fold(name) == folded
    assert fold(folded) == folded


def test_no_region_hides_another() -> None:
    """Only the state of Georgia shares its name, with a country."""
    keys: dict[str, set[str]] = {}
    for region in regions().values():
        for name in (region.name, *region.other_names):
            keys.setdefault(fold(name), set()).add(region.key)
    assert {name: found for name, found in keys.items() if len(found) > 1} == {}
    assert keys.keys() & countries_by_name().keys() == {"georgia"}
