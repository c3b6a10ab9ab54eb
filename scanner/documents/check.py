"""A document against its JSON Schema: every fault as `file:line:column: what; what to do`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.documents.document import Document
from scanner.errors import InputError

FORM = "x-form"
"""Schema keyword of ours beside `pattern`: the form in words, with an example."""


def check_schema(doc: Document, schema: Mapping[str, Any]) -> None:
    """Raise one InputError with all faults of the document, the likeliest cause first.

    The schema is JSON Schema, draft 2020-12. Its validator is compiled once, so pass the same
    object each time.
    """
    faults = schema_faults(doc, schema)
    if faults:
        raise InputError(faults)


def schema_faults(doc: Document, schema: Mapping[str, Any]) -> list[str]:
    """What check_schema would raise, as a list; empty where the document fits."""
    errors = list(_flat(_validator(schema).iter_errors(doc.value)))
    unknown = {
        (tuple(error.absolute_path), key): near
        for error in errors
        for key, near in _unknown_keys(error)
    }
    misspelt = {(path, near) for (path, _), near in unknown.items() if near}
    found: set[tuple[int, int, int, str]] = set()
    for error in errors:
        path = tuple(error.absolute_path)
        if error.validator == "required":
            missing = _missing(error)
            if (path, missing) in misspelt:
                continue  # the unknown key beside it says so already
        for rank, key, message in _messages(error):
            at = doc.where((*path, key), key=True) if key is not None else doc.where(path)
            found.add((rank, at.line, at.column, message))
    return [f"{doc.name}:{line}:{column}: {text}" for _, line, column, text in sorted(found)]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return close[0] if close else None


def did_you_mean(word: str, known: Iterable[str], noun: str = "known here") -> str:
    """The end of a message about an unknown word: the nearest one, or the list of all."""
    options = sorted(known)
    near = nearest(word, options)
    if near:
        return f"did you mean {near!r}?"
    if not options:
        return "none is known here; remove it"
    shown = ", ".join(options[:30]) + (", ..." if len(options) > 30 else "")
    return f"{noun}: {shown}"


_validators: dict[int, tuple[Mapping[str, Any], Any]] = {}


def _validator(schema: Mapping[str, Any]) -> Any:
    known = _validators.get(id(schema))
    if known is None:
        from jsonschema import Draft202012Validator

        # The schema is kept beside its validator, so that its id cannot be given to another.
        known = _validators[id(schema)] = (schema, Draft202012Validator(schema))
    return known[1]


def _flat(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors, with those of alternatives replaced by those of the alternative that was meant.

    Meant is the one whose type fits; where several or none fit, the alternatives' error stays.
    """
    for error in errors:
        if error.validator in ("anyOf", "oneOf") and error.context:
            branches: dict[int, list[Any]] = {}
            for inner in error.context:
                branches.setdefault(inner.schema_path[0], []).append(inner)
            meant = [b for b in branches.values() if not any(_excludes(e) for e in b)]
            # a form in words says more than one alternative's fault with the value itself, unless
            # that is how many entries it has
            whole = FORM in error.schema and any(
                not e.path and e.validator not in _COUNTS for b in meant for e in b
            )
            if len(meant) == 1 and not whole:
                yield from _flat(meant[0])
                continue
        yield error


_COUNTS = frozenset({"minItems", "maxItems", "uniqueItems"})


def _excludes(error: Any) -> bool:
    """This error says that another alternative was meant: the value has another type."""
    if error.path or error.validator not in ("type", "enum", "const"):
        return False
    if error.validator == "type":
        return True
    words = error.validator_value if error.validator == "enum" else [error.validator_value]
    return type(error.instance) not in {type(word) for word in words}


def _missing(error: Any) -> str:
    absent = [key for key in error.validator_value if key not in error.instance]
    for key in absent:
        if error.message.startswith(repr(key)):
            return str(key)
    return str(absent[0])


def _unknown_keys(error: Any) -> list[tuple[str, str | None]]:
    if error.validator not in ("additionalProperties", "unevaluatedProperties"):
        return []
    if not isinstance(error.instance, dict):
        return []
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    return [
        (key, nearest(key, known))
        for key in error.instance
        if key not in known and not any(re.search(p, key) for p in patterns)
    ]


_NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
    "array": "a list",
    "object": "a mapping",
}


def _noun(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "...'"


def _words(options: Iterable[Any]) -> str:
    return ", ".join(str(option) for option in options)


def _place(error: Any) -> str:
    """The value's path for a person: tests.fail[0]; for the top level: the document."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    return text.lstrip(".") or "the document"


def _about(schema: Any) -> str:
    """The first sentence of a schema's description, as the end of a message."""
    about = schema.get("description", "") if isinstance(schema, dict) else ""
    first = re.split(r"(?<=\.)\s", about.strip(), maxsplit=1)[0].rstrip(".")
    if first[1:2].islower():
        first = first[:1].lower() + first[1:]
    return f" ({first})" if first else ""


Message = tuple[int, str | None, str]
"""Rank (0: the usual cause of others; 1; 2: what may follow from others), key to point at, text."""


def _messages(error: Any) -> Iterator[Message]:
    rule, wanted, value, schema = (
        error.validator,
        error.validator_value,
        error.instance,
        error.schema,
    )
    place = _place(error)
    unknown = _unknown_keys(error)
    if unknown:
        known = schema.get("properties", {})
        for key, _ in unknown:
            yield 0, key, f"unknown key {key!r} in {place}; {did_you_mean(key, known)}"
    elif rule == "required":
        key = _missing(error)
        about = _about(schema.get("properties", {}).get(key))
        yield 2, None, f"{place} lacks the key {key!r}; add it{about}"
    elif rule == "dependentRequired":
        yield 2, None, f"{place} lacks a key that goes with another: {_words(_dependents(error))}"
    elif rule == "propertyNames":
        form = wanted.get(FORM) or wanted.get("pattern") or _words(wanted.get("enum", ()))
        yield 1, str(value), f"the key {_short(value)} in {place} has the wrong form; write {form}"
    elif rule == "type":
        yield (
            1,
            None,
            f"{place} must be {_types(wanted)}, not {_noun(value)}{_quote(wanted, value)}",
        )
    elif rule == "enum":
        yield 1, None, f"{place} is {_noun(value)}; {_options(value, wanted)}"
    elif rule == "const":
        yield 1, None, f"{place} must be {_short(wanted)}, not {_noun(value)}"
    elif rule in ("anyOf", "oneOf"):
        yield 1, None, f"{place} must be {_alternatives(wanted, schema)}, not {_noun(value)}"
    elif rule == "pattern":
        form = schema.get(FORM) or f"what matches {wanted}"
        yield 1, None, f"{place} is {_noun(value)}; write {form}"
    elif rule == "minLength" and not value:
        yield 1, None, f"{place} is empty; write something or remove the key{_about(schema)}"
    elif rule == "minItems" and not value:
        yield 1, None, f"{place} is an empty list; write at least {wanted}"
    elif rule == "uniqueItems":
        yield 1, None, f"{place} names {_repeated(value)} twice; keep it once"
    elif rule in _BOUNDS:
        yield 1, None, _BOUNDS[rule].format(place=place, value=value, wanted=wanted)
    elif rule == "not":
        yield 1, None, f"{place} is not allowed here; remove it{_about(schema)}"
    else:
        yield 1, None, f"{place}: {error.message}"


_BOUNDS = {
    "minimum": "{place} is {value}; the least is {wanted}",
    "maximum": "{place} is {value}; the most is {wanted}",
    "exclusiveMinimum": "{place} is {value}; it must be above {wanted}",
    "exclusiveMaximum": "{place} is {value}; it must be below {wanted}",
    "multipleOf": "{place} is {value}; it must be a multiple of {wanted}",
    "minLength": "{place} is too short a text; write at least {wanted} character(s)",
    "maxLength": "{place} is too long a text; at most {wanted} characters",
    "minItems": "{place} has too few entries; write at least {wanted}",
    "maxItems": "{place} has too many entries; at most {wanted}",
    "minProperties": "{place} has too few keys; write at least {wanted}",
    "maxProperties": "{place} has too many keys; at most {wanted}",
}


def _repeated(values: list[Any]) -> str:
    again = next((v for n, v in enumerate(values) if v in values[:n]), None)
    return str(again) if isinstance(again, str | int) else "something"


def _types(wanted: str | list[str]) -> str:
    return " or ".join(_NOUNS[t] for t in ([wanted] if isinstance(wanted, str) else wanted))


def _quote(wanted: str | list[str], value: Any) -> str:
    text = "string" in wanted and isinstance(value, (int, float))
    return "; put it in quotes" if text else ""


def _options(value: Any, wanted: list[Any]) -> str:
    words = [str(w) for w in wanted]
    near = nearest(value, words) if isinstance(value, str) else None
    return f"did you mean {near}? (one of {_words(words)})" if near else f"one of {_words(words)}"


def _dependents(error: Any) -> list[str]:
    return sorted(
        key
        for present, needed in error.validator_value.items()
        if present in error.instance
        for key in needed
        if key not in error.instance
    )


def _alternatives(branches: list[Any], schema: Any) -> str:
    if FORM in schema:
        return str(schema[FORM])
    words: list[str] = []
    for branch in branches:
        if "const" in branch:
            words.append(str(branch["const"]))
        elif "enum" in branch:
            words.extend(str(w) for w in branch["enum"])
        elif "type" in branch:
            words.append(_types(branch["type"]))
        else:
            words.append(str(branch.get("title", "another form")))
    return " or ".join(dict.fromkeys(words))
