"""Decode both forms of SvelteKit's "devalue" format: an array of indexes and a JavaScript expression.

Values that JSON lacks are converted: undefined, holes, NaN and infinities to None, dates to their string or number,
sets to lists, and maps to lists of pairs.
"""

from __future__ import annotations

import math
import re
from typing import Any

from awardspider.outcomes import UnexpectedResponse

# ---- the flattened form --------------------------------------------------------------------------------------------

SPARSE = -7  # the first item of an array with many holes: [-7, length, index, value, …]
PENDING = object()


def unflatten(flat: object) -> Any:
    """Decode a flattened array: item 0 is the root, and lists and objects contain the indexes of other items.

    Negative indexes stand for constants. A value with an unknown tag is returned without the tag. Raise
    UnexpectedResponse for an unknown structure, or for a value that contains itself.
    """
    if not isinstance(flat, list):
        return None  # a single constant: undefined, NaN or an infinity
    if not flat:
        raise UnexpectedResponse("flattened array is empty")
    # Most values are neither lists nor objects, so they need no decoding.
    scalars = {index: raw for index, raw in enumerate(flat) if type(raw) is not dict and type(raw) is not list}
    done: dict[int, Any] = {}

    def value(index: object) -> Any:
        if type(index) is not int:
            raise UnexpectedResponse(f"flattened array: expected an index, got {str(index)[:80]}")
        if index < 0:
            return None
        if index in scalars:
            return scalars[index]
        if index in done:
            if done[index] is PENDING:
                raise UnexpectedResponse(f"flattened array: item {index} contains itself")
            return done[index]
        if index >= len(flat):
            raise UnexpectedResponse(f"flattened array: no item {index} among {len(flat)}")
        done[index] = PENDING
        raw = flat[index]
        if type(raw) is dict:
            result: Any = {key: scalars[i] if type(i) is int and i in scalars else value(i) for key, i in raw.items()}
        elif raw and (isinstance(raw[0], str) or raw[0] == SPARSE):
            result = tagged(raw)
        else:
            result = [value(i) for i in raw]
        done[index] = result
        return result

    def tagged(raw: list[Any]) -> Any:
        tag, arguments = raw[0], raw[1:]
        if tag == SPARSE:
            return [value(inner) for inner in arguments[2::2]]
        if tag == "Set":
            return [value(inner) for inner in arguments]
        if tag == "Map":
            return [[value(key), value(inner)] for key, inner in zip(arguments[::2], arguments[1::2], strict=False)]
        if tag == "null":  # an object without a prototype
            return {str(key): value(inner) for key, inner in zip(arguments[::2], arguments[1::2], strict=False)}
        # The argument of a date or number is the value itself; that of the site's own tags (Promise) is an index.
        argument = arguments[0] if arguments else None
        return value(argument) if type(argument) is int and argument < len(flat) else argument

    try:
        return value(0)
    except RecursionError as error:
        raise UnexpectedResponse("flattened array is too deep") from error


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
SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
SURROGATE = re.compile("[\ud800-\udfff]")
CONSTANTS = {"null": None, "undefined": None, "NaN": None, "Infinity": None, "true": True, "false": False}


def parse_literal(script: str, start: int = 0) -> Any:
    """Return the value of the JavaScript expression at `start`, without executing it.

    The expression may contain what "devalue" writes: objects, lists, strings, numbers, constants, `new Date(…)`,
    `new Map`, `new Set` and `Object(…)`, optionally wrapped in a function whose parameters are repeated values. Raise
    UnexpectedResponse for anything else.
    """
    try:
        return _Script(script, start).value({})
    except RecursionError as error:
        raise UnexpectedResponse("script literal is too deep") from error


class _Script:
    """The tokens of a script, starting at one position."""

    def __init__(self, script: str, start: int) -> None:
        self._script = script
        self._at = start
        self._kind = self._next = ""
        self._advance()

    def value(self, names: dict[str, Any]) -> Any:
        """Return the next value; `names` are the parameters of the surrounding function."""
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
                return self._in_parentheses(names)
        raise self._unknown(token)

    def _after_number(self, number: float | int | None) -> float | int | None:
        """Return the number, or None for infinity, which is written as `1/0`."""
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
            return self._constructed(names)
        if name == "Array" and self._next == "(":
            self._arguments(names)
            return []
        if name == "Object" and self._next == ".":  # Object.create(null)
            self._take()
            self._take()
            self._arguments(names)
            return {}
        if name in ("Object", "BigInt") and self._next == "(":
            arguments = self._arguments(names)
            return arguments[0] if arguments else {}
        raise self._unknown(name)

    def _constructed(self, names: dict[str, Any]) -> Any:
        """Return the argument of a constructor: a date's number or string, or the list of a set or map."""
        _, name = self._take()
        arguments = self._arguments(names) if self._next == "(" else []
        if name in ("Set", "Map"):
            return arguments[0] if arguments else []
        if name in ("Date", "URL"):
            return arguments[0] if arguments else None
        raise self._unknown(f"new {name}")

    def _object(self, names: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while self._next != "}":
            kind, token = self._take()
            if kind not in ("text", "name", "number"):
                raise self._unknown(token)
            self._expect(":")
            result[_text(token) if kind == "text" else token] = self.value(names)
            if self._next != "}":
                self._expect(",")
        self._take()
        return result

    def _items(self, end: str, names: dict[str, Any]) -> list[Any]:
        """Return the values before `end`; a hole between two commas is None."""
        result: list[Any] = []
        while self._next != end:
            result.append(None if self._next == "," else self.value(names))
            if self._next != end:
                self._expect(",")
        self._take()
        return result

    def _arguments(self, names: dict[str, Any]) -> list[Any]:
        self._expect("(")
        return self._items(")", names)

    def _in_parentheses(self, names: dict[str, Any]) -> Any:
        """Return a value in parentheses, or the result of an immediately called function."""
        if self._next != "function":
            value = self.value(names)
            self._expect(")")
            return value
        self._take()
        self._expect("(")
        parameters: list[str] = []
        while self._next != ")":
            parameters.append(self._take()[1])
            if self._next != ")":
                self._expect(",")
        self._take()
        body = self._skip_body()
        arguments = self._arguments(names)
        self._expect(")")
        return self._called(body, names | dict(zip(parameters, arguments, strict=False)))

    def _skip_body(self) -> int:
        """Skip the body of a function and return the position where the body starts."""
        start, depth = self._at, 0
        while True:
            _, token = self._take()
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return start

    def _called(self, body: int, names: dict[str, Any]) -> Any:
        """Return the result of a function. Its statements fill the parameters; the last one returns the value."""
        script = _Script(self._script, body)
        while script._next != "return":
            name = script._take()[1]
            if name not in names:
                raise script._unknown(name)
            script._fill(names[name], names)
            script._expect(";")
        script._take()
        return script.value(names)

    def _fill(self, target: Any, names: dict[str, Any]) -> None:
        """Execute one statement on a parameter: `a.key=…`, `a[0]=…`, `a.add(…)` or `a.set(…)`, also chained."""
        while self._next in (".", "["):
            _, step = self._take()
            kind, key = self._take()
            if step == "[":
                self._expect("]")
            if self._next == "(":
                arguments = self._arguments(names)
                if not isinstance(target, list):
                    raise self._unknown(key)
                target.append(arguments[0] if key == "add" and arguments else arguments)
                continue
            self._expect("=")
            value = self.value(names)
            if value is target:
                raise UnexpectedResponse("script literal contains itself")
            if isinstance(target, list) and key.isdecimal() and len(target) == int(key):
                target.append(value)
            elif isinstance(target, dict):
                target[_text(key) if kind == "text" else key] = value
            else:
                raise self._unknown(key)

    def _expect(self, sign: str) -> None:
        kind, token = self._take()
        if token != sign or kind != "sign":
            raise self._unknown(token)

    def _take(self) -> tuple[str, str]:
        kind, token = self._kind, self._next
        if not kind:
            raise UnexpectedResponse("script ends within a literal")
        self._advance()
        return kind, token

    def _advance(self) -> None:
        match = TOKEN.match(self._script, self._at)
        self._kind = (match.lastgroup or "") if match else ""
        self._next = match[self._kind] if match and self._kind else ""
        self._at = match.end() if match else self._at

    def _unknown(self, token: str) -> UnexpectedResponse:
        return UnexpectedResponse(f"script literal: unknown {token[:40]!r} before character {self._at}")


def _number(token: str) -> float | int | None:
    """Parse a number, including a big integer; return None for infinity."""
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
    """Decode a quoted string. Surrogate pairs are joined, and single surrogates are replaced."""
    content = token[1:-1]
    if "\\" not in content:
        return content
    plain = ESCAPE.sub(lambda match: _escaped(match[1]), content)
    joined = SURROGATE_PAIR.sub(lambda match: match[0].encode("utf-16", "surrogatepass").decode("utf-16"), plain)
    return SURROGATE.sub("\ufffd", joined)


def _escaped(code: str) -> str:
    if len(code) > 1 and code[0] in "ux":
        return chr(min(int(code[1:].strip("{}"), 16), 0x10FFFF))
    return ESCAPED.get(code, code)
