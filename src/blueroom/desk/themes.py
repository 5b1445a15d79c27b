"""What a session's questions are about: asks the room `grouping`.

Themes are made when a desk asks for them, at most every ten seconds, whoever asks; where nobody
does they cost nothing, and they are never written. A question that came since is of none yet.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import msgspec
from django.db.models import QuerySet

from blueroom.desk.calm import Calmly
from blueroom.desk.models import Question, QuestionState
from blueroom.grouping import themes as grouping
from blueroom.room.models import Session

MOST_LINES = 5_000  # the newest
AT_ONCE = 2_000  # texts read in one go, a quarter of a second; the others in the next
NOT_READ = (QuestionState.HELD, QuestionState.REJECTED)


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """What `questions` lines are about; `words` name it, the most telling first."""

    key: str
    words: list[str]
    questions: int


class SessionThemes(msgspec.Struct, frozen=True, kw_only=True):
    """The largest theme first; `of` says for each of `ids` which theme it is of, by its place.
    `version` is another one whenever anything else is."""

    version: str
    themes: list[Theme]
    ids: list[int]
    of: list[int]

    def key_of(self) -> dict[int, str]:
        """The key of each question's theme, by the question's id."""
        return {id_: self.themes[at].key for id_, at in zip(self.ids, self.of, strict=True)}


class _Session:
    """One session, with the texts that its themes were made of last."""

    def __init__(self, session: Session) -> None:
        self._themes = grouping.Themes(ignored=[session.guest.name, *session.hashtags])
        self._texts: dict[int, str] = {}

    def make(self, session: Session) -> SessionThemes:
        """The themes as the database has their questions."""
        newest = _lines(session).order_by("-id").values_list("id", "text", "language")
        rows = {id_: (text, language) for id_, text, language in newest[:MOST_LINES]}
        for id_ in [id_ for id_ in self._texts if id_ not in rows]:
            self._themes.forget(id_)
            del self._texts[id_]
        new = [id_ for id_, (text, _) in rows.items() if self._texts.get(id_) != text]
        for id_ in new[:AT_ONCE]:
            text, language = rows[id_]
            self._themes.add(id_, text, language)
            self._texts[id_] = text
        return _told(self._themes.made())


def _lines(session: Session) -> QuerySet[Question]:
    found = Question.objects.filter(session=session, head=None, withdrawn_at=None)
    return found.exclude(state__in=NOT_READ)


def _told(made: grouping.Made) -> SessionThemes:
    place = {theme.key: at for at, theme in enumerate(made.themes)}
    themes = [
        Theme(key=theme.key, words=list(theme.words), questions=theme.questions)
        for theme in made.themes
    ]
    of = {int(id_): place[key] for id_, key in sorted(made.of.items())}
    version = blake2b(msgspec.json.encode((themes, list(of.items()))), digest_size=8).hexdigest()
    return SessionThemes(version=version, themes=themes, ids=list(of), of=list(of.values()))


class Sessions:
    """The sessions that were asked for last, in this process."""

    def __init__(self) -> None:
        self._sessions = Calmly[int, _Session, SessionThemes]()

    def of(self, session: Session, now: datetime) -> SessionThemes:
        """The themes of a session, ten seconds old at most; while another thread makes newer ones,
        the last ones."""
        return self._sessions.of(
            session.pk, lambda: _Session(session), lambda one: one.make(session), now=now
        )

    def ids_of(self, session: Session, key: str, now: datetime) -> list[int]:
        """The questions of a theme; none where there is no such theme."""
        found = self.of(session, now)
        return [id_ for id_, one in found.key_of().items() if one == key]


sessions = Sessions()
