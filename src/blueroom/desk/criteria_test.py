from __future__ import annotations

from datetime import timedelta

import pytest

from blueroom.desk.actions import sort_posts
from blueroom.desk.criteria import Criteria, questions_sought
from blueroom.desk.models import Question
from blueroom.posts.models import Author

ASKED = {  # name: (text, network, minutes old)
    "album": ("Quand sort l’album ?", "bluesky", 0),
    "road": ("How long were you on the road?", "mastodon", 10),
    "rude": ("Pourquoi es-tu un tel connard ?", "bluesky", 20),
    "bread": ("Which flour makes good bread?", "page", 30),
}


def change(question, **values):
    Question.objects.filter(pk=question.pk).update(**values)


@pytest.fixture
def asked(session, make_post, moment):
    """Four questions by name; bread is asked by people of two networks, and in French."""
    for number, (name, (text, network, old)) in enumerate(ASKED.items()):
        author = Author.objects.create(network=network, remote_id=name, name=name)
        at = moment - timedelta(minutes=old)
        make_post(text, number=number, network=network, author=author, published_at=at)
    sort_posts(session_id=session.pk, now=moment)
    found = {name: Question.objects.get(text=text) for name, (text, *_) in ASKED.items()}
    change(found["album"], language="fr")
    change(found["road"], language="en", votes=3)
    networks = ["mastodon", "page"]
    change(found["bread"], askers=7, votes=12, networks=networks, wording=found["album"])
    return found


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({}, ["album", "road", "rude", "bread"]),
        ({"state": "held"}, ["rude"]),
        ({"reason": "insult"}, ["rude"]),
        ({"network": "bluesky"}, ["album", "rude"]),
        ({"network": "mastodon"}, ["road", "bread"]),  # of any of a group's askers
        ({"language": "fr"}, ["album", "bread"]),  # of the words that are shown
        ({"votes": 3}, ["road", "bread"]),
        ({"askers": 2}, ["bread"]),
        ({"within_minutes": 10}, ["album", "road"]),
        ({"older_minutes": 20}, ["rude", "bread"]),
        ({"older_minutes": 5, "within_minutes": 25, "state": "waiting"}, ["road"]),
        ({"text": "good", "votes": 12}, ["bread"]),
        ({"text": "good", "votes": 13}, []),
    ],
)
def test_questions_have_to_meet_all_criteria(session, asked, moment, criteria, names):
    found = questions_sought(session, Criteria(**criteria), now=moment)

    assert set(found) == {asked[name] for name in names}


def test_shares_are_apart_and_together_all(session, asked, moment):
    shares = [
        set(questions_sought(session, Criteria(share=(part, 3)), now=moment)) for part in range(3)
    ]

    assert set().union(*shares) == set(asked.values())
    assert sum(map(len, shares)) == len(asked)
    assert [one.pk * 2_654_435_761 % 2**32 % 3 for one in shares[1]] == [1] * len(shares[1])
