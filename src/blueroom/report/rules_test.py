from datetime import UTC, datetime, timedelta

import pytest

from blueroom.report.contents import Curve, Stretch
from blueroom.report.rules import (
    curve_from,
    safe_cell,
    seconds_on_air,
    share,
    stretches_of,
)

AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def after(minutes):
    return AT + timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1"])
def test_cell_that_looks_like_a_formula_is_quoted(written):
    assert safe_cell(written) == f"'{written}"


@pytest.mark.parametrize(
    ("value", "cell"), [("Pourquoi = ?", "Pourquoi = ?"), (12, "12"), (None, ""), ("", "")]
)
def test_other_cells_stay_as_they_are(value, cell):
    assert safe_cell(value) == cell


def test_question_is_on_air_from_each_time_it_goes_there_until_it_leaves():
    steps = [
        (after(0), "approved", "on_air"),
        (after(2), "on_air", "answered"),
        (after(5), "answered", "on_air"),
        (after(5.5), "on_air", "on_air"),  # reworded
        (after(6), "on_air", "approved"),
        (after(9), "approved", "on_air"),
    ]
    found = stretches_of(steps)
    assert found == [
        Stretch(from_at=after(0), until_at=after(2)),
        Stretch(from_at=after(5), until_at=after(6)),
        Stretch(from_at=after(9), until_at=None),
    ]
    assert (seconds_on_air(found, now=after(10)), seconds_on_air([], now=AT)) == (240, None)


def test_long_curve_is_drawn_in_steps_of_several_minutes():
    curve = curve_from(AT, [4, 0, 0, 2] * 100, from_at=after(2), until_at=after(402))
    assert curve == Curve(
        from_at=after(2),
        step_minutes=3,
        values=[2.0, 0.67, 1.33, 2.0] * 33 + [0.67, 0.0],
        peak=4,
        peak_at=after(4),
        earlier=4,
    )


@pytest.mark.parametrize(
    ("part", "whole", "told"), [(0, 0, None), (0, 9, 0), (1, 999, 1), (998, 999, 99), (2, 3, 67)]
)
def test_share_is_neither_nothing_nor_all_where_it_is_not(part, whole, told):
    assert share(part, whole) == told
