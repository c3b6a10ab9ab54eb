"""Rules of device and assignment filters, as Microsoft writes them."""

from __future__ import annotations

import pytest

from scanner.collectors.microsoft.filter_rule import Comparison, Unreadable, comparisons, parsed


def only(rule: str) -> Comparison:
    (found,) = comparisons(parsed(rule))
    return found


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ('(device.model -eq "X1")', ("x1",)),
        ('device.manufacturer -eq "Micro-Star International Co., Ltd."',
         ("micro-star international co., ltd.",)),
        ('device.model -in ["X1", "X2"]', ("x1", "x2")),
        ("device.model -in ['X1','X 2']", ("x1", "x 2")),
        ('device.manufacturer -in ["Acme, Inc.", "Dell"]', ("acme, inc.", "dell")),
        ("device.isCompliant -eq True", ("true",)),
    ],
)  # fmt: skip
def test_values(rule: str, values: tuple[str, ...]) -> None:
    assert only(rule).values == values


@pytest.mark.parametrize(
    "rule", ["", "device.model -eq", '(device.model -eq "X"', "device.model -matches x"]
)
def test_what_is_not_understood_is_no_answer(rule: str) -> None:
    with pytest.raises(Unreadable):
        parsed(rule)
