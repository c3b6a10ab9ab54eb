"""`cmmc-scan evidence`: gather, prove and sign the artifacts of an assessment."""

from __future__ import annotations

from pathlib import Path

import click

from scanner import judgement
from scanner.cli import FAILED, OK, steps
from scanner.cli import options as opt
from scanner.cli.assessing import stated
from scanner.cli.say import many, say
from scanner.cli.sealing import verified
from scanner.errors import InputError
from scanner.evidence.gather import gather
from scanner.evidence.hash_list import LIST
from scanner.evidence.retention import retention_words
from scanner.evidence.signing import NOT_FIPS, sign, verify_signature
from scanner.evidence.verify import list_hash, verify

_REPORTS = ("findings.jsonl", "findings.sarif", "assessment.json", "report.html", "poam.xlsx")


@click.group()
def command() -> None:
    """Gather, prove and sign the artifacts of an assessment (32 CFR 170.15 to 170.18)."""


@command.command(
    name="gather",
    epilog="""\b
Example:
  cmmc-scan evidence gather out/ -c cmmc-scan.yaml -o evidence/""",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    callback=opt.a_place,
    default=Path("evidence"),
    show_default=True,
    help="Folder of the evidence.",
)
@click.option(
    "--status-date", metavar="YYYY-MM-DD", help="The CMMC Status Date, where there is one."
)
@click.option("--reference", is_flag=True, help="List attested artifacts, and do not copy them.")
@opt.config_option
def gather_(
    folder: Path, out: Path, status_date: str | None, reference: bool, config_path: Path | None
) -> int:
    """Copy FOLDER's snapshot, its reports and the attested artifacts, and write the hash list."""
    config = opt.read_config(config_path)
    said = stated(config).statements
    snapshot = steps.open_folders([folder])
    verified(folder, snapshot, config)
    judged = judgement.read(folder)
    foreign = judgement.foreign(folder, judged, _REPORTS) if judged is not None else []
    names = (judgement.NAME, *(name for name in _REPORTS if name not in foreign))
    dated = opt.day(status_date, "", "--status-date") if status_date else None
    gathered = gather(
        out,
        snapshots=snapshot.folders,
        artifacts=said.artifact_list,
        root=config.path.parent if config.path is not None else None,
        reports=[folder / name for name in names if (folder / name).is_file()],
        as_of=snapshot.finished_at[:10],
        status_date=dated,
        how="reference" if reference else "copy",
    )
    left = [
        f"{name}: is not of this judgement and is left out; report it again" for name in foreign
    ]
    for problem in (*gathered.problems, *left):
        say(problem, err=True)
    say(
        f"{out}: {many(len(gathered.files), 'artifact')}, SHA-256; the list's own: {list_hash(out)}"
    )
    say(retention_words(dated, config.level))
    return FAILED if gathered.problems or left else OK


@command.command(name="verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help="Public key that signed it (PEM).")
@click.option("--list-hash", "expected", help="The list's hash as you noted it elsewhere.")
def verify_(folder: Path, key: Path | None, expected: str | None) -> int:
    """Prove FOLDER against its hash list, offline; exits 1 naming what changed."""
    if not folder.is_dir():
        what = "this is a file; name the folder" if folder.exists() else "there is no such folder"
        raise InputError(f"{folder}: {what} that evidence gather wrote")
    problems = verify(folder)
    if key is not None:
        problems += verify_signature(folder, key)
    if (
        expected is not None
        and (folder / LIST).is_file()
        and list_hash(folder) != expected.strip().lower()
    ):
        problems.append(f"{LIST}: its hash is {list_hash(folder)} and not the one given")
    for problem in problems:
        say(f"{folder}/{problem}", err=True)
    if not problems:
        say(f"{folder}: every artifact is as it was listed ({list_hash(folder)})")
        if key is None and expected is None:
            say(
                "This shows that the folder agrees with itself; --list-hash or --key shows that it"
                " is the one that was listed then."
            )
    return FAILED if problems else OK


@command.command(name="sign")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--key", required=True, type=click.Path(path_type=Path), help="Private key (PEM), 0600."
)
def sign_(folder: Path, key: Path) -> int:
    """Sign FOLDER's hash list: an in-toto statement in a DSSE envelope (needs the `sign` extra)."""
    import datetime

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        path = sign(folder, key, as_of=today)
    except ImportError as error:
        raise InputError(f"signing needs {error.name}: pip install 'cmmc-scan[sign]'") from error
    say(f"{path}: signed. {NOT_FIPS}")
    return OK
