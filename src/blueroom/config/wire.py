"""Writes each screen's messages as TypeScript: `python -m blueroom.config.wire`.

One source for both sides: the Structs of the rooms' wire.py. A test compares.
"""

from __future__ import annotations

import types
import typing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from blueroom.audience.wire import OwnQuestion, PhoneChange, PhoneState
from blueroom.clips.wire import ClipsChange, ClipsState
from blueroom.desk.wire import DeskChange, DeskState
from blueroom.prompter.wire import PrompterChange, PrompterState
from blueroom.studio.wire import MessageCard, StudioChange, StudioState
from blueroom.updates.slate import SlateChanged
from blueroom.walls.heat_wire import HeatChange, HeatState, PointsHead
from blueroom.walls.wire import VideosChange, VideosState, WallChange, WallState

PACKAGE = Path(__file__).resolve().parent.parent
HEAD = "// Written by `python -m blueroom.config.wire` from {source}: change it there.\n"
SOURCES = {"design": "updates/slate.py"}  # of others: their room's wire.py
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"DeskState": DeskState, "DeskChange": DeskChange},
    "walls": {
        "WallState": WallState,
        "WallChange": WallChange,
        "VideosState": VideosState,
        "VideosChange": VideosChange,
        "HeatState": HeatState,
        "HeatChange": HeatChange,
        "PointsHead": PointsHead,
    },
    "audience": {
        "PhoneState": PhoneState,
        "PhoneChange": PhoneChange,
        "OwnQuestion": OwnQuestion,
    },
    "design": {"SlateChanged": SlateChanged},
    "prompter": {"PrompterState": PrompterState, "PrompterChange": PrompterChange},
    "studio": {
        "StudioState": StudioState,
        "StudioChange": StudioChange,
        "MessageCard": MessageCard,
    },
    "clips": {"ClipsState": ClipsState, "ClipsChange": ClipsChange},
}
PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "string",
    type(None): "null",
}


def typescript(room: str) -> str:
    """The messages of one room's screens; datetimes are RFC 3339 text."""
    found: dict[str, str] = {}
    for name, kind in SCREENS[room].items():
        said = _type(kind, found)
        if name not in found:
            found[name] = f"export type {name} = {said};\n"
    return (
        HEAD.format(source=SOURCES.get(room, f"{room}/wire.py")) + "\n" + "\n".join(found.values())
    )


def _type(kind: Any, found: dict[str, str]) -> str:
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        _interface(kind, found)
        return kind.__name__
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_type(argument, found) for argument in arguments)
    if origin is list:
        inner = _type(arguments[0], found)
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<string, {_type(arguments[1], found)}>"
    raise TypeError(f"no TypeScript for {kind!r}")


def _interface(kind: type[msgspec.Struct], found: dict[str, str]) -> None:
    if kind.__name__ in found:
        return
    found[kind.__name__] = ""  # keeps its place before what it names
    lines = []
    config = kind.__struct_config__
    if config.tag is not None:
        lines.append(f"  {config.tag_field}: '{config.tag}';")
    hints = typing.get_type_hints(kind)
    lines += [f"  {name}: {_type(hints[name], found)};" for name in kind.__struct_fields__]
    body = "\n".join(lines)
    found[kind.__name__] = f"export interface {kind.__name__} {{\n{body}\n}}\n"


def main() -> None:
    for room in SCREENS:
        path = PACKAGE / room / "web/wire.ts"
        path.parent.mkdir(exist_ok=True)
        path.write_text(typescript(room))


if __name__ == "__main__":
    main()
