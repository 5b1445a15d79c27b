import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from blueroom.networks.interface import Author, Post
from blueroom.networks.rehearsal.labels import labelled_posts, number_of, written_texts
from blueroom.networks.rehearsal.options import Options
from blueroom.networks.rehearsal.posts import Label, Posts
from blueroom.networks.rehearsal.schedule import BLOCK

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
HOUR = 4500  # posts, at the default rate


def pairs(count: int = HOUR, **options: object) -> list[tuple[Post, Label]]:
    return labelled_posts(msgspec.convert(options, Options), count=count, start=START)


def digest(options: Options) -> str:
    made = labelled_posts(options, first=400, count=1200, start=START)
    return hashlib.sha256(msgspec.json.encode(made)).hexdigest()


def test_posts_are_the_same_in_every_process() -> None:
    code = (
        "from blueroom.networks.rehearsal.posts_test import digest, Options;"
        "print(digest(Options(tags=('AskNour',))))"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)

    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert found == {digest(Options(tags=("AskNour",)))}


def test_posts_do_not_depend_on_what_was_made_before() -> None:
    backwards = Posts(Options(), start=START, collecting_s=259_200.0)

    made = [backwards.block(number) for number in (2, 0, 1)]

    blocks = sorted(made, key=lambda block: block.labels[0].number)
    found = [pair for b in blocks for pair in zip(b.posts, b.labels, strict=True)]
    assert found == pairs(3 * BLOCK)


def test_another_seed_gives_other_posts() -> None:
    assert [post.text for post, _ in pairs(50)] != [post.text for post, _ in pairs(50, seed="2")]


def test_post_number_n_has_the_id_n_unless_it_edits_or_deletes() -> None:
    for at, (post, label) in enumerate(pairs(seed="s.1")):
        about = label.of if label.happening in ("edit", "deletion") else at
        assert (label.number, post.id) == (at, f"rehearsal:s.1:{about}")


def test_edits_and_deletions_follow_a_post_that_is_still_there() -> None:
    alive: dict[str, Post] = {}
    happened: Counter[str] = Counter()
    for post, label in pairs():
        happened[label.happening] += 1
        if label.happening == "deletion":
            before = alive.pop(post.id)
            assert post == Post(
                network="rehearsal", id=before.id, published_at=post.published_at, deleted=True
            )
            assert post.published_at >= before.published_at
        elif label.happening == "edit":
            before = alive[post.id]
            assert (before.version, post.version) == ("1", "2")
            assert post == msgspec.structs.replace(before, text=post.text, version="2")
            assert post.text != before.text
        else:
            assert post.id not in alive
            alive[post.id] = post

    assert {name: count >= 40 for name, count in happened.items()} == dict.fromkeys(
        ("post", "reply", "edit", "deletion"), True
    )


def test_replies_stand_under_an_earlier_post_that_was_not_deleted() -> None:
    gone: set[str] = set()
    replies = 0
    for post, label in pairs():
        if label.happening == "deletion":
            gone.add(post.id)
        if label.happening == "reply":
            replies += 1
            assert (post.in_reply_to in gone, number_of(post.in_reply_to)) == (False, label.of)
            assert label.of is not None
            assert label.of < label.number
        else:
            assert post.in_reply_to == ""

    assert replies > 100


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_comes_within_an_hour(language: str) -> None:
    kinds = {label.kind for _, label in pairs() if label.language == language}

    assert kinds == {line.kind for line in written_texts()}


def test_mix_says_how_many_of_each_kind_come() -> None:
    made = pairs(1000, mix={"question": 3, "spam": 1})

    assert Counter((label.kind, label.language) for _, label in made) == {
        ("question", "fr"): 450,
        ("question", "en"): 300,
        ("spam", "fr"): 150,
        ("spam", "en"): 100,
    }


def test_mix_of_things_that_need_a_post_begins_with_messages() -> None:
    made = pairs(500, mix={"deletion": 1})

    assert Counter(label.happening for _, label in made) == {"post": 250, "deletion": 250}
    assert {label.kind for _, label in made} == {"message"}


def test_languages_limit_what_is_said() -> None:
    assert {label.language for _, label in pairs(1000, languages=["en"])} == {"en"}


def test_questions_suit_the_guest_and_know_the_name() -> None:
    made = pairs(3000, guest="chef", guest_name="Ada", tags=["AskAda"])

    fitting = {line.group for line in written_texts() if line.guest in (None, "chef")}
    asked = {label.group for _, label in made if label.kind == "question"}
    assert asked <= fitting
    assert len(asked) > 200
    everything = " ".join(post.text for post, _ in made)
    assert ("Ada" in everything, "Nour" in everything, "{" in everything) == (True, False, False)


def test_hardly_a_question_comes_twice_in_the_same_words_within_an_hour() -> None:
    texts = [post.text for post, _ in pairs(mix={"question": 1})]

    assert len(set(texts)) > 0.998 * len(texts)


def test_repeats_ask_in_the_very_same_words_by_someone_else() -> None:
    made = pairs(500, mix={"question": 90, "repeat": 10})
    asked = Counter(post.text for post, _ in made)

    repeated = [text for text, count in asked.items() if count > 1]

    assert len(repeated) > 5
    for text in repeated:
        assert len({label.group for post, label in made if post.text == text}) == 1


def test_some_reworded_questions_are_asked_by_many() -> None:
    groups = Counter(label.group for _, label in pairs() if label.kind == "question")

    top = [group for group, _ in groups.most_common(8)]
    assert [group for group in top if group[-1].isdigit()] == []
    assert groups[top[7]] > 1.5 * groups.most_common(12)[11][1]


def test_floods_come_in_runs_by_one_author_or_with_one_text() -> None:
    runs: dict[str, list[tuple[Post, Label]]] = {}
    for post, label in pairs(5000):
        if label.kind == "flood" and label.happening == "post":
            runs.setdefault(label.group, []).append((post, label))

    shapes = set()
    for run in runs.values():
        numbers = [label.number for _, label in run]
        assert numbers == list(range(numbers[0], numbers[0] + 10))
        authors = {post.author.id for post, _ in run}
        themes = {label.theme for _, label in run}
        shapes.add((themes == {"one_author"}, len(authors) == 1))
    assert shapes == {(True, True), (False, False)}


def test_texts_fit_a_network_and_are_never_empty() -> None:
    made = pairs(tags=["AskNour"])

    lengths = [len(post.text) for post, _ in made if not post.deleted]
    assert (min(lengths) >= 1, max(lengths) <= 500) == (True, True)
    assert sum(length > 258 for length in lengths) > 20


def test_posts_carry_a_point_near_the_authors_town_now_and_then() -> None:
    with_point = [post for post, _ in pairs() if post.lat is not None and post.lon is not None]

    assert 200 < len(with_point) < 500
    assert {-90 <= (p.lat or 0) <= 90 and -180 <= (p.lon or 0) <= 180 for p in with_point} == {True}


def test_times_are_utc_and_in_order() -> None:
    times = [post.published_at for post, label in pairs() if label.happening != "edit"]

    assert times == sorted(times)
    assert times[39] <= START <= times[40]
    assert {moment.tzinfo for moment in times} == {UTC}


def test_hostile_edits_are_labelled_as_what_they_became() -> None:
    edits = Counter(label.kind for _, label in pairs(20_000) if label.happening == "edit")

    assert (edits["insult"] > 15, edits["spam"] > 15, edits["question"] > 50) == (True,) * 3


def test_labelled_posts_begin_and_end_anywhere() -> None:
    everything = pairs(1600)

    assert labelled_posts(Options(), first=490, count=520, start=START) == everything[490:1010]
    assert everything[0][0].author != Author(id="")
