from datetime import UTC, datetime

import pytest

from blueroom.room import rules


def test_may_follows_the_table_of_rights() -> None:
    asked = ("see_session", "plan_session", "moderate", "invite", "make_token")

    assert {role: [verb for verb in asked if rules.may(role, verb)] for role in rules.ROLES} == {
        "owner": ["see_session", "plan_session", "moderate", "invite", "make_token"],
        "producer": ["see_session", "plan_session", "moderate", "invite", "make_token"],
        "moderator": ["see_session", "moderate"],
        "coach": [],
        "guest": [],
        "viewer": [],
    }


def test_roles_given_are_weaker_than_the_giver_s_own_but_for_an_owner() -> None:
    assert {role: rules.roles_given_by(role) for role in ("owner", "producer", "viewer")} == {
        "owner": ["owner", "producer", "moderator", "coach", "guest", "viewer"],
        "producer": ["moderator", "coach", "guest", "viewer"],
        "viewer": [],
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("#AskGuetta", "AskGuetta"),
        (" ＃Été2026 ", "Été2026"),
        ("ask_guetta", "ask_guetta"),
        ("質問", "質問"),
        ("##double", "double"),
    ],
)
def test_clean_hashtag_keeps_what_every_network_recognises(written: str, kept: str) -> None:
    assert rules.clean_hashtag(written) == kept


@pytest.mark.parametrize(
    "written", ["", "#", "ask-guetta", "2026", "___", "ask guetta", "a\u202eb", "x" * 65, "a\x00b"]
)
def test_clean_hashtag_refuses_what_a_network_would_cut(written: str) -> None:
    with pytest.raises(rules.HashtagRefused) as refused:
        rules.clean_hashtag(written)

    assert refused.value.details == {"field": "hashtags"}


def test_clean_hashtags_keeps_order_and_drops_repeats_in_another_case() -> None:
    assert rules.clean_hashtags(["#AskGuetta", "AskDavid", "askguetta"]) == [
        "AskGuetta",
        "AskDavid",
    ]


@pytest.mark.parametrize("written", [[], ["a", "b", "c", "d", "e", "f"]])
def test_clean_hashtags_refuses_none_and_more_than_five(written: list[str]) -> None:
    with pytest.raises(rules.HashtagRefused):
        rules.clean_hashtags(written)


def test_split_hashtags_takes_spaces_commas_and_semicolons() -> None:
    assert rules.split_hashtags(" #a, #b;c\n d,") == ["#a", "#b", "c", "d"]
    assert rules.split_hashtags(" , ") == []


def test_clean_line_drops_controls_and_directions_and_keeps_joined_emoji() -> None:
    text = "  Inès\x00 \u202eCarat\n👩\u200d🎤\t "

    assert rules.clean_line(text, field="guest", length_max=40) == "Inès Carat 👩\u200d🎤"


@pytest.mark.parametrize("text", ["", " \n ", "\x00\u200b", "x" * 41])
def test_clean_line_refuses_nothing_and_too_much(text: str) -> None:
    with pytest.raises(rules.FieldRefused):
        rules.clean_line(text, field="guest", length_max=40)


def test_clean_start_refuses_naive_and_absurd_times() -> None:
    good = datetime(2026, 12, 1, 20, tzinfo=UTC)

    assert rules.clean_start(good) == good
    for bad in (good.replace(tzinfo=None), datetime(9999, 12, 31, 23, tzinfo=UTC)):
        with pytest.raises(rules.FieldRefused):
            rules.clean_start(bad)


def test_slug_stem_takes_the_first_name_that_has_letters_in_ascii() -> None:
    assert rules.slug_stem("Inès Carat", "Une heure") == "ines-carat"
    assert rules.slug_stem("坂本龍一", "Une heure") == "une-heure"
    assert rules.slug_stem("坂本龍一", "質問") == "session"


def test_clean_domains_takes_addresses_and_refuses_what_is_none() -> None:
    written = ["https://www.Radio.example.org/live?x", "", "radio.example.org", "b.example.fr"]

    assert rules.clean_domains(written, field="allowed_domains") == [
        "radio.example.org",
        "b.example.fr",
    ]
    for bad in ("radio", "a b.org", "*.org"):
        with pytest.raises(rules.FieldRefused):
            rules.clean_domains([bad], field="allowed_domains")


def test_clean_words_keeps_each_line_once_and_not_too_many() -> None:
    assert rules.clean_words([" Grand  prix", "", "Grand prix"], field="held_words") == [
        "Grand prix"
    ]
    with pytest.raises(rules.FieldRefused):
        rules.clean_words(map(str, range(rules.WORDS_MAX + 1)), field="held_words")
