"""Values as SvelteKit sends them: flattened into an array of indexes, or written as a JavaScript expression.

Both are forms of the open "devalue" format. What JSON has no word for comes out so: undefined, holes, NaN and
infinities as None, dates as their text or number, sets as lists, maps as lists of pairs.
"""

from __future__ import annotations

import math
import re
from typing import Any

from awardspider.outcomes import UnexpectedResponse

# ---- the flattened form --------------------------------------------------------------------------------------------

SPARSE = -7  # ahead of an array that is mostly holes: [-7, length, index, value, …]
UNDER_WAY = object()


def unflattened(flat: object) -> Any:
    """The value of a flattened array: item 0 is the root, lists and objects hold indexes, below zero are constants.

    Raises Changed for what is no such array, or holds itself. Tags that are not known keep their own value.
    """
    if not isinstance(flat, list):
        return None  # a constant alone: each of them is one that JSON has no word for
    if not flat:
        raise UnexpectedResponse("a flattened array is empty")
    # Values that are no list or object stand for themselves: most are, and looking them up is all that is left.
    plain = {index: raw for index, raw in enumerate(flat) if type(raw) is not dict and type(raw) is not list}
    done: dict[int, Any] = {}

    def value(index: object) -> Any:
        if type(index) is not int:
            raise UnexpectedResponse(f"{str(index)[:80]} is no index of a flattened array")
        if index < 0:
            return None
        if index in plain:
            return plain[index]
        if index in done:
            if done[index] is UNDER_WAY:
                raise UnexpectedResponse(f"item {index} of a flattened array holds itself")
            return done[index]
        if index >= len(flat):
            raise UnexpectedResponse(f"a flattened array of {len(flat)} has no item {index}")
        done[index] = UNDER_WAY
        raw = flat[index]
        if type(raw) is dict:
            found: Any = {key: plain[i] if type(i) is int and i in plain else value(i) for key, i in raw.items()}
        elif raw and (isinstance(raw[0], str) or raw[0] == SPARSE):
            found = tagged(raw)
        else:
            found = [value(i) for i in raw]
        done[index] = found
        return found

    def tagged(raw: list[Any]) -> Any:
        tag, rest = raw[0], raw[1:]
        if tag == SPARSE:
            return [value(inside) for inside in rest[2::2]]
        if tag == "Set":
            return [value(inside) for inside in rest]
        if tag == "Map":
            return [[value(key), value(inside)] for key, inside in zip(rest[::2], rest[1::2], strict=False)]
        if tag == "null":  # an object without a prototype
            return {str(key): value(inside) for key, inside in zip(rest[::2], rest[1::2], strict=False)}
        # Dates and numbers stand in the array themselves; what the site names itself (Promise) is an index.
        own = rest[0] if rest else None
        return own if isinstance(own, str) or not rest or type(own) is not int or own >= len(flat) else value(own)

    try:
        return value(0)
    except RecursionError as error:
        raise UnexpectedResponse("a flattened array is too deep") from error


# ---- the JavaScript form -------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
    | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)n?)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>=>|[-+!{}\[\]():,;.=/])
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
HALF = re.compile("[\ud800-\udfff]")
CONSTANTS = {"null": None, "undefined": None, "NaN": None, "Infinity": None, "true": True, "false": False}


def literal(script: str, start: int = 0) -> Any:
    """The value of the JavaScript expression at `start`, without running anything.

    It knows what "devalue" writes: objects, lists, texts, numbers, constants, `new Date(…)`, `new Map`, `new Set`,
    `Object(…)`, and a function around all of it that names what comes more than once. Raises Changed for the rest.
    """
    try:
        return _Script(script, start).value({})
    except RecursionError as error:
        raise UnexpectedResponse("a script's value is too deep") from error


class _Script:
    """The tokens of a script, from one place on."""

    def __init__(self, script: str, start: int) -> None:
        self._script = script
        self._at = start
        self._kind = self._next = ""
        self._advance()

    def value(self, names: dict[str, Any]) -> Any:
        """One value; `names` are those of the function around it."""
        kind, token = self._take()
        if kind == "text":
            return _text(token)
        if kind == "number":
            return self._after_number(_number(token))
        if kind == "name":
            return self._named(token, names)
        match token:
            case "{":
                return self._object(names)
            case "[":
                return self._items("]", names)
            case "-":
                return _negative(self.value(names))
            case "!":
                return not self.value(names)
            case "(":
                return self._in_brackets(names)
        raise self._unknown(token)

    def _after_number(self, number: float | int | None) -> float | int | None:
        """The number, or None for `1/0`, as infinity is also written."""
        if self._next != "/":
            return number
        self._take()
        self._take()
        return None

    def _named(self, name: str, names: dict[str, Any]) -> Any:
        if name in names:
            return names[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name == "void":
            self.value(names)
            return None
        if name == "new":
            return self._made(names)
        if name == "Array" and self._next == "(":
            self._arguments(names)
            return []
        if name == "Object" and self._next == ".":  # Object.create(null)
            self._take()
            self._take()
            self._arguments(names)
            return {}
        if name in ("Object", "BigInt") and self._next == "(":
            given = self._arguments(names)
            return given[0] if given else {}
        raise self._unknown(name)

    def _made(self, names: dict[str, Any]) -> Any:
        """What stands behind `new`: a date keeps its number or text, a set or map its list."""
        _, name = self._take()
        given = self._arguments(names) if self._next == "(" else []
        if name in ("Set", "Map"):
            return given[0] if given else []
        if name in ("Date", "URL"):
            return given[0] if given else None
        raise self._unknown(f"new {name}")

    def _object(self, names: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._next != "}":
            kind, token = self._take()
            if kind not in ("text", "name", "number"):
                raise self._unknown(token)
            self._expect(":")
            found[_text(token) if kind == "text" else token] = self.value(names)
            if self._next != "}":
                self._expect(",")
        self._take()
        return found

    def _items(self, end: str, names: dict[str, Any]) -> list[Any]:
        """Values up to `end`; nothing between two commas is a hole."""
        found: list[Any] = []
        while self._next != end:
            if self._next == ",":
                found.append(None)
            else:
                found.append(self.value(names))
            if self._next != end:
                self._expect(",")
        self._take()
        return found

    def _arguments(self, names: dict[str, Any]) -> list[Any]:
        self._expect("(")
        return self._items(")", names)

    def _in_brackets(self, names: dict[str, Any]) -> Any:
        """A value in brackets, or a function that is called at once with the values of its names."""
        if self._next != "function":
            inside = self.value(names)
            self._expect(")")
            return inside
        self._take()
        self._expect("(")
        named: list[str] = []
        while self._next != ")":
            named.append(self._take()[1])
            if self._next != ")":
                self._expect(",")
        self._take()
        body = self._skipped()
        given = self._arguments(names)
        self._expect(")")
        return self._called(body, names | dict(zip(named, given, strict=False)))

    def _skipped(self) -> int:
        """Where the body of a function begins; the script goes on behind it."""
        start, depth = self._at, 0
        while True:
            _, token = self._take()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return start

    def _called(self, body: int, names: dict[str, Any]) -> Any:
        """The result of a function: its statements fill what it names, the last one returns the value."""
        inside = _Script(self._script, body)
        while inside._next != "return":
            name = inside._take()[1]
            if name not in names:
                raise inside._unknown(name)
            inside._fill(names[name], names)
            inside._expect(";")
        inside._take()
        return inside.value(names)

    def _fill(self, target: Any, names: dict[str, Any]) -> None:
        """One statement on a named value: `a.key=…`, `a[0]=…`, `a.add(…)` or `a.set(…)`, also chained."""
        while self._next in (".", "["):
            _, step = self._take()
            kind, key = self._take()
            if step == "[":
                self._expect("]")
            if self._next == "(":
                given = self._arguments(names)
                if not isinstance(target, list):
                    raise self._unknown(key)
                target.append(given[0] if key == "add" and given else given)
                continue
            self._expect("=")
            inside = self.value(names)
            if inside is target:
                raise UnexpectedResponse("a script's value holds itself")
            if isinstance(target, list) and key.isdecimal() and len(target) == int(key):
                target.append(inside)
            elif isinstance(target, dict):
                target[_text(key) if kind == "text" else key] = inside
            else:
                raise self._unknown(key)

    def _expect(self, sign: str) -> None:
        kind, token = self._take()
        if token != sign or kind != "sign":
            raise self._unknown(token)

    def _take(self) -> tuple[str, str]:
        kind, token = self._kind, self._next
        if not kind:
            raise UnexpectedResponse("a script ends within its value")
        self._advance()
        return kind, token

    def _advance(self) -> None:
        found = TOKEN.match(self._script, self._at)
        self._kind = (found.lastgroup or "") if found else ""
        self._next = found[self._kind] if found and self._kind else ""
        self._at = found.end() if found else self._at

    def _unknown(self, token: str) -> UnexpectedResponse:
        return UnexpectedResponse(f"{token[:40]!r} in a script's value, before character {self._at}")


def _number(token: str) -> float | int | None:
    """A number; a big integer loses its `n`, and what is beyond all numbers is None."""
    token = token.removesuffix("n")
    if token[:2].lower() == "0x":
        return int(token, 16)
    number = float(token)
    if not math.isfinite(number):
        return None
    return int(token) if token.isdecimal() else number


def _negative(value: Any) -> Any:
    return -value if type(value) in (int, float) else None


def _text(token: str) -> str:
    """A quoted text without its quotes and escapes; halves of a character that belong together are joined."""
    inside = token[1:-1]
    if "\\" not in inside:
        return inside
    plain = ESCAPE.sub(lambda found: _escaped(found[1]), inside)
    joined = PAIR.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), plain)
    return HALF.sub("\ufffd", joined)


def _escaped(code: str) -> str:
    if len(code) > 1 and code[0] in "ux":
        return chr(min(int(code[1:].strip("{}"), 16), 0x10FFFF))
    return ESCAPED.get(code, code)
