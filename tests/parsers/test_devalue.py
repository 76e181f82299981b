"""The two forms of the devalue format: flattened arrays, and JavaScript literals."""

from __future__ import annotations

from typing import Any

import pytest

from awardspider.outcomes import UnexpectedResponse
from awardspider.parsers._devalue import parse_literal, unflatten


@pytest.mark.parametrize(
    ("flat", "value"),
    [
        ([{"rows": 1}, [2, 2], {"miles": 3}, 7500], {"rows": [{"miles": 7500}, {"miles": 7500}]}),
        ([{"a": -1, "b": -3, "c": 1}, -3], {"a": None, "b": None, "c": -3}),
        ([[1, -2, 2], "x", None], ["x", None, None]),
        ([{"when": 1, "set": 2, "map": 3}, ["Date", "2027-03-01T00:00:00.000Z"], ["Set", 4], ["Map", 4, 5], "k", "v"],
         {"when": "2027-03-01T00:00:00.000Z", "set": ["k"], "map": [["k", "v"]]}),
        ([{"later": 1, "bare": 3}, ["Promise", 2], 1, ["null", "key", 2]], {"later": 1, "bare": {"key": 1}}),
        ([[-7, 9, 4, 1], "only"], ["only"]),
        (-1, None),
    ],
)  # fmt: skip
def test_unflatten(flat: Any, value: Any) -> None:
    assert unflatten(flat) == value


@pytest.mark.parametrize(
    ("flat", "note"),
    [
        ([], "is empty"),
        ([[0]], "contains itself"),
        ([{"a": 1}, [0]], "contains itself"),
        ([{"a": 5}], "no item 5"),
        ([{"a": True}], "expected an index"),
        ([{"a": [1]}, 1], "expected an index"),
        ([[place + 1] for place in range(5000)], "too deep"),
    ],
)
def test_invalid_flattened_array(flat: Any, note: str) -> None:
    with pytest.raises(UnexpectedResponse, match=note):
        unflatten(flat)


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ('[{departureStation:"SEA",rows:[]}]', [{"departureStation": "SEA", "rows": []}]),
        ("""{'a-b':.5,"c":-5.6,d:1e3,7:0x1F,$e_:-0,f:12n,}""",
         {"a-b": 0.5, "c": -5.6, "d": 1000.0, "7": 31, "$e_": 0, "f": 12}),
        ("[void 0,undefined,null,NaN,-Infinity,1/0,true,!0,!1]", [None] * 6 + [True, True, False]),
        ("[,1,,2,]", [None, 1, None, 2]),
        (r"""["\u003Cb\u003E","\x41\n","it's",'say "no"','\'',"\uD83D\uDE00 \u{1F600}","\uD83D"]""",
         ["<b>", "A\n", "it's", 'say "no"', "'", "😀 😀", "\ufffd"]),
        ('[new Date(123),new Set(["k"]),new Map([["k",1]]),Object("x"),Object.create(null)]',
         [123, ["k"], [["k", 1]], "x", {}]),
        ('(function(a,b){return [{x:a,y:b},{x:a}]}("same",5.6))', [{"x": "same", "y": 5.6}, {"x": "same"}]),
        ('(function(a,b,c){a.code="AS";a["x y"]=b;b[0]=1;c.add("k").add(2);return {p:a,r:[a,c]}}({},Array(1),new Set))',
         {"p": {"code": "AS", "x y": [1]}, "r": [{"code": "AS", "x y": [1]}, ["k", 2]]}),
    ],
)  # fmt: skip
def test_parse_literal(script: str, value: Any) -> None:
    assert parse_literal(f"resolve(1, () => {script})", len("resolve(1, () => ")) == value


@pytest.mark.parametrize(
    "script",
    [
        "", "{a:1", "{a 1}", "[1 2]", '"open', "alert(1)", "{a:b}", "x=>1", "new XMLHttpRequest()", "`text`", "[...a]",
        "(function(a){a.b=a;return a}({}))", "(function(a){steal();return a}({}))", "(function(a){", "[" * 5000,
        "{...a}", "{a(){}}", "1 / ",
    ],
)  # fmt: skip
def test_other_scripts_are_not_executed(script: str) -> None:
    with pytest.raises(UnexpectedResponse):
        parse_literal(script)


def test_infinite_numbers_are_none() -> None:
    assert parse_literal("[1e999," + "9" * 400 + "]") == [None, None]
