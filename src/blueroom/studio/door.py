"""What the receiver of feeds asks of the database and reports to it: its `Doorman`. In threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections
from django.db.models import Max
from django.utils import translation

from blueroom.base.clock import now
from blueroom.design.theme import tokens
from blueroom.media.grants import Figures, Grant, Wish
from blueroom.media.jobs import run_job
from blueroom.media.letters.fonts import Family
from blueroom.media.parts import Epoch
from blueroom.media.recording import RecordingUnreadable, dump_from, open_recording
from blueroom.media.slate import (
    Moment,
    Slate,
    SlateArguments,
    SlateLook,
    SlateMade,
    SlateWords,
    find_slate,
    slate_in,
    words_for,
)
from blueroom.room.models import Room, Session
from blueroom.room.themes import name_of, text_of, theme_of
from blueroom.studio import actions, queries, rules
from blueroom.studio.models import Feed, Programme, ProgrammeState, Recording
from blueroom.studio.secrets import KEY, PAGE, feed_by

SLATE_WIDTH_PX, SLATE_HEIGHT_PX = 1280, 720
SLATE_LIMIT_S = 60.0
# What pictures are written in for each typeface: they know those of the house alone.
FAMILIES: dict[str, Family] = {
    "fraunces": "voice",
    "figtree": "text",
    "sans": "text",
    "serif": "voice",
}
SPOKEN = ("en", "fr")  # what pages speak; sentences are written in the first
# What ended longer ago than that is public already, whatever the delay was.
JUST_ENDED_S = 60


class Door:
    """The Django side of the door."""

    def __init__(self, tell_figures: Callable[[Figures], None]) -> None:
        self.tell_figures = tell_figures

    def feed_of_page(self, secret: str) -> Grant | None:
        """See `Doorman`."""
        return _grant(feed_by(secret, purpose=PAGE))

    def feed_of_key(self, key: str) -> Grant | None:
        """See `Doorman`."""
        return _grant(feed_by(key, purpose=KEY))

    def feed(self, feed_id: int) -> Grant | None:
        """See `Doorman`."""
        close_old_connections()
        return _grant(Feed.objects.select_related("session").filter(pk=feed_id).first())

    def programme(self, session_id: int) -> Wish | None:
        """See `Doorman`."""
        close_old_connections()
        session = (
            Session.objects.select_related("room", "guest", "programme")
            .filter(pk=session_id)
            .first()
        )
        if session is None:
            return None
        # One that never was is off.
        return _wish(getattr(session, "programme", None) or Programme(session=session))

    def programmes(self) -> list[Wish]:
        """See `Doorman`."""
        close_old_connections()
        found = Programme.objects.select_related("session__room", "session__guest")
        return [_wish(one) for one in found.exclude(state=ProgrammeState.OFF)]

    def in_words(self, sentence: str, language: str) -> str:
        """See `Doorman`."""
        with _speaking(language):
            return translation.gettext(sentence) if sentence else ""

    def has_room(self) -> bool:
        """See `Doorman`."""
        return not queries.disk().is_full

    def note_connected(self, feed_id: int, way: str) -> None:
        """Somebody sends."""
        close_old_connections()
        actions.note_connected(feed_id=feed_id, way=WAYS.get(way, way), now=now())

    def note_lost(self, feed_id: int, code: str, sentence: str) -> None:
        """Nobody sends any more."""
        actions.note_lost(feed_id=feed_id, code=code, message=sentence)

    def note_problem(self, feed_id: int, code: str, sentence: str) -> None:
        """Something that the crew should know."""
        actions.note_problem(feed_id=feed_id, code=code, message=sentence)

    def begin_recording(self, grant: Grant, epoch: Epoch) -> None:
        """An epoch began."""
        file = f"{grant.folder.name}/{epoch.file}"
        actions.begin_recording(feed_id=grant.feed_id, epoch=epoch, file=file)
        actions.note_size(feed_id=grant.feed_id, width_px=epoch.width_px, height_px=epoch.height_px)

    def end_recording(self, feed_id: int, epoch: int, duration_s: float, size_bytes: int) -> None:
        """An epoch ended, or was dumped."""
        actions.end_recording(
            feed_id=feed_id, epoch=epoch, duration_s=duration_s, size_bytes=size_bytes, now=now()
        )

    def cut_recordings(self, feed_id: int, from_part: int) -> None:
        """See `Doorman`."""
        close_old_connections()
        found = Recording.objects.filter(feed_id=feed_id, erased_at=None)
        for recording in found:
            ended_at = recording.ended_at
            if ended_at is None or (now() - ended_at).total_seconds() < JUST_ENDED_S:
                kept = dump_from(queries.recordings_folder() / recording.file, from_part)
                self.end_recording(feed_id, recording.epoch, kept.duration_s, kept.size_bytes)

    def note_shown(self, feed_id: int, from_at: datetime, until_at: datetime) -> None:
        """The public saw it."""
        actions.note_shown(feed_id=feed_id, from_at=from_at, until_at=until_at)


WAYS = {"flv": "rtmp", "frames": "whip"}


def _grant(feed: Feed | None) -> Grant | None:
    if feed is None:
        return None
    folder = queries.recordings_folder() / str(feed.session_id)
    stem = f"feed-{feed.pk}"
    return Grant(
        feed_id=feed.pk,
        session_id=feed.session_id,
        slug=feed.session.slug,
        kind=feed.kind,
        name=feed.name,
        state=feed.state,
        may_send=rules.may_send(feed.state),
        monitor_key=feed.monitor_key,
        folder=folder,
        stem=stem,
        next_epoch=_next_epoch(feed, folder, stem),
    )


def _next_epoch(feed: Feed, folder: Path, stem: str) -> int:
    """The first number that neither a row nor a file has: a file may be there without its row."""
    last = feed.recordings.aggregate(last=Max("epoch"))["last"]
    files = [int(path.stem.rpartition("-")[2]) for path in folder.glob(f"{stem}-*.mp4")]
    return max([-1 if last is None else last, *files]) + 1


def _speaking(language: str) -> AbstractContextManager[None]:
    """A context in which sentences are in that language, or in the first that pages speak."""
    return translation.override(language if language in SPOKEN else SPOKEN[0])


def _wish(programme: Programme) -> Wish:
    session = programme.session
    language = session.languages[0] if session.languages else "en"
    with _speaking(language):
        room, goodbye = name_of(session.room), text_of(session.room, "goodbye")
    return Wish(
        session_id=session.pk,
        slug=session.slug,
        key=programme.key,
        state=programme.state,
        feed_id=programme.feed_id,
        delay_s=programme.delay_s,
        is_muted=programme.is_muted,
        room=room,
        guest=session.guest.name,
        language=language,
        goodbye=goodbye.replace("{guest}", session.guest.name),
        look=look_of(session.room),
    )


def look_of(room: Room) -> SlateLook:
    """What the room's slates are drawn in: as its walls are on air."""
    theme = theme_of(room)
    own = tokens("air", theme.colours.get("air", {}))
    light = next((light for light in ("air", "day") if light in theme.logos), None)
    logo = room.logos.filter(light=light).first() if light else None
    return SlateLook(
        ground=own["wall"],
        card=own["fur"],
        ink=own["ink"],
        ink_2=own["ink-2"],
        lamp=own["lamp"],
        moonlight=own["moonlight"],
        gleam=own["gleam"],
        voice=FAMILIES[theme.faces.get("voice", "fraunces")],
        logo=bytes(logo.png) if logo else b"",
    )


class Slates:
    """The slates of this house, kept in a folder. They are drawn in jobs, one after the other."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def of(self, wish: Wish, moment: Moment) -> Slate:
        """A programme's slate. Takes seconds the first time."""
        return self._kept(
            words_for(
                moment,
                language=wish.language,
                room=wish.room,
                guest=wish.guest,
                goodbye=wish.goodbye,
                look=wish.look,
            )
        )

    def plain(self) -> Slate:
        """One without words."""
        return self._kept(SlateWords(room="", sentence=""))

    def _kept(self, words: SlateWords) -> Slate:
        folder = Path(settings.DATA) / "slates"
        size = {"width_px": SLATE_WIDTH_PX, "height_px": SLATE_HEIGHT_PX}
        found = find_slate(folder, words, **size)
        if found is not None:
            return found
        asked = SlateArguments(folder=folder, words=words, **size)
        with self._turn:
            run_job("slate", asked, SlateMade, time_limit_s=SLATE_LIMIT_S, nice=0)
        return slate_in(folder, words, **size)


def close_recordings() -> int:
    """Give recordings that a process left open their end, as far as they were written; how many.

    When the room opens, before anybody sends.
    """
    open_ones = Recording.objects.filter(ended_at=None, erased_at=None)
    for recording in open_ones:
        path = queries.recordings_folder() / recording.file
        try:
            found = open_recording(path)
            duration_s, size_bytes = found.duration_s, found.size_bytes
        except RecordingUnreadable:
            duration_s, size_bytes = 0.0, 0
        actions.end_recording(
            feed_id=recording.feed_id,
            epoch=recording.epoch,
            duration_s=duration_s,
            size_bytes=size_bytes,
            now=now(),
        )
    Feed.objects.exclude(way="").update(way="", connected_at=None)
    return len(open_ones)
