from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.translation import override

from blueroom.clips.models import Render
from blueroom.clips.queries import title_of
from blueroom.desk.actions import sort_posts, undo_decision
from blueroom.desk.groups import merge_questions
from blueroom.desk.models import Question
from blueroom.networks.interface import (
    Captions,
    Card,
    Limits,
    MediaRefused,
    Refused,
    Unavailable,
    reply_limit_s,
)
from blueroom.posts.models import Author
from blueroom.publish import queries
from blueroom.publish.actions import ask_for_reply, replies, send_reply, take_back_reply
from blueroom.publish.errors import (
    CannotReply,
    NoAccount,
    NotAnswered,
    NotPublished,
    ReplyOnItsWay,
    ReplyRefused,
)
from blueroom.publish.models import Reply
from blueroom.publish.queries import preview_reply
from blueroom.room.models import Account
from blueroom.room.seal import Sealed, seal, unseal


def test_reply_goes_out_once_whatever_is_repeated(board, answered, moderator, moment):
    for _ in range(3):
        reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
        reply = send_reply(reply_id=reply.pk, now=moment)

    answered.refresh_from_db()
    assert (reply.state, reply.url, reply.by_name) == (
        "sent",
        f"https://board.example/{reply.key}",
        "Léa",
    )
    assert (board.calls, board.texts()) == (1, ["Le soir."])
    assert (answered.reply_state, answered.reply_url) == ("sent", reply.url)


def test_reply_that_may_have_arrived_is_tried_again_with_its_key(
    board, answered, moderator, moment
):
    board.failures = [Unavailable(retry_after_s=30)]
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    reply = send_reply(reply_id=reply.pk, now=moment)
    too_soon = send_reply(reply_id=reply.pk, now=moment + timedelta(seconds=29))
    at_last = send_reply(reply_id=reply.pk, now=moment + timedelta(seconds=30))

    assert (reply.state, reply.error_code, too_soon.state) == ("due", "network_unavailable", "due")
    assert (at_last.state, at_last.error_code, board.calls, len(board.replies)) == (
        "sent",
        "",
        2,
        1,
    )


def test_reply_that_was_refused_waits_for_a_person(board, answered, moderator, moment):
    board.failures = [Refused("Wrong password.")]
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    reply = send_reply(reply_id=reply.pk, now=moment)
    answered.refresh_from_db()
    assert (reply.state, answered.reply_state, answered.reply_message) == (
        "failed",
        "failed",
        "Wrong password.",
    )
    assert list(replies.due(now=moment + timedelta(days=2))) == []

    again = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, text="La nuit.")
    again = send_reply(reply_id=again.pk, now=moment)

    assert (again.state, again.text, again.key) == ("sent", "La nuit.", reply.key)


def test_reply_left_behind_by_a_process_that_ended_is_found(board, answered, moderator, moment):
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    Reply.objects.update(state="sending", leased_until=moment + timedelta(seconds=60))

    assert list(replies.due(now=moment + timedelta(seconds=59))) == []
    assert list(replies.due(now=moment + timedelta(seconds=61))) == [reply]
    assert send_reply(reply_id=reply.pk, now=moment + timedelta(seconds=61)).state == "sent"


def test_reply_on_its_way_keeps_its_words(board, answered, moderator, moment):
    ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    with pytest.raises(ReplyOnItsWay):
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator, text="La nuit.")


def test_reply_after_a_day_of_silence_needs_somebody(board, answered, moderator, moment):
    board.failures = [Unavailable()]
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    assert send_reply(reply_id=reply.pk, now=moment + timedelta(hours=25)).state == "failed"


def test_reply_is_refused_before_there_are_words(board, make_question, moderator, moment):
    question = make_question()

    with pytest.raises(NotAnswered):
        ask_for_reply(question_id=question.pk, now=moment, by=moderator)


def test_reply_that_the_network_would_not_take_never_leaves(board, answered, moderator, moment):
    with pytest.raises(ReplyRefused) as caught:
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator, text="a" * 61)

    assert caught.value.details == {"problems": ["too_long"]}
    assert not Reply.objects.exists()


def test_reply_needs_an_account_where_the_network_does(board, answered, moderator, moment):
    board.account_fields = [object()]

    with pytest.raises(NoAccount):
        preview_reply(answered)


def test_reply_keeps_what_the_connector_learned(board, answered, moderator, moment, room):
    board.account_fields = [object()]
    sealed = seal(Sealed(fields={"password": "secret"}))
    account = Account.objects.create(
        room=room, network="rehearsal", handle="room.example", sealed=sealed, created_at=moment
    )

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_reply(reply_id=reply.pk, now=moment)

    account.refresh_from_db()
    assert unseal(account.sealed) == Sealed(
        fields={"password": "secret"}, state={"token": "fresh-1"}
    )


def test_reply_keeps_what_the_connector_learned_when_it_did_not_get_through(
    board, answered, moderator, moment, room
):
    board.account_fields = [object()]
    board.failures = [Unavailable()]
    sealed = seal(Sealed(fields={"password": "secret"}))
    account = Account.objects.create(
        room=room, network="rehearsal", handle="room.example", sealed=sealed, created_at=moment
    )

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_reply(reply_id=reply.pk, now=moment)

    account.refresh_from_db()
    assert unseal(account.sealed).state == {"token": "fresh-1"}


def test_reply_to_an_unknown_network_is_for_a_person(board, answered, monkeypatch):
    monkeypatch.setattr(queries, "networks", dict)

    with pytest.raises(CannotReply):
        preview_reply(answered)


def test_take_back_frees_the_question_for_another_reply(board, answered, moderator, moment):
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    first = send_reply(reply_id=reply.pk, now=moment)

    taken = take_back_reply(question_id=answered.pk, now=moment, by=moderator)

    assert (taken.state, board.replies) == ("taken_back", {})
    with pytest.raises(NotPublished):
        take_back_reply(question_id=answered.pk, now=moment, by=moderator)
    later = moment + timedelta(seconds=1)
    again = ask_for_reply(question_id=answered.pk, now=later, by=moderator, text="La nuit.")
    again = send_reply(reply_id=again.pk, now=later)
    assert (again.state, again.key != first.key, board.texts()) == (
        "sent",
        True,
        ["La nuit."],
    )


def test_reply_brings_the_video_with_captions_and_a_link(
    board, answered, moderator, moment, make_clip
):
    clip = make_clip(answered)

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    assert (reply.media, reply.is_with_file, reply.clip) == ("video", True, clip)
    reply = send_reply(reply_id=reply.pk, now=moment)

    url = "http://testserver/a/soir/"
    [(key, sent)] = board.replies.items()
    [video] = sent.media
    assert (reply.state, key) == ("sent", reply.key)
    assert (reply.text, sent.text, sent.card) == ("Le soir.", f"Le soir.\n{url}", None)
    assert (video.path.read_bytes(), video.size_bytes) == (b"wide", 4)
    assert (video.media_type, video.width_px, video.height_px, video.duration_s) == (
        "video/mp4",
        1920,
        1080,
        42.5,
    )
    with override("fr"):
        assert video.alt == title_of(clip)
    [captions] = video.captions
    assert isinstance(captions, Captions)
    assert captions.language == "fr"
    assert "Le soir, toujours" in captions.vtt


def test_reply_waits_for_its_video_and_then_goes_out_by_itself(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="working")
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    reply = send_reply(reply_id=reply.pk, now=moment)
    answered.refresh_from_db()
    assert (reply.state, reply.error_code, board.calls) == ("due", "clip_being_made", 0)
    assert (answered.reply_state, answered.reply_code) == ("due", "clip_being_made")
    Render.objects.update(state="ready", file="wide.mp4")
    later = moment + timedelta(seconds=2)
    assert list(replies.due(now=later)) == [reply]
    reply = send_reply(reply_id=reply.pk, now=later)

    assert (reply.state, reply.error_code, board.calls) == ("sent", "", 1)


def test_reply_that_waits_for_its_video_may_go_out_with_a_link_instead(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="due")
    waiting = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_reply(reply_id=waiting.pk, now=moment)

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="link")
    reply = send_reply(reply_id=reply.pk, now=moment)

    [sent] = board.replies.values()
    assert (reply.state, reply.key, sent.media) == ("sent", waiting.key, [])
    assert sent.text.endswith("http://testserver/a/soir/")


def test_reply_on_its_way_keeps_its_video(board, answered, moderator, moment, make_clip):
    make_clip(answered)
    ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    with pytest.raises(ReplyOnItsWay):
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="none")


def test_reply_whose_video_cannot_be_made_waits_for_a_person(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="working")
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    Render.objects.update(state="failed")

    reply = send_reply(reply_id=reply.pk, now=moment)
    assert (reply.state, reply.error_code, board.calls) == ("failed", "clip_failed", 0)
    with pytest.raises(ReplyRefused) as refused:
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    assert refused.value.details == {"problems": ["clip_failed"]}
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="link")
    reply = send_reply(reply_id=reply.pk, now=moment)

    assert (reply.state, reply.media, board.calls) == ("sent", "link", 1)


def test_reply_whose_video_cannot_be_made_goes_out_with_a_link_where_that_is_enough(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="working")
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, or_link=True)
    Render.objects.update(state="failed")

    reply = send_reply(reply_id=reply.pk, now=moment)

    [sent] = board.replies.values()
    assert (reply.state, sent.media) == ("sent", [])
    assert sent.text.endswith("http://testserver/a/soir/")


def test_reply_that_waits_for_its_video_may_be_described_anew(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="working")
    waiting = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, or_link=True)
    send_reply(reply_id=waiting.pk, now=moment)

    ask_for_reply(question_id=answered.pk, now=moment, by=moderator, alt="Inès au piano")
    Render.objects.update(state="ready", file="wide.mp4")
    reply = send_reply(reply_id=waiting.pk, now=moment)

    [video] = board.replies[waiting.key].media
    assert (reply.state, reply.or_link, video.alt) == ("sent", True, "Inès au piano")


@pytest.mark.parametrize("media", ["video", "link"])
def test_reply_does_not_show_a_clip_that_is_public_no_more(
    board, answered, moderator, moment, make_clip, media
):
    clip = make_clip(answered)
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media=media)
    clip.is_public = False
    clip.save()

    reply = send_reply(reply_id=reply.pk, now=moment)

    assert (reply.state, reply.error_code, board.calls) == ("failed", "clip_not_public", 0)
    again = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    assert (again.state, again.media) == ("due", "none")


def test_reply_is_words_only_while_the_clip_is_not_public(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, is_public=False)

    with pytest.raises(ReplyRefused) as refused:
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="link")
    assert refused.value.details == {"problems": ["no_clip"]}
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    assert (reply.media, reply.clip) == ("none", None)


def test_reply_that_nobody_waits_for_any_more_is_not_sent(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, render="working")
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    undo_decision(question_id=answered.pk, now=moment, by=moderator)
    Render.objects.update(state="ready", file="wide.mp4")

    reply = send_reply(reply_id=reply.pk, now=moment)

    assert (reply.state, reply.error_code, board.calls) == ("failed", "question_taken_back", 0)


def test_reply_to_a_post_that_is_gone_is_not_sent(board, answered, moderator, moment):
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    Question.objects.update(withdrawn_at=moment)

    reply = send_reply(reply_id=reply.pk, now=moment)

    assert (reply.state, reply.error_code, board.calls) == ("failed", "question_taken_back", 0)


def test_reply_remembers_from_try_to_try_and_not_from_wish_to_wish(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered)
    board.failures = [Unavailable(retry_after_s=3), MediaRefused()]
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    for seconds in (0, 3):
        reply = send_reply(reply_id=reply.pk, now=moment + timedelta(seconds=seconds))

    assert (reply.state, reply.error_code) == ("failed", "network_media_refused")
    assert Reply.objects.get().memory == {"tries": 2}
    again = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="link")
    assert Reply.objects.get().memory == {}
    assert send_reply(reply_id=again.pk, now=moment).state == "sent"


def test_reply_gives_a_card_to_networks_that_show_one(
    board, answered, moderator, moment, make_clip
):
    clip = make_clip(answered)
    board.limits = Limits(text_limit=200, video_size_bytes=10, cards=True)

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, or_link=True)
    send_reply(reply_id=reply.pk, now=moment)

    [sent] = board.replies.values()
    assert isinstance(sent.card, Card)
    assert sent.card.picture
    with override("fr"):
        assert sent.card.title == title_of(clip)
    assert (sent.card.url, sent.card.picture.path.read_bytes()) == (
        "http://testserver/a/soir/",
        b"poster",
    )
    assert len(sent.media) == 1


def test_reply_with_a_large_file_is_left_to_its_process_for_as_long_as_it_takes(
    board, answered, moderator, moment, make_clip
):
    make_clip(answered, size_bytes=50_000_000)
    board.limits = Limits(text_limit=200, video_size_bytes=50_000_000)
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)

    board.failures = [SystemExit()]  # the process ends in the middle of it
    with pytest.raises(SystemExit):
        send_reply(reply_id=reply.pk, now=moment)

    assert reply_limit_s(board.replies[reply.key].media) == 260
    assert list(replies.due(now=moment + timedelta(seconds=289))) == []
    assert list(replies.due(now=moment + timedelta(seconds=291))) == [reply]


def test_reply_asked_for_again_after_days_has_its_time(board, answered, moderator, moment):
    board.failures = [Refused("Wrong password."), Unavailable()]
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_reply(reply_id=reply.pk, now=moment)

    later = moment + timedelta(days=3)
    ask_for_reply(question_id=answered.pk, now=later, by=moderator)

    assert send_reply(reply_id=reply.pk, now=later).state == "due"


def test_reply_brings_the_photo_and_is_taken_back_with_it(
    board, answered, moderator, moment, make_photo
):
    answer = make_photo(answered)
    board.limits = Limits(text_limit=60, images=1)

    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    assert (reply.state, reply.media, reply.photo, reply.is_with_file) == (
        "due",
        "photo",
        answer,
        True,
    )
    reply = send_reply(reply_id=reply.pk, now=moment)

    [sent] = board.replies.values()
    assert (reply.state, sent.text, [one.alt for one in sent.media]) == (
        "sent",
        "Le soir.",
        ["Un croquis de la mer"],
    )
    reply = take_back_reply(question_id=answered.pk, now=moment, by=moderator)
    assert (reply.state, board.replies) == ("taken_back", {})


@pytest.mark.parametrize("media", ["photo", "link"])
def test_reply_is_not_sent_with_a_photo_that_was_taken_away(
    board, answered, moderator, moment, make_photo, media
):
    answer = make_photo(answered)
    board.limits = Limits(text_limit=60, images=1)
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media=media)
    answer.delete()

    reply = send_reply(reply_id=reply.pk, now=moment)

    assert (reply.state, reply.error_code, board.calls) == ("failed", "photo_gone", 0)
    again = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, media="none")
    assert send_reply(reply_id=again.pk, now=moment).state == "sent"


def test_reply_sends_a_link_in_the_place_of_a_photo_where_that_is_allowed(
    board, answered, moderator, moment, make_photo
):
    make_photo(answered)
    board.limits = Limits(text_limit=60, images=1)
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, or_link=True)
    board.limits = Limits(text_limit=60)  # as it turns out

    send_reply(reply_id=reply.pk, now=moment)

    assert board.texts() == ["Le soir.\nhttp://testserver/s/askines/"]


@pytest.fixture
def make_member_of(answered, make_post, moderator, moment):
    """Puts a question by somebody else into the group of the answered one."""

    def make(name, text, *, number):
        author, _ = Author.objects.get_or_create(network="rehearsal", remote_id=name)
        make_post(text, number=number, author=author)
        sort_posts(session_id=answered.session_id, now=moment)
        question = Question.objects.get(post__remote_id=f"post-{number}")
        merge_questions(head_id=answered.pk, question_ids=[question.pk], now=moment, by=moderator)
        return question

    return make


def send_all(moment):
    for reply in replies.due(now=moment):
        send_reply(reply_id=reply.pk, now=moment)


def test_everybody_of_a_group_gets_the_reply_once(
    board, answered, make_member_of, moderator, moment
):
    member = make_member_of("bo", "Le soir, vous écrivez ?", number=2)
    make_member_of("bo", "Et donc le soir ?", number=3)  # the same person again

    for _ in range(2):
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
        send_all(moment)

    assert board.texts() == ["Le soir."] * 2
    assert board.calls == 2
    member.refresh_from_db()
    assert (member.state, member.reply_state) == ("merged", "sent")

    late = make_member_of("cy", "Vous écrivez tard ?", number=4)
    ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_all(moment)
    late.refresh_from_db()
    assert (late.reply_state, board.calls) == ("sent", 3)

    take_back_reply(question_id=answered.pk, now=moment, by=moderator)
    assert board.texts() == []


def test_a_member_whose_author_went_gets_no_reply(
    board, answered, make_member_of, moderator, moment
):
    member = make_member_of("bo", "Le soir, vous écrivez ?", number=2)
    Question.objects.filter(pk=member.pk).update(withdrawn_at=moment)

    ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    send_all(moment)

    assert board.calls == 1
