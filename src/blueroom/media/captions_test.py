from __future__ import annotations

import msgspec
import pytest

from blueroom.media.captions import (
    LINE_LETTERS,
    LONGEST_S,
    MOST_BYTES,
    CaptionsTooLarge,
    CaptionsUnreadable,
    Cue,
    clip,
    letters,
    read_captions,
    shift,
    split_for_reading,
    write_srt,
    write_vtt,
)

SRT = """1
00:00:01,000 --> 00:00:02,500
Bonjour.

2
00:00:03,000 --> 00:00:04,000
<i>Deux</i>
lignes {\\an8}&amp; une
"""
READ = [Cue(1.0, 2.5, "Bonjour."), Cue(3.0, 4.0, "Deux\nlignes & une")]


@pytest.mark.parametrize(
    "text",
    [
        SRT,
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r"),
        SRT.replace(",", "."),
        SRT.replace("00:00:", "00:"),
        SRT.replace(".\n\n2\n", ".\n2\n"),  # no empty line between
        "\n\n" + SRT,
        "\ufeff" + SRT,
    ],
)
def test_subrip_is_read_however_it_was_written(text: str | bytes) -> None:
    assert read_captions(text, "a.srt") == READ


def test_webvtt_is_read_without_its_styles_notes_and_places() -> None:
    text = """WEBVTT - a title
Kind: captions

STYLE
::cue { color: red }

NOTE
Not --> said

intro
00:03.000 --> 00:04.000 line:0 position:20%
<v.loud Ana>Oui,</v> <c.a.b>et</c> <00:03.500>toi&nbsp;&lt;3 ?

1:00:05.000 --> 1:00:06.000
a < b > c
"""
    assert read_captions(text) == [
        Cue(3.0, 4.0, "Oui, et toi <3 ?"),
        Cue(3605.0, 3606.0, "a < b > c"),
    ]


def test_windows_1252_is_told_from_utf_8() -> None:
    assert read_captions(SRT.replace("Bonjour", "L’été").encode("cp1252"))[0].text == "L’été."


def test_cues_come_in_order_and_last_at_least_a_second_where_their_end_is_wrong() -> None:
    text = "00:05.000 --> 00:04.000\nb\n\n00:01.000 --> 00:09.000\na\n"
    assert read_captions(text) == [Cue(1.0, 9.0, "a"), Cue(5.0, 6.0, "b")]


def test_empty_cues_are_left_out() -> None:
    assert read_captions("00:01.000 --> 00:02.000\n<i></i>\n\n00:03.000 --> 00:04.000\nx") == [
        Cue(3.0, 4.0, "x")
    ]


@pytest.mark.parametrize(
    "text", ["", "WEBVTT\n", "not captions", b"\x00\x01\x02" * 99, "1\n00:00 -> 00:01\nx", "-->"]
)
def test_what_is_no_captions_is_refused(text: str | bytes) -> None:
    with pytest.raises(CaptionsUnreadable) as caught:
        read_captions(text, "x.srt")
    assert caught.value.code == "captions_unreadable"
    assert caught.value.details == {"name": "x.srt"}


@pytest.mark.parametrize(
    "text", ["x" * (MOST_BYTES + 1), "00:01.000 --> 00:02.000\nx\n\n" * 10_001]
)
def test_too_much_is_refused(text: str) -> None:
    with pytest.raises(CaptionsTooLarge):
        read_captions(text)


CUES = [Cue(0.0, 1.5, "<b>a</b> --> b & c\n\n\nd"), Cue(3661.0, 3662.001, "é 👍🏽")]


def test_what_is_written_is_what_is_read() -> None:
    again = [Cue(0.0, 1.5, "<b>a</b> → b & c\nd"), Cue(3661.0, 3662.001, "é 👍🏽")]
    assert read_captions(write_vtt(CUES)) == again
    assert read_captions(write_srt(again)) == [Cue(0.0, 1.5, "a → b & c\nd"), again[1]]


def test_webvtt_is_as_the_standard_has_it() -> None:
    assert write_vtt([Cue(0.0, 1.5, "a & b")]) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &amp; b\n"
    )
    assert write_srt([Cue(0.0, 1.5, "a")]) == "1\n00:00:00,000 --> 00:00:01,500\na\n"
    assert write_vtt([]) == "WEBVTT\n"


def test_cues_are_stored_as_lists() -> None:
    assert msgspec.to_builtins(READ) == [[1.0, 2.5, "Bonjour."], [3.0, 4.0, "Deux\nlignes & une"]]
    assert msgspec.convert([[1, 2.5, "Bonjour."]], list[Cue]) == READ[:1]


def test_shift_and_clip_keep_what_is_inside() -> None:
    assert shift(READ, -2.0) == [Cue(0.0, 0.5, "Bonjour."), Cue(1.0, 2.0, READ[1].text)]
    assert shift(READ, -2.5) == [Cue(0.5, 1.5, READ[1].text)]
    assert clip(READ, 2.0, 3.5) == [Cue(0.0, 0.5, "Bonjour."), Cue(1.0, 1.5, READ[1].text)]
    assert clip(READ, 2.5, 3.0) == []


LONG = (
    "When I wake up I hear the tune first, always. The words come later, in the tram. "
    "Then I write them on whatever there is: a ticket, a hand, the back of a bill!"
)


def test_long_captions_are_cut_where_sentences_end() -> None:
    cues = split_for_reading([Cue(0.0, 12.0, LONG)])
    assert [cue.text for cue in cues] == [
        "When I wake up I hear the tune first,\nalways. The words come later, in the tram.",
        "Then I write them on whatever there is:\na ticket, a hand, the back of a bill!",
    ]
    assert [cue.start_s for cue in cues[1:]] == pytest.approx([cue.end_s for cue in cues[:-1]])
    assert cues[0].start_s == 0.0
    assert cues[-1].end_s == pytest.approx(12.0)


def test_captions_are_cut_evenly_where_no_phrase_ends() -> None:
    said = Cue(0.0, 6.0, "which says something of the length of a caption of a film")
    assert [cue.text for cue in split_for_reading([said], line_letters=26)] == [
        "which says\nsomething of the",
        "length of a\ncaption of a film",
    ]


@pytest.mark.parametrize("line_letters", [20, 26, 42])
@pytest.mark.parametrize("text", [LONG, "x" * 300, "日本語" * 60, "👍🏽 " * 100, LONG * 5])
def test_no_caption_is_larger_than_its_place(line_letters: int, text: str) -> None:
    cues = split_for_reading([Cue(0.0, 40.0, text)], line_letters=line_letters)
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert max(map(letters, lines)) <= line_letters
    assert max(cue.text.count("\n") for cue in cues) <= 1
    assert max(cue.end_s - cue.start_s for cue in cues) <= LONGEST_S + 1e-6
    said = "".join(cue.text for cue in cues)
    assert said.replace(" ", "").replace("\n", "") == text.replace(" ", "")


def test_short_captions_stay_until_they_can_be_read() -> None:
    cues = [Cue(0.0, 0.2, "Oui."), Cue(3.0, 3.1, "Oui, et " * 5), Cue(4.5, 9.0, "Bon.")]
    assert [(cue.start_s, cue.end_s) for cue in split_for_reading(cues)] == [
        (0.0, 1.0),
        (3.0, 4.5),
        (4.5, 9.0),
    ]


def test_overlapping_captions_come_one_at_a_time() -> None:
    cues = split_for_reading([Cue(2.0, 6.0, "b"), Cue(0.0, 5.0, "a")])
    assert cues == [Cue(0.0, 2.0, "a"), Cue(2.0, 6.0, "b")]


def test_two_people_keep_their_lines() -> None:
    said = Cue(0.0, 2.0, "– Oui ?\n– Non.")
    assert split_for_reading([said]) == [said]
    assert LINE_LETTERS == 42
