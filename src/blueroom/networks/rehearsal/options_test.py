from datetime import UTC, datetime, timedelta

import pytest

from blueroom.networks.interface import Listening, Refused
from blueroom.networks.rehearsal.options import (
    DEFAULT_MIX,
    FIELDS,
    Options,
    collecting_s,
    read_options,
)

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_read_options_gives_the_defaults_and_the_session_as_seed_when_nothing_is_entered() -> None:
    assert read_options(Listening(session="ask-nour", tags=["AskNour"])) == Options(
        seed="ask-nour", tags=("AskNour",)
    )


def test_read_options_reads_every_field() -> None:
    fields = {
        "seed": "7",
        "speed": "max",
        "rate_per_minute": "1200",
        "limit": "13000",
        "backlog": "0",
        "script": "steady",
        "mix": "question=3, spam=1 edit=0",
        "guest": "chef",
        "guest_name": " Ada ",
    }

    options = read_options(
        Listening(session="x", tags=[], languages=["en-GB", "de", "fr"], fields=fields)
    )

    assert options == Options(
        seed="7",
        speed=None,
        rate_per_minute=1200,
        limit=13000,
        backlog=0,
        script="steady",
        mix={"question": 3, "spam": 1, "edit": 0},
        guest="chef",
        guest_name="Ada",
        languages=("en", "fr"),
    )
    assert sorted(fields) == sorted(field.name for field in FIELDS)


def test_defaults_are_what_the_fields_say() -> None:
    shown = {field.name: field.default for field in FIELDS if field.default}

    assert read_options(Listening(session="s", tags=[], fields=shown)) == Options(seed="s")
    assert round(sum(DEFAULT_MIX.values()), 6) == 100


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("seed", "a:b"),
        ("seed", "x" * 65),
        ("speed", "fast"),
        ("speed", "0"),
        ("speed", "nan"),
        ("rate_per_minute", "-1"),
        ("rate_per_minute", "inf"),
        ("limit", "ten"),
        ("limit", "²"),
        ("backlog", "-4"),
        ("script", "opera"),
        ("mix", "question"),
        ("mix", "song=4"),
        ("mix", "question=0"),
        ("mix", "question=x"),
        ("guest", "plumber"),
        ("guest_name", "{guest}"),
    ],
)
def test_read_options_refuses_what_its_hint_does_not_allow(name: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_options(Listening(session="s", tags=[], fields={name: text}))

    assert refused.value.code == "rehearsal_option_refused"
    assert refused.value.details == {"name": name}
    assert refused.value.message.startswith(f"The rehearsal cannot use {text!r} as its {name}.")


def test_collecting_lasts_from_the_session_or_three_days() -> None:
    def listening(starts_at: datetime | None) -> Listening:
        return Listening(session="s", tags=[], starts_at=starts_at)

    spans = [
        collecting_s(listening(starts_at), NOW)
        for starts_at in (None, NOW - timedelta(hours=2), NOW + timedelta(hours=1))
    ]

    assert spans == [259_200.0, 7_200.0, 0.0]
