"""What is said, with its times: read from SubRip and WebVTT, written as both, cut for reading.

Sources: https://www.w3.org/TR/webvtt1/ and, for SubRip, which nobody specified,
https://www.matroska.org/technical/subtitles.html, both read 2026-11-26. Lengths and times for
reading: BBC Subtitle Guidelines 1.2 (42 letters a line, two lines), and 20 letters a second.
"""

from __future__ import annotations

import codecs
import html
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import regex

from blueroom.base.errors import NotAcceptable

MOST_BYTES = 2_000_000
MOST_CUES = 10_000
MOST_LETTERS = 2_000  # in one cue
LATEST_S = 24 * 3600.0
LINE_LETTERS = 42
LINES = 2
SHORTEST_S = 1.0
LONGEST_S = 7.0
LETTERS_A_SECOND = 20


class Cue(msgspec.Struct, frozen=True, array_like=True):
    """What is said from one time to another, in seconds; at most a few lines of plain text."""

    start_s: float
    end_s: float
    text: str


class CaptionsUnreadable(NotAcceptable):
    code = "captions_unreadable"
    sentence = "No captions were found in this file: it must be SubRip (.srt) or WebVTT (.vtt)."


class CaptionsTooLarge(NotAcceptable):
    code = "captions_too_large"
    sentence = f"A file of captions may have {MOST_CUES} lines of captions and 2 MB at most."


# --- reading

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = regex.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_TAG = regex.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.,]*>|</>|\{\\[^{}]*\}")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}\u200b\u2060\ufeff]")
_NOT_CUES = ("NOTE", "STYLE", "REGION", "WEBVTT")


def read_captions(text: str | bytes, name: str = "") -> list[Cue]:
    """The cues of a SubRip or WebVTT file, in order, as plain text. `name` is for the error.

    Tolerant: any line ends, a comma or a point in times, hours or none, Windows-1252. Styles,
    positions and notes are left out. A cue that ends before it begins lasts a second.

    Raises:
        CaptionsUnreadable: there is no cue in it.
        CaptionsTooLarge: it is larger than we take.
    """
    if len(text) > MOST_BYTES:
        raise CaptionsTooLarge(name=name)
    lines = _decoded(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues = sorted(_cues_in(lines), key=lambda cue: (cue.start_s, cue.end_s))
    if not cues:
        raise CaptionsUnreadable(name=name)
    if len(cues) > MOST_CUES:
        raise CaptionsTooLarge(name=name)
    return cues


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return text.decode("utf-16", errors="replace")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace")


def _cues_in(lines: list[str]) -> Iterable[Cue]:
    timings = [(at, _TIMING.fullmatch(line)) for at, line in enumerate(lines) if "-->" in line]
    found = [(at, match.groups()) for at, match in timings if match]
    for number, (at, times) in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        end = after[0] if after else len(lines)
        body = _body(lines[at + 1 : end], is_followed=after is not None)
        text = "\n".join(filter(None, map(_plain, body)))[:MOST_LETTERS]
        start_s, end_s = _seconds(times[:4]), _seconds(times[4:])
        if text and start_s < LATEST_S:
            yield Cue(start_s, end_s if end_s > start_s else start_s + SHORTEST_S, text)


def _body(lines: list[str], *, is_followed: bool) -> list[str]:
    """A cue's text: up to an empty line, or to the number of a cue that follows without one."""
    for at, line in enumerate(lines):
        if not line.strip():
            return lines[:at]
    return lines[:-1] if is_followed and lines and lines[-1].strip().isdecimal() else lines


def _plain(line: str) -> str:
    line = html.unescape(_TAG.sub("", line))
    return " ".join(_UNSEEN.sub(" ", line).split())


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


# --- writing


def write_vtt(cues: Iterable[Cue]) -> str:
    """The cues as WebVTT."""
    blocks = [f"{_clock(cue, '.')}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def write_srt(cues: Iterable[Cue]) -> str:
    """The cues as SubRip."""
    return "\n".join(
        f"{number}\n{_clock(cue, ',')}\n{_without_gaps(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )


def _escaped(text: str) -> str:
    """Text that a WebVTT reader takes for text: no tags, no arrow, no empty line."""
    return html.escape(_without_gaps(text), quote=False)


def _without_gaps(text: str) -> str:
    lines = [line.strip().replace("-->", "→") for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


def _clock(cue: Cue, point: str) -> str:
    return " --> ".join(_time(seconds, point) for seconds in (cue.start_s, cue.end_s))


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


# --- moving


def shift(cues: Iterable[Cue], by_s: float) -> list[Cue]:
    """The cues earlier or later; what would end before the beginning is left out."""
    moved = (Cue(max(0.0, cue.start_s + by_s), cue.end_s + by_s, cue.text) for cue in cues)
    return [cue for cue in moved if cue.end_s > 0]


def clip(cues: Iterable[Cue], in_s: float, out_s: float) -> list[Cue]:
    """The cues of a stretch, their times counted from its beginning."""
    inside = (cue for cue in cues if cue.end_s > in_s and cue.start_s < out_s)
    return [
        Cue(max(cue.start_s, in_s) - in_s, min(cue.end_s, out_s) - in_s, cue.text) for cue in inside
    ]


# --- for reading

_SENTENCE_END = regex.compile(r"[.!?…。！？؟]+[»”\"')\]]*$")
_PHRASE_END = regex.compile(r"[,;:—–،、][»”\"')\]]*$")


def letters(text: str) -> int:
    """How many letters a reader sees."""
    return len(regex.findall(r"\X", text))


def split_for_reading(
    cues: Iterable[Cue], *, line_letters: int = LINE_LETTERS, lines: int = LINES
) -> list[Cue]:
    """The cues so that each can be read: two lines at most, 1 to 7 s, one at a time.

    Long ones are cut where a sentence or a phrase ends, their time shared by length; short ones
    stay until they can be read, as far as the next one lets them.
    """
    short: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: (cue.start_s, cue.end_s)):
        short.extend(_cut(cue, line_letters, lines))
    return _one_at_a_time(short)


def _cut(cue: Cue, line_letters: int, lines: int) -> list[Cue]:
    own = [line.strip() for line in cue.text.splitlines() if line.strip()]
    is_long = cue.end_s - cue.start_s > LONGEST_S
    if not is_long and len(own) <= lines and all(letters(line) <= line_letters for line in own):
        return [cue] if own else []
    words = _words(" ".join(own), line_letters)
    pieces = _pieces(words, line_letters, lines)
    if is_long:
        wanted = round((cue.end_s - cue.start_s) / LONGEST_S + 0.499)
        if wanted > len(pieces) and sum(map(letters, words)) > 12 * wanted:
            pieces = _pieces(
                words, -(-sum(letters(w) + 1 for w in words) // (wanted * lines)), lines
            )
    total = sum(letters("".join(piece)) for piece in pieces)
    out, start_s = [], cue.start_s
    for piece in pieces:
        share = letters("".join(piece)) / total * (cue.end_s - cue.start_s)
        out.append(Cue(start_s, start_s + share, "\n".join(_in_lines(piece, line_letters, lines))))
        start_s += share
    return out


def _words(text: str, line_letters: int) -> list[str]:
    """Words; one that is longer than a line, as texts without spaces are, in pieces."""
    out: list[str] = []
    for word in text.split():
        parts = regex.findall(r"\X", word)
        out.extend(
            "".join(parts[at : at + line_letters]) for at in range(0, len(parts), line_letters)
        )
    return out


def _pieces(words: list[str], line_letters: int, lines: int) -> list[list[str]]:
    """Words in stretches that fit, each as long as may be without passing a better end."""
    out: list[list[str]] = []
    rest = words
    while rest:
        most = max(1, _how_many(rest, line_letters, lines))
        if most < len(rest):
            most = _best_end(rest, most, _even_share(rest, line_letters, lines))
        out.append(rest[:most])
        rest = rest[most:]
    return out


def _how_many(words: list[str], line_letters: int, lines: int) -> int:
    """How many words fill so many lines."""
    row = used = 0
    for at, word in enumerate(words):
        length = letters(word)
        if used and used + 1 + length > line_letters:
            row, used = row + 1, 0
            if row == lines:
                return at
        used += length + (1 if used else 0)
    return len(words)


def _even_share(words: list[str], line_letters: int, lines: int) -> int:
    """How many words come first where stretches are of much the same length: none of one word."""
    rest, stretches = words, 0
    while rest:
        rest = rest[max(1, _how_many(rest, line_letters, lines)) :]
        stretches += 1
    share = sum(map(letters, words)) / stretches
    taken, count = 0, 0
    while taken < share:
        taken += letters(words[count])
        count += 1
    return count


def _best_end(words: list[str], most: int, even: int) -> int:
    """Where to end a stretch: a sentence's end in its last two thirds, a phrase's, or evenly."""
    for pattern in (_SENTENCE_END, _PHRASE_END):
        for count in range(most, max(1, most // 3), -1):
            if pattern.search(words[count - 1]):
                return count
    return min(most, even)


def _in_lines(words: list[str], line_letters: int, lines: int) -> list[str]:
    """One line where it fits, else even ones: the longest as short as can be."""
    for length in range(1 + max(map(letters, words)) // 2, line_letters + 1):
        width = length if letters(" ".join(words)) > line_letters else line_letters
        rows = _filled(words, width)
        if len(rows) <= lines and all(letters(row) <= line_letters for row in rows):
            return rows
    return _filled(words, line_letters)


def _filled(words: list[str], width: int) -> list[str]:
    rows: list[str] = []
    for word in words:
        if rows and letters(rows[-1]) + 1 + letters(word) <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows


def _one_at_a_time(cues: list[Cue]) -> list[Cue]:
    """Each until the next begins at the latest, and as long as it takes to read it if it can."""
    out = []
    for cue, after in pairwise([*cues, None]):
        assert cue is not None
        wanted_s = max(SHORTEST_S, letters(cue.text) / LETTERS_A_SECOND)
        end_s = min(max(cue.end_s, cue.start_s + wanted_s), cue.start_s + LONGEST_S)
        if after:
            end_s = min(end_s, after.start_s)
        if end_s > cue.start_s:
            out.append(Cue(cue.start_s, end_s, cue.text))
    return out
