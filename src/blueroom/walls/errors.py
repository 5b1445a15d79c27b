"""Why something cannot be done with walls."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable, TryLater


class NoSuchWall(NotAcceptable):
    code: ClassVar[str] = "no_such_wall"
    sentence = _("This session has no such questions wall. Make its address first.")  # type: ignore[assignment]


class NothingToFocus(NotAcceptable):
    code: ClassVar[str] = "nothing_to_focus"
    sentence = _("This wall shows no list of questions now. Choose three, or many voices.")  # type: ignore[assignment]


class LettersUnknown(NotAcceptable):
    code: ClassVar[str] = "letters_unknown"
    sentence = _("No screen shows these letters, or no longer. Read them once more.")  # type: ignore[assignment]


class ReportUnclear(NotAcceptable):
    code: ClassVar[str] = "report_unclear"
    sentence = _("This is no report of a screen.")  # type: ignore[assignment]


class PairingFull(TryLater):
    code: ClassVar[str] = "pairing_full"
    sentence = _("Too many screens wait to be paired. Try again in a few minutes.")  # type: ignore[assignment]


class RelayAddressUnclear(NotAcceptable):
    code: ClassVar[str] = "relay_address_unclear"
    sentence = _(  # type: ignore[assignment]
        "This address plays nothing we know. Give a .m3u8 or .mp4, a video or channel of YouTube, "
        "Twitch or PeerTube, an Owncast server, or a post of this session with a video."
    )


class RelayInsecure(NotAcceptable):
    code: ClassVar[str] = "relay_insecure"
    sentence = _(  # type: ignore[assignment]
        "This room is opened by https: browsers refuse videos that come by http. "
        "Give an address that begins with https."
    )


class RelayNotVideo(NotAcceptable):
    code: ClassVar[str] = "relay_not_video"
    sentence = _("There is something at this address, but no video that a wall can play.")  # type: ignore[assignment]


class RelayNotShared(NotAcceptable):
    code: ClassVar[str] = "relay_not_shared"
    sentence = _(  # type: ignore[assignment]
        "Its server does not let pages of other sites play this video (CORS). Whoever runs it has "
        "to send the header Access-Control-Allow-Origin, with the video's pieces too."
    )


class RelayGone(TryLater):
    code: ClassVar[str] = "relay_gone"
    sentence = _("Nothing plays at this address now.")  # type: ignore[assignment]


class RelayStill(TryLater):
    code: ClassVar[str] = "relay_still"
    sentence = _("The stream stands still: nothing new comes.")  # type: ignore[assignment]


class RelayEnded(TryLater):
    code: ClassVar[str] = "relay_ended"
    sentence = _("The stream has ended, or has not begun.")  # type: ignore[assignment]


class RelayKnown(NotAcceptable):
    code: ClassVar[str] = "relay_known"
    sentence = _("This video is in the list already.")  # type: ignore[assignment]


class TooManyRelays(NotAcceptable):
    code: ClassVar[str] = "too_many_relays"
    sentence = _("That is as many as the list, or the wall, takes. Take another one off first.")  # type: ignore[assignment]


class RelayNotOnWall(NotAcceptable):
    code: ClassVar[str] = "relay_not_on_wall"
    sentence = _("Put it on the wall first.")  # type: ignore[assignment]


class RelaySilent(NotAcceptable):
    code: ClassVar[str] = "relay_silent"
    sentence = _(  # type: ignore[assignment]
        "The player of this network cannot be told to be heard: on the wall it stays silent."
    )
