from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk import screening
from blueroom.desk.actions import (
    answer_question,
    decide,
    decide_on_many,
    mark_sensitive,
    reword_question,
    sort_posts,
    undo_decision,
    write_note,
)
from blueroom.desk.bans import ban_author, lift_ban
from blueroom.desk.errors import (
    NoProposal,
    NotInGroup,
    NotMergeable,
    PersonNeeded,
    SecondPersonNeeded,
    StaleRevision,
)
from blueroom.desk.groups import (
    accept_proposal,
    choose_wording,
    merge_questions,
    refuse_proposal,
    split_question,
)
from blueroom.desk.models import Question
from blueroom.desk.queries import card_on_air, questions_page, row_of
from blueroom.desk.search import index_new_posts
from blueroom.posts.models import Author, Post, Sorting
from blueroom.room.actor import Actor, actor_of_membership
from blueroom.room.models import Role, Session


@pytest.fixture
def ask(session, make_post, moment):
    """Lets somebody of that name ask, and the desk sort it."""
    numbers = iter(range(100, 1000))

    def ask(text, name, *, network="rehearsal", handle=""):
        author, _ = Author.objects.get_or_create(
            network=network, remote_id=name, defaults={"name": name, "handle": handle}
        )
        post = make_post(text, number=next(numbers), network=network, author=author)
        sort_posts(session_id=session.pk, now=moment)
        return Question.objects.get(post=post)

    return ask


@pytest.fixture
def group(ask, moderator, moment):
    """Three who ask the same in their own words; the first is the head."""
    questions = [
        ask("Vous écrivez le matin ?", "Ana"),
        ask("Écrivez-vous plutôt le matin ?", "Bo", network="page"),
        ask("Le matin, vous écrivez, non ?", "Cy"),
    ]
    ids = [question.pk for question in questions[1:]]
    merge_questions(head_id=questions[0].pk, question_ids=ids, now=moment, by=moderator)
    return questions


def state(question):
    question.refresh_from_db()
    return question.state, question.head_id, question.askers


def codes(question):
    return [reason["code"] for reason in question.reasons or []]


def do(question, verb, by, moment, **more):
    return decide(question_id=question.pk, verb=verb, now=moment, by=by, **more)


def change_post(question, moment, **values):
    Post.objects.filter(pk=question.post_id).update(sorting=Sorting.NEW, **values)
    sort_posts(session_id=question.session_id, now=moment)


# What the desk holds by itself


def test_sorting_holds_what_is_unsafe_and_says_why(session, ask):
    insult = ask("Pourquoi es-tu un tel connard ?", "Ana")
    name = ask("Vous écrivez le soir ?", "Le_C0nnard")
    harmless = ask("Vous écrivez la nuit ?", "Cy")

    assert (insult.state, codes(insult)) == ("held", ["insult"])
    start, end = insult.reasons[0]["start"], insult.reasons[0]["end"]
    assert insult.text[start:end] == "connard"
    assert (name.state, name.reasons[0]["where"]) == ("held", "name")
    assert (harmless.state, harmless.reasons) == ("waiting", None)
    held = questions_page(session, state="held", reason="insult")
    assert [row.id for row in held] == [insult.pk, name.pk]
    assert questions_page(session, state="held", reason="threat") == []


def test_what_a_picture_is_said_to_show_is_held_as_a_text_is(session, make_post, moment):
    post = make_post("Vous le connaissez ?", alts="Un piano\nCe connard de maire")
    sort_posts(session_id=session.pk, now=moment)
    question = Question.objects.get()
    [told] = question.reasons
    assert (question.state, told["code"], told["where"]) == ("held", "insult", "alt")
    assert told["excerpt"] == "connard"

    change_post(question, moment, alts="Le maire", edited_at=moment)
    assert (state(question)[0], post.pk) == ("waiting", question.post_id)
    change_post(question, moment, alts="Le maire, hier", edited_at=moment)
    assert refreshed(question).revision == 2  # nothing to read again


def test_sorting_looks_for_the_words_of_the_room(session, ask):
    session.room.held_words = ["grand prix"]
    session.room.ignored_words = ["bouffon"]
    session.room.save()

    assert codes(ask("Un mot du Grand Prix ?", "Ana")) == ["room_word"]
    assert codes(ask("Le bouffon, c'est votre rôle ?", "Bo")) == []


@pytest.mark.parametrize(("strictness", "state"), [("low", "waiting"), ("normal", "held")])
def test_sorting_is_as_strict_as_the_session(session, ask, strictness, state):
    Session.objects.filter(pk=session.pk).update(strictness=strictness)

    assert ask("Pourquoi es-tu un tel connard ?", "Ana").state == state


def test_sorting_holds_one_text_of_many_authors_in_one_line(ask):
    asked = [ask("Achetez le jeton LUNA ce soir ?", f"bot {n}") for n in range(15)]

    heads = [question for question in asked if question.head_id is None]
    assert [(one.state, one.askers) for one in map(refreshed, heads)] == [
        ("waiting", 10),
        ("held", 5),
    ]
    assert codes(heads[1]) == ["same_text"]


def test_a_process_that_starts_anew_sees_again_who_posted_in_the_last_minutes(
    session, make_post, moment, monkeypatch
):
    def ask_at(minute):
        monkeypatch.setattr(screening, "watches", screening.Watches())  # as after a restart
        at = moment + timedelta(minutes=minute)
        post = make_post("Vous écrivez le matin ?", number=minute, published_at=at)
        sort_posts(session_id=session.pk, now=at)
        return codes(Question.objects.get(post=post))

    assert [ask_at(minute) for minute in (1, 5, 16)] == [[], ["flood"], []]


def refreshed(question):
    question.refresh_from_db()
    return question


def test_an_edit_to_something_unsafe_is_held(ask, moderator, moment):
    question = ask("Vous écrivez le matin ?", "Ana")
    do(question, "approve", moderator, moment)

    change_post(question, moment, text="Pauvre connard ?", edited_at=moment)

    assert (state(question)[0], codes(question)) == ("held", ["insult"])


def test_an_answered_question_whose_words_change_is_public_no_more(ask, moderator, moment):
    question = ask("Vous écrivez le matin ?", "Ana")
    do(question, "approve", moderator, moment)
    answer_question(question_id=question.pk, text="Oui.", now=moment, by=moderator)

    change_post(question, moment, text="Vous mentez le matin ?", edited_at=moment)

    assert state(question)[0] == "waiting"


def test_a_ban_holds_what_an_author_asked_and_asks_until_it_is_lifted(
    session, group, ask, moderator, moment
):
    head, member, _other = group
    do(head, "approve", moderator, moment)
    do(head, "air", moderator, moment)

    for question in (member, head):
        author = question.post.author
        ban_author(session=session, author=author, now=moment, by=moderator)
    later = ask("Et le soir, vous lisez ?", "Ana")

    assert card_on_air(session) is None
    assert (state(head)[0], state(member)[0], later.state) == ("held", "held", "held")
    assert codes(later) == ["banned"]
    lift_ban(session=session, author=head.post.author, now=moment, by=moderator)
    assert (state(head)[0], state(later)[0]) == ("waiting", "waiting")
    assert ask("Et la nuit, vous dormez ?", "Ana").state == "waiting"


# Groups


def test_the_same_words_are_one_line_whatever_the_accents_and_hashtags(ask):
    first = ask("Vous écrivez le matin ?", "Ana")
    second = ask("vous ecrivez le MATIN ??? #AskInes", "Bo", network="page")
    again = ask("Vous écrivez le matin ?", "Ana")

    assert state(first) == ("waiting", None, 2)
    assert (state(second)[:2], state(again)[:2]) == (("merged", first.pk),) * 2
    assert row_of(first.pk).networks == ["page", "rehearsal"]


def test_merging_counts_people_and_undoing_takes_members_back(ask, group, moderator, moment):
    head, *members = group
    other = ask("Le matin, ça vous arrive ?", "Dee")
    assert state(head) == ("waiting", None, 3)

    merge_questions(head_id=other.pk, question_ids=[head.pk], now=moment, by=moderator)
    assert state(other) == ("waiting", None, 4)
    assert {state(member)[1] for member in members} == {other.pk}

    undo_decision(question_id=head.pk, now=moment, by=moderator)
    assert (state(head), state(other)) == (("waiting", None, 3), ("waiting", None, 1))
    assert {state(member)[1] for member in members} == {head.pk}


def test_splitting_takes_one_out_and_can_be_undone(group, moderator, moment):
    head, member, _ = group

    split_question(question_id=member.pk, now=moment, by=moderator)
    assert (state(head)[2], state(member)[:2]) == (2, ("waiting", None))
    with pytest.raises(NotInGroup):
        split_question(question_id=member.pk, now=moment, by=moderator)

    undo_decision(question_id=member.pk, now=moment, by=moderator)
    assert (state(head)[2], state(member)[:2]) == (3, ("merged", head.pk))


def test_what_is_on_air_is_not_merged(ask, moderator, moment):
    first, second = ask("Le matin, oui ?", "Ana"), ask("Le soir, non ?", "Bo")
    do(second, "approve", moderator, moment)
    do(second, "air", moderator, moment)

    with pytest.raises(NotMergeable):
        merge_questions(head_id=first.pk, question_ids=[second.pk], now=moment, by=moderator)


def test_a_group_outlives_its_head_and_has_to_be_read_again(session, group, moderator, moment):
    head, heir, other = group
    do(head, "approve", moderator, moment)
    do(head, "air", moderator, moment)

    change_post(head, moment, text="", deleted_at=moment)

    assert card_on_air(session) is None
    assert state(heir) == ("waiting", None, 2)
    assert state(other)[:2] == ("merged", heir.pk)


def test_the_words_of_a_member_are_shown_under_its_name_until_it_goes(
    session, group, moderator, moment
):
    head, member, _ = group
    do(head, "approve", moderator, moment)
    choose_wording(question_id=head.pk, member_id=member.pk, now=moment, by=moderator)
    do(head, "air", moderator, moment)
    card = card_on_air(session)
    assert (card.id, card.text, card.author.name, card.askers) == (head.pk, member.text, "Bo", 3)

    change_post(member, moment, text="", deleted_at=moment)

    assert card_on_air(session) is None
    assert (row_of(head.pk).text, row_of(head.pk).state) == (head.text, "waiting")


def test_a_proposal_is_accepted_or_refused_once(ask, moderator, moment):
    head = ask("Vous écrivez le matin ?", "Ana")
    questions = [ask("Le matin, c'est votre heure ?", "Bo"), ask("À quelle heure ?", "Cy")]
    Question.objects.filter(pk__in=[one.pk for one in questions]).update(
        proposal=head, proposal_score=0.7
    )
    assert row_of(questions[0].pk).proposal.id == head.pk

    accept_proposal(question_id=questions[0].pk, now=moment, by=moderator)
    refuse_proposal(question_id=questions[1].pk, now=moment, by=moderator)

    assert (state(head)[2], state(questions[0])[1]) == (2, head.pk)
    assert row_of(questions[1].pk).proposal is None
    with pytest.raises(NoProposal):
        accept_proposal(question_id=questions[1].pk, now=moment, by=moderator)
    undo_decision(question_id=questions[1].pk, now=moment, by=moderator)
    assert row_of(questions[1].pk).proposal.id == head.pk


# Words for air, marks, notes, several at once


def test_words_for_air_are_shown_and_the_original_is_kept(session, ask, moderator, moment):
    question = ask("vous ecrivez le matin ??", "Ana")
    do(question, "approve", moderator, moment)
    do(question, "line_up", moderator, moment)

    reword_question(
        question_id=question.pk, text="Écrivez-vous le matin ?", now=moment, by=moderator
    )

    row = row_of(question.pk)
    assert (row.text, row.original, row.state, row.position) == (
        "Écrivez-vous le matin ?",
        "vous ecrivez le matin ??",
        "lined_up",
        0,
    )
    undo_decision(question_id=question.pk, now=moment, by=moderator)
    assert (row_of(question.pk).text, row_of(question.pk).state) == (row.original, "lined_up")


def test_marks_and_notes_are_for_the_crew(ask, moderator, moment):
    question = ask("Vous écrivez le matin ?", "Ana")

    mark_sensitive(question_id=question.pk, is_sensitive=True, now=moment, by=moderator)
    write_note(question_id=question.pk, text="À vérifier.", now=moment, by=moderator)

    row = row_of(question.pk)
    assert (row.is_sensitive, row.notes, row.state) == (True, 1, "waiting")


def test_many_are_decided_on_at_once_and_each_stands_for_itself(session, ask, moderator, moment):
    first, second = ask("Le matin, oui ?", "Ana"), ask("Le soir, non ?", "Bo")
    do(second, "hold", moderator, moment)

    done, refused = decide_on_many(
        session=session,
        verb="reject",
        revisions={first.pk: 1, second.pk: 1, 999_999: 1},
        now=moment,
        by=moderator,
    )

    assert done == [first.pk]
    assert {pk: error.code for pk, error in refused.items()} == {
        second.pk: "stale_revision",
        999_999: "not_found",
    }
    assert (state(first)[0], state(second)[0]) == ("rejected", "held")


# Two people


@pytest.fixture
def second(make_member):
    return actor_of_membership(make_member(Role.MODERATOR, "Max"))


@pytest.fixture
def by_two(session, ask):
    Session.objects.filter(pk=session.pk).update(needs_two=True)
    return ask("Vous écrivez le matin ?", "Ana")


def test_two_people_approve_where_the_session_asks_for_it(by_two, moderator, second, moment):
    do(by_two, "approve", moderator, moment, revision=1)
    assert (state(by_two)[0], row_of(by_two.pk).first_by) == ("waiting", "Léa")
    with pytest.raises(SecondPersonNeeded):
        do(by_two, "approve", moderator, moment, revision=2)
    with pytest.raises(StaleRevision):
        do(by_two, "approve", second, moment, revision=1)
    with pytest.raises(StaleRevision):
        do(by_two, "approve", second, moment)

    do(by_two, "approve", second, moment, revision=2)

    assert state(by_two)[0] == "approved"


def test_a_key_of_the_api_is_neither_of_two_people(by_two, moment):
    token = Actor(name="API 1", role=Role.OWNER, room_id=by_two.session.room_id)

    with pytest.raises(PersonNeeded):
        do(by_two, "approve", token, moment, revision=1)


def test_a_first_approval_is_void_once_the_words_or_the_state_change(
    by_two, moderator, second, moment
):
    do(by_two, "approve", moderator, moment, revision=1)
    change_post(by_two, moment, text="Vous écrivez le soir ?", edited_at=moment)
    assert row_of(by_two.pk).first_by == ""

    do(by_two, "approve", moderator, moment, revision=3)
    do(by_two, "reject", second, moment, revision=4)
    assert row_of(by_two.pk).first_by == ""


def test_other_words_for_what_two_approved_wait_for_both_again(by_two, moderator, second, moment):
    do(by_two, "approve", moderator, moment, revision=1)
    do(by_two, "approve", second, moment, revision=2)

    reword_question(question_id=by_two.pk, text="Le matin ?", now=moment, by=moderator)

    assert (state(by_two)[0], row_of(by_two.pk).first_by) == ("waiting", "")


# Search


@pytest.mark.parametrize("is_indexed", [True, False])
def test_search_finds_begun_words_without_accents_in_words_and_names(session, ask, is_indexed):
    question = ask("Écrivez-vous à la forêt l'été ?", "Zoé Müller", handle="zoe.example.org")
    ask("Et à la mer ?", "Bo")
    if is_indexed:
        assert index_new_posts() == 2
        assert index_new_posts() == 0

    for typed in ("ecriv FOR", "mull", "zoe.exam", "l'ete"):
        assert [row.id for row in questions_page(session, text=typed)] == [question.pk]
    for typed in ("crivez", "forêt mer"):
        assert questions_page(session, text=typed) == []


def test_search_follows_edits_and_forgets_what_was_deleted(session, ask, moment):
    question = ask("Vous aimez la forêt ?", "Ana")
    index_new_posts()

    change_post(question, moment, text="Vous aimez la plage ?", edited_at=moment)
    assert questions_page(session, text="foret") == []
    assert [row.id for row in questions_page(session, text="plage")] == [question.pk]

    change_post(question, moment, text="", deleted_at=moment)
    assert questions_page(session, text="plage") == []
