"""Each fault that the validator lets through is planted, and our own check names it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sarif_samples import every_kind, gap, scan

from scanner.reports.github import write_github
from scanner.reports.sarif import write_sarif
from scanner.reports.sarif_check import check_log, check_sarif
from scanner.reports.sarif_rules import Profile


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("logs")
    of = scan(gaps=[gap()])
    write_sarif(folder / "a", lambda: iter(every_kind()), of)
    write_github(
        folder / "g",
        lambda: iter(every_kind()),
        of,
        targets=["prod"],
        complete=True,
        carried=(),
        subjects="full",
    )
    return {
        "auditor": json.loads((folder / "a").read_bytes()),
        "github": json.loads((folder / "g" / "prod.sarif").read_bytes()),
    }


def run(log: Any) -> Any:
    return log["runs"][0]


def rule(log: Any) -> Any:
    return run(log)["tool"]["driver"]["rules"][0]


def result(log: Any, number: int = 0) -> Any:
    return run(log)["results"][number]


def physical(log: Any) -> Any:
    return result(log)["locations"][0]["physicalLocation"]


def put(where: Callable[[Any], Any], key: Any, value: Any) -> Callable[[Any], None]:
    """Plant a value at a key of the place that `where` finds."""

    def plant(log: Any) -> None:
        where(log)[key] = value

    return plant


def uri(value: str) -> Callable[[Any], None]:
    return put(lambda log: physical(log)["artifactLocation"], "uri", value)


def text(value: str) -> Callable[[Any], None]:
    return put(lambda log: result(log)["message"], "text", value)


def swap_rules(log: Any) -> None:
    rules = run(log)["tool"]["driver"]["rules"]
    rules[0], rules[1] = rules[1], rules[0]


def twice(log: Any) -> None:
    run(log)["results"].append(copy.deepcopy(result(log)))


def too_many(log: Any) -> None:
    run(log)["results"] = [result(log)] * 5_001


def second_run(log: Any) -> None:
    log["runs"].append(copy.deepcopy(run(log)))


def twice_a_rule(log: Any) -> None:
    rules = run(log)["tool"]["driver"]["rules"]
    rules.append(copy.deepcopy(rules[0]))


def second_place(log: Any) -> None:
    result(log)["locations"] *= 2


def taxon(log: Any) -> Any:
    return result(log)["taxa"][0]


def target(log: Any) -> Any:
    return rule(log)["relationships"][0]["target"]


def told(log: Any) -> Any:
    return run(log)["invocations"][0]["toolExecutionNotifications"][0]


AUDITOR: dict[str, tuple[Callable[[Any], None], str]] = {
    "a fail without a level": (put(result, "level", "none"), "kind 'fail' with level 'none'"),
    "a pass with a level": (put(result, "kind", "pass"), "kind 'pass' with level 'error'"),
    "a level that is none": (put(result, "level", "severe"), "with level 'severe'"),
    "a rule's index": (put(result, "ruleIndex", 1), "rule 1 is"),
    "an index past the end": (put(result, "ruleIndex", 99), "rule 99 is None"),
    "a negative index": (put(result, "ruleIndex", -1), "rule -1 is None"),
    "rules in another order": (swap_rules, "rule 0 is"),
    "a taxon's index": (put(taxon, "index", 1), "there is no|has no taxon|is '"),
    "a taxon's id": (put(taxon, "id", "XX.L2-9.9.9"), "not 'XX.L2-9.9.9'"),
    "a taxonomy's index": (
        put(lambda log: taxon(log)["toolComponent"], "index", 1),
        "taxonomy 1 is not called 'CMMC'",
    ),
    "a relationship's target": (put(target, "index", 99), "has no taxon 99"),
    "a relationship's kind": (
        put(lambda log: rule(log)["relationships"][0], "kinds", ["decides"]),
        "kinds \\['decides'\\]",
    ),
    "no relationship's kind": (
        put(lambda log: rule(log)["relationships"][0], "kinds", []),
        "kinds \\[\\]",
    ),
    "a supported taxonomy": (
        put(lambda log: run(log)["tool"]["driver"]["supportedTaxonomies"][0], "index", 2),
        "points at no taxonomy",
    ),
    "ten tags": (
        put(lambda log: rule(log)["properties"], "tags", [f"t{n}" for n in range(10)]),
        "10 tags",
    ),
    "a tag twice": (put(lambda log: rule(log)["properties"], "tags", ["a", "a"]), "2 tags"),
    "a security severity of 0.0": (
        put(lambda log: rule(log)["properties"], "security-severity", "0.0"),
        "'0.0' is no number",
    ),
    "a security severity that is no text": (
        put(lambda log: rule(log)["properties"], "security-severity", 9.5),
        "9.5 is no number",
    ),
    "a long description": (
        put(rule, "shortDescription", {"text": "x" * 1025}),
        "shortDescription: 1025 characters",
    ),
    "no description": (put(rule, "fullDescription", {"text": " "}), "fullDescription: no text"),
    "no help": (put(rule, "help", {}), "help: no text"),
    "a long name": (put(rule, "name", "Xy" * 128), "no Pascal-case name"),
    "two capitals": (put(rule, "name", "IsAKnown"), "no Pascal-case name"),
    "a level by default": (
        put(rule, "defaultConfiguration", {"level": "none"}),
        "no level of error, warning or note",
    ),
    "an old id that lives": (
        put(rule, "deprecatedIds", ["software-hint"]),
        "is the id of another rule",
    ),
    "a hole in the placeholders": (
        put(lambda log: rule(log)["messageStrings"]["fail"], "text", "'{0}' and '{2}'."),
        "placeholders are not numbered",
    ),
    "a rule twice": (twice_a_rule, "'account-mfa-enforced' stands 2 times"),
    "a fingerprint twice": (twice, "is another result's too"),
    "a fingerprint of another form": (
        put(result, "partialFingerprints", {"primaryLocationLineHash": "abc"}),
        "'abc' is no fingerprint",
    ),
    "no fingerprint": (put(result, "partialFingerprints", {}), "'' is no fingerprint"),
    "suppressions of some": (
        lambda log: result(log, 1).pop("suppressions"),
        "have suppressions; all have it or none",
    ),
    "baselines of some": (
        put(result, "baselineState", "new"),
        "have baselineState; all have it or none",
    ),
    "a baseline of another name": (put(result, "baselineState", "old"), "baselineState 'old'"),
    "another message": (text("'alice' is fine."), "not what its id and arguments give"),
    "too few arguments": (
        put(lambda log: result(log)["message"], "arguments", ["alice"]),
        "too few arguments",
    ),
    "an unknown message": (put(lambda log: result(log)["message"], "id", "x"), "no message 'x'"),
    "a hidden character": (text("a\u202eb."), "hidden or control character"),
    "a line break": (text("a\nb."), "hidden or control character"),
    "a link": (text("[a](b)."), "holds a link"),
    "a placeholder left": (text("a {0}."), "a single brace"),
    "a long message": (text("x" * 9_000 + "."), "9001 characters"),
    "no period": (text("a"), "does not end in a period"),
    "no place": (put(result, "locations", []), "0 locations"),
    "two places": (second_place, "2 locations"),
    "an empty URI": (uri(""), "'' is no URI reference"),
    "a space in a URI": (uri("a b"), "'a b' is no URI reference"),
    "a bad escape": (uri("a%2"), "'a%2' is no URI reference"),
    "a scheme": (uri("https://example.com/x"), "is not relative"),
    "a colon in the first segment": (uri("arn:aws/x"), "is not relative"),
    "an absolute path": (uri("/etc/x"), "is not relative"),
    "a way out": (uri("a/../../x"), "leaves the repository"),
    "an artifact's index": (
        put(lambda log: physical(log)["artifactLocation"], "index", 1),
        "artifact 1 is 'infra/users.tf'",
    ),
    "an unknown base": (
        put(lambda log: physical(log)["artifactLocation"], "uriBaseId", "HOME"),
        "no uriBaseId 'HOME'",
    ),
    "no region": (lambda log: physical(log).pop("region"), "no region with a line"),
    "line 0": (put(lambda log: physical(log)["region"], "startLine", 0), "no region with a line"),
    "a region backwards": (put(lambda log: physical(log)["region"], "endLine", 1), "ends before"),
    "a context beside the region": (
        put(physical, "contextRegion", {"startLine": 5, "endLine": 6}),
        "not larger than the region",
    ),
    "a notification's descriptor": (
        put(lambda log: told(log)["descriptor"], "index", 0),
        "its descriptor is not there",
    ),
    "times backwards": (
        put(lambda log: run(log)["invocations"][0], "startTimeUtc", "2027-01-01T00:00:00Z"),
        "ends before it starts",
    ),
    "no results": (lambda log: run(log).pop("results"), "no results, not even none"),
    "another version": (put(lambda log: log, "version", "2.0.0"), "say SARIF 2.1.0"),
    "no run": (put(lambda log: log, "runs", []), "0 runs"),
    "a category twice": (second_run, "2 runs share"),
    "a category without its slash": (
        put(run, "automationDetails", {"id": "cmmc/prod"}),
        "no category that ends in a slash",
    ),
}

GITHUB: dict[str, tuple[Callable[[Any], None], str]] = {
    "a pass": (put(result, "kind", "pass"), "shows kind 'pass' as an open alert"),
    "a suppression": (put(result, "suppressions", []), "profile has suppressions"),
    "a baseline": (put(result, "baselineState", "new"), "profile has baselineState"),
    "taxa": (put(result, "taxa", []), "profile has taxa"),
    "taxonomies": (put(run, "taxonomies", []), "profile has taxonomies"),
    "a base of URIs": (put(run, "originalUriBaseIds", {}), "profile has originalUriBaseIds"),
    "5,001 results": (too_many, "5001 results"),
}


@pytest.mark.parametrize("fault", AUDITOR)
def test_a_planted_fault_is_named(fault: str, logs: dict[str, Any]) -> None:
    caught("auditor", *AUDITOR[fault], logs)


@pytest.mark.parametrize("fault", GITHUB)
def test_a_fault_of_githubs_profile_is_named(fault: str, logs: dict[str, Any]) -> None:
    caught("github", *GITHUB[fault], logs)


def caught(profile: Profile, plant: Callable[[Any], Any], said: str, logs: dict[str, Any]) -> None:
    import re

    log = copy.deepcopy(logs[profile])
    assert list(check_log(log, profile)) == []
    plant(log)
    faults = list(check_log(log, profile))
    assert any(re.search(said, fault) for fault in faults), faults


def test_a_file_too_large_for_github(
    logs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.sarif"
    path.write_text(json.dumps(logs["github"]))
    assert check_sarif(path, "github") == []
    monkeypatch.setattr("scanner.reports.sarif_check.GZIP_LIMIT", 500)
    assert any("bytes gzipped" in fault for fault in check_sarif(path, "github"))
