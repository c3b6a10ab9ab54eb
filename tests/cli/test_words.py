"""What is said about wrong input: where, what and what to do, in words for who wrote it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from terminal_run import piped

from scanner.cli import BAD_INPUT, FAILED, INCOMPLETE, OK, run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command line that is wrong writes to stderr."""
    assert run(arguments) == BAD_INPUT
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert "Errno" not in captured.err
    return captured.err


AWS = "targets: [{id: a, provider: aws, %s}]\n"
LINUX = "targets: [{id: a, provider: linux, %s}]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (AWS % "regions: us-gov-west-1", "must be all, or a list: [us-gov-west-1], not the text"),
        (AWS % "regions: [1]", "targets[0].regions[0] must be text"),
        (AWS % "regions: []", "c.yaml:1:43: targets[0].regions is an empty list; write at"),
        (AWS % "regions: [us-east-1, us-east-1]", "regions names us-east-1 twice; keep it once"),
        (AWS % "accounts: []", "targets[0].accounts is an empty list"),
        (AWS % "accounts: [12]", "targets[0].accounts[0] must be text, not the number 12"),
        (
            AWS % "role_arn: audit",
            "write a role's ARN: arn:aws-us-gov:iam::123456789012:role/audit",
        ),
        (AWS % "proxy: 'proxy:3128'", "write a URL: http://proxy.example.com:3128"),
        (LINUX % "ssh: 'a b'", "write [user@]host, and the port by its own key"),
        (LINUX % "root: /" + "params: {nope: {}}\n", "c.yaml:2:10: there is no rule 'nope'; `cmmc"),
        (
            LINUX % "root: /" + "params: {acount-mfa-enforced: {}}\n",
            "did you mean 'account-mfa-enforced'?",
        ),
        (LINUX % "root: /" + "declarations: ''\n", "c.yaml:2:15: declarations is empty"),
        (AWS % "ca_bundle: /nope", "c.yaml:1:45: ca_bundle: /nope: there is no such file"),
        (AWS % "ca_bundle: c.yaml", "c.yaml:1:45: ca_bundle: c.yaml holds no certificate"),
    ],
)
def test_a_configuration_is_corrected_with_an_example(here, capsys, text, says):
    (here / "c.yaml").write_text(text)
    assert says in said(capsys, "scan", "-c", "c.yaml", "-o", "out")


def test_an_image_that_is_none_is_told_in_one_line(here, capsys):
    (here / "c.yaml").write_text(LINUX % "image: x.tar")
    found = [said(capsys, "scan", "-c", "c.yaml", "-o", "1")]
    assert "there is no such file" in found[0]
    (here / "x.tar").write_text("no tar")
    found.append(said(capsys, "scan", "-c", "c.yaml", "-o", "2"))
    assert "it is no tar archive" in found[1]
    (here / "manifest.json").write_text("{}")
    with tarfile.open(here / "x.tar", "w") as archive:
        archive.add(here / "manifest.json", "manifest.json")
    found.append(said(capsys, "scan", "-c", "c.yaml", "-o", "3"))
    assert "its index is not that of an image" in found[2]
    assert [len(text.splitlines()) for text in found] == [1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("explain", "nope"), "nope: no rule, practice, objective, ISO control, domain or finger"),
        (("explain", "acount-mfa-enforced"), "no rule, did you mean account-mfa-enforced?"),
        (("scan", "--rules", ""), "a term to choose rules is empty"),
        (("mappings", "update-cmvp", "nope"), "nope: cannot be read: no such file or directory;"),
        (("evaluate", "nope"), "nope: there is no such folder"),
        (("evidence", "verify", "nope"), "nope: there is no such folder that evidence gather wr"),
        (("evidence", "verify", "file"), "file: this is a file; name the folder"),
        (("permissions", "linux", "--rules", "no-such"), "no-such"),
    ],
)
def test_a_wrong_name_is_told_with_what_was_meant(here, capsys, arguments, says):
    (here / "file").write_text("")
    assert says in said(capsys, *arguments)


@pytest.mark.parametrize("verb", ["assess", "poam", "plan", "attest", "explain"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "tomorrow"])
def test_a_day_that_cannot_be_counted_from_is_wrong_input(scan, capsys, verb, day):
    assert f"--as-of {day}: " in said(
        capsys, verb, *(("AC", "--in") if verb == "explain" else ()), "out", "--as-of", day
    )


@pytest.mark.parametrize("day", ["9999-12-31", "2026-02-30"])
def test_the_option_that_is_wrong_is_the_one_that_is_blamed(scan, capsys, day):
    error = said(capsys, "evidence", "gather", "out", "--status-date", day)
    assert f"--status-date {day}: " in error


@pytest.fixture
def scan(here: Path) -> Path:
    """A scan of a small host in out/."""
    etc = here / "host" / "etc"
    etc.mkdir(parents=True)
    (etc / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (etc / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (here / "cmmc-scan.yaml").write_text(LINUX % f"root: {here}/host")
    run(["scan", "-q", "-o", "out", "--rules", "SC.L2-3.13.11", "--rules", "mine", *OWN(here)])
    return here


def OWN(here: Path) -> list[str]:
    """A rule of the organisation's own, in rules/."""
    from scanner.rules.scaffold import new_rule

    (here / "rules").mkdir()
    (here / "rules" / "mine.yaml").write_text(new_rule("mine", "AC.L2-3.1.1", "host"))
    return ["--rules-dir", str(here / "rules")]


def test_a_rule_of_ones_own_is_explained_or_its_folder_asked_for(scan, capsys):
    assert "name its folder with --rules-dir" in said(capsys, "explain", "mine", "--in", "out")
    assert run(["explain", "mine", "--in", "out", "--rules-dir", "rules"]) == OK


def test_a_domain_is_explained_with_its_determinations(scan, capsys):
    assert run(["explain", "AC", "--in", "out"]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "AC  Access Control"
    assert any("AC.L2-3.1.1 " in line and line.endswith("]") for line in lines)


@pytest.mark.parametrize("name", ["8.24", "A.8.24"])
def test_a_control_is_known_without_its_letter(capsys, name):
    assert run(["mappings", "show", name]) == OK
    assert capsys.readouterr().out.startswith("A.8.24  Use of cryptography")


def test_an_id_of_revision_3_leads_to_revision_2_and_says_so(capsys):
    assert run(["mappings", "show", "03.05.03"]) == OK
    text = capsys.readouterr().out
    assert text.startswith("03.05.03 is an id of SP 800-171 Rev 3, which CMMC does not assess")
    assert "IA.L2-3.5.3  Multifactor Authentication" in text


def test_only_providers_that_are_collected_are_said_to_show_anything(capsys):
    run(["mappings", "show", "SI.L2-3.14.1", "AC.L2-3.1.1", "CM.L2-3.4.3"])
    assert "github" not in capsys.readouterr().out


def test_one_is_not_said_as_many(here, capsys):
    assert run(["rules", "new", "mine", "--practice", "AC.L2-3.1.1", "--fact", "host"]) == OK
    capsys.readouterr()
    assert run(["rules", "test", "rules/mine.yaml"]) in (OK, FAILED)
    assert capsys.readouterr().out.startswith("1 rule, ")


def test_a_policy_is_not_printed_where_no_rule_asks_the_provider_anything(here, capsys):
    error = said(capsys, "permissions", "aws", "--rules", "host-firewall-exceptions-allowed")
    assert "none of these rules concerns aws" in error


def test_a_plug_in_that_is_broken_is_named(here):
    """As `pip install` leaves it: its entry point names what is not there."""
    dist = here / "site" / "broken-1.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (here / "site" / "broken.py").write_text("")
    (dist / "entry_points.txt").write_text("[cmmc_scan.collectors]\nbroken = broken:NOPE\n")
    done = piped("coverage", cwd=here, PYTHONPATH=str(here / "site"))
    assert done.returncode == BAD_INPUT
    assert "broken:NOPE" in done.stderr
    assert "broken 1" in done.stderr
    assert "AttributeError" not in done.stderr


def test_the_last_step_of_a_proposal_is_said(here, capsys):
    etc = here / "host" / "etc"
    etc.mkdir(parents=True)
    (etc / "passwd").write_text("root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/h:/bin/bash\n")
    (etc / "group").write_text("root:x:0:\nann:x:1000:\n")
    (etc / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    (here / "cmmc-scan.yaml").write_text(LINUX % f"root: {here}/host")
    run(["collect", "-q", "-o", "out"])
    assert run(["init", "--from", "out"]) == OK
    assert "cmmc-scan.yaml: add `declarations: declarations.yaml` and `scope: scope.yaml`" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "command",
    [
        ("init",),
        ("incident", "start", "x", "--title", "t"),
        ("rules", "new", "x", "--practice", "AC.L2-3.1.1", "--fact", "host", "-d", "rules"),
    ],
)
def test_no_verb_is_told_of_an_option_that_it_lacks(here, command, capsys, monkeypatch):
    read = Path.open

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def opened(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        return read(path, mode, *rest, **more) if "r" in mode else full()

    monkeypatch.setattr("os.open", full)
    monkeypatch.setattr("pathlib.Path.open", opened)
    error = said(capsys, *command)
    assert "no space left on device; make room there, or write to another place" in error
    assert "-o" not in error


def test_help_says_what_the_option_does_for_this_verb():
    for verb in ("assess", "plan", "attest", "report", "explain"):
        assert "this host" not in piped(verb, "--help").stdout, verb
    assert "without one, this host" in " ".join(piped("scan", "--help").stdout.split())


def test_a_history_that_is_named_is_kept_by_the_table_too(scan, capsys):
    assert run(["report", "out", "--history", "h.sqlite"]) == OK
    assert (scan / "h.sqlite").exists()
    assert "Since the last run" in capsys.readouterr().out


def test_a_summary_is_json_that_any_reader_takes(scan, capsys):
    assert run(["diff", "out", "out", "--format", "json"]) == OK
    assert json.loads(capsys.readouterr().out)["schema"] == 1


ENTRA = (
    "targets:\n  - {id: corp, provider: entra, tenant: 00000000-0000-4000-8000-000000000001,"
    " endpoint: 'http://127.0.0.1:9'%s}\n"
)


def test_what_a_microsoft_target_lacks_is_told_with_its_line(here, capsys):
    pytest.importorskip("urllib3")
    (here / "c.yaml").write_text(ENTRA % ", token_env: NOT_SET")
    error = said(capsys, "scan", "-c", "c.yaml", "--rules", "IA")
    assert error.startswith("target corp (c.yaml:2): token_env names NOT_SET, which is not set")


def test_a_failed_sign_in_is_one_gap_and_no_log(here):
    pytest.importorskip("azure.identity")
    (here / "c.yaml").write_text(ENTRA % "")
    empty = {"AZURE_CLIENT_ID": "", "PATH": "/nowhere", "HOME": str(here)}
    done = piped("scan", "-c", "c.yaml", "--rules", "IA", cwd=here, **empty)
    assert done.returncode == INCOMPLETE
    [line] = done.stderr.splitlines()
    assert line == (
        "out/github: not written: only a part of the rules was judged, and the others' alerts would"
        " be closed"
    )
    assert "credentials: sign in (az login, " in done.stdout
    assert "(corp: sign-in)" in done.stdout
    assert "cmmc-scan permissions" not in done.stdout
