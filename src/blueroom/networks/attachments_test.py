from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from blueroom.networks.attachments import media_problems
from blueroom.networks.interface import Attachment, Limits

LIMITS = Limits(
    text_limit=300,
    images=2,
    image_size_bytes=2_000_000,
    video_size_bytes=50_000_000,
    video_duration_s=180,
    alt_limit=10,
)
PICTURE = Attachment(
    path=Path("a.jpg"), media_type="image/jpeg", size_bytes=2_000_000, width_px=1, height_px=1
)
VIDEO = Attachment(
    path=Path("a.mp4"),
    media_type="video/mp4",
    size_bytes=50_000_000,
    width_px=1280,
    height_px=720,
    alt="0123456789",
    duration_s=180,
)


@pytest.mark.parametrize(
    ("media", "codes"),
    [
        ([], []),
        ([PICTURE, PICTURE], []),
        ([VIDEO], []),
        ([PICTURE] * 3, ["reply_too_many_media"]),
        ([PICTURE, VIDEO], ["reply_too_many_media"]),
        ([replace(PICTURE, size_bytes=2_000_001)], ["picture_too_big"]),
        ([replace(PICTURE, media_type="image/tiff")] * 2, ["picture_type"]),
        ([replace(VIDEO, size_bytes=50_000_001)], ["video_too_big"]),
        ([replace(VIDEO, duration_s=180.1, alt="0123456789a")], ["video_too_long", "alt_too_long"]),
        ([replace(VIDEO, media_type="video/webm")], ["video_type"]),
    ],
)
def test_media_problems_names_each_limit_that_is_passed(
    media: list[Attachment], codes: list[str]
) -> None:
    assert [code for code, _ in media_problems(media, LIMITS)] == codes


def test_media_problems_says_where_a_network_takes_none() -> None:
    words_only = Limits(text_limit=300)

    assert media_problems([VIDEO], words_only) == [
        ("no_video", "The network takes no videos in replies.")
    ]
    assert media_problems([PICTURE], words_only) == [
        ("no_pictures", "The network takes no pictures in replies.")
    ]
