"""What was asked for and cannot be written is told where people look, and the rest is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal_run import piped

from scanner.cli import BAD_INPUT, FAILED, INCOMPLETE, OK, run


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small host, its configuration and its scan in out/."""
    folder = tmp_path_factory.mktemp("scanned")
    etc = folder / "host" / "etc"
    etc.mkdir(parents=True)
    (etc / "machine-id").write_text("0123456789abcdef" * 2 + "\n")
    (etc / "os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (etc / "passwd").write_text("root:x:0:0::/root:/bin/bash\n")
    (folder / "c.yaml").write_text(
        f"targets:\n  - {{id: h, provider: linux, root: {folder}/host}}\n"
    )
    arguments = ["scan", "-c", f"{folder}/c.yaml", "-q", "-o", f"{folder}/out"]
    assert run(arguments) in (OK, FAILED, INCOMPLETE)
    return folder


@pytest.fixture
def report(scanned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def call(*forms: str) -> tuple[int, str, set[str]]:
        capsys.readouterr()
        options = [word for form in forms for word in ("-f", form)]
        place = ["-c", f"{scanned}/c.yaml", "-o", str(tmp_path / "reports")]
        code = run(["report", f"{scanned}/out", *place, *options])
        made = {path.name for path in (tmp_path / "reports").glob("*")}
        return code, capsys.readouterr().err, made

    return call


WHY = "--format asff needs an AWS account"


def test_of_several_formats_those_that_apply_are_written(report):
    code, err, made = report("csv", "asff", "junit")
    assert code == INCOMPLETE
    assert made == {"findings.csv", "poam.csv", "soa.csv", "junit.xml"}
    assert err.startswith(f"not written: {WHY}")
    assert err.count("\n") == 1


def test_the_table_is_printed_beside_a_format_that_cannot_be(report):
    assert report("table", "asff")[0] == INCOMPLETE


def test_a_format_that_cannot_be_and_stands_alone_is_wrong_input(report):
    code, err, made = report("asff")
    assert (code, made) == (BAD_INPUT, set())
    assert err.startswith(WHY)


def test_formats_that_all_apply_exit_0(report):
    assert report("csv", "junit")[:2] == (OK, "")


def test_a_package_that_is_not_installed_is_told_the_same_way(report, monkeypatch):
    monkeypatch.setattr("scanner.cli.forms.find_spec", lambda name: None)
    code, err, made = report("xlsx", "junit")
    assert (code, made) == (INCOMPLETE, {"junit.xml"})
    assert "not written: --format xlsx needs openpyxl" in err


@pytest.mark.parametrize(
    ("options", "names"),
    [([], ["out/github/h"]), (["--rules", "IA"], ["out/github"])],
    ids=["a listing is unread", "a part of the rules"],
)
def test_a_category_that_is_not_written_stands_on_the_page_of_a_workflow(
    scanned: Path, tmp_path: Path, monkeypatch, capsys, options: list[str], names: list[str]
):
    monkeypatch.chdir(tmp_path)
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    arguments = ["scan", "-q", "-c", f"{scanned}/c.yaml", *options]
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run(arguments)
    quiet = capsys.readouterr().err
    assert summary.read_text() == "# before\n", "no workflow of GitHub's"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    run(arguments)
    lines = capsys.readouterr().err.splitlines()
    warnings = [line for line in lines if line.startswith("::warning::")]
    assert [line.removeprefix("::warning::") for line in warnings] == quiet.splitlines()
    assert [line.partition(": not written: ")[0] for line in quiet.splitlines()] == names
    told = summary.read_text()
    assert told.startswith("# before\n### Not written for code scanning\n\n- ")
    for line in quiet.splitlines():
        why = line.partition(": not written: ")[2]
        assert why[:30] in told
    assert told.count("\n- ") == len(names)


def test_a_summary_that_cannot_be_written_stops_no_scan(
    scanned: Path, tmp_path: Path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    assert run(["scan", "-q", "-c", f"{scanned}/c.yaml", "--rules", "IA"]) in (FAILED, INCOMPLETE)
    assert "nowhere/summary.md: cannot be written: no such file" in capsys.readouterr().err
    assert Path("out/assessment.json").exists()


@pytest.mark.parametrize("system", ["CI", "TF_BUILD", ""])
def test_a_ci_system_is_shown_how_far_it_is(scanned: Path, tmp_path: Path, system: str):
    """Azure DevOps sets TF_BUILD and no CI."""
    options = ("-c", f"{scanned}/c.yaml", "--rules", "IA", "-o", f"{tmp_path}/s")
    done = piped("collect", *options, **({system: "True"} if system else {}))
    assert ("h: opening" in done.stderr) is bool(system)
