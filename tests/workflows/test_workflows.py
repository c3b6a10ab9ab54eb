"""The workflows' shell steps as they stand, against the emulated cloud and a model of GitHub."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_model import Api, GitHub
from harness import REPOSITORY, Run, Server, runner

sys.path += [str(Path(__file__).parents[1] / room) for room in ("history", "origin")]

from history_samples import finding, write
from terraform_project import resource, state

from scanner import findings

WORKFLOWS = REPOSITORY / ".github" / "workflows"
ACTIONS = sorted((REPOSITORY / ".github" / "actions").glob("*/action.yml"))
REGION = "us-gov-west-1"


@pytest.fixture
def api() -> Api:
    return Api(GitHub())


@pytest.fixture
def server(api: Api) -> Iterator[Server]:
    made = Server(api)
    yield made
    made.close()


@pytest.fixture
def cloud() -> Iterator[Any]:
    """An empty emulated account, and a client maker for it."""
    pytest.importorskip("moto")
    import botocore.session

    from scanner.collectors.aws.clients import _to_endpoint
    from scanner.demo.aws import Emulator, start_emulator

    def clients(emulator: Any) -> Any:
        def make(service: str) -> Any:
            client = botocore.session.Session().create_client(
                service,
                region_name=REGION,
                endpoint_url=emulator.endpoint,
                aws_access_key_id="AKIAEXAMPLE",
                aws_secret_access_key="x",
            )
            client.meta.events.register("before-sign", _to_endpoint(emulator.endpoint))
            return client

        return make

    running = Emulator.running()
    if running is not None:
        running.reset()
        yield running, clients(running)
        running.reset()
        return
    with start_emulator() as emulator:
        yield emulator, clients(emulator)


def scheduled(folder: Path, api: Api, server: Server, **vars_: str) -> tuple[Run, bool]:
    """One scheduled run; the history comes and goes as an artifact."""
    run = runner(folder, api, server, vars={"CMMC_SCAN_CONFIG": "cmmc-scan.yaml", **vars_})
    run.env |= {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return run, run.job(WORKFLOWS / "scheduled-scan.yml", "scan")


def configured(folder: Path, endpoint: str, *more: str) -> None:
    (folder / "work").mkdir(exist_ok=True)
    targets = [
        f"  - {{id: prod, provider: aws, partition: aws-us-gov, regions: [{REGION}],"
        f" endpoint: '{endpoint}'}}",
        *more,
    ]
    text = "\n".join(["organization: Example", "targets:", *targets, ""])
    (folder / "work" / "cmmc-scan.yaml").write_text(text)


def failures(run: Run) -> dict[str, dict[str, Any]]:
    lines = (run.temp / "cmmc-out" / "findings.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return {f["fingerprint"]: f for f in found if f["verdict"] == "fail"}


def by_github(folder: Path, api: Api, server: Server) -> tuple[Run, bool]:
    """One run of the action alone, without a history: GitHub's last analyses are all it has."""
    run = runner(folder, api, server)
    run.env |= {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    given = {"config": "cmmc-scan.yaml", "baseline": "github", "rules-dir": "own"}
    return run, action(run, **given, **{"new-only": "true"})


@pytest.mark.parametrize("memory", ["history", "github"])
def test_two_days_end_as_they_should(
    tmp_path: Path, api: Api, server: Server, cloud: Any, memory: str
) -> None:
    emulator, client = cloud
    configured(tmp_path, emulator.endpoint, "  - {id: here, provider: linux}")
    own = tmp_path / "work" / "own"
    own.mkdir()
    (own / "name-is-ours.yaml").write_text(OWN_RULE)
    iam = client("iam")
    for name in ("anna.lee", "bob.ray"):
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password="Long-Enough-4-Now")
    region = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket="larch-box", CreateBucketConfiguration=region)

    def day() -> tuple[Run, bool]:
        if memory == "github":
            return by_github(tmp_path, api, server)
        return scheduled(tmp_path, api, server, CMMC_RULES_DIR="own")

    if memory == "history":
        # a scan before the first day: where no scan ever looked, a blind category is not uploaded
        earlier = tmp_path / "history.sqlite"
        seen = [finding(name, "pass", target=name) for name in ("prod", "here")]
        write(earlier, seen, targets=["prod", "here"], whole=False)
        api.upload_artifact("cmmc-history", earlier)

    first, good = day()
    text = "\n".join(first.log)
    assert not good, "everything is new on the first day"
    assert "failed: Scan" in text or memory == "github", text
    assert "ran: Keep the history" in text or memory == "github"
    assert "## CMMC" in first.summary
    assert "| 2 |" in first.summary or memory == "github"
    assert first.summary.startswith("## CMMC Level 2: ")
    assert "| Every account has a name that we give | IA.L2-3.5.1 |" in first.summary
    assert not any(name in first.summary for name in ("anna.lee", "bob.ray", "larch-box"))
    assert len(first.summary.encode()) < 1 << 20, "GitHub shows nothing of a longer one"
    assert {r["ref"] for r in api.requests} == {"refs/heads/main"}
    before = failures(first)
    states = api.github.states()
    assert {states[mark] for mark in before} == {"open"}
    box = {mark for mark, f in before.items() if f["name"] == "larch-box"}
    here = {mark for mark, f in before.items() if f["target"] == "here"}
    mine = {mark for mark, f in before.items() if f["rule"] == "name-is-ours"}
    assert box
    assert here
    assert mine

    # The second day: bob is gone, cleo is new, nobody may list buckets, a rule has another name,
    # and a target left the configuration.
    iam.delete_login_profile(UserName="bob.ray")
    iam.delete_user(UserName="bob.ray")
    iam.create_user(UserName="cleo.fox")
    iam.create_login_profile(UserName="cleo.fox", Password="Long-Enough-4-Now")
    configured(tmp_path, emulator.endpoint)
    (own / "name-is-ours.yaml").unlink()
    renamed = OWN_RULE.replace(
        "id: name-is-ours", "id: known-by-name\ndeprecated_ids: [name-is-ours]"
    )
    (own / "known-by-name.yaml").write_text(renamed)
    with emulator.faults.injected(
        on="s3:ListBuckets", effect="error", code="AccessDenied", status=403
    ):
        second, good = day()
    words = "\n".join(second.log)
    assert not good
    since = r"Since the last run: [1-9]\d* new, [1-9]\d* fixed"
    if memory == "github":
        since = r"Against the baseline: [1-9]\d* new, [1-9]\d* gone"
    assert re.search(since, words), words
    assert "here is no longer in the configuration" in words
    assert failures(second).keys() & box == set()
    states = api.github.states()
    assert {states[mark] for mark in box} == {"open"}, "nobody looked"
    assert {states[mark] for mark in here} == {"fixed"}, "closed on purpose"
    bob = {mark for mark, f in before.items() if "bob.ray" in f["name"]}
    assert {states[mark] for mark in bob} == {"fixed"}
    now = failures(second)
    assert {states[mark] for mark in now} == {"open"}
    cleo = {mark for mark, f in now.items() if "cleo.fox" in f["name"]}
    assert cleo
    assert not cleo & before.keys()
    kept = mine - bob - here
    assert kept
    assert {now[mark]["rule"] for mark in kept} == {"known-by-name"}
    assert {k[1] for k in api.github.alerts if k[3].partition(":")[0] in kept} == {"name-is-ours"}
    if memory == "history":
        assert [a["name"] for a in api.artifacts].count("cmmc-history") == 3

    # The third day: everything can be read again, and the bucket has gone meanwhile.
    client("s3").delete_bucket(Bucket="larch-box")
    third, good = day()
    assert good, "nothing is new: " + "\n".join(third.log)
    states = api.github.states()
    assert {states[mark] for mark in box} == {"fixed"}
    assert {states[mark] for mark in failures(third)} == {"open"}


def test_without_the_variable_the_job_is_skipped(tmp_path: Path, api: Api, server: Server) -> None:
    run = runner(tmp_path, api, server)
    assert run.job(WORKFLOWS / "scheduled-scan.yml", "scan")
    assert run.log == ["skipped"]


FAKE = """#!/bin/sh
if [ "$1" = scan ]; then
  echo "arguments: $*"
  env | sort | grep -E "^(AWS_|AZURE_|GITHUB_TOKEN)"
  for file in "$AWS_WEB_IDENTITY_TOKEN_FILE" "$AZURE_FEDERATED_TOKEN_FILE"; do
    if [ -n "$file" ]; then stat -c "mode %a" "$file"; cat "$file"; echo; fi
  done
  exit CODE
fi
if [ "$1" = report ]; then
  echo "reported: $*"
  while [ "$1" != --out ]; do shift; done
  echo "## CMMC" > "$2/summary.md"
fi
"""


def fake_scan(run: Run, code: int) -> None:
    """Put a cmmc-scan in the place of ours that says what it was given."""
    shim = Path(run.env["PATH"].split(":")[0], "cmmc-scan")
    shim.write_text(FAKE.replace("CODE", str(code)))


def action(run: Run, **given: str) -> bool:
    """Run the scan action alone."""
    step = {"uses": "./.github/actions/scan", "with": given}
    return run._steps([step], {}, {}, None)


@pytest.mark.parametrize(("code", "incomplete", "good"), [
    (0, "fail", True),
    (1, "fail", False),
    (3, "fail", False),
    (3, "warn", True),
    (2, "warn", False),
    (4, "warn", False),
])  # fmt: skip
def test_the_job_ends_as_the_policy_says(
    tmp_path: Path, api: Api, server: Server, code: int, incomplete: str, good: bool
) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, code)
    assert action(run, upload="false", incomplete=incomplete) is good
    assert (tmp_path / "pip.log").read_text().endswith("scan/../../..[aws,microsoft]\n")


def test_credentials_are_short_lived_private_and_gone(
    tmp_path: Path, api: Api, server: Server
) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, 0)
    run.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{server.url}/token?api-version=2.0"
    run.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-token"
    given = {
        "upload": "false",
        "aws-role": "arn:aws-us-gov:iam::123456789012:role/cmmc",
        "aws-region": REGION,
        "azure-client-id": "client",
        "azure-tenant-id": "tenant",
        "azure-authority-host": "https://login.microsoftonline.us/",
        "azure-audience": "api://AzureADTokenExchangeUSGov",
        "history": "h.sqlite",
        "min-score": "88",
        "new-only": "true",
        "origins": "infra\ncdk.out\n",
        "webhook": "https://hooks.example/x",
    }
    assert action(run, **given)
    log = "\n".join(run.log)
    assert server.audiences == ["sts.amazonaws.com", "api://AzureADTokenExchangeUSGov"]
    assert "jwt-for-sts.amazonaws.com" in log
    assert "jwt-for-api://AzureADTokenExchangeUSGov" in log
    assert log.count("mode 600") == 2
    assert f"AWS_REGION={REGION}" in log
    assert "AWS_ROLE_SESSION_NAME=cmmc-scan-7" in log
    assert "AZURE_AUTHORITY_HOST=https://login.microsoftonline.us/" in log
    assert (
        "--history h.sqlite --new-only --min-score 88 --notify CMMC_SCAN_WEBHOOK"
        " --origins infra --origins cdk.out" in log
    )
    assert not list(run.temp.glob("cmmc-tokens*"))


@pytest.mark.parametrize("baseline", ["", "github", "earlier.jsonl"])
def test_the_scan_gets_the_token_only_to_ask_github(
    tmp_path: Path, api: Api, server: Server, baseline: str
) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, 0)
    assert action(run, upload="false", baseline=baseline)
    log = "\n".join(run.log)
    assert ("GITHUB_TOKEN=t" in log) is (baseline == "github")
    assert (f"--baseline {baseline}" in log) is bool(baseline)
    assert action(run, upload="false", baseline="github", history="h.sqlite")
    assert "--baseline" not in "\n".join(run.log)[len(log) :], "a history knows more"


@pytest.mark.parametrize(
    ("vars_", "host", "audience"),
    [
        ({}, "https://login.microsoftonline.com/", "api://AzureADTokenExchange"),
        (
            {
                "CMMC_AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
                "CMMC_AZURE_AUDIENCE": "api://AzureADTokenExchangeUSGov",
            },
            "https://login.microsoftonline.us/",
            "api://AzureADTokenExchangeUSGov",
        ),
    ],
    ids=["worldwide", "gcc-high"],
)
def test_a_schedule_signs_in_where_the_tenant_lives(
    tmp_path: Path, api: Api, server: Server, vars_: dict[str, str], host: str, audience: str
) -> None:
    run = runner(
        tmp_path,
        api,
        server,
        vars={
            "CMMC_SCAN_CONFIG": "cmmc-scan.yaml",
            "CMMC_AZURE_CLIENT_ID": "client",
            "CMMC_AZURE_TENANT_ID": "tenant",
            **vars_,
        },
    )
    fake_scan(run, 0)
    run.env["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{server.url}/token?api-version=2.0"
    run.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-token"
    run.job(WORKFLOWS / "scheduled-scan.yml", "scan")
    log = "\n".join(run.log)
    assert server.audiences == [audience]
    assert f"AZURE_AUTHORITY_HOST={host}\n" in log
    assert (tmp_path / "pip.log").read_text().endswith("scan/../../..[aws,microsoft]\n")


def test_a_job_without_the_permission_is_told(tmp_path: Path, api: Api, server: Server) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, 0)
    assert not action(run, upload="false", **{"aws-role": "arn:x"})
    assert "id-token: write" in "\n".join(run.log)
    assert not list(run.temp.glob("cmmc-tokens*"))


def test_values_never_become_code(tmp_path: Path, api: Api, server: Server) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, 0)
    hostile = "$(touch pwned) `touch pwned`; touch pwned #"
    names = (
        "baseline",
        "config",
        "history",
        "origins",
        "rules-dir",
        "fail-on",
        "min-score",
        "webhook",
    )
    action(run, upload="false", **dict.fromkeys(names, hostile))
    assert not (tmp_path / "work" / "pwned").exists()


def test_a_rejected_upload_fails_the_job(tmp_path: Path, api: Api, server: Server) -> None:
    run = runner(tmp_path, api, server)
    fake_scan(run, 0)
    out = tmp_path / "out" / "github"
    out.mkdir(parents=True)
    (out / "prod.sarif").write_text('{"$schema": "x", "version": "1", "runs": []}')
    assert not action(run, out=str(out.parent))
    assert "Code scanning did not take upload" in "\n".join(run.log)


@pytest.mark.parametrize("made", ["branch", "fork", "expired"])
def test_only_the_default_branchs_own_history_counts(
    tmp_path: Path, api: Api, server: Server, made: str
) -> None:
    file = tmp_path / "history.sqlite"
    file.write_text("good")
    api.upload_artifact("cmmc-history", file)
    file.write_text("bad")
    branch, fork = ("feature", 1) if made == "branch" else ("main", 2 if made == "fork" else 1)
    api.upload_artifact("cmmc-history", file, branch=branch, fork=fork)
    api.artifacts[-1]["expired"] = made == "expired"
    run = runner(tmp_path, api, server)
    step = {
        "id": "r",
        "uses": "./.github/actions/restore",
        "with": {"name": "cmmc-history", "path": str(tmp_path / "got")},
    }
    done: dict[str, Any] = {}
    assert run._steps([step], {}, {}, None, done)
    assert done["r"]["outputs"] == {"found": "true"}
    assert (tmp_path / "got" / "history.sqlite").read_text() == "good"


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_a_pull_request_is_told_what_it_changes(tmp_path: Path, api: Api, server: Server) -> None:
    work = tmp_path / "work"
    work.mkdir()
    config = work / "cmmc-scan.yaml"
    config.write_text("organization: Example\ntargets:\n  - {id: here, provider: linux}\n")
    scan = [sys.executable, "-m", "scanner", "scan", "-q", "-o", str(tmp_path / "scan")]
    only = ["-c", str(config), "--rules", "fips-mode-on"]
    subprocess.run([*scan, *only], check=False, cwd=REPOSITORY)
    api.upload_artifact("cmmc-scan", tmp_path / "scan")
    git(work, "init", "-b", "main")
    git(work, "add", ".")
    git(work, "commit", "-m", "base")
    (work / "own").mkdir()
    (work / "own" / "name-is-ours.yaml").write_text(OWN_SETTING_RULE)
    failed = next(f for f in findings.read(tmp_path / "scan" / "findings.jsonl") if f.subject)
    (work / "infra").mkdir()
    (work / "infra" / "main.tf").write_text('# one host\nresource "linux_host" "here" {\n}\n')
    made = resource("linux_host", "here", [(None, {"id": failed.subject})])
    (work / "infra" / "terraform.tfstate").write_text(json.dumps(state([made])))
    git(work, "add", ".")
    git(work, "commit", "-m", "change")
    event = {
        "repository": {"default_branch": "main"},
        "pull_request": {"number": 12, "head": {"repo": {"full_name": "example/defense"}}},
    }
    github = {"token": "t", "repository": "example/defense", "event": event}
    run = runner(
        tmp_path,
        api,
        server,
        vars={
            "CMMC_SCAN_CONFIG": "cmmc-scan.yaml",
            "CMMC_RULES_DIR": "own",
            "CMMC_ORIGINS": "infra",
        },
        github=github,
    )
    assert run.job(WORKFLOWS / "pull-request.yml", "judge"), "\n".join(run.log)
    marked = "file=infra/main.tf,line=2,endLine=3,title=SC.L2-3.13.11 fips-mode-on::"
    assert any(marked in line for line in run.log)
    (comment,) = server.comments
    assert comment["arguments"][:3] == ["pr", "comment", "12"]
    assert re.match(r"### .*\n\n\*\*[1-9]\d* new, 0 fixed", comment["body"]), comment["body"]
    assert "`name-is-ours`" in comment["body"]
    assert "| infra/main.tf:2 | SC.L2-3.13.11 |" in comment["body"]
    assert comment["body"] in run.summary
    ours = "name-is-ours"
    for name, knows in (("head", True), ("base", False)):
        concluded = (run.temp / f"{name}-out" / "assessment.json").read_text()
        assert (ours in concluded) is knows, "what the organization's own rules say counts"

    event["pull_request"]["head"]["repo"]["full_name"] = "stranger/fork"  # type: ignore[index]
    (work / "own" / "name-is-ours.yaml").write_text("id: name-is-ours\n")
    again = runner(tmp_path, api, server, vars=run.contexts["vars"], github=github)
    assert not again.job(WORKFLOWS / "pull-request.yml", "judge"), "a broken rule fails its test"
    assert len(server.comments) == 1


OWN_RULE = """\
id: name-is-ours
title: Every account has a name that we give
practice: IA.L2-3.5.1
informs: ["3.5.1[a]"]
strength: observed
refutes: never
severity: high
fact: identity.account
when: |
  enabled
require: |
  name.startsWith("person.")
message: "{name} is not one of ours"
why: An account that nobody named is an account that nobody keeps.
limits: It looks at the name alone.
fix: {linux: Name it., aws: Name it.}
tests:
  pass: [{enabled: true, name: person.ann}]
  fail: [{enabled: true, name: web}]
  not-applicable: [{enabled: false, name: web}]
  unknown: [{name: web}]
"""


OWN_SETTING_RULE = (
    OWN_RULE.replace("identity.account", "crypto.fips_setting")
    .replace("when: |\n  enabled\n", "")
    .replace('name.startsWith("person.")', 'setting == "never"')
    .replace("enabled: true, name: person.ann", "setting: never")
    .replace("enabled: true, name: web", "setting: kernel")
    .replace("  not-applicable: [{enabled: false, name: web}]\n", "")
)


@pytest.mark.parametrize("path", [*sorted(WORKFLOWS.glob("*.yml")), *ACTIONS], ids=lambda p: p.name)
def test_every_action_is_pinned_with_its_tag(path: Path) -> None:
    for line in path.read_text().splitlines():
        used = re.search(r"uses: (\S+)(.*)", line)
        if used and not used[1].startswith("./") and not line.lstrip().startswith("#"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used[1]), line
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", used[2]), line


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda p: p.name)
def test_permissions_are_named_job_by_job(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert content["permissions"] == {}
    for job in content["jobs"].values():
        assert job["permissions"]
        assert job["timeout-minutes"]
