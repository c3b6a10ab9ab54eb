"""The POA&M: its items, and a poam.yaml that never loses people's words."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from assess_samples import AS_OF, CORP, ELSEWHERE, Rule, attestation, finding, said
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.poam_file import HEADER, load_plan, merged
from scanner.assess.poam_items import Kept, KeptPlan, Milestone, items
from scanner.assess.result import Assessment
from scanner.errors import InputError

RULE = Rule(id="r", decides=("3.5.3[d]", "3.1.9[a]"), providers=("entra",))


def judged(catalogue: Catalogue, *objectives: str, as_of: str = AS_OF) -> Assessment:
    found = [finding("fail", rule="r", decides=(name,), subject=name) for name in objectives]
    return assess(found, [RULE], catalogue, said(), 2, as_of, [CORP], without=ELSEWHERE)


def met(catalogue: Catalogue, practice: str, as_of: str) -> Assessment:
    done = attestation(practices=(practice,), id="done")
    return assess([], [RULE], catalogue, said(done), 2, as_of, [], without=ELSEWHERE)


def test_an_item_has_every_field(catalogue: Catalogue) -> None:
    result = judged(catalogue, "3.5.3[d]", "3.10.3[a]")
    plan = KeptPlan(
        conditional_status_date="2026-10-01",
        point_of_contact="Ira Cole",
        items=(
            Kept(
                id="visitors",
                practice="PE.L2-3.10.3",
                status="Ongoing",
                status_since="2026-09-01",
                first_detected="2026-08-15",
                resources_required="2 days",
                scheduled_completion="2027-05-01",
                milestones=(Milestone(description="Print badges", due="2026-11-01"),),
            ),
        ),
    )
    seen = {finding(rule="r", subject="3.5.3[d]").fingerprint: "2026-07-04"}
    mfa, visitors = sorted(items(result, catalogue.practices, plan, seen), key=lambda i: i.practice)
    assert mfa.practice == "IA.L2-3.5.3"
    assert mfa.first_detected == "2026-07-04"
    assert mfa.point_of_contact == "Ira Cole"
    assert mfa.close_out_due == "2027-03-30"
    assert mfa.eligible is False
    assert "more than one point" in mfa.eligible_why
    assert mfa.source == tuple(seen)
    assert mfa.objectives == ("3.5.3[d]",)
    assert "the resources required" in mfa.lacks
    assert visitors.id == "visitors"
    assert visitors.first_detected == "2026-08-15"
    assert visitors.lacks == (
        "a date within the close-out: 2027-05-01 is after 2027-03-30 (32 CFR 170.21(b))",
        "a new date for the milestone 'Print badges', due 2026-11-01",
    )


def test_a_status_that_ran_out_is_said(catalogue: Catalogue) -> None:
    plan = KeptPlan(conditional_status_date="2026-01-01")
    (item,) = items(judged(catalogue, "3.1.9[a]"), catalogue.practices, plan)
    assert any("expired on 2026-06-30" in text for text in item.lacks)


MINE = """\
# our plan, kept by Ira
schema: 1
conditional_status_date: 2026-10-01   # from SPRS
items:
  # MFA: blocked on the new tenant
  - id: mfa
    practice: IA.L2-3.5.3
    status: Completed      # we think
    weakness: >
      Two contractors sign in
      without a key.
    milestones:
      - {description: Buy keys, due: 2026-12-01, done: null}   # 20 of them
    comments: "Ask Sam: is the vendor's date firm?"
  # banner
  - {id: banner, practice: AC.L2-3.1.9, status: Ongoing}  # small
# the end
"""


def merge(tmp_path: Path, text: str, result: Assessment) -> str:
    path = tmp_path / "poam.yaml"
    path.write_bytes(text.encode())
    return merged(text, load_plan(path), result)


def test_words_and_comments_stay(catalogue: Catalogue, tmp_path: Path) -> None:
    result = judged(catalogue, "3.5.3[d]", "3.1.9[a]", "3.10.3[a]")
    new = merge(tmp_path, MINE, result)
    expected = MINE.replace(
        "    status: Completed      # we think\n",
        "    status: Ongoing      # we think\n    status_since: 2026-11-24\n",
    )
    head, tail = new.split("  - id: PE.L2-3.10.3\n")
    assert head + "# the end\n" == expected
    assert tail.endswith("# the end\n")
    plan = load_plan(_written(tmp_path, new))
    assert [k.id for k in plan.items] == ["mfa", "banner", "PE.L2-3.10.3"]
    assert merged(new, plan, result) == new


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "poam.yaml"
    path.write_bytes(text.encode())
    return path


def test_what_is_met_is_completed_and_opens_again(catalogue: Catalogue, tmp_path: Path) -> None:
    done = met(catalogue, "AC.L2-3.1.9", "2026-12-01")
    new = merge(tmp_path, MINE, done)
    assert "{id: banner, practice: AC.L2-3.1.9, status: Completed, status_since: 2026-12-01}" in new
    again = judged(catalogue, "3.1.9[a]", as_of="2026-12-08")
    newer = merge(tmp_path, new, again)
    assert "status: Ongoing, status_since: 2026-12-08}  # small" in newer


def test_not_assessed_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    assert merge(tmp_path, MINE, judged(catalogue)) == MINE


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_new_plan(catalogue: Catalogue, tmp_path: Path, newline: str) -> None:
    result = judged(catalogue, "3.5.3[d]", "3.1.9[a]")
    header = HEADER.replace("\n", newline)
    text = merged(header, KeptPlan(), result)
    assert text.startswith(header.replace("items: []", "items:"))
    assert text.count(newline) == text.count("\n")
    plan = load_plan(_written(tmp_path, text))
    assert {k.practice for k in plan.items} == {"IA.L2-3.5.3", "AC.L2-3.1.9"}
    assert merged(None, KeptPlan(), result).replace("\n", newline) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("]]>\ufffe", "]]>\\ufffe"),
        ("\x9b31mC1\x85", "\\u009b31mC1\x85"),
        ("\x1b]0;pwn\x07", "\\u001b]0;pwn\\u0007"),
        ("\u202egnp.exe", "\u202egnp.exe"),
        ("\U0001f600\u2028\ufeff", "\U0001f600\u2028\ufeff"),
    ],
)
def test_a_hostile_name_leaves_a_plan_that_is_read_back(
    catalogue: Catalogue, tmp_path: Path, name: str, shown: str
) -> None:
    found = finding("fail", rule="r", decides=("3.5.3[d]",), message=f"{name} has none")
    result = assess([found], [RULE], catalogue, said(), 2, AS_OF, [CORP], without=ELSEWHERE)
    text = merged(None, KeptPlan(), result)
    assert all(line.isprintable() for line in text.splitlines())
    plan = load_plan(_written(tmp_path, text))
    assert f"{shown} has none" in (plan.items[0].weakness or "")
    assert merged(text, plan, result) == text


def test_a_weakness_never_outgrows_the_form(catalogue: Catalogue, tmp_path: Path) -> None:
    found = finding("fail", rule="r", decides=("3.5.3[d]",), message="\x1b" * 3000)
    result = assess([found], [RULE], catalogue, said(), 2, AS_OF, [CORP], without=ELSEWHERE)
    plan = load_plan(_written(tmp_path, merged(None, KeptPlan(), result)))
    assert len(plan.items[0].weakness or "") == 4000
    assert (plan.items[0].weakness or "").endswith("…")


def test_items_in_brackets_cannot_be_added_to(catalogue: Catalogue, tmp_path: Path) -> None:
    text = "schema: 1\nitems: [{id: a, practice: AC.L2-3.1.9, status: Ongoing}]\n"
    with pytest.raises(InputError, match=r"poam.yaml:2: the items are written in brackets"):
        merge(tmp_path, text, judged(catalogue, "3.5.3[d]"))


def test_text_blocks_at_the_end(catalogue: Catalogue, tmp_path: Path) -> None:
    text = (
        "schema: 1\nitems:\n- id: a\n  practice: AC.L2-3.1.9\n  status: Ongoing\n"
        "  comments: |\n    one\n\n    two"
    )
    new = merge(tmp_path, text, judged(catalogue, "3.5.3[d]", "3.1.9[a]"))
    assert new.startswith(text + "\n")
    plan = load_plan(_written(tmp_path, new))
    assert plan.items[0].comments == "one\n\ntwo\n"
    assert plan.items[1].practice == "IA.L2-3.5.3"


def test_the_same_id_twice_is_refused(tmp_path: Path) -> None:
    text = "schema: 1\nitems:\n- &x {id: a, practice: AC.L2-3.1.9, status: Ongoing}\n"
    with pytest.raises(InputError):
        load_plan(_written(tmp_path, text))
    twice = "schema: 1\nitems:\n" + "- {id: a, practice: AC.L2-3.1.9, status: Ongoing}\n" * 2
    with pytest.raises(InputError, match=r"poam.yaml:4:3: the item 'a' stands here twice"):
        load_plan(_written(tmp_path, twice))


word = st.text(alphabet="abcXY ü#:'\"-{}[]&*!|>%@,.", min_size=1, max_size=24)
NAMES = ("AC.L2-3.1.9", "IA.L2-3.5.3", "PE.L2-3.10.3", "SC.L2-3.13.16")


@st.composite
def written(draw: st.DrawFn) -> str:
    """A poam.yaml as people might write it."""
    comment = st.sampled_from(["", "  # a note", "  # status: Ongoing"])
    between = st.sampled_from(["", "# between\n", "\n", "  # deeper\n\n"])
    indent = draw(st.sampled_from(["", "  ", "    "]))
    lines = ["schema: 1" + draw(comment), "items:" + draw(comment)]
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4))):
        status = draw(st.sampled_from(["Ongoing", "Completed", '"Ongoing"', "'Completed'"]))
        quoted = msgspec.json.encode(draw(word)).decode()
        lines.append(draw(between) + f"{indent}# item {number}")
        if draw(st.booleans()):
            lines.append(
                f"{indent}- {{id: i{number}, practice: {name}, status: {status}, "
                f"comments: {quoted}}}{draw(comment)}"
            )
            continue
        keys = [
            f"practice: {name}",
            f"status: {status}",
            f"comments: {quoted}",
            f"milestones: [{{description: {quoted}, due: 2027-01-31}}]",
        ]
        if draw(st.booleans()):
            keys.append("status_since: 2026-01-01")
        if draw(st.booleans()):
            keys.append(f"weakness: |\n{indent}    first\n\n{indent}      # no comment\n")
        lines.append(f"{indent}- id: i{number}{draw(comment)}")
        order = draw(st.permutations(keys))
        lines += [f"{indent}  {k}{draw(comment) if '|' not in k[:12] else ''}" for k in order]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n# the end\n", "\n\n"]))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(written(), st.lists(st.sampled_from(["3.5.3[d]", "3.1.9[a]", "3.10.3[a]"]), unique=True))
def test_no_word_is_ever_lost(
    catalogue: Catalogue, tmp_path: Path, text: str, failing: list[str]
) -> None:
    result = judged(catalogue, *failing)
    path = _written(tmp_path, text)
    plan = load_plan(path)
    new = merged(text, plan, result)
    again = load_plan(_written(tmp_path, new))
    assert merged(new, again, result) == new
    for old, kept in zip(plan.items, again.items, strict=False):
        same = msgspec.structs.replace(kept, status=old.status, status_since=old.status_since)
        assert same == old
    # every line stays, in order, but for the two words that the scan owns
    rest = iter(new.splitlines())
    for line in text.splitlines():
        if "status" not in line:
            assert line in rest, line
    assert [c for c in new if c == "#"].count("#") >= text.count("#")
