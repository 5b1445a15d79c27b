from __future__ import annotations

import io
import os
from datetime import timedelta

import pytest
from PIL import Image

from blueroom.base.errors import NotAcceptable
from blueroom.desk.models import Question
from blueroom.room.actions import NotAllowed
from blueroom.room.actor import actor_of_membership
from blueroom.room.rules import FieldRefused
from blueroom.studio import actions, photos, queries
from blueroom.studio.errors import NotApprovedForAir
from blueroom.studio.models import Answer
from blueroom.studio.worker import tidy_photos

pytestmark = pytest.mark.django_db
ALT = "Un carnet ouvert, une partition au crayon"
ORIENTATION, MAKE = 0x0112, 0x010F


@pytest.fixture(autouse=True)
def pictures(settings, tmp_path):
    """The pictures folder, empty."""
    settings.DATA = tmp_path
    return tmp_path / "pictures"


def picture(size=(64, 48), form="JPEG", **more) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, form, **more)
    return written.getvalue()


def noise(size) -> bytes:
    """What no codec makes small."""
    written = io.BytesIO()
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(written, "PNG")
    return written.getvalue()


def names(folder):
    return sorted(path.name for path in folder.glob("*"))


@pytest.fixture
def add(approved, moderator, moment):
    """Answers the approved question with a picture."""

    def make(data=None, alt=ALT, by=moderator):
        return actions.add_photo(
            question_id=approved.pk, picture=data or picture(), alt=alt, now=moment, by=by
        )

    return make


def test_keep_photo_turns_it_upright_and_says_nothing_of_its_camera(pictures):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "A camera"

    kept = photos.keep_photo(picture(exif=exif))

    with Image.open(pictures / kept.file) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (48, 64), {})
    assert (kept.width_px, kept.height_px) == (48, 64)
    assert names(pictures) == [kept.file]


def test_keep_photo_makes_it_small_enough_for_everywhere(pictures):
    kept = photos.keep_photo(noise((2400, 1200)))

    size_bytes = (pictures / kept.file).stat().st_size
    assert 1_000_000 < size_bytes <= photos.PHOTO_BYTES
    assert kept.width_px < 2400
    assert kept.width_px / kept.height_px == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "upload_empty"),
        (b"GIF89a" + bytes(40), "picture_unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "picture_is_svg"),
        (b"PK\x03\x04" + bytes(40), "upload_is_archive"),
        (b"\xff\xd8\xff\xe0" + bytes(500), "picture_damaged"),
        (picture()[:400], "picture_damaged"),
        (picture((20_000, 2), "PNG"), "picture_too_many_pixels"),
    ],
)
def test_keep_photo_refuses_what_is_none_and_leaves_nothing(pictures, data, code):
    with pytest.raises(NotAcceptable) as refused:
        photos.keep_photo(data)

    assert refused.value.code == code
    assert names(pictures) == []


def test_add_photo_is_for_the_crew_to_see_until_the_question_is_answered(add, approved):
    answer = add(alt=f"  {ALT}\n")

    name = answer.photo.removesuffix(".jpg")
    line = queries.answer_line(answer)
    assert (line.kind, line.clip_path, line.photo) == (
        "photo",
        "",
        queries.PhotoCard(path=f"/a/photo/{name}.jpg", alt=ALT, width_px=64, height_px=48),
    )
    assert queries.public_photos([approved.pk]) == {}
    Question.objects.update(state="answered")
    assert queries.public_photos([approved.pk]) == {approved.pk: line.photo}


def test_public_photos_are_read_at_once(
    add, approved, make_question, moment, django_assert_num_queries
):
    answer = add()
    others = [make_question(f"Et {n} ?", number=n) for n in (2, 3)]
    for other in others:
        Answer.objects.create(
            question=other, kind="photo", photo=answer.photo, in_at=moment, made_at=moment
        )
    Question.objects.update(state="answered")
    ids = [approved.pk, *(other.pk for other in others)]

    with django_assert_num_queries(1):
        assert len(queries.public_photos(ids)) == 3
    with django_assert_num_queries(1):
        assert len(queries.public_photos(ids[:1])) == 1


def test_add_photo_puts_it_in_the_place_of_the_one_before(
    add, approved, pictures, django_capture_on_commit_callbacks
):
    add()

    with django_capture_on_commit_callbacks(execute=True):
        second = add(alt="Le même, à l’encre")

    assert list(Answer.objects.all()) == [second]
    assert names(pictures) == [second.photo]


@pytest.mark.parametrize("alt", ["", " \n\u200b", "x" * 1001])
def test_add_photo_wants_to_be_told_what_it_shows(add, pictures, alt):
    with pytest.raises(FieldRefused) as refused:
        add(alt=alt)

    assert refused.value.details["field"] == "alt"
    assert not pictures.exists()


def test_add_photo_refuses_questions_that_were_not_approved(
    make_question, moderator, moment, pictures
):
    waiting = make_question("Vous dessinez ?", number=2)

    with pytest.raises(NotApprovedForAir):
        actions.add_photo(
            question_id=waiting.pk, picture=picture(), alt=ALT, now=moment, by=moderator
        )

    assert not pictures.exists()


def test_add_photo_keeps_no_file_where_the_question_was_sent_back_meanwhile(
    add, monkeypatch, pictures
):
    keep_photo = photos.keep_photo

    def keep_slowly(data):
        kept = keep_photo(data)
        Question.objects.update(state="rejected")
        return kept

    monkeypatch.setattr(actions, "keep_photo", keep_slowly)
    with pytest.raises(NotApprovedForAir):
        add()

    assert (names(pictures), Answer.objects.count()) == ([], 0)


def test_add_photo_is_not_for_guests(add, make_member):
    with pytest.raises(NotAllowed):
        add(by=actor_of_membership(make_member("guest", "Inès")))


def test_describe_photo_says_anew_what_it_shows(add, moderator, moment):
    answer = add()

    actions.describe_photo(answer=answer, alt="Une partition", now=moment, by=moderator)

    assert Answer.objects.get().alt == "Une partition"
    with pytest.raises(FieldRefused):
        actions.describe_photo(answer=answer, alt=" ", now=moment, by=moderator)


def test_remove_answer_deletes_the_picture(
    add, moderator, moment, pictures, django_capture_on_commit_callbacks
):
    answer = add()

    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_answer(answer=answer, now=moment, by=moderator)

    assert (names(pictures), Answer.objects.count()) == ([], 0)


def test_tidy_photos_deletes_those_of_questions_taken_away(
    add, approved, moment, pictures, django_capture_on_commit_callbacks
):
    add()
    assert tidy_photos() == 0

    Question.objects.update(withdrawn_at=moment)
    with django_capture_on_commit_callbacks(execute=True):
        assert tidy_photos() == 1

    assert (names(pictures), Answer.objects.count(), tidy_photos()) == ([], 0, 0)


def test_sweep_photos_deletes_old_files_of_no_answer(add, moment, pictures):
    answer = add()
    (pictures / "left.jpg").write_bytes(b"left")
    (pictures / "upload-x").write_bytes(b"half")
    written = {path.name: path.stat().st_mtime for path in pictures.iterdir()}
    latest = moment.fromtimestamp(max(written.values()), moment.tzinfo)

    assert photos.sweep_photos(now=latest + timedelta(minutes=59)) == 0
    assert photos.sweep_photos(now=latest + timedelta(minutes=61)) == 2
    assert names(pictures) == [answer.photo]


def test_sweep_photos_is_at_home_in_a_room_without_any(moment):
    assert photos.sweep_photos(now=moment) == 0
