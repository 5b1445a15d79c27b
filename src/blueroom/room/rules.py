"""What holds in every room: who may do what, how a session lives, what a hashtag is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from blueroom.base.errors import NotAcceptable

ROLES = ("owner", "producer", "moderator", "coach", "guest", "viewer")  # the strongest first

_OWNER = frozenset({"owner"})
_PRODUCERS = _OWNER | {"producer"}
_DESK = _PRODUCERS | {"moderator"}
RIGHTS = {
    "change_room": _PRODUCERS,
    "see_design": _DESK,  # the page of all parts of the screens
    "see_session": _DESK,  # its page of addresses, its channels
    "plan_session": _PRODUCERS,
    "change_session": _PRODUCERS,
    "open_session": _PRODUCERS,
    "start_session": _PRODUCERS,
    "close_session": _PRODUCERS,
    "revoke_link": _PRODUCERS,
    "renew_link": _PRODUCERS,
    "switch_channel": _PRODUCERS,
    "moderate": _DESK,  # decide about questions
    "reply": _DESK,  # publish an answer under the asker's post
    "say": _DESK,  # write to the guest, or to whoever sends by a feed
    "choose_question": _DESK | {"guest"},  # of those lined up: answer it now, or put it off
    "see_studio": _DESK,  # the feeds, the monitors, who is live
    "make_feed": _PRODUCERS,  # give somebody an address or a stream key to send by
    "admit_feed": _DESK,  # test a fan's feed, let it in, send it away
    "run_programme": _PRODUCERS,  # go live, choose the feed, the delay, stop
    "cover_programme": _DESK,  # slate, mute, dump: whoever sees it first
    "mark_answer": _DESK,  # in and out points
    "edit_clip": _DESK,  # captions, crop, renders
    "publish_clip": _DESK,  # let the public see it, take it back
    "export_session": _PRODUCERS,  # the archive, with everything in it
    "erase": _PRODUCERS,  # recordings of a session, or everything of one asker
    "post": _PRODUCERS,  # hand posts in by the API
    "see_people": _PRODUCERS,
    "invite": _PRODUCERS,
    "change_role": _PRODUCERS,
    "remove_member": _PRODUCERS,
    "see_networks": _PRODUCERS,
    "keep_account": _PRODUCERS,
    "remove_account": _PRODUCERS,
    "make_token": _PRODUCERS,
    "revoke_token": _PRODUCERS,
}

# From which states a verb leads on, and where to. `open` also undoes a start or a close that came
# too early.
STATE_CHANGES = {
    "open_session": (frozenset({"planned", "on_air", "closed"}), "open"),
    "start_session": (frozenset({"planned", "open"}), "on_air"),
    "close_session": (frozenset({"planned", "open", "on_air"}), "closed"),
}

LANGUAGES = ("fr", "en", "es", "de", "it", "pt", "nl", "ar")  # what a session can be held in
HASHTAGS_MAX = 5
HASHTAG_LENGTH_MAX = 64  # graphemes in app.bsky.richtext.facet#tag, lexicon read 2026-11-23
JOINERS = "\u200c\u200d"  # Persian words and joined emoji fall apart without them
RESERVED_SLUGS = frozenset({"new"})  # /sessions/new/
RECORDINGS_DAYS_MAX = 3650
WORDS_MAX = 500  # in each of a room's lists
STARTS_AFTER, STARTS_BEFORE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class FieldRefused(NotAcceptable):
    """One thing that was entered cannot be taken; `details["field"]` names it."""

    code: ClassVar[str] = "field_refused"


class HashtagRefused(FieldRefused):
    code: ClassVar[str] = "hashtag_refused"


def may(role: str, verb: str) -> bool:
    """Whether that role has that right. Raises KeyError for a verb that is not in RIGHTS."""
    return role in RIGHTS[verb]


def may_give(role: str, given: str) -> bool:
    """Whether that role may hand out or take away the other: an owner any, others a weaker one."""
    return role == "owner" or ROLES.index(role) < ROLES.index(given)


def roles_given_by(role: str) -> list[str]:
    """The roles that this one may hand out, the strongest first."""
    return [given for given in ROLES if may_give(role, given)]


def clean_line(text: str, *, field: str, length_max: int) -> str:
    """One line of text as it will be kept: NFC, no control or direction characters, single spaces.

    Raises:
        FieldRefused: nothing is left of it, or it is too long.
    """
    kept = "".join(
        " " if mark.isspace() else mark
        for mark in unicodedata.normalize("NFC", text)
        if mark.isspace() or mark in JOINERS or unicodedata.category(mark)[0] != "C"
    )
    line = " ".join(kept.split())
    if not line:
        raise FieldRefused(_("Fill this in."), field=field)
    if len(line) > length_max:
        sentence = _("That is too long: %(length)d characters, %(most)d at most.")
        raise FieldRefused(sentence % {"length": len(line), "most": length_max}, field=field)
    return line


def clean_hashtag(written: str) -> str:
    """A hashtag without "#", written as the networks recognise it everywhere.

    Letters, digits and underscores, not digits alone: what Bluesky, Mastodon, YouTube, Twitch and X
    have in common. Raises HashtagRefused.
    """
    tag = unicodedata.normalize("NFKC", written).strip().lstrip("#").strip()
    if not re.fullmatch(r"\w+", tag):
        sentence = _("“%(tag)s” would break: a hashtag holds letters, digits and _ only.")
        raise HashtagRefused(sentence % {"tag": written.strip()[:80]}, field="hashtags")
    if not re.search(r"[^\W\d_]", tag):
        sentence = _("“%(tag)s” needs a letter: networks ignore hashtags made of digits.")
        raise HashtagRefused(sentence % {"tag": tag[:80]}, field="hashtags")
    if len(tag) > HASHTAG_LENGTH_MAX:
        sentence = _("“%(tag)s…” is too long: %(most)d characters at most.")
        values = {"tag": tag[:20], "most": HASHTAG_LENGTH_MAX}
        raise HashtagRefused(sentence % values, field="hashtags")
    return tag


def clean_hashtags(written: Iterable[str]) -> list[str]:
    """The hashtags of a session in the order written, each once whatever its case.

    Raises:
        HashtagRefused: one is not a hashtag, there is none, or there are more than five.
    """
    tags: dict[str, str] = {}
    for tag in map(clean_hashtag, written):
        tags.setdefault(tag.casefold(), tag)
    if not tags:
        raise HashtagRefused(_("Give at least one hashtag."), field="hashtags")
    if len(tags) > HASHTAGS_MAX:
        sentence = _("%(most)d hashtags at most: people have to remember them.")
        raise HashtagRefused(sentence % {"most": HASHTAGS_MAX}, field="hashtags")
    return list(tags.values())


def split_hashtags(text: str) -> list[str]:
    """The words of a hashtag field: parted by spaces, commas or semicolons."""
    return re.split(r"[\s,;]+", text.strip(" \t\r\n,;")) if text.strip(" \t\r\n,;") else []


def clean_languages(codes: Iterable[str]) -> list[str]:
    """The languages of a session, each once. Raises FieldRefused."""
    chosen = list(dict.fromkeys(codes))
    unknown = [code for code in chosen if code not in LANGUAGES]
    if unknown:
        sentence = _("Unknown language: %(codes)s.")
        raise FieldRefused(sentence % {"codes": ", ".join(unknown)[:80]}, field="languages")
    if not chosen:
        raise FieldRefused(_("Choose at least one language."), field="languages")
    return chosen


def clean_start(starts_at: datetime) -> datetime:
    """The start, aware, of this century. Raises FieldRefused."""
    if starts_at.tzinfo is None:
        raise FieldRefused(_("The start needs a time zone."), field="starts_at")
    if not STARTS_AFTER <= starts_at < STARTS_BEFORE:
        raise FieldRefused(_("The start must be between 2000 and 2100."), field="starts_at")
    return starts_at


def clean_minutes(minutes: int) -> int:
    """The planned length. Raises FieldRefused."""
    if not 1 <= minutes <= 1440:
        raise FieldRefused(_("A session lasts between 1 minute and 24 hours."), field="minutes")
    return minutes


def clean_recordings_days(days: int) -> int:
    """How many days recordings are kept once a session is over; 0 is for good.

    Raises FieldRefused.
    """
    if not 0 <= days <= RECORDINGS_DAYS_MAX:
        sentence = _("Between 0 and %(most)d days.")
        values = {"most": RECORDINGS_DAYS_MAX}
        raise FieldRefused(sentence % values, field="keep_recordings_days")
    return days


def clean_words(written: Iterable[str], *, field: str) -> list[str]:
    """Words or phrases that a desk holds or lets through, each once. Raises FieldRefused."""
    lines = (clean_line(line, field=field, length_max=60) for line in written if line.strip())
    return _not_too_many(lines, field)


def clean_domains(written: Iterable[str], *, field: str) -> list[str]:
    """Domains that may be linked to, as "radio.example.org", each once. Raises FieldRefused."""
    domains = []
    for line in written:
        domain = re.sub(r"^(https?://)?(www\.)?|[/?#].*$", "", line.strip().lower())
        if domain and not re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain):
            sentence = _("“%(domain)s” is no domain. Write it as radio.example.org.")
            raise FieldRefused(sentence % {"domain": line.strip()[:80]}, field=field)
        domains += [domain] if domain else []
    return _not_too_many(domains, field)


def _not_too_many(lines: Iterable[str], field: str) -> list[str]:
    kept = list(dict.fromkeys(lines))
    if len(kept) > WORDS_MAX:
        raise FieldRefused(_("%(most)d at most.") % {"most": WORDS_MAX}, field=field)
    return kept


def slug_stem(*names: str) -> str:
    """What a slug begins with: the first name that leaves something in ASCII, at most 70 long."""
    stems = (slugify(name)[:70].strip("-_") for name in names)
    return next((stem for stem in stems if stem), "session")
