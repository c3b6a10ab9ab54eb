"""Documents written piece by piece are the same JSON as if they were written at once."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from scanner.reports.json_stream import Each, Open, write_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def written(value: object) -> object:
    out = io.BytesIO()
    write_json(out, value)
    return json.loads(out.getvalue())


@given(st.dictionaries(st.text(), VALUES), st.lists(VALUES, min_size=1))
def test_any_object_and_any_array_come_back(members: dict, items: list) -> None:
    document = Open({**members, "inner": Open({"items": Each(iter(items))})})
    assert written(document) == {**members, "inner": {"items": items}}


def test_an_array_without_items_is_left_out_wherever_it_stands() -> None:
    assert written(Open(a=Each([]), b=1, c=Each([]))) == {"b": 1}
    assert written(Open(a=Each([]))) == {}


def test_an_item_may_itself_be_written_piece_by_piece() -> None:
    assert written(Open(a=Each([Open(b=Each([1, 2]))]))) == {"a": [{"b": [1, 2]}]}
