"""Rule files into checked rules, and the choice among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from scanner.documents import load, nearest
from scanner.errors import InputError
from scanner.resources import rules_dir
from scanner.rules.model import PROVIDERS, SEVERITIES, Rule
from scanner.rules.read import read_rule


class Rules(Sequence[Rule]):
    """Rules in the order of their ids, found by any id that they have or had."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self._by_id = {old: rule for rule in self._rules for old in rule.deprecated_ids}
        self._by_id |= {rule.id: rule for rule in self._rules}

    def __getitem__(self, index: Any) -> Any:
        return self._rules[index]

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def find(self, rule_id: str) -> Rule | None:
        """The rule that has, or once had, this id."""
        return self._by_id.get(rule_id)


def load_rules(paths: Sequence[Path], *, thorough: bool = False) -> Rules:
    """The rules in these files and folders. Raises one InputError with all faults.

    Folders are searched for *.yaml. A rule's file is named after its id; in the shipped folder it
    lies under <domain>/<practice>/. Shipped rules were held against the JSON Schema, the fact
    kinds and the catalogues when they were shipped, and are not again unless `thorough`: the three
    take longer than all the rest together.
    """
    found: list[Rule] = []
    faults: list[str] = []
    for path in paths:
        shipped = path.resolve() == rules_dir()
        try:
            files = _files(path)
        except InputError as error:
            faults += error.messages
            continue
        for file in files:
            try:
                rule = load_rule(file, thorough=thorough or not shipped)
            except InputError as error:
                faults += error.messages
                continue
            found.append(rule)
            if shipped:
                faults += _placed(rule, file, path)
    faults += _clashes(found)
    if faults:
        raise InputError(faults)
    return Rules(found)


def load_rule(file: Path, *, thorough: bool = True) -> Rule:
    """The rule in one file. Raises InputError with all of its faults."""
    doc = load(file)
    rule = read_rule(doc, thorough=thorough)
    if rule.id != file.stem:
        raise InputError(f"{doc.where(('id',))}: the file of {rule.id} is called {rule.id}.yaml")
    return rule


def _files(path: Path) -> list[Path]:
    """The rule files at a path, in the order of their names; hidden folders are left out."""
    if not path.is_dir():
        return [path]
    inside = [p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file()]
    found = sorted(
        p for p in inside if not any(n.startswith(".") for n in p.parts[len(path.parts) :])
    )
    for file in found:
        if file.suffix == ".yml":
            raise InputError(f"{file}: rule files end in .yaml; rename it")
    if not found:
        raise InputError(f"{path}: there is no rule in this folder (*.yaml)")
    return found


def _placed(rule: Rule, file: Path, root: Path) -> Iterator[str]:
    """Where a shipped rule lies."""
    wanted = Path(rule.practice.partition(".")[0], rule.practice, f"{rule.id}.yaml")
    if file.relative_to(root) != wanted:
        yield f"{file}: a rule of {rule.practice} lies at {wanted}"


def free(rules: Sequence[Rule], shipped: Rules) -> None:
    """See that no shipped rule has, or once had, an id of these. Raises InputError.

    A scan would refuse both together. A rule that is itself the shipped one, as in a checkout of
    this program beside an installed one, takes nothing.
    """
    mine = {rule.id: rule.file for rule in rules}
    others = [rule for rule in shipped if not _same(mine.get(rule.id), rule.file)]
    if faults := list(_clashes([*others, *rules])):
        raise InputError(faults)


def _same(one: str | None, other: str) -> bool:
    if one is None:
        return False
    ends = [Path(file).resolve().parts[-3:] for file in (one, other)]
    return ends[0] == ends[1] and Path(one).read_bytes() == Path(other).read_bytes()


def _clashes(rules: Sequence[Rule]) -> Iterator[str]:
    """Ids, earlier ones among them, that two rules claim."""
    taken: dict[str, Rule] = {}
    for rule in rules:
        for name in (rule.id, *rule.deprecated_ids):
            other = taken.setdefault(name, rule)
            if other is not rule:
                yield f"{rule.file}: {other.file} has the id {name} already; choose another"


def select(rules: Sequence[Rule], terms: Sequence[str]) -> list[Rule]:
    """The rules that any of the terms means, in their order. Raises InputError.

    A term is a rule's id (an earlier one too, or a pattern with * and ?), a practice by any of its
    ids, an objective, a domain such as IA, a provider, a severity, or level:1, level:2, level:3.
    """
    chosen: set[str] = set()
    for term in terms:
        if not term.strip():
            raise InputError("a term to choose rules is empty; `cmmc-scan rules list` shows them")
        meant = _meaning(term.strip(), rules)
        found = {rule.id for rule in rules if meant(rule)}
        if not found:
            raise InputError(f"{term}: no rule fits; `cmmc-scan rules list` shows them")
        chosen |= found
    return [rule for rule in rules if rule.id in chosen]


def _meaning(term: str, rules: Sequence[Rule]) -> Callable[[Rule], bool]:
    ids = {name for rule in rules for name in (rule.id, *rule.deprecated_ids)}
    if term in ids:
        return lambda rule: term == rule.id or term in rule.deprecated_ids
    if "*" in term or "?" in term:
        return lambda rule: fnmatchcase(rule.id, term)
    if term in SEVERITIES:
        return lambda rule: rule.severity == term
    if term in PROVIDERS or any(term in rule.providers for rule in rules):
        return lambda rule: not rule.providers or term in rule.providers
    if any(rule.practice.startswith(f"{term}.") for rule in rules):
        return lambda rule: rule.practice.startswith(f"{term}.")
    if term.startswith("level:"):
        return _level(term)
    if "[" in term:
        from scanner.frameworks import objective

        wanted = objective(term).id
        return lambda rule: wanted in rule.decides or wanted in rule.informs
    return _practice(term, ids)


def _level(term: str) -> Callable[[Rule], bool]:
    """What a level asks for: its own practices, their twins, and all of the levels below."""
    from scanner.frameworks import practices

    level = term.removeprefix("level:")
    if level not in ("1", "2", "3"):
        raise InputError(f"{term}: levels are level:1, level:2 and level:3")
    asked = [practice for practice in practices() if practice.level <= int(level)]
    wanted = {name for p in asked for name in (p.id, *p.level2_ids)}
    return lambda rule: rule.practice in wanted


def _practice(term: str, ids: set[str]) -> Callable[[Rule], bool]:
    from scanner.frameworks import resolve

    try:
        practice = resolve(term)
    except InputError as error:
        near = nearest(term, ids)
        hint = f"did you mean the rule {near}?" if near else str(error)
        raise InputError(
            f"{term}: no rule, practice, domain, provider, severity or level; {hint}"
        ) from None
    wanted = {practice.id, practice.level1_id, *practice.level2_ids}
    return lambda rule: rule.practice in wanted
