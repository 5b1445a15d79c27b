"""What steers a rehearsal, as an operator enters it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import msgspec

from blueroom.networks.interface import Field, Listening, Refused

Language = Literal["fr", "en"]
Guest = Literal["musician", "author", "chef", "scientist", "head"]
Script = Literal["hour", "steady"]
Kind = Literal[
    "question",
    "repeat",  # a question asked once more in the very same words
    "message",
    "reply",
    "insult",
    "spam",
    "private",
    "off_topic",
    "flood",
    "edit",
    "deletion",
]

DEFAULT_MIX: Mapping[Kind, float] = {
    "question": 52,
    "repeat": 4,
    "message": 26,
    "reply": 4,
    "insult": 3,
    "spam": 2.5,
    "private": 1.2,
    "off_topic": 3.3,
    "flood": 2,
    "edit": 1,
    "deletion": 1,
}
CHOICES = {"guest": get_args(Guest), "script": get_args(Script)}
COLLECTING = timedelta(days=3)
SEED = re.compile(r"[A-Za-z0-9._-]{1,64}")

FIELDS = (
    Field(name="seed", label="Seed", hint="the same seed gives the same posts; else the session"),
    Field(
        name="speed", label="Speed", default="1", hint='1 is real time, 60 an hour a minute, "max"'
    ),
    Field(name="rate_per_minute", label="Posts a minute", default="75", hint="outside the wave"),
    Field(name="limit", label="Posts in all", hint="empty: without end"),
    Field(name="backlog", label="Posts at once", default="40", hint="from the collecting days"),
    Field(name="script", label="Script", default="hour", hint="hour (with its wave) or steady"),
    Field(name="mix", label="Mix", hint="as question=52 message=26 spam=2; what is not named is 0"),
    Field(name="guest", label="Guest is a", default="musician", hint=", ".join(get_args(Guest))),
    Field(name="guest_name", label="Guest's first name", default="Nour"),
)


class OptionRefused(Refused):
    """An option of the rehearsal cannot be used."""

    code = "rehearsal_option_refused"
    sentence = "An option of the rehearsal cannot be used."


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal's whole recipe: with the same options, post number n is always the same.

    `speed` None means as fast as possible; `limit` None means without end. `collecting_s` is the
    span over which the `backlog` was posted before the start.
    """

    seed: str = "1"
    speed: float | None = 1.0
    rate_per_minute: float = 75.0
    limit: int | None = None
    backlog: int = 40
    script: Script = "hour"
    mix: Mapping[Kind, float] = msgspec.field(default_factory=lambda: DEFAULT_MIX)
    guest: Guest = "musician"
    guest_name: str = "Nour"
    languages: tuple[Language, ...] = ("fr", "en")
    tags: tuple[str, ...] = ()


def read_options(listening: Listening) -> Options:
    """The options that a session gives its rehearsal.

    Raises:
        OptionRefused: a field holds something else than its hint says.
    """
    fields = {name: text.strip() for name, text in listening.fields.items() if text.strip()}
    given: dict[str, Any] = {
        "seed": _read_seed(fields.get("seed", listening.session) or "1"),
        "languages": _known(listening.languages),
        "tags": tuple(listening.tags),
    }
    for name, read in _READERS.items():
        if name in fields:
            given[name] = read(name, fields[name])
    return Options(**given)


def collecting_s(listening: Listening, start: datetime) -> float:
    """How long the session had collected when the rehearsal began, in seconds."""
    if listening.starts_at is None:
        return COLLECTING.total_seconds()
    return max(0.0, (start - listening.starts_at).total_seconds())


def _known(languages: Sequence[str]) -> tuple[Language, ...]:
    wanted = dict.fromkeys(language[:2].lower() for language in languages)
    spoken: dict[str, Language] = {language: language for language in get_args(Language)}
    return tuple(spoken[code] for code in wanted if code in spoken) or ("fr", "en")


def _refuse(name: str, text: str) -> OptionRefused:
    hint = next(field.hint for field in FIELDS if field.name == name)
    return OptionRefused(
        f"The rehearsal cannot use {text!r} as its {name}. Expected: {hint or 'a short text'}.",
        name=name,
    )


def _read_seed(text: str) -> str:
    if not SEED.fullmatch(text):
        raise _refuse("seed", text)
    return text


def _read_speed(name: str, text: str) -> float | None:
    return None if text == "max" else _read_positive(name, text)


def _read_positive(name: str, text: str, shown: str = "") -> float:
    try:
        number = float(text)
    except ValueError:
        raise _refuse(name, shown or text) from None
    if not 0 < number < math.inf:
        raise _refuse(name, shown or text)
    return number


def _read_count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 13):
        raise _refuse(name, text)
    return int(text)


def _read_choice(name: str, text: str) -> str:
    if text not in CHOICES[name]:
        raise _refuse(name, text)
    return text


def _read_name(name: str, text: str) -> str:
    if len(text) > 80 or "{" in text:
        raise _refuse(name, text)
    return text


def _read_mix(name: str, text: str) -> dict[str, float]:
    mix: dict[str, float] = {}
    for part in text.replace(",", " ").split():
        kind, _, weight = part.partition("=")
        if kind not in get_args(Kind):
            raise _refuse(name, text)
        mix[kind] = 0.0 if weight == "0" else _read_positive(name, weight, part)
    if not any(mix.values()):
        raise _refuse(name, text)
    return mix


_READERS = {
    "speed": _read_speed,
    "rate_per_minute": _read_positive,
    "limit": _read_count,
    "backlog": _read_count,
    "script": _read_choice,
    "mix": _read_mix,
    "guest": _read_choice,
    "guest_name": _read_name,
}
