from datetime import timedelta

from blueroom.audience import rules
from blueroom.audience.visitors import hash_address
from blueroom.base.clock import now
from blueroom.desk.models import QuestionState


def test_state_told_knows_every_state_of_the_desk() -> None:
    told = {state: rules.state_told(state, is_withdrawn=False) for state in QuestionState.values}

    assert told == {
        "waiting": "waiting",
        "approved": "approved",
        "held": "waiting",
        "later": "waiting",
        "rejected": "not_taken",
        "merged": "waiting",
        "lined_up": "approved",
        "on_air": "on_air",
        "answered": "answered",
    }
    assert rules.state_told("rejected", is_withdrawn=True) == "withdrawn"


def test_length_of_counts_what_people_see() -> None:
    assert [rules.length_of(text) for text in ("abc", "é", "e\u0301", "👩\u200d🎤", "🇫🇷")] == [
        3,
        1,
        1,
        1,
        1,
    ]


def test_hash_address_hides_the_address_and_changes_by_day() -> None:
    today = now()

    hashed = hash_address("192.0.2.1", now=today)

    assert hashed == hash_address("192.0.2.1", now=today)
    assert hashed != hash_address("192.0.2.2", now=today)
    assert hashed != hash_address("192.0.2.1", now=today + timedelta(days=1))
