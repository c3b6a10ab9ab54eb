"""Bad input: one clear message, the designed exit code, nothing half-written, never a traceback."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.cli import BAD_INPUT, DEFECT, FAILED, INCOMPLETE, OK, run

RULE = """\
id: mine
title: A rule of ours
practice: AC.L2-3.1.1
informs: ["3.1.1[a]"]
strength: observed
refutes: never
severity: low
fact: identity.account
require: |
  enabled
message: "{name} is not enabled"
why: It stands here for the test alone.
limits: It says nothing of a real system.
fix: {linux: Nothing.}
tests:
  pass: [{enabled: true}]
  fail: [{enabled: false}]
  unknown: [{}]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small host of files, the current folder, and no configuration of the user's own."""
    files = {
        "etc/os-release": "ID=debian\nVERSION_ID=12\n",
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/passwd": "root:x:0:0::/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/bash\n",
        "etc/group": "root:x:0:\nana:x:1000:\n",
        "etc/shadow": "root:*:1::::::\nana:!:1::::::\n",
    }
    for name, text in files.items():
        path = tmp_path / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def config(root: Path, extra: str = "", target: str = "") -> Path:
    path = root / "c.yaml"
    path.write_text(target or f"targets:\n  - {{id: host, provider: linux, root: {root}/host}}\n")
    path.write_text(path.read_text() + extra)
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("targets: [", "c.yaml:2:1: this is not valid YAML"),
        ("targets:\n  - {id: a, provider: linux}\n  bad\n", "c.yaml:4:1"),
        ("a: &a [x, x]\nb: [*a, *a]\n", "anchor"),
        ("targets: [{id: a, provider: linux}]\ntargts: 1\n", "did you mean 'targets'?"),
        ("targets: [{id: a, provider: lunux}]\n", "'lunux'"),
        ("targets: [{id: a, provider: linux, rot: /x}]\n", "did you mean 'root'?"),
        ("targets: [{id: A b, provider: linux}]\n", "c.yaml:1:16"),
        ("targets: [{id: a, provider: linux}, {id: a, provider: linux}]\n", "used twice"),
        ("targets: [{id: a, provider: aws, endpoint: 'http://example.com'}]\n", "loopback only"),
        ("targets: [{id: a, provider: aws, profile: AKIAIOSFODNN7EXAMPLE}]\n", "AWS access key"),
        ("targets: [{id: a, provider: aws, proxy: 'http://u:p@proxy'}]\n", "password in a URL"),
        ("targets: [{id: a, provider: linux}]\nlevel: 4\n", "c.yaml:2:8"),
        ("targets: [{id: a, provider: linux}]\nparams: {no-such: {x: 1}}\n", "no rule 'no-such'"),
        (
            "targets: [{id: a, provider: linux}]\n"
            "params: {log-retention-meets-policy: {min_days: 0}}\n",
            "c.yaml:2:49: log-retention-meets-policy: min_days is 0; the least is 1",
        ),
        (
            "targets: [{id: a, provider: linux}]\n"
            "params: {log-retention-meets-policy: {mindays: 10}}\n",
            "did you mean 'min_days'?",
        ),
        ("", "c.yaml"),
    ],
)
def test_a_wrong_configuration_is_named_by_line(root, capsys, text, says):
    (root / "c.yaml").write_text(text)
    assert run(["scan", "-c", "c.yaml", "-o", "out"]) == BAD_INPUT
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error
    assert not (root / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  enabled\n", "  enabld\n", "did you mean 'enabled'?"),
        ("  enabled\n", "  " + "enabled && " * 5000 + "enabled\n", "1,000"),
        ("  enabled\n", "  enabled &&\n", "mine.yaml:10"),
        ("  enabled\n", "  enabled == 3\n", "mine.yaml:10"),
        ("fact: identity.account", "fact: identity.acount", "identity.account"),
        ("severity: low", "severity: lowish", "mine.yaml:7"),
        ("refutes: never", "refuts: never", "did you mean"),
        ("  unknown: [{}]\n", "", "unknown"),
        ("id: mine", "id: &x mine", "anchor"),
    ],
)
def test_a_wrong_rule_is_named_by_line(root, capsys, old, new, says):
    (root / "r").mkdir()
    (root / "r" / "mine.yaml").write_text(RULE.replace(old, new, 1))
    code = run(["scan", "-c", str(config(root)), "--rules-dir", "r", "-o", "out"])
    error = capsys.readouterr().err
    assert code == BAD_INPUT
    assert says in error
    assert not (root / "out").exists()


def test_an_expression_that_fails_on_what_was_read_is_a_defect_of_the_rule(root, capsys):
    rule = RULE.replace("  enabled\n", "  10 / uid > 0\n").replace(
        "[{enabled: true}]", "[{uid: 1}]"
    )
    rule = rule.replace("[{enabled: false}]", "[{uid: 1000}]").replace("[{}]", "[{}]")
    (root / "r").mkdir()
    (root / "r" / "mine.yaml").write_text(rule)
    arguments = ["scan", "-c", str(config(root)), "--rules-dir", "r", "--rules", "mine"]
    code = run([*arguments, "-o", "out"])
    error = capsys.readouterr().err
    if code == BAD_INPUT:
        pytest.skip("the lint refuses a nullable division already")
    assert code == DEFECT
    assert "mine" in error
    assert not (root / "out" / "findings.jsonl").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["scna"],
        ["scan", "--nope"],
        ["scan", "--rules", "no-such-rule"],
        ["scan", "--targets", "nobody"],
        ["scan", "--shard", "3/2"],
        ["scan", "--as-of", "yesterday"],
        ["scan", "-c", "missing.yaml"],
        ["scan", "-c", "host"],
        ["evaluate"],
        ["evaluate", "host"],
        ["report", "host"],
        ["mappings", "show", "XX.L2-9.9.9"],
        ["rules", "test", "missing.yaml"],
        ["rules", "new", "x", "--practice", "AC.L2-9.9.9", "--fact", "host"],
        ["permissions", "nobody"],
        ["collect", "--resume", "-o", "nothing-here"],
    ],
)
def test_a_wrong_command_line_is_exit_2_with_a_word(root, capsys, arguments):
    assert run(arguments) == BAD_INPUT
    captured = capsys.readouterr()
    assert captured.err.strip()
    assert "Traceback" not in captured.err


def test_a_truncated_snapshot_is_named(root, capsys):
    assert run(["collect", "-c", str(config(root)), "-o", "s", "-q"]) in (OK, INCOMPLETE)
    [*_, path] = sorted((root / "s").rglob("*.gz"))
    path.write_bytes(path.read_bytes()[:-9])
    assert run(["evaluate", "s", "-o", "out"]) == BAD_INPUT
    assert str(path.relative_to(root)) in capsys.readouterr().err
    assert not (root / "out").exists()


def test_an_unwritable_folder_is_named(root, capsys):
    (root / "file").write_text("")
    assert run(["scan", "-c", str(config(root)), "-o", "file/out"]) == BAD_INPUT
    assert "cannot be written" in capsys.readouterr().err


def small_disk() -> None:
    """Files of this process end at 20 kB, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_full_disk_leaves_no_half_written_file(root):
    done = subprocess.run(
        [sys.executable, "-m", "scanner", "scan", "-c", str(config(root)), "-o", "out"],
        cwd=root,
        preexec_fn=small_disk,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == BAD_INPUT, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    names = [p.name for p in (root / "out").rglob("*") if p.is_file()]
    assert not [n for n in names if n.endswith(".part")]
    for name in ("findings.jsonl", "findings.sarif"):
        path = root / "out" / name
        if path.exists() and name.endswith("sarif"):
            json.loads(path.read_text())


def test_an_endpoint_that_does_not_answer_is_a_gap(root, capsys, monkeypatch):
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    target = "targets:\n  - {id: a, provider: aws, regions: [us-east-1], endpoint: 'http://127.0.0.1:9'}\n"
    code = run(["scan", "-c", str(config(root, target=target)), "-o", "out", "--rules", "IA"])
    assert code == INCOMPLETE
    assert "unreachable" in capsys.readouterr().out


def test_no_credentials_are_a_gap_that_says_so(root, capsys, monkeypatch):
    pytest.importorskip("botocore")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    target = "targets:\n  - {id: a, provider: aws, regions: [us-east-1]}\n"
    code = run(["scan", "-c", str(config(root, target=target)), "-o", "out", "--rules", "IA"])
    assert code == INCOMPLETE
    assert "credentials" in capsys.readouterr().out


def test_a_proxy_that_intercepts_tls_is_told_from_a_dead_one(root, capsys, monkeypatch):
    pytest.importorskip("botocore")
    trustme = pytest.importorskip("trustme")
    import http.server
    import ssl
    import threading

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"https://127.0.0.1:{server.server_address[1]}"
    target = (
        f"targets:\n  - {{id: a, provider: aws, regions: [us-east-1], endpoint: '{endpoint}'}}\n"
    )
    code = run(["scan", "-c", str(config(root, target=target)), "-o", "out", "--rules", "IA"])
    server.shutdown()
    assert code == INCOMPLETE
    gaps = json.loads((root / "out" / "snapshot" / "manifest.json").read_text())["gaps"]
    details = {gap["detail"] for gap in gaps}
    assert any("ca_bundle" in detail for detail in details), details


def test_a_failure_at_or_above_fail_on_is_exit_1(root):
    base = ["scan", "-c", str(config(root)), "-q", "--rules", "software-allow-list-enforced"]
    assert run([*base, "-o", "out"]) == FAILED
    assert run([*base, "-o", "out", "--fail-on", "critical"]) in (OK, INCOMPLETE)
    assert run([*base, "-o", "out", "--fail-on", "never"]) in (OK, INCOMPLETE)


def test_a_path_that_the_system_refuses_is_wrong_input(root, capsys):
    long = "a" * 5000
    for line in (["report", long, "-f", "html"], ["evaluate", long], ["diff", long, long]):
        assert run(line) == BAD_INPUT, line
        assert "name too long" in capsys.readouterr().err
