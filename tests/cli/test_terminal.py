"""What a person sees: nothing of a name's own making, lines that fit, whole lines in a log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from terminal_run import STYLE, on_terminal, piped, shown

from scanner import findings

EVIL = "ev\x1b]0;pwn\x07il\u202e\u009b31m"
HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufffe]")
FILES = {
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/passwd": f"root:x:0:0::/root:/bin/bash\n{EVIL}:x:0:0::/home/e:/bin/bash\n"
    "##[error]pwn:x:0:0::/:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shadow": f"root:*:1::::::\n{EVIL}::1::::::\n",
}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with c.yaml and the scan out/ of a host whose accounts have hostile names."""
    folder = tmp_path_factory.mktemp("scanned")
    for name, text in FILES.items():
        path = folder / "host" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "c.yaml").write_text(
        f"targets:\n  - {{id: host, provider: linux, root: {folder}/host}}\n"
    )
    done = piped("scan", "-c", "c.yaml", "-o", "out", "-q", cwd=folder)
    assert done.returncode in (1, 3), done.stderr
    return folder


@pytest.fixture(scope="module")
def evil(scanned: Path) -> findings.Finding:
    """A failure of the account whose name is hostile."""
    return next(
        f
        for f in findings.read(scanned / "out" / "findings.jsonl")
        if f.verdict == "fail" and EVIL in f.name
    )


def test_no_verb_sends_the_terminal_what_a_name_holds(scanned: Path, evil: findings.Finding):
    for command in (
        ["explain", evil.fingerprint, "--in", "out"],
        ["explain", evil.rule, "--in", "out"],
        ["explain", evil.practice, "--in", "out"],
        ["report", "out", "--format", "table"],
        ["diff", "out", "out"],
        ["attest", "out"],
        ["scan", f"--{EVIL}"],
        ["scan", "-c", EVIL],
        ["rules", "list", EVIL],
    ):
        done = piped(*command, cwd=scanned)
        assert not HARMFUL.search(done.stdout + done.stderr), command
        assert "Traceback" not in done.stderr, command


def test_an_error_about_a_document_is_as_harmless(scanned: Path):
    (scanned / "bad.yaml").write_text(f'targets: []\n"{EVIL[:2]}\\e[31m": 1\n"x\\u202e": 1\n')
    done = piped("scan", "-c", "bad.yaml", cwd=scanned)
    assert done.returncode == 2
    assert not HARMFUL.search(done.stderr), done.stderr


def test_evidence_that_names_an_odd_file_is_as_harmless(scanned: Path):
    piped("evidence", "gather", "out", "-c", "c.yaml", "-o", "ev", cwd=scanned)
    (scanned / "ev" / f"{EVIL}\n::error::x").write_text("")
    done = piped("evidence", "verify", "ev", cwd=scanned, GITHUB_ACTIONS="true")
    assert done.returncode == 1
    assert not HARMFUL.search(done.stdout + done.stderr)
    assert not re.search(r"(?m)^\s*::", done.stderr), done.stderr


def test_the_name_in_the_place_of_a_sarif_result_is_spelt_out(scanned: Path):
    text = (scanned / "out" / "findings.sarif").read_text()
    names = re.findall(r'"logicalLocations":\[\{"fullyQualifiedName":"(.*?)","name":"(.*?)"', text)
    assert names or '"logicalLocations"' in text
    for pair in names:
        assert not HARMFUL.search("".join(pair)), pair


def test_a_name_gives_the_log_of_a_ci_system_no_command(scanned: Path):
    for where in ("GITHUB_ACTIONS", "TF_BUILD"):
        done = piped("report", "out", "--format", "table", cwd=scanned, **{where: "true"})
        assert not re.search(r"(?m)^\s*::|##\[|##vso\[", done.stdout)


@pytest.mark.parametrize("columns", [24, 45, 100])
@pytest.mark.parametrize(
    "command",
    [
        ("report", "out", "--format", "table"),
        ("assess", "out", "-c", "c.yaml"),
        ("plan", "out", "-c", "c.yaml"),
        ("explain", "AC.L2-3.1.1", "--in", "out", "-c", "c.yaml"),
        ("explain", "idle-shell-ends", "--in", "out", "-c", "c.yaml"),
        ("mappings", "show", "SC.L2-3.13.11"),
    ],
)
def test_every_line_fits_the_terminal(scanned: Path, command: tuple[str, ...], columns: int):
    _, lines = on_terminal(columns, *command, cwd=scanned)
    assert lines
    wide = [line for line in lines if len(shown(line)) > columns]
    assert not wide, wide[:3]


def test_a_sentence_is_bold_to_its_end(scanned: Path):
    _, lines = on_terminal(60, "scan", "-c", "c.yaml", "-o", "again", cwd=scanned)
    [first] = [n for n, line in enumerate(lines) if "Written to " in line]
    assert len(lines[first:]) > 1
    assert all(STYLE.match(line) and line.endswith("\x1b[0m") for line in lines[first:])
    [advice] = [n for n, line in enumerate(lines) if "Do first: " in line]
    assert STYLE.match(lines[advice + 1])
    [fails] = [n for n, line in enumerate(lines) if "What fails" in line]
    assert not STYLE.match(lines[fails + 2])


def test_in_a_log_no_line_is_cut(scanned: Path):
    done = piped("report", "out", "--format", "table", cwd=scanned)
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 100
