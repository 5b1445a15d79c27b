"""What an archive holds, as far as its page shows it; gathered while the rows are written."""

from __future__ import annotations

from dataclasses import dataclass, field

from blueroom.archive import lines


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asked a question, as its post says."""

    name: str
    place: str
    network: str
    url: str


@dataclass
class Contents:
    """Lines as they were written. `askers` are by post, `vtt` (captions to play) by path."""

    session: lines.Session
    askers: dict[int, Asker] = field(default_factory=dict)
    questions: list[lines.Question] = field(default_factory=list)
    feeds: list[lines.Feed] = field(default_factory=list)
    recordings: list[lines.Recording] = field(default_factory=list)
    shown: list[lines.Shown] = field(default_factory=list)
    answers: list[lines.Answer] = field(default_factory=list)
    clips: list[lines.Clip] = field(default_factory=list)
    vtt: dict[str, str] = field(default_factory=dict)
    metrics: lines.Metrics | None = None
    look: lines.Look = field(default_factory=lines.Look)
