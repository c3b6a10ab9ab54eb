"""Types and nulls of an expression: what would fail, or mean nothing, when it meets real facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scanner.documents import did_you_mean
from scanner.rules.nulls import Known, key_of, proven
from scanner.rules.syntax import (
    COMPARISONS,
    Call,
    ListOf,
    Literal,
    Macro,
    Name,
    Node,
    Select,
)


class Type(NamedTuple):
    """What a variable or a part of an expression can be."""

    word: str
    """`bool`, `int`, `str`, `list[str]`, `list[int]`, `list`, `dict[str,str]`, `null` or `any`."""
    nullable: bool = False
    values: tuple[str, ...] = ()
    """The only texts that it can be; empty: any."""


BOOL, INT, STR, NULL, ANY = Type("bool"), Type("int"), Type("str"), Type("null"), Type("any")

_NOUNS = {
    "bool": "true or false",
    "int": "a number",
    "str": "a text",
    "dict[str,str]": "a map",
    "null": "null",
}


def faults(
    tree: Node, variables: Mapping[str, Type], known: Known = frozenset()
) -> list[tuple[int, str]]:
    """(offset, what is wrong; what to do) for a condition over these variables.

    `known` is what holds where it is evaluated: for `require`, what a true `when` proves.
    """
    checker = _Checker(variables)
    checker.condition(tree, known)
    return checker.faults


class _Checker:
    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = dict(variables)
        self.faults: list[tuple[int, str]] = []

    def fault(self, node: Node, message: str) -> None:
        self.faults.append((node.at, message))

    # What a place asks for

    def condition(self, node: Node, known: Known) -> Type:
        """A part whose truth counts."""
        found = self.type(node, known)
        if found.word not in ("bool", "any"):
            self.fault(node, f"{_say(node)} is {_noun(found)}, not true or false; compare it")
        elif found.nullable:
            self.fault(node, f"{_say(node)} may be null here; write {_say(node)} == true")
        return BOOL

    def there(self, node: Node, known: Known, *words: str) -> Type:
        """A part that has to be of one of these types and not null."""
        found = self.type(node, known)
        if found.nullable:
            self.fault(
                node,
                f"{_say(node)} may be null here; test {_say(node)} != null in the same conjunction",
            )
        if found.word not in (*words, "any"):
            wanted = " or ".join(dict.fromkeys(_NOUNS.get(w, "a list") for w in words))
            self.fault(node, f"{_say(node)} is {_noun(found)}; here stands {wanted}")
            return ANY
        return found

    # What a part is

    def type(self, node: Node, known: Known) -> Type:
        if isinstance(node, Literal):
            value = node.value
            if value is None:
                return NULL
            if isinstance(value, str):
                return STR
            return BOOL if isinstance(value, bool) else INT
        if isinstance(node, Name):
            return self.name(node, known)
        if isinstance(node, Select):
            return self.select(node, known)
        if isinstance(node, ListOf):
            return self.list_of(node, known)
        if isinstance(node, Macro):
            return self.macro(node, known)
        assert isinstance(node, Call)
        return self.call(node, known)

    def name(self, node: Name, known: Known) -> Type:
        found = self.variables.get(node.name)
        if found is None:
            near = did_you_mean(node.name, self.variables)
            self.fault(node, f"there is no field or variable {node.name}; {near}")
            self.variables[node.name] = ANY  # once is enough
            return ANY
        return found._replace(nullable=found.nullable and node.name not in known)

    def select(self, node: Select, known: Known) -> Type:
        of = self.type(node.of, known)
        if of.word == "any":
            return ANY
        if of.word != "dict[str,str]":
            self.fault(node, f"{_say(node.of)} is {_noun(of)} and has no part {node.field}")
            return ANY
        self.there(node.of, known, "dict[str,str]")
        if not set(key_of(node)) & {k for k in known if "." in k}:
            self.fault(
                node,
                f"the key {node.field} may be missing; test has({_say(node.of)}.{node.field}) in "
                "the same conjunction",
            )
        return STR

    def list_of(self, node: ListOf, known: Known) -> Type:
        found = {self.type(item, known).word for item in node.items} - {"any"}
        if len(found) > 1:
            self.fault(node, "a list holds values of one type")
        word = found.pop() if len(found) == 1 else "any"
        return Type(f"list[{word}]" if word in ("str", "int") else "list")

    def macro(self, node: Macro, known: Known) -> Type:
        over = self.there(node.over, known, "list[str]", "list[int]", "list")
        if node.variable in self.variables:
            self.fault(node, f"{node.variable} is a name already; choose another for the items")
            return ANY
        item = over.word.removeprefix("list[").rstrip("]") if over.word != "list" else "any"
        self.variables[node.variable] = Type(item)
        self.condition(node.body, known)
        del self.variables[node.variable]
        return BOOL

    def call(self, node: Call, known: Known) -> Type:
        name, args = node.name, node.args
        if name in ("&&", "||"):
            proofs = [(part, proof) for part in args if (proof := proven(part, name == "&&"))]
            for part in args:
                others = (proof for other, proof in proofs if other is not part)
                self.condition(part, known.union(*others))
            return BOOL
        if name == "!":
            return self.condition(args[0], known)
        if name == "? :":
            return self.choice(args, known)
        if name in COMPARISONS:
            return self.comparison(node, known)
        if name == "in":
            return self.membership(node, known)
        if name == "has":
            inner = args[0]
            assert isinstance(inner, Select)
            self.there(inner.of, known, "dict[str,str]")
            return BOOL
        if name == "size":
            found = self.there(args[0], known, "str", "list[str]", "list[int]", "list")
            if found.word == "str":
                self.fault(node, "size of a text counts bytes, not letters; compare or match it")
            return INT
        if name == "[]":
            self.fault(node, "an item by its number may not exist; use all or exists")
            return ANY
        if name in ("contains", "startsWith", "endsWith", "matches"):
            return self.on_text(node, known)
        return self.sum(node, known)

    def choice(self, args: tuple[Node, ...], known: Known) -> Type:
        self.condition(args[0], known)
        yes = self.type(args[1], known | proven(args[0]))
        no = self.type(args[2], known | proven(args[0], False))
        nullable = yes.nullable or no.nullable or NULL in (yes, no)
        word = yes.word if yes.word in (no.word, "any") else no.word
        if yes.word != no.word and not {yes.word, no.word} & {"any", "null"}:
            self.fault(args[2], f"one result of ? : is {_noun(yes)}, the other {_noun(no)}")
            word = "any"
        return Type(word, nullable)

    def on_text(self, node: Call, known: Known) -> Type:
        target = self.type(node.args[0], known)
        if target.word.startswith("list") and node.name == "contains":
            item, place = _say(node.args[1]), _say(node.args[0])
            self.fault(node, f"{place} is a list; write {item} in {place}")
            return BOOL
        for part in node.args:
            self.there(part, known, "str")
        return BOOL

    def sum(self, node: Call, known: Known) -> Type:
        for part in node.args:
            self.there(part, known, "int")
        if node.name in ("/", "%"):
            divisor = node.args[1]
            if not isinstance(divisor, Literal) or divisor.value == 0:
                self.fault(node, "divide by a number that is written here and is not 0")
        return INT

    def comparison(self, node: Call, known: Known) -> Type:
        left, right = node.args
        if node.name not in ("==", "!="):
            self.there(left, known, "int")
            self.there(right, known, "int")
            return BOOL
        one, two = self.type(left, known), self.type(right, known)
        for side, this, that in ((left, one, two), (right, two, one)):
            declared = self.variables.get(side.name) if isinstance(side, Name) else this
            if that is NULL and declared and not declared.nullable and this.word != "any":
                self.fault(side, f"{_say(side)} is never null; an unread field needs no test")
        words = {one.word, two.word} - {"any", "null"}
        if len(words) > 1 and not all(w.startswith("list") for w in words):
            self.fault(
                node,
                f"{_say(left)} is {_noun(one)} and {_say(right)} is {_noun(two)}; "
                "these are never equal",
            )
        self.possible(left, two)
        self.possible(right, one)
        return BOOL

    def membership(self, node: Call, known: Known) -> Type:
        left, right = node.args
        item = self.type(left, known)
        place = self.there(right, known, "list[str]", "list[int]", "list", "dict[str,str]")
        element = "str" if place.word == "dict[str,str]" else place.word[5:-1]
        if element and item.word not in (element, "any", "null") and element != "any":
            wanted = _NOUNS.get(element, element)
            self.fault(left, f"{_say(left)} is {_noun(item)}; {_say(right)} holds {wanted} each")
        if isinstance(right, ListOf):
            for option in right.items:
                self.possible(option, item)
        return BOOL

    def possible(self, node: Node, other: Type) -> None:
        """A text that is written here has to be one that the other side can be."""
        value = node.value if isinstance(node, Literal) else None
        if isinstance(value, str) and other.values and value not in other.values:
            near = did_you_mean(value, other.values, "it is one of")
            self.fault(node, f'"{value}" is never a value here; {near}')


def _noun(found: Type) -> str:
    if found.word.startswith("list"):
        return "a list"
    return _NOUNS.get(found.word, found.word)


def _say(node: Node) -> str:
    """A part as it is written, where it is short; else what it is."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Literal):
        value = node.value
        if isinstance(value, str):
            return f'"{value[:40]}"'
        return "null" if value is None else str(value).lower()
    if isinstance(node, Select):
        return f"{_say(node.of)}.{node.field}"
    if isinstance(node, Call) and node.name in ("size", "has"):
        return f"{node.name}({_say(node.args[0])})"
    if isinstance(node, ListOf):
        return "the list"
    return "this part"
