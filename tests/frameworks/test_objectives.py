"""How each of the 320 objectives can be decided, held to its own rules."""

from __future__ import annotations

from collections import Counter

import pytest

from scanner import facts
from scanner.errors import InputError
from scanner.facts.base import fields_of_type
from scanner.frameworks import catalogue_of_objectives, objective, objectives, practices, trap

EVERY = objectives()
OBSERVED = [o for o in EVERY if o.method == "observe"]


def test_95_objectives_are_observed_88_supported_and_137_documented() -> None:
    assert Counter(o.method for o in EVERY) == {"observe": 95, "support": 88, "document": 137}


def test_the_objectives_are_those_that_the_practices_name() -> None:
    named = [o for p in practices(2) for o in p.objectives]
    assert sorted(o.id for o in EVERY) == sorted(named)
    for practice in practices(2):
        assert [o.id for o in objectives(practice)] == list(practice.objectives)
        assert {o.practice for o in objectives(practice)} == {practice.id}


def test_level_1_shares_the_objectives_of_its_twins() -> None:
    assert [o.id for o in objectives("MP.L1-b.1.vii")] == ["3.8.3[a]", "3.8.3[b]"]
    assert objectives("IR.L3-3.6.1e") == ()


def test_only_what_is_observed_has_a_deciding_signal_and_it_always_has_one() -> None:
    for one in EVERY:
        decides = {s.decides for s in one.signals}
        if one.method == "observe":
            assert "yes" in decides, one.id
        elif one.method == "support":
            assert decides == {"partly"}, one.id
        else:
            assert not one.signals, one.id


def test_a_setting_without_proof_of_effect_never_decides() -> None:
    for one in EVERY:
        for signal in one.signals:
            if signal.decides == "yes":
                assert signal.strength != "configured", one.id
                assert signal.refutes != "never", one.id


def test_a_person_decides_on_an_artifact_and_a_reading_on_what_was_declared() -> None:
    for one in EVERY:
        if one.method == "observe":
            assert one.artifact is None, one.id
            assert one.document is None, one.id
        else:
            assert one.declared is None, one.id
            assert one.artifact, one.id
            assert one.document in catalogue_of_objectives().documents, one.id
    assert [o.id for o in OBSERVED if o.declared is None] == ["3.3.7[a]", "3.5.9[a]", "3.13.6[a]"]


def test_classes_of_target_and_kinds_of_document_are_a_closed_vocabulary() -> None:
    known = catalogue_of_objectives()
    assert {c for o in EVERY for c in o.concerns} == set(known.classes)
    assert {o.document for o in EVERY} - {None} == set(known.documents)
    assert all(o.concerns for o in EVERY)


def test_a_deciding_provider_belongs_to_a_class_that_the_objective_concerns() -> None:
    classes = catalogue_of_objectives().classes
    for one in OBSERVED:
        reached = {p for c in one.concerns for p in classes[c].providers}
        assert {s.provider for s in one.signals if s.decides == "yes"} <= reached, one.id


def test_documents_concern_no_target_that_a_collector_reads() -> None:
    classes = catalogue_of_objectives().classes
    for one in EVERY:
        if one.method == "document":
            assert not any(classes[c].providers for c in one.concerns), one.id


def test_signals_name_facts_that_exist_or_are_planned() -> None:
    planned = catalogue_of_objectives().planned
    for one in EVERY:
        for signal in one.signals:
            for kind, fields in signal.facts.items():
                known = set(planned.get(kind, ()))
                if kind in facts.KINDS:
                    known |= set(fields_of_type(facts.KINDS[kind])) | {"subject"}
                assert set(fields) <= known, f"{one.id} {signal.provider} {kind}"


def test_lone_objectives_have_no_letter_in_sp_800_171a() -> None:
    bare = [o for o in EVERY if o.unlettered]
    alone = [p for p in practices(2) if len(p.objectives) == 1]
    assert [o.practice for o in bare] == [p.id for p in alone]
    assert objective("3.4.4").id == "3.4.4[a]"
    assert objective("3.4.4[a]").printed == "3.4.4"
    assert objective("3.5.3[c]").printed == "3.5.3[c]"


def test_paraphrases_are_short_and_tell_objectives_apart() -> None:
    assert len({o.about for o in EVERY}) == 320
    assert max(len(o.about) for o in EVERY) <= 120


def test_every_practice_has_its_trap() -> None:
    assert set(catalogue_of_objectives().traps) == {p.id for p in practices(2)}
    assert trap("PE.L1-b.1.ix") == " ".join(
        filter(None, map(trap, ("PE.L2-3.10.3", "PE.L2-3.10.4", "PE.L2-3.10.5")))
    )
    assert trap("IR.L3-3.6.1e") is None


def test_a_stale_engine_refutes_only_where_it_is_the_declared_one() -> None:
    signatures = objective("3.14.4[a]")
    assert {s.refutes for s in signatures.signals} == {"if-declared"}
    assert signatures.note


@pytest.mark.parametrize("text", ["3.5.3[c]", "3.5.3[C]", "IA.L2-3.5.3[c]", " 3.5.3[c] "])
def test_an_objective_answers_with_and_without_its_practice(text: str) -> None:
    assert objective(text).id == "3.5.3[c]"


def test_an_unknown_letter_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=r"IA\.L2-3\.5\.3 has 3\.5\.3\[a\], .*3\.5\.3\[d\]"):
        objective("3.5.3[x]")
    with pytest.raises(InputError, match="no such objective"):
        objective("3.5.3")
    with pytest.raises(InputError, match="no objectives in SP 800-171A"):
        objective("3.6.1e[a]")
