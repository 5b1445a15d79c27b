from __future__ import annotations

import pytest

from blueroom.desk.rules import Step, is_question, step_to_undo


@pytest.mark.parametrize(
    ("text", "is_asked", "asks"),
    [
        ("Vous écrivez le matin ?", False, True),
        ("متى تكتبين؟", False, True),
        ("いつ書きますか？", False, True),
        ("Bravo pour l'album", False, False),
        ("Parlez-nous de Rennes", False, True),
        ("Qui vient à Lyon samedi ?", False, False),
        ("Rennes", True, True),
        ("", False, False),
    ],
)
def test_is_question_takes_what_asks_the_guest_and_what_came_by_the_form(text, is_asked, asks):
    assert is_question(text, is_asked=is_asked) is asks


def step(verb, from_state="waiting", position=None):
    return Step(verb, from_state, position)


@pytest.mark.parametrize(
    ("steps", "undone"),
    [
        ([], None),
        ([step("approve")], step("approve")),
        ([step("approve"), step("line_up", "approved")], step("line_up", "approved")),
        ([step("approve"), step("line_up", "approved"), step("undo", "lined_up")], step("approve")),
        ([step("approve"), step("undo", "approved")], None),
        ([step("approve"), step("edit", "approved")], None),
        ([step("approve"), step("edit", "approved"), step("hold")], step("hold")),
    ],
)
def test_step_to_undo_is_the_newest_that_stands(steps, undone):
    assert step_to_undo(steps) == undone
