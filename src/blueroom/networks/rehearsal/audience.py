"""Reads what the audience says and who it is from the plain files in `audience/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from blueroom.networks.rehearsal.options import Guest, Language

FOLDER = Path(__file__).parent / "audience"
Record = TypeVar("Record")

LineKind = Literal[
    "question", "message", "reply", "insult", "spam", "private", "off_topic", "flood"
]


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text that we wrote, and the truth about it.

    `group` names the question that it asks; only rewordings share one. `guest` is set where the
    text fits one kind of guest alone. A `whole` text greets or thanks by itself, or is long.
    """

    kind: LineKind
    theme: str
    text: str
    guest: Guest | None = None
    whole: bool = False
    group: str = ""
    language: Language = "fr"


class SameQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question in several wordings and both languages; the first of each is its head."""

    group: str
    theme: str
    fr: list[str]
    en: list[str]
    guest: Guest | None = None


class Dressing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people put before or after what they ask."""

    where: Literal["light", "closing", "opening"]
    text: str


class Town(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A town that people write from; the coordinates of its centre, in degrees."""

    name: str
    country: str
    language: Language
    lat: float
    lon: float


class Names(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the names of one language's part of the audience are made of."""

    first: list[str]
    last: list[str]
    pseudonyms: list[str]
    rtl: list[str]
    long: list[str]
    rude: list[str]


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the audience's names, handles and profile places are made of."""

    names: Mapping[Language, Names]
    handles: Mapping[str, list[str]]
    places: Mapping[str, list[str]]


@cache
def read_lines() -> tuple[Line, ...]:
    """Every text of the audience in both languages, in the order of the files."""
    return (*_lines("fr"), *_lines("en"), *_rewordings())


@cache
def read_dressings(language: Language) -> tuple[Dressing, ...]:
    """What goes around the texts of one language."""
    return tuple(_records(f"{language}/dressings.jsonl", Dressing))


@cache
def read_same_questions() -> tuple[SameQuestion, ...]:
    """The questions that come in several wordings."""
    return tuple(_records("same_questions.jsonl", SameQuestion))


@cache
def read_towns() -> tuple[Town, ...]:
    """The towns that people write from."""
    return tuple(_records("towns.jsonl", Town))


@cache
def read_people() -> People:
    """The parts of names, handles and places."""
    return msgspec.convert(tomllib.loads(_text("people.toml")), People)


def _lines(language: Language) -> list[Line]:
    lines = []
    for name in ("questions", "messages", "unwanted"):
        for number, line in enumerate(_records(f"{language}/{name}.jsonl", Line), start=1):
            group = f"{language}-{number}" if line.kind == "question" else ""
            lines.append(msgspec.structs.replace(line, language=language, group=group))
    return lines


def _rewordings() -> list[Line]:
    languages: tuple[Language, ...] = ("fr", "en")
    return [
        Line(
            kind="question",
            theme=same.theme,
            text=text,
            guest=same.guest,
            group=same.group,
            language=language,
        )
        for same in read_same_questions()
        for language in languages
        for text in getattr(same, language)
    ]


def _records(name: str, record: type[Record]) -> list[Record]:
    return msgspec.json.Decoder(record).decode_lines(_text(name))


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
