import json
import re
import unicodedata
from collections import Counter
from itertools import combinations

import pytest

from blueroom.networks.rehearsal.audience import (
    FOLDER,
    read_dressings,
    read_lines,
    read_people,
    read_same_questions,
    read_towns,
)

LANGUAGES = ("fr", "en")
DOMAIN = re.compile(
    r"(?<![\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b(?!\w*[{@(])", re.IGNORECASE
)
RESERVED = re.compile(r"(.+\.)?example(\.(com|org|net))?", re.IGNORECASE)  # RFC 2606
# France: ARCEP's numbers for fiction; UK: Ofcom's; US: 555-01xx. {n2} and {n3} stand for digits.
FICTIONAL = ("01990022", "1990022", "06399822", "55501", "0207946", "07700900")


def texts() -> list[str]:
    return [line.text for line in read_lines()]


def test_each_language_holds_enough_distinct_questions() -> None:
    own = [line for line in read_lines() if line.kind == "question" and line.group[-1].isdigit()]

    assert {
        language: len({line.text for line in own if line.language == language}) >= 220
        for language in LANGUAGES
    } == {"fr": True, "en": True}


def test_same_questions_come_in_enough_wordings_of_both_languages() -> None:
    same = read_same_questions()

    assert len({one.group for one in same}) == len(same)
    assert len(same) >= 60
    assert {len(one.fr) in (3, 4) and len(one.en) in (3, 4) for one in same} == {True}
    pairs = {
        language: sum(len(list(combinations(getattr(one, language), 2))) for one in same)
        for language in LANGUAGES
    }
    assert min(pairs.values()) >= 150
    assert not any(one.group[-1].isdigit() for one in same)  # a digit marks a question of its own


def test_no_text_is_written_twice() -> None:
    same_everywhere = {"+1", "💙", "Haha", "Ohhh"}

    twice = {text for text, count in Counter(texts()).items() if count > 1}

    assert twice == same_everywhere


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_written_in_every_language(language: str) -> None:
    kinds = Counter(line.kind for line in read_lines() if line.language == language)

    assert {kind: count >= 12 for kind, count in kinds.items()} == dict.fromkeys(
        ("question", "message", "reply", "insult", "spam", "private", "off_topic", "flood"), True
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_guest_has_questions_of_their_own(language: str) -> None:
    guests = Counter(
        line.guest
        for line in read_lines()
        if line.language == language and line.kind == "question" and line.guest
    )

    assert {guest: count >= 8 for guest, count in guests.items()} == dict.fromkeys(
        ("musician", "author", "chef", "scientist", "head"), True
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_run_from_a_word_or_two_to_more_than_258_characters(language: str) -> None:
    lengths = sorted(
        len(line.text)
        for line in read_lines()
        if line.language == language and line.kind == "question"
    )

    assert (lengths[0] <= 20, lengths[-8] >= 258, lengths[-1] <= 330) == (True, True, True)


def test_texts_have_right_to_left_words_and_emoji() -> None:
    everything = "".join(texts())

    directions = {unicodedata.bidirectional(c) for c in everything}

    assert {"R", "AL"} <= directions
    assert {"💍", "🐑", "🦐"} <= set(everything)


def test_texts_are_clean_unicode() -> None:
    bad = [
        text
        for text in texts()
        if text != text.strip()
        or unicodedata.normalize("NFC", text) != text
        or any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") for c in text)
    ]

    assert bad == []


def test_every_domain_is_reserved_for_examples() -> None:
    lines = [*texts(), *(d.text for language in LANGUAGES for d in read_dressings(language))]

    found = {domain for text in lines for domain in DOMAIN.findall(text)}

    assert [domain for domain in found if not RESERVED.fullmatch(domain)] == []
    assert len(found) > 10


def test_every_phone_number_is_fictional() -> None:
    phones = [line.text for line in read_lines() if line.theme == "phone"]

    written = [text.replace("{n2}", "22").replace("{n3}", "222") for text in phones]
    digits = ["".join(c for c in text if c.isdigit()) for text in written]

    assert [d for d in digits if d and not any(number in d for number in FICTIONAL)] == []


def test_places_in_texts_are_known() -> None:
    found = {name for text in texts() for name in re.findall(r"\{(\w+)\}", text)}

    assert found == {"guest", "number", "n2", "n3"}


def test_names_are_many_and_of_every_shape() -> None:
    people = read_people()

    assert {
        language: (len(set(names.first)) >= 100, len(set(names.last)) >= 100)
        for language, names in people.names.items()
    } == {"fr": (True, True), "en": (True, True)}
    for names in people.names.values():
        assert {unicodedata.bidirectional(name[0]) in ("R", "AL") for name in names.rtl} == {True}
        assert min(map(len, names.long)) >= 40
    assert sorted(people.handles) == ["words"]
    assert sorted(people.places) == ["nowhere"]


def test_towns_lie_where_their_countries_are() -> None:
    towns = read_towns()

    assert len({(town.name, town.country) for town in towns}) == len(towns)
    assert {-90 < town.lat < 90 and -180 < town.lon < 180 for town in towns} == {True}
    france = [t for t in towns if t.country == "France" and -6 < t.lon < 10 and 41 < t.lat < 52]
    assert len(france) == 35
    assert {town.country for town in towns} >= {
        "France", "Belgique", "Suisse", "Québec", "Maroc", "Algérie", "Tunisie", "Sénégal",
        "Côte d'Ivoire", "UK", "Ireland", "USA",
    }  # fmt: skip


def test_dressings_of_both_languages_are_alike() -> None:
    shapes = {
        language: Counter(dressing.where for dressing in read_dressings(language))
        for language in LANGUAGES
    }

    assert shapes["fr"] == shapes["en"] == {"light": 14, "closing": 22, "opening": 24}


def test_files_are_utf_8_with_one_record_a_line() -> None:
    for path in sorted(FOLDER.rglob("*.jsonl")):
        lines = path.read_bytes().decode("utf-8").split("\n")
        assert lines.pop() == "", path
        assert [json.dumps(json.loads(line), ensure_ascii=False) for line in lines] == lines, path
