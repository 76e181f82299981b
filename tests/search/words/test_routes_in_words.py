"""Places in wishes and their roles."""

from __future__ import annotations

from datetime import date

import pytest

from awardspider.search.words.parsing import parse_wish
from awardspider.search.words.wishes import Intent, Topic, wish_to_definition

TODAY = date(2026, 11, 28)


def route_of(text: str, lang: str) -> str:
    """Return origins and destinations: `LAX,SFO>HND,NRT`."""
    row = parse_wish(text, lang, today=TODAY).to_row()
    origins, destinations = row["origins"], row["destinations"]
    assert isinstance(origins, list)
    assert isinstance(destinations, list)
    return f"{','.join(origins)}>{','.join(destinations)}"


@pytest.mark.parametrize(
    ("lang", "text", "route"),
    [
        ("en", "business to Tokyo from LAX or SFO", "LAX,SFO>HND,NRT"),
        ("en", "from LAX, to Tokyo", "LAX>HND,NRT"),
        ("en", "LAX to Tokyo", "LAX>HND,NRT"),
        ("en", "lax-nrt", "LAX>NRT"),
        ("en", "lax > nrt", "LAX>NRT"),
        ("en", "LAX → NRT", "LAX>NRT"),
        ("en", "LAX/NRT", "LAX>NRT"),
        ("en", "LAX/SFO to NRT/HND", "LAX,SFO>HND,NRT"),
        ("en", "LAX NRT business", "LAX>NRT"),
        ("en", "jfk 2 nrt", "JFK>NRT"),
        ("en", "ORD LHR J", "ORD>LHR"),
        ("en", "SFO-FRA and SFO-MUC", "SFO>FRA,MUC"),
        ("en", "AA miles for CLT-LHR", "CLT>LHR"),
        ("en", "Tokyo from Boston", "BOS>HND,NRT"),
        ("en", "from Boston, business, Lisbon", "BOS>LIS"),
        ("en", "between LAX and NRT", "LAX>NRT"),
        ("en", "Lisbon or Porto from EWR", "EWR>LIS,OPO"),
        ("en", "from New York (JFK or EWR) to Tokyo (HND)", "EWR,JFK>HND"),
        ("en", "New York JFK to Tokyo Narita", "JFK>NRT"),
        ("en", "from Heathrow to Narita", "LHR>NRT"),
        ("en", "Tokyo but not Narita from LAX", "LAX>HND"),
        ("en", "anywhere in Europe from DEN", "DEN>region:europe"),
        ("en", "DEN to anywhere", "DEN>anywhere"),
        ("en", "to Italy from SEA", "SEA>country:IT"),
        ("en", "to Hawaii from SEA", "SEA>region:hawaii"),
        ("en", "I live in Raleigh, fly me to Rome, Italy", "RDU>CIA,FCO"),
        ("en", "from Portland, Maine to Boston", "PWM>BOS"),
        ("en", "nice to New York", "NCE>EWR,JFK,LGA"),
        ("en", "Nice, France from JFK", "JFK>NCE"),
        ("en", "it would be nice to fly from LAX to NRT for the first time", "LAX>NRT"),
        ("en", "from MAN to NRT, as many seats as you can get", "MAN>NRT"),
        ("en", "Vancuver to Sydeny", "YVR>SYD"),
        ("en", "cincinatti to amstrdam", "CVG>AMS"),
        ("en", "capetown to newyork", "CPT>EWR,JFK,LGA"),
        ("en", "from the Bay Area to London", "OAK,SFO,SJC>LCY,LGW,LHR,LTN,STN"),
        ("pt", "gru mad 15/08", "GRU>MAD"),
        ("pt", "gru com milhas smiles para lis", "GRU>LIS"),
        ("es", "mad del 3 al 12 de abril desde lim", "LIM>MAD"),
        ("pt", "de GRU pra Lisboa", "GRU>LIS"),
        ("pt", "Lisboa saindo de Guarulhos", "GRU>LIS"),
        ("pt", "Rio de Janeiro a Madri em janeiro", "GIG,SDU>MAD"),
        ("pt", "GRU x LHR", "GRU>LHR"),
        ("pt", "de SP pra Natal no natal", "CGH,GRU,VCP>NAT"),
        ("pt", "de BH para Miami", "CNF,PLU>MIA"),
        ("pt", "uma semana em Lisboa saindo do Rio", "GIG,SDU>LIS"),
        ("pt", "Portugal saindo de qualquer lugar do Brasil", "country:BR>country:PT"),
        ("pt", "qualquer lugar da Europa saindo de Recife", "REC>region:europe"),
        ("pt", "passagem de ida para Porto, saindo de REC", "REC>OPO"),
        ("pt", "nordeste saindo de Campinas", "VCP>region:northeast_brazil"),
        ("es", "de Lima a Cancún", "LIM>CUN"),
        ("es", "a Madrid desde Bogotá", "BOG>MAD"),
        ("es", "saliendo de Bogotá hacia París", "BOG>CDG,ORY"),
        ("es", "cualquier destino del Caribe desde Bogotá", "BOG>region:caribbean"),
        ("es", "a donde sea desde AGP", "AGP>anywhere"),
        ("es", "de Santiago de Chile a Los Ángeles, por la mañana", "SCL>LAX"),
    ],
)
def test_routes(lang: str, text: str, route: str) -> None:
    assert route_of(text, lang) == route


@pytest.mark.parametrize(
    ("lang", "text", "route"),
    [
        ("pt", "de GRU para Natal (RN)", "GRU>NAT"),
        ("pt", "Natal (RN), saindo de GRU", "GRU>NAT"),
        ("pt", "Natal/RN para Lisboa", "NAT>LIS"),
        ("pt", "de Natal, RN, para Lisboa", "NAT>LIS"),
        ("pt", "de Natal para Lisboa", "NAT>LIS"),
        ("pt", "Fortaleza (CE) - Miami", "FOR>MIA"),
        ("pt", "Boa Vista (RR) a Miami", "BVB>MIA"),
        ("pt", "de Palmas (TO) a Miami", "PMW>MIA"),
        ("pt", "de Vitória/ES para Lisboa", "VIX>LIS"),
        ("pt", "Rio Branco (AC) a Miami", "RBR>MIA"),
        ("pt", "Campinas (SP) para Las Vegas (NV)", "VCP>LAS"),
        ("pt", "de Salvador se possível para Lisboa", "SSA>LIS"),
        ("en", "Portland (OR) to Portland (ME)", "PDX>PWM"),
        ("en", "Halifax (NS) to Toronto (ON)", "YHZ>YTZ,YYZ"),
        ("en", "Rochester (NY) to Mobile (AL)", "ROC>MOB"),
        ("en", "Natal (Brazil) from Miami", "MIA>NAT"),
        ("es", "de Natal (Brasil) a Lisboa", "NAT>LIS"),
    ],
)
def test_a_city_with_its_state_is_a_place(lang: str, text: str, route: str) -> None:
    assert route_of(text, lang) == route
    assert parse_wish(text, lang, today=TODAY).dates == ()


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "wherever from LAX"),
        ("en", "from LAX, no matter where"),
        ("en", "from LAX, surprise me"),
        ("en", "from LAX, destination is flexible"),
        ("en", "from LAX, wherever is cheapest"),
        ("en", "from LAX to any destination"),
        ("pt", "qualquer canto saindo de LAX"),
        ("pt", "de LAX pra onde der"),
        ("pt", "de LAX, me surpreenda"),
        ("pt", "de LAX, não importa o destino"),
        ("es", "a cualquier lado desde LAX"),
        ("es", "a donde sea desde LAX"),
        ("es", "sorpréndeme, desde LAX"),
        ("es", "desde LAX, da igual a dónde"),
    ],
)
def test_anywhere(lang: str, text: str) -> None:
    assert route_of(text, lang) == "LAX>anywhere"


@pytest.mark.parametrize(
    ("name", "airports"),
    [
        ("Stockholm", "ARN,BMA"),
        ("Jakarta", "CGK,HLP"),
        ("London", "LCY,LGW,LHR,LTN,STN"),
        ("Osaka", "ITM,KIX,UKB"),
        ("Melbourne", "AVV,MEL"),
        ("Dubai", "DWC,DXB"),
        ("New York", "EWR,JFK,LGA"),
        ("Washington", "BWI,DCA,IAD"),
        ("Johannesburg", "HLA,JNB"),
        ("Orlando", "MCO"),
        ("Dubai airport DXB", "DXB"),
    ],
)
def test_a_city_has_the_airports_of_its_metropolitan_list(name: str, airports: str) -> None:
    assert route_of(f"from DEN to {name}", "en") == f"DEN>{airports}"


def test_a_watch_has_the_same_airports_as_the_wish() -> None:
    for name in ("Dubai", "Melbourne", "Nagoya"):
        wish = parse_wish(f"from DEN to {name}", "en", today=TODAY)
        definition = wish_to_definition(wish)
        assert sorted(str(definition["destination"]).split(",")) == wish.to_row()["destinations"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Aruba", "country:AW"),
        ("Curaçao", "country:CW"),
        ("Barbados", "country:BB"),
        ("Bermuda", "country:BM"),
        ("the Bahamas", "country:BS"),
        ("Jamaica", "country:JM"),
        ("the Maldives", "country:MV"),
        ("Seychelles", "country:SC"),
        ("Mauritius", "country:MU"),
        ("Fiji", "country:FJ"),
        ("Puerto Rico", "country:PR"),
        ("Guam", "country:GU"),
        ("Antigua", "country:AG"),
        ("Singapore", "SIN"),
        ("Hong Kong", "HKG"),
        ("Macau", "MFM"),
        ("Willemstad", "CUR"),
    ],
)
def test_an_island_is_a_country_and_a_city_state_a_city(name: str, place: str) -> None:
    assert route_of(f"from DEN to {name}", "en") == f"DEN>{place}"


@pytest.mark.parametrize(
    ("lang", "text", "topic"),
    [
        ("en", "to Tokyo in March", Topic.ORIGIN),
        ("en", "from LAX in March", Topic.DESTINATION),
        ("en", "from LAX to Portland", Topic.DESTINATION),
        ("en", "San Jose to Tokyo", Topic.ORIGIN),
        ("en", "from Zzyzxburg to Tokyo", Topic.ORIGIN),
        ("en", "from LAX to LAX", Topic.DESTINATION),
        ("en", "from Ann Arbor, Michigan to Rome", Topic.ORIGIN),
        ("en", "LAX to Smallville, Kansas", Topic.DESTINATION),
        ("en", "anywhere to anywhere", Topic.DESTINATION),
        ("pt", "de GRU pra Santiago", Topic.DESTINATION),
        ("es", "de Córdoba a Madrid", Topic.ORIGIN),
    ],
)
def test_missing_ambiguous_and_unknown_places_need_a_question(lang: str, text: str, topic: Topic) -> None:
    wish = parse_wish(text, lang, today=TODAY)
    assert (wish.intent, wish.ask_about) == (Intent.ASK_BACK, topic)


def test_the_home_airport_is_the_origin_of_a_wish_without_one() -> None:
    row = parse_wish("to Tokyo in March", "en", today=TODAY, home_airport="sea").to_row()
    assert (row["intent"], row["origins"]) == ("watch", ["SEA"])


def test_a_stated_origin_comes_before_the_home_airport() -> None:
    row = parse_wish("to Tokyo from LAX", "en", today=TODAY, home_airport="SEA").to_row()
    assert row["origins"] == ["LAX"]


@pytest.mark.parametrize("text", ["from San Jose to Tokyo", "from Zzyzxburg to Tokyo"])
def test_the_home_airport_does_not_replace_an_unclear_origin(text: str) -> None:
    assert parse_wish(text, "en", today=TODAY, home_airport="SEA").ask_about is Topic.ORIGIN


@pytest.mark.parametrize("home", ["", "zz", "Seattle", "QQQ"])
def test_an_unknown_home_airport_counts_as_none(home: str) -> None:
    assert parse_wish("to Tokyo in March", "en", today=TODAY, home_airport=home).ask_about is Topic.ORIGIN


@pytest.mark.parametrize(
    ("lang", "text", "excluded"),
    [
        ("en", "LAX to Europe, not UK, in May", ["not:country:GB"]),
        ("en", "LHR to anywhere, not US, in May", ["not:country:US"]),
        ("pt", "GRU para Europa, menos UK, em maio", ["not:country:GB"]),
        ("en", "LAX to Europe in May, no BA", ["BA"]),
    ],
)
def test_short_names_of_countries_are_excluded_as_places_rather_than_airlines(
    lang: str, text: str, excluded: list[str]
) -> None:
    assert parse_wish(text, lang, today=TODAY).to_row()["exclude"] == excluded
