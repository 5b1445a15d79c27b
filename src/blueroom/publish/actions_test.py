from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from blueroom.desk.actions import answer_question, decide
from blueroom.networks.interface import Limits, Part, Preview, Refused, Sent, Unavailable
from blueroom.publish import queries
from blueroom.publish.actions import ask_for_reply, send_reply, take_back_reply
from blueroom.publish.errors import (
    CannotReply,
    NoAccount,
    NotAnswered,
    NotPublished,
    ReplyOnItsWay,
    ReplyRefused,
)
from blueroom.publish.models import Reply
from blueroom.publish.queries import preview_reply, replies_due
from blueroom.room.models import Account
from blueroom.room.seal import Sealed, seal, unseal


@dataclass
class Board:
    """A network in memory that keeps a reply once a key, as real ones do."""

    slug: str = "rehearsal"
    account_fields: Sequence[object] = ()
    replies: dict[str, str] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)  # each raised once, after arriving
    calls: int = 0
    limits: Limits = Limits(text_limit=20)
    state: dict[str, object] | None = None

    def publisher(self, fields, state):
        self.state = state
        return self

    async def reply(self, *, to, text, media=(), lang="", key, at):
        self.calls += 1
        self.replies.setdefault(key, text)
        if self.state is not None:
            self.state["token"] = f"fresh-{self.calls}"
        if self.failures:
            raise self.failures.pop(0)
        return Sent(id=key, url=f"https://board.example/{key}", version="v1")

    async def take_back(self, *, sent):
        self.replies.pop(sent.id, None)

    async def close(self):
        pass

    def preview(self, *, to, text, media=()):
        problems = [("too_long", "Too long.")] if len(text) > self.limits.text_limit else []
        return Preview(
            text=text,
            parts=[Part(text=text)],
            length=len(text),
            limits=self.limits,
            problems=problems,
        )


@pytest.fixture
def board(monkeypatch):
    board = Board()
    monkeypatch.setattr(queries, "networks", lambda: {"rehearsal": board})
    return board


@pytest.fixture
def answered(make_question, moderator, moment):
    question = make_question()
    decide(question_id=question.pk, verb="approve", now=moment, by=moderator)
    return answer_question(question_id=question.pk, text="Le soir.", now=moment, by=moderator)


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
    assert (board.calls, list(board.replies.values())) == (1, ["Le soir."])
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
    assert list(replies_due(now=moment + timedelta(days=2))) == []

    again = ask_for_reply(question_id=answered.pk, now=moment, by=moderator, text="La nuit.")
    again = send_reply(reply_id=again.pk, now=moment)

    assert (again.state, again.text, again.key) == ("sent", "La nuit.", reply.key)


def test_reply_left_behind_by_a_process_that_ended_is_found(board, answered, moderator, moment):
    reply = ask_for_reply(question_id=answered.pk, now=moment, by=moderator)
    Reply.objects.update(state="sending", leased_until=moment + timedelta(seconds=60))

    assert list(replies_due(now=moment + timedelta(seconds=59))) == []
    assert list(replies_due(now=moment + timedelta(seconds=61))) == [reply]
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
        ask_for_reply(question_id=answered.pk, now=moment, by=moderator, text="a" * 21)

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
    assert (again.state, again.key != first.key, list(board.replies.values())) == (
        "sent",
        True,
        ["La nuit."],
    )
