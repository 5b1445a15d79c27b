"""What stands against the pictures and the video of a reply, by its network's limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blueroom.networks.interface import Attachment, Limits

Problem = tuple[str, str]


def media_problems(media: Sequence[Attachment], limits: Limits) -> list[Problem]:
    """Pairs of a stable code and a sentence in English; each code once."""
    found = [problem for one in media for problem in _of_one(one, limits)]
    videos = sum(one.is_video for one in media)
    if videos and len(media) > 1:
        found.append(("reply_too_many_media", "A video goes alone."))
    elif not videos and len(media) > limits.images > 0:
        found.append(("reply_too_many_media", f"A reply holds {limits.images} pictures."))
    return list(dict(found).items())


def _of_one(one: Attachment, limits: Limits) -> Iterator[Problem]:
    if one.is_video:
        yield from _of_video(one, limits)
    elif not limits.images:
        yield "no_pictures", "The network takes no pictures in replies."
        return
    else:
        if one.media_type not in limits.image_types:
            yield "picture_type", "The network does not take pictures of this kind."
        if limits.image_size_bytes and one.size_bytes > limits.image_size_bytes:
            yield "picture_too_big", f"A picture has at most {_megabytes(limits.image_size_bytes)}."
    if limits.alt_limit and len(one.alt) > limits.alt_limit:
        yield "alt_too_long", f"A description has at most {limits.alt_limit} characters."


def _of_video(one: Attachment, limits: Limits) -> Iterator[Problem]:
    if not limits.video_size_bytes:
        yield "no_video", "The network takes no videos in replies."
        return
    if one.media_type not in limits.video_types:
        yield "video_type", "The network does not take videos of this kind."
    if one.size_bytes > limits.video_size_bytes:
        yield "video_too_big", f"A video has at most {_megabytes(limits.video_size_bytes)}."
    if limits.video_duration_s and one.duration_s > limits.video_duration_s:
        yield "video_too_long", f"A video lasts at most {limits.video_duration_s:g} seconds."


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:g} MB"
