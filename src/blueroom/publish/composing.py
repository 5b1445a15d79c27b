"""What a reply is made of: the answer's words, and the clip or the photo, as it is or as a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_noop as _

from blueroom.networks.attachments import media_problems
from blueroom.networks.interface import (
    Attachment,
    Card,
    Limits,
    Preview,
    Previews,
    Publisher,
    Target,
)
from blueroom.networks.plain_text import preview_text
from blueroom.publish.errors import ClipFailed
from blueroom.publish.models import Media
from blueroom.publish.offers import Offers

Problem = tuple[str, str]
NO_CLIP = ("no_clip", _("There is no public clip to send."))
NO_PHOTO = ("no_photo", _("There is no picture to send."))
NO_ROOM_FOR_LINK = (
    "no_room_for_link",
    _("There is no room for the link: shorten the text, or send the words only."),
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How somebody wants a reply. Empty: as the house proposes."""

    words: str = ""
    media: str = ""
    alt: str = ""
    or_link: bool = False


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A reply as it goes to its network, and how that will show it.

    `words` is `text` without the link, `alt` what somebody wrote to describe the video or picture.
    `choices` are the ways in which clip and photo may come along, the proposed one first;
    `obstacles` are why the video or the picture may not.
    """

    words: str
    text: str
    media: Media
    alt: str
    or_link: bool
    choices: Sequence[Media]
    obstacles: Sequence[Problem]
    attachments: Sequence[Attachment]
    card: Card | None
    preview: Preview


def compose(publisher: Publisher, *, to: Target, wish: Wish, offers: Offers) -> Composed:
    """The reply that comes of a wish whose words are decided, and what stands against it."""
    limits, words = publisher.limits, wish.words
    files = _files(offers)
    choices = _choices(offers, files, limits)
    media = Media(wish.media) if wish.media in Media.values else choices[0]
    if media in files and wish.alt:
        files[media] = replace(files[media], alt=wish.alt)
    against = {way: _against(way, file, offers, limits) for way, file in files.items()}
    text, attachments, card = words, [], None
    if offers.shown and media != Media.NONE and not limits.shows_clips:
        if media != Media.PHOTO:
            text = _with_link(publisher, to=to, words=words, url=offers.shown.url)
        attachments = [files[media]] if media in files else []
        is_carded = limits.cards and (media == Media.LINK or wish.or_link)
        card = offers.shown.card() if is_carded else None
    preview = _preview(publisher, to=to, text=text, attachments=attachments, card=card)
    problems = list(preview.problems)
    if media not in choices:
        problems += against.get(media) or [NO_PHOTO if media == Media.PHOTO else NO_CLIP]
    elif media == Media.LINK and offers.shown.url not in text and not limits.cards:
        problems.append(NO_ROOM_FOR_LINK)
    return Composed(
        words=words,
        text=text,
        media=media,
        alt=wish.alt,
        or_link=wish.or_link,
        choices=choices,
        obstacles=_each_once([one for found in against.values() for one in found]),
        attachments=attachments,
        card=card,
        preview=replace(preview, problems=_each_once(problems)),
    )


def _files(offers: Offers) -> dict[Media, Attachment]:
    """What may be sent along, the dearest first."""
    files = {}
    if offers.open_clip:
        files[Media.VIDEO] = offers.open_clip.attachment()
    if offers.photo:
        files[Media.PHOTO] = offers.photo.attachment()
    return files


def _against(way: Media, file: Attachment, offers: Offers, limits: Limits) -> list[Problem]:
    if limits.shows_clips:
        return []
    if way == Media.VIDEO and offers.clip and offers.clip.state == "failed":
        return [(ClipFailed.code, str(ClipFailed.sentence))]
    return media_problems([file], limits)


def _choices(offers: Offers, files: Mapping[Media, Attachment], limits: Limits) -> list[Media]:
    if offers.shown is None:
        return [Media.NONE]
    if limits.shows_clips:
        return [next(iter(files))]
    # A description can be shortened.
    free = [
        way
        for way, file in files.items()
        if all(code == "alt_too_long" for code, _said in _against(way, file, offers, limits))
    ]
    return [*free, Media.LINK, Media.NONE]


def _with_link(publisher: Publisher, *, to: Target, words: str, url: str) -> str:
    """The words with the link below them, where the network has room for both."""
    if url in words:
        return words
    text = f"{words}\n{url}" if words else url
    shown = _preview(publisher, to=to, text=text)
    limits = shown.limits
    size = len(text.encode(errors="replace"))
    is_small = limits.bytes_limit is None or size <= limits.bytes_limit
    return text if shown.length <= limits.text_limit and is_small else words


def _preview(
    publisher: Publisher,
    *,
    to: Target,
    text: str,
    attachments: Sequence[Attachment] = (),
    card: Card | None = None,
) -> Preview:
    if isinstance(publisher, Previews):
        return publisher.preview(to=to, text=text, media=attachments, card=card)
    return preview_text(text, limits=publisher.limits, marks=("link",), media=attachments)


def _each_once(problems: Sequence[Problem]) -> list[Problem]:
    return list(dict(problems).items())
