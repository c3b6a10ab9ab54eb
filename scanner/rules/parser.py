"""Reads an expression: a recursive descent through the part of CEL's grammar in `syntax`."""

from __future__ import annotations

from typing import NoReturn

from scanner.documents import did_you_mean
from scanner.rules.pattern import check_pattern
from scanner.rules.syntax import (
    COMPARISONS,
    FUNCTIONS,
    MACROS,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_MACRO_DEPTH,
    MAX_MACROS,
    METHODS,
    RESERVED,
    Call,
    ExpressionError,
    ListOf,
    Literal,
    Macro,
    Name,
    Node,
    Select,
)
from scanner.rules.tokens import HINTS, Token, literal, number, tokens


def parse(text: str) -> Node:
    """The tree of an expression. Raises ExpressionError for what is wrong, refused or too much."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            0, f"the expression has {len(text):,} characters; the most is {MAX_LENGTH:,}"
        )
    return _Parser(text).whole()


class _Parser:
    """Recursive descent, one method a level of CEL's grammar; its recursion ends at MAX_DEPTH."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.next = 0
        self.depth = 0
        self.macros = 0
        self.macro_depth = 0

    # Tokens

    def peek(self) -> str:
        """The next token where it is a sign or a word; else its kind in angle brackets."""
        kind, word, _ = self.tokens[self.next]
        return word if kind in ("sign", "name") else f"<{kind}>"

    def take(self) -> Token:
        token = self.tokens[self.next]
        self.next += token[0] != "end"
        return token

    def at(self) -> int:
        return self.tokens[self.next][2]

    def accept(self, *signs: str) -> str | None:
        if self.peek() in signs:
            return self.take()[1]
        return None

    def expect(self, sign: str, after: str) -> None:
        if not self.accept(sign):
            self.refuse(f"expected {sign} {after}")

    def refuse(self, message: str) -> NoReturn:
        kind, word, at = self.tokens[self.next]
        if kind == "end":
            raise ExpressionError(at, f"{message}, but the expression ends here")
        hint = f"; {HINTS[word]}" if word in HINTS else ""
        raise ExpressionError(at, f"{message}, found {word[:40]}{hint}")

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(self.at(), f"it is nested more than {MAX_DEPTH} deep")

    # Grammar

    def whole(self) -> Node:
        tree = self.ternary()
        if self.peek() != "<end>":
            self.refuse("expected an operator or the end")
        return tree

    def ternary(self) -> Node:
        self.enter()
        tree = self.chain("||")
        at = self.at()
        if self.accept("?"):
            yes = self.chain("||")
            self.expect(":", "between the two results of ? :")
            tree = Call(at, "? :", (tree, yes, self.ternary()))
        self.depth -= 1
        return tree

    def chain(self, sign: str) -> Node:
        at = self.at()
        parts = [self.chain("&&") if sign == "||" else self.comparison()]
        while self.accept(sign):
            parts.append(self.chain("&&") if sign == "||" else self.comparison())
        return parts[0] if len(parts) == 1 else Call(at, sign, tuple(parts))

    def comparison(self) -> Node:
        left = self.sum(("+", "-"))
        at = self.at()
        sign = self.accept("in", *COMPARISONS)
        if sign is None:
            return left
        tree = Call(at, sign, (left, self.sum(("+", "-"))))
        if self.peek() in COMPARISONS or self.peek() == "in":
            self.refuse("a comparison cannot follow another; join the two with &&")
        return tree

    def sum(self, signs: tuple[str, ...]) -> Node:
        tree = self.sum(("*", "/", "%")) if "+" in signs else self.unary()
        entered = 0
        while self.peek() in signs:
            self.enter()
            entered += 1
            at = self.at()
            sign = self.take()[1]
            right = self.sum(("*", "/", "%")) if "+" in signs else self.unary()
            tree = Call(at, sign, (tree, right))
        self.depth -= entered
        return tree

    def unary(self) -> Node:
        at = self.at()
        sign = self.accept("!", "-")
        if sign is None:
            return self.member()
        self.enter()
        tree = Call(at, "!" if sign == "!" else "neg", (self.unary(),))
        self.depth -= 1
        return tree

    def member(self) -> Node:
        tree = self.primary()
        entered = 0
        while self.peek() in (".", "["):
            self.enter()
            entered += 1
            at = self.at()
            if self.accept("["):
                index = self.ternary()
                self.expect("]", "after the index")
                if isinstance(index, Literal) and isinstance(index.value, str):
                    tree = Select(at, tree, index.value)
                else:
                    tree = Call(at, "[]", (tree, index))
                continue
            self.take()
            kind, word, at = self.tokens[self.next]
            if kind != "name":
                self.refuse("expected a name after the dot")
            self.take()
            tree = self.method(at, word, tree) if self.accept("(") else Select(at, tree, word)
        self.depth -= entered
        return tree

    def method(self, at: int, name: str, target: Node) -> Node:
        if name in MACROS:
            return self.macro(at, name, target)
        if name not in METHODS:
            _unknown(at, name, METHODS | MACROS, "method")
        args = self.arguments(")", "after the arguments")
        if len(args) != (0 if name == "size" else 1):
            wanted = "no argument" if name == "size" else "one argument"
            raise ExpressionError(at, f"{name} takes {wanted}")
        if name == "matches":
            check_pattern(args[0])
        return Call(at, name, (target, *args))

    def macro(self, at: int, name: str, target: Node) -> Node:
        self.macros += 1
        self.macro_depth += 1
        if self.macros > MAX_MACROS:
            raise ExpressionError(at, f"it has more than {MAX_MACROS} of {', '.join(MACROS)}")
        if self.macro_depth > MAX_MACRO_DEPTH:
            raise ExpressionError(at, f"{name} is nested more than {MAX_MACRO_DEPTH} deep")
        kind, variable, _ = self.tokens[self.next]
        if kind != "name" or variable in RESERVED:
            self.refuse(f"{name} starts with a variable: x.{name}(item, ...)")
        self.take()
        self.expect(",", f"after the variable of {name}")
        body = self.ternary()
        self.expect(")", f"after the condition of {name}")
        self.macro_depth -= 1
        return Macro(at, name, target, variable, body)

    def primary(self) -> Node:
        kind, word, at = self.tokens[self.next]
        if kind == "number":
            self.take()
            return Literal(at, number(at, word))
        if kind == "text":
            self.take()
            return Literal(at, literal(at, word))
        if self.accept("("):
            tree = self.ternary()
            self.expect(")", "to close the bracket")
            return tree
        if self.accept("["):
            return ListOf(at, self.arguments("]", "to close the list"))
        if kind != "name":
            self.refuse("expected a value")
        self.take()
        if word in ("true", "false", "null"):
            return Literal(at, None if word == "null" else word == "true")
        if word in RESERVED:
            raise ExpressionError(at, f"{word} is a reserved word of CEL, not a name")
        if self.peek() != "(":
            if word in HINTS:
                raise ExpressionError(at, f"{word} is not a name; {HINTS[word]}")
            return Name(at, word)
        self.take()
        if word not in FUNCTIONS:
            _unknown(at, word, FUNCTIONS, "function")
        args = self.arguments(")", "after the arguments")
        if len(args) != 1:
            raise ExpressionError(at, f"{word} takes one argument")
        if word == "has" and not isinstance(args[0], Select):
            raise ExpressionError(
                args[0].at, "has asks for a key: has(tags.owner); an unread field needs no test"
            )
        return Call(at, word, args)

    def arguments(self, close: str, purpose: str) -> tuple[Node, ...]:
        args: list[Node] = []
        while not self.accept(close):
            args.append(self.ternary())
            if self.peek() != close:
                self.expect(",", f"or {close} {purpose}")
        return tuple(args)


def _unknown(at: int, name: str, known: frozenset[str], noun: str) -> NoReturn:
    raise ExpressionError(at, f"there is no {noun} {name}; {did_you_mean(name, known)}")
