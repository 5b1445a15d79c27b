from __future__ import annotations

import pytest

from blueroom.networks.interface import Limits
from blueroom.publish.composing import Wish
from blueroom.publish.models import Media
from blueroom.publish.offers import offers_for
from blueroom.publish.queries import preview_reply
from blueroom.studio.queries import photo_path

URL = "http://testserver/a/soir/"


def composed(question, **wish):
    return preview_reply(question, wish=Wish(**wish))[1]


def codes(question, **wish):
    return [code for code, _said in composed(question, **wish).preview.problems]


@pytest.mark.parametrize(
    ("is_public", "render", "state", "progress"),
    [
        (False, "ready", "private", 0.0),
        (True, "due", "making", 0.4),
        (True, "working", "making", 0.4),
        (True, "failed", "failed", 0.0),
        (True, "ready", "ready", 1.0),
        (True, None, "ready", 1.0),
    ],
)
def test_offer_says_how_far_the_video_is(answered, make_clip, is_public, render, state, progress):
    make_clip(answered, is_public=is_public, render=render)

    offer = offers_for(answered).clip

    assert (offer.state, offer.progress, offer.url) == (state, progress, URL)
    assert offer.poster_url == "/a/soir/poster.jpg"


def test_offer_is_none_without_a_clip(answered):
    assert offers_for(answered).clip is None


def test_offer_is_the_clip_as_it_was_cut_where_no_other_file_was_asked_for(answered, make_clip):
    make_clip(answered, render=None)

    assert offers_for(answered).clip.file.path.read_bytes() == b"cut"


@pytest.mark.parametrize(
    ("limits", "choices", "obstacles"),
    [
        (Limits(text_limit=60, video_size_bytes=10), ["video", "link", "none"], []),
        (Limits(text_limit=60), ["link", "none"], ["no_video"]),
        (Limits(text_limit=60, video_size_bytes=3), ["link", "none"], ["video_too_big"]),
        (
            Limits(text_limit=60, video_size_bytes=10, video_duration_s=42),
            ["link", "none"],
            ["video_too_long"],
        ),
        (
            Limits(text_limit=60, video_size_bytes=10, alt_limit=3),
            ["video", "link", "none"],
            ["alt_too_long"],
        ),
        (Limits(text_limit=60, shows_clips=True), ["video"], []),
    ],
)
def test_compose_offers_what_the_network_takes_and_proposes_the_first(
    board, answered, make_clip, limits, choices, obstacles
):
    make_clip(answered)
    board.limits = limits

    found = composed(answered)

    assert (list(found.choices), found.media) == (choices, choices[0])
    assert [code for code, _said in found.obstacles] == obstacles


def test_compose_offers_a_link_while_the_video_could_not_be_made(board, answered, make_clip):
    make_clip(answered, render="failed")

    found = composed(answered)

    assert (found.media, found.text) == (Media.LINK, f"Le soir.\n{URL}")
    assert codes(answered, media="video") == ["clip_failed"]


def test_compose_leaves_the_clip_out_where_that_is_wanted(board, answered, make_clip):
    make_clip(answered)

    found = composed(answered, media="none")

    assert (found.text, found.attachments, found.card) == ("Le soir.", [], None)


def test_compose_adds_nothing_where_the_network_shows_clips_by_itself(board, answered, make_clip):
    make_clip(answered, render="working")
    board.limits = Limits(text_limit=60, shows_clips=True)

    found = composed(answered)

    assert (found.text, found.attachments, found.preview.problems) == ("Le soir.", [], [])


def test_compose_adds_the_link_as_long_as_there_is_room(board, answered, make_clip):
    make_clip(answered)
    fits = "a" * (60 - len(URL) - 1)

    assert composed(answered, words=fits).text == f"{fits}\n{URL}"
    assert composed(answered, words=f"{fits}a").text == f"{fits}a"
    assert codes(answered, words=f"{fits}a") == []
    board.limits = Limits(text_limit=60, bytes_limit=60, video_size_bytes=10)
    accents = "é" * (60 - len(URL) - 1)
    assert composed(answered, words=accents).text == accents


def test_compose_adds_no_link_that_is_there(board, answered, make_clip):
    make_clip(answered)

    assert composed(answered, words=f"Voyez {URL} !").text == f"Voyez {URL} !"


def test_compose_needs_room_for_the_link_where_nothing_else_shows_it(board, answered, make_clip):
    make_clip(answered)
    long = "a" * 50

    assert codes(answered, media="link", words=long) == ["no_room_for_link"]
    board.limits = Limits(text_limit=60, cards=True)
    found = composed(answered, media="link", words=long)
    assert (found.preview.problems, found.card.url) == ([], URL)


def test_compose_describes_the_video_as_somebody_wrote(board, answered, make_clip):
    make_clip(answered)

    [video] = composed(answered, alt="Inès au piano").attachments

    assert video.alt == "Inès au piano"


def test_preview_reply_keeps_the_clip_s_words_where_there_are_no_others(board, answered, make_clip):
    make_clip(answered)
    answered.answer_text = ""

    found = composed(answered)

    assert (found.words, found.text, found.preview.problems) == ("", URL, [])


PHONE = "http://testserver/s/askines/"
PICTURES = Limits(text_limit=60, images=1, image_size_bytes=10)


@pytest.mark.parametrize(
    ("limits", "with_clip", "choices", "obstacles"),
    [
        (PICTURES, False, ["photo", "link", "none"], []),
        (PICTURES, True, ["photo", "link", "none"], ["no_video"]),
        (
            Limits(text_limit=60, images=1, video_size_bytes=10),
            True,
            ["video", "photo", "link", "none"],
            [],
        ),
        (Limits(text_limit=60), False, ["link", "none"], ["no_pictures"]),
        (
            Limits(text_limit=60, images=1, image_size_bytes=4),
            False,
            ["link", "none"],
            ["picture_too_big"],
        ),
        (
            Limits(text_limit=60, images=1, alt_limit=3),
            False,
            ["photo", "link", "none"],
            ["alt_too_long"],
        ),
        (Limits(text_limit=60, shows_clips=True), False, ["photo"], []),
        (Limits(text_limit=60, shows_clips=True), True, ["video"], []),
    ],
)
def test_compose_offers_the_photo_after_the_video(
    board, answered, make_clip, make_photo, limits, with_clip, choices, obstacles
):
    make_photo(answered)
    if with_clip:
        make_clip(answered)
    board.limits = limits

    found = composed(answered)

    assert (list(found.choices), found.media) == (choices, choices[0])
    assert [code for code, _said in found.obstacles] == obstacles


def test_compose_sends_the_photo_with_what_it_shows_and_no_link(board, answered, make_photo):
    make_photo(answered)
    board.limits = PICTURES

    found = composed(answered)
    [picture] = composed(answered, alt="La mer, au fusain").attachments

    assert (found.text, found.card, found.preview.problems) == ("Le soir.", None, [])
    [sent] = found.attachments
    assert (sent.path.read_bytes(), sent.media_type, sent.size_bytes) == (b"ppppp", "image/jpeg", 5)
    assert (sent.width_px, sent.height_px, sent.alt) == (1200, 900, "Un croquis de la mer")
    assert picture.alt == "La mer, au fusain"


def test_compose_links_to_the_phone_page_where_no_pictures_are_taken(board, answered, make_photo):
    make_photo(answered)

    found = composed(answered)

    assert (found.media, found.text, found.attachments) == ("link", f"Le soir.\n{PHONE}", [])
    board.limits = Limits(text_limit=60, cards=True)
    card = composed(answered).card
    assert (card.url, card.title, card.description) == (PHONE, "Inès Carat", "Un croquis de la mer")
    assert card.picture.path.read_bytes() == b"ppppp"


def test_compose_offers_the_photo_while_the_clip_is_private(board, answered, make_clip, make_photo):
    make_photo(answered)
    make_clip(answered, is_public=False)
    board.limits = Limits(text_limit=60, images=1, video_size_bytes=10)

    found = composed(answered)

    assert list(found.choices) == ["photo", "link", "none"]
    assert composed(answered, media="link").text == f"Le soir.\n{PHONE}"
    assert codes(answered, media="video") == ["no_clip"]


def test_compose_has_no_photo_without_its_file(board, answered, make_photo):
    answer = make_photo(answered)
    photo_path(answer.photo).unlink()

    assert list(composed(answered).choices) == ["none"]
    assert codes(answered, media="photo") == ["no_photo"]


def test_preview_reply_sends_a_photo_without_words(board, answered, make_photo):
    make_photo(answered)
    board.limits = PICTURES
    answered.answer_text = ""

    found = composed(answered)

    assert (found.words, found.text, found.media) == ("", "", "photo")
